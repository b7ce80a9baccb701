internal import Glibc
internal import POSIX

/// Keeps what selections held, in a process of its own, until somebody else takes them.
package enum X11Holding {
    /// The contents as bytes, for the holding process's standard input: for each selection its atom, the number of its formats, and
    /// for each of these target, type, bits, length and data. Atoms mean the same to both.
    static func encode(_ selections: [UInt32: SelectionContents]) -> [UInt8] {
        var result: [UInt8] = []
        for (selection, contents) in selections {
            result += bytes(selection) + bytes(UInt32(contents.items.count))
            for item in contents.items {
                result += bytes(item.target) + bytes(item.type) + bytes(UInt32(item.format))
                result += bytes(UInt32(item.data.count)) + item.data
            }
        }
        return result
    }

    static func decode(_ data: [UInt8]) -> [UInt32: SelectionContents]? {
        var rest = data[...]
        func number() -> UInt32? {
            guard rest.count >= 4 else { return nil }
            defer { rest = rest.dropFirst(4) }
            return uint32(Array(rest.prefix(4)), 0)
        }
        var result: [UInt32: SelectionContents] = [:]
        while !rest.isEmpty {
            guard let selection = number(), let count = number() else { return nil }
            var contents = SelectionContents(items: [])
            for _ in 0..<count {
                guard let target = number(), let type = number(), let format = number(), [8, 16, 32].contains(format),
                    let length = number(), rest.count >= Int(length)
                else { return nil }
                contents.items.append(
                    .init(target: target, type: type, format: UInt8(format), data: Array(rest.prefix(Int(length)))))
                rest = rest.dropFirst(Int(length))
            }
            result[selection] = contents
        }
        return result
    }

    /// Takes the selections and serves them until others have taken all of them, or the server is gone.
    ///
    /// - Parameter data: as `encode` makes it.
    package static func run(_ data: [UInt8]) throws(TypingError) {
        guard let selections = decode(data),
            let address = X11Address(getenv("DISPLAY").map { String(cString: $0) } ?? "")
        else { throw TypingError(.driverFailed, "that is nothing to hold") }
        do throws(SystemError) {
            let server = try X11Selections(try X11Connection(address))
            var held: [UInt32] = []
            for (selection, contents) in selections where try server.own(selection, contents) { held.append(selection) }
            while server.isServing || held.contains(where: { server.owns($0) }) {
                _ = try server.serve(until: .now + .seconds(3600))
            }
        } catch {
            // The server went, and with it everything that could be asked for.
        }
    }
}
