internal import Glibc
package import POSIX

/// Bytes from an open file descriptor: a file, a pipe, a terminal, a socket.
package final class DescriptorSource: ByteSource {
    package let isRegularFile: Bool
    private let number: CInt
    private let name: String
    /// Closes what this source owns; nil where it only borrows.
    private let owned: Descriptor?
    /// Where the descriptor stood at first, in bytes from the beginning of a file.
    private let origin: off_t

    /// Reads a descriptor that somebody else closes, for example standard input.
    ///
    /// - Parameters:
    ///   - number: an open descriptor that outlives this source.
    ///   - name: what errors call it.
    package init(borrowing number: CInt, name: String) {
        self.number = number
        self.name = name
        owned = nil
        origin = lseek(number, 0, SEEK_CUR)
        isRegularFile = DescriptorSource.isRegularFile(number)
    }

    /// Reads a descriptor and closes it with this source.
    package init(_ descriptor: consuming Descriptor, name: String) {
        number = descriptor.number
        self.name = name
        origin = lseek(descriptor.number, 0, SEEK_CUR)
        isRegularFile = DescriptorSource.isRegularFile(descriptor.number)
        owned = consume descriptor
    }

    /// Opens a file; a directory is refused here, not at the first read.
    package convenience init(path: String) throws(SystemError) {
        let descriptor = try Descriptor.open(path, O_RDONLY)
        var status = stat()
        if unsafe fstat(descriptor.number, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw SystemError(code: EISDIR, call: "open", subject: path)
        }
        self.init(descriptor, name: path)
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            do throws(SystemError) {
                return try unsafe readOnce(number, into: buffer, name: name)
            } catch {
                // Somebody else may have made it non-blocking: the flag belongs to the open file, which we share.
                if error.code != EAGAIN { throw error }
                _ = try waitUntilReady(number, for: CInt(POLLIN))
            }
        }
    }

    package var fileDescriptor: CInt? { isRegularFile && origin == 0 ? number : nil }

    private static func isRegularFile(_ number: CInt) -> Bool {
        var status = stat()
        return unsafe fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}

/// Bytes of a regular file that somebody else closes, from its first on. Where its descriptor stands does not matter.
package final class FileSource: ByteSource {
    package let isRegularFile = true
    private let number: CInt
    private let name: String
    private var position = 0

    /// - Parameters:
    ///   - number: a descriptor of a regular file that outlives this source.
    ///   - name: what errors call it.
    package init(_ number: CInt, name: String) {
        self.number = number
        self.name = name
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let offset = off_t(position)
        let count = try retrying("read", on: name) { unsafe pread(number, buffer.baseAddress, buffer.count, offset) }
        position += count
        return count
    }

    package var fileDescriptor: CInt? { number }
}

/// Bytes that are in memory already.
package final class MemorySource: ByteSource {
    package let isRegularFile: Bool
    private let bytes: [UInt8]
    private let largestRead: Int
    private var position = 0

    /// - Parameters:
    ///   - bytes: all there will be.
    ///   - isRegularFile: whether to behave as a file on disk, or as a pipe.
    ///   - largestRead: bytes given at once at most, as a pipe does whose writer is slow.
    package init(_ bytes: [UInt8], isRegularFile: Bool = false, largestRead: Int = .max) {
        self.bytes = bytes
        self.isRegularFile = isRegularFile
        self.largestRead = max(1, largestRead)
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, bytes.count - position, largestRead)
        unsafe bytes.withUnsafeBytes { all in
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[position..<position + count]))
        }
        position += count
        return count
    }
}
