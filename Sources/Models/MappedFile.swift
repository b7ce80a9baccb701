internal import Glibc
package import POSIX

/// A file that is mapped to be read: what is looked at is loaded, and nothing else.
@safe package final class MappedFile: @unchecked Sendable {
    // Sendable: nobody writes.
    package let path: String
    private let bytes: UnsafeRawBufferPointer

    /// - Throws: `SystemError` if it can't be read, or is not a regular file with something in it.
    package init(_ path: String) throws(SystemError) {
        self.path = path
        let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
        var status = stat()
        try retrying("fstat", on: path) { unsafe fstat(file.number, &status) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
            throw SystemError(code: EINVAL, call: "mmap", subject: path)
        }
        let size = Int(status.st_size)
        let address = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, file.number, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw SystemError(code: errno, call: "mmap", subject: path)
        }
        unsafe bytes = unsafe UnsafeRawBufferPointer(start: address, count: size)
    }

    deinit {
        unsafe munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }

    package var size: Int { unsafe bytes.count }

    /// Some of its bytes; valid while `body` runs. The range must lie within the file.
    func withBytes<Result>(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= size)
        return try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
}

/// Reads numbers and texts one after the other, little-endian; whatever a file says, nothing beyond its end is touched.
struct ByteCursor {
    private let file: MappedFile
    private(set) var position: Int

    /// The file ends, or says something impossible.
    struct Ended: Error {}

    init(_ file: MappedFile, at position: Int = 0) {
        self.file = file
        self.position = position
    }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(Ended) -> Value {
        let range = try skip(MemoryLayout<Value>.size)
        return unsafe file.withBytes(in: range) { Value(littleEndian: unsafe $0.loadUnaligned(as: Value.self)) }
    }

    /// A number of things, each of which takes at least a byte of the file.
    mutating func count<Value: FixedWidthInteger>(_ type: Value.Type) throws(Ended) -> Int {
        let value = try integer(type)
        guard let count = Int(exactly: value), (0...file.size).contains(count) else { throw Ended() }
        return count
    }

    mutating func bytes(_ count: Int) throws(Ended) -> [UInt8] {
        let range = try skip(count)
        return unsafe file.withBytes(in: range) { unsafe Array($0) }
    }

    /// Goes on behind so many bytes.
    ///
    /// - Returns: where they are in the file.
    @discardableResult
    mutating func skip(_ count: Int) throws(Ended) -> Range<Int> {
        guard count >= 0, count <= file.size - position else { throw Ended() }
        defer { position += count }
        return position..<position + count
    }
}
