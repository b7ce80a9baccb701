/// Bytes from a pipe, a file, or a recording that still grows.
package protocol ByteSource: AnyObject {
    /// Reads at least one byte, at most the buffer's size, waiting for it if need be.
    ///
    /// - Returns: bytes read; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int

    /// Whether this is a regular file, whose sizes are to be believed (DESIGN §2: data size 0).
    var isRegularFile: Bool { get }

    /// The regular file that all of this comes from, from its first byte; nil where there is none to be had.
    ///
    /// For a program that must seek in it and reads it on its own.
    var fileDescriptor: CInt? { get }
}

extension ByteSource {
    package var fileDescriptor: CInt? { nil }
}
