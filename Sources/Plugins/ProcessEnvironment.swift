internal import Glibc

/// The environment that a child gets, exactly; bytes that are no UTF-8 pass through it unchanged.
package struct ProcessEnvironment: Sendable {
    /// `NAME=value`, without the terminating zero, in the order in which they are passed.
    package private(set) var entries: [[UInt8]]

    /// An environment of these variables alone.
    package init(_ variables: [String: String] = [:]) {
        entries = []
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) { self[name] = value }
    }

    /// A copy of this process's environment.
    package static func inherited() -> ProcessEnvironment {
        var result = ProcessEnvironment()
        var next = environ
        while let entry = next.pointee {
            result.entries.append(Array(UnsafeRawBufferPointer(start: entry, count: strlen(entry))))
            next += 1
        }
        return result
    }

    /// A variable's value; nil unsets it.
    package subscript(name: String) -> String? {
        get {
            let prefix = Array(name.utf8) + [UInt8(ascii: "=")]
            return entries.first { $0.starts(with: prefix) }.map {
                String(decoding: $0.dropFirst(prefix.count), as: UTF8.self)
            }
        }
        set {
            let prefix = Array(name.utf8) + [UInt8(ascii: "=")]
            entries.removeAll { $0.starts(with: prefix) }
            // A zero byte would cut the value short in the child.
            if let newValue { entries.append(prefix + newValue.utf8.filter { $0 != 0 }) }
        }
    }

    /// Sets a variable to bytes that need not be UTF-8.
    package mutating func set(_ name: String, _ value: [UInt8]) {
        let prefix = Array(name.utf8) + [UInt8(ascii: "=")]
        entries.removeAll { $0.starts(with: prefix) }
        entries.append(prefix + value.filter { $0 != 0 })
    }

    /// Removes every variable whose name satisfies the condition.
    package mutating func removeAll(where condition: (String) -> Bool) {
        entries.removeAll { entry in
            condition(String(decoding: entry.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self))
        }
    }
}
