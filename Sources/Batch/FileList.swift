internal import Glibc
package import POSIX

/// Names of inputs out of a file or a pipe: one a line, or with NULs between, as `find -print0` writes them.
package struct FileList: ~Copyable {
    private let descriptor: Descriptor
    private let separator: UInt8
    private let name: String
    private var buffer: [UInt8] = []
    private var position = 0
    private var isFinished = false

    /// A name that is longer than any path may be is none.
    private static let longest = 1 << 16

    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - isNullSeparated: whether names end with NULs, not with line feeds.
    package init(_ path: Path, isNullSeparated: Bool) throws(SystemError) {
        if path.bytes == Array("-".utf8) {
            descriptor = try Descriptor.duplicate(of: STDIN_FILENO)
            name = "standard input"
        } else {
            descriptor = try Descriptor.open(path, O_RDONLY)
            name = path.description
        }
        separator = isNullSeparated ? 0 : UInt8(ascii: "\n")
    }

    /// The next name; nil at the end. Empty ones are passed over.
    ///
    /// - Throws: `SystemError` where the list can't be read; ENAMETOOLONG where it holds no names.
    package mutating func next() throws(SystemError) -> Path? {
        while true {
            if let end = buffer[position...].firstIndex(of: separator) {
                let name = buffer[position..<end]
                position = end + 1
                if name.isEmpty { continue }
                return Path(name)
            }
            if isFinished {
                let rest = buffer[position...]
                position = buffer.count
                return rest.isEmpty ? nil : Path(rest)
            }
            if buffer.count - position > FileList.longest {
                throw SystemError(code: ENAMETOOLONG, call: "read", subject: name)
            }
            buffer.removeFirst(position)
            position = 0
            try fill()
        }
    }

    private mutating func fill() throws(SystemError) {
        try withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 1) { block throws(SystemError) in
            let count = try readOnce(descriptor.number, into: block, name: name)
            if count == 0 { isFinished = true }
            buffer.append(contentsOf: block[..<count])
        }
    }
}
