package import Glibc

/// A file's name as the kernel has it: any bytes but NUL, which need not be UTF-8.
///
/// A `String` would lose what is not UTF-8, and with it the file.
package struct Path: Hashable, Sendable, CustomStringConvertible {
    /// Without the NUL at the end; may be empty.
    package let bytes: [UInt8]

    /// - Parameter bytes: up to the first NUL.
    package init(_ bytes: some Sequence<UInt8>) {
        self.init(Array(bytes))
    }

    /// - Parameter bytes: up to the first NUL.
    package init(_ bytes: [UInt8]) {
        if let end = bytes.firstIndex(of: 0) { self.bytes = Array(bytes[..<end]) } else { self.bytes = bytes }
    }

    package init(_ text: String) {
        self.init(text.utf8)
    }

    /// For people: what is not UTF-8 becomes U+FFFD. A message sanitises it on its way out.
    package var description: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether `description` says all of it.
    package var isUTF8: Bool { String(validating: bytes, as: UTF8.self) != nil }

    /// Gives it to a system call.
    package func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        try unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
            unsafe bytes.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            unsafe buffer[bytes.count] = 0
            guard let start = buffer.baseAddress else { preconditionFailure("there is room for the NUL") }
            return try unsafe body(start)
        }
    }

    /// An entry of this folder.
    package func appending(_ name: Path) -> Path {
        if bytes.isEmpty { return name }
        return Path(bytes + (bytes.last == Path.slash ? [] : [Path.slash]) + name.bytes)
    }

    /// The folder that it is in; empty where it names none.
    package var folder: Path {
        guard let slash = bytes.lastIndex(of: Path.slash) else { return Path([]) }
        return Path(bytes[..<max(slash, 1)])
    }

    /// What is behind the last slash.
    package var name: Path {
        guard let slash = bytes.lastIndex(of: Path.slash) else { return self }
        return Path(bytes[(slash + 1)...])
    }

    /// What is behind the last dot of the name, in lower case; nil where there is no dot, or nothing in front of it.
    package var fileExtension: String? {
        let name = self.name.bytes
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > 0, dot + 1 < name.count else { return nil }
        return String(validating: name[(dot + 1)...], as: UTF8.self)?.lowercased()
    }

    private static let slash = UInt8(ascii: "/")
}

extension Descriptor {
    /// Opens a file, close-on-exec; as with a `String`.
    package static func open(_ path: Path, _ flags: CInt, mode: mode_t = 0o666) throws(SystemError) -> Descriptor {
        let number = try retrying("open", on: path.description) {
            unsafe path.withCString { unsafe Glibc.open($0, flags | O_CLOEXEC, mode) }
        }
        return Descriptor(owning: number)
    }
}
