internal import Glibc
package import POSIX

/// Names of inputs out of a file or a pipe: one a line, or with NULs between, as `find -print0` writes them.
///
/// A byte order mark says which encoding it has: UTF-8, or UTF-16 as PowerShell writes it, whose lines end with CR and LF.
package struct FileList: ~Copyable {
    private let descriptor: Descriptor
    private let separator: UInt8
    private let name: String
    private var buffer: [UInt8] = []
    private var position = 0
    private var isFinished = false
    /// Nil before the first bytes are there.
    private var encoding: Encoding?
    /// Of UTF-16: what is not whole yet.
    private var rest: [UInt8] = []

    private enum Encoding {
        case bytes
        case utf16(isBigEndian: Bool)
    }

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
                let name = withoutReturn(buffer[position..<end])
                position = end + 1
                if name.isEmpty { continue }
                return Path(name)
            }
            if isFinished {
                let rest = withoutReturn(buffer[position...])
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

    /// No system that writes UTF-16 ends its lines otherwise; of other lists a CR may be part of the name.
    private func withoutReturn(_ name: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        if case .utf16? = encoding, name.last == UInt8(ascii: "\r") { name.dropLast() } else { name }
    }

    private mutating func fill() throws(SystemError) {
        try withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 1) { block throws(SystemError) in
            let count = try readOnce(descriptor.number, into: block, name: name)
            if count == 0 { isFinished = true }
            rest.append(contentsOf: block[..<count])
        }
        if encoding == nil {
            guard rest.count >= 3 || isFinished else { return }
            recognise()
        }
        switch encoding {
        case .utf16(let isBigEndian): decode(isBigEndian)
        default:
            buffer += rest
            rest = []
        }
    }

    private mutating func recognise() {
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) {
            rest.removeFirst(3)
        } else if rest.starts(with: [0xFF, 0xFE]) || rest.starts(with: [0xFE, 0xFF]) {
            encoding = .utf16(isBigEndian: rest[0] == 0xFE)
            rest.removeFirst(2)
            return
        }
        encoding = .bytes
    }

    private mutating func decode(_ isBigEndian: Bool) {
        var units = stride(from: 0, to: rest.count - 1, by: 2).map { place in
            let (low, high) = isBigEndian ? (rest[place + 1], rest[place]) : (rest[place], rest[place + 1])
            return UInt16(high) << 8 | UInt16(low)
        }
        // Half of a pair waits for the other half.
        if !isFinished, let last = units.last, UTF16.isLeadSurrogate(last) { units.removeLast() }
        rest.removeFirst(2 * units.count)
        buffer += String(decoding: units, as: UTF16.self).utf8
    }
}
