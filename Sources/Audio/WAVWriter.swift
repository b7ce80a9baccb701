internal import Glibc
package import POSIX

/// Writes a WAV stream or file to a descriptor.
///
/// What cannot be written again (a pipe, a terminal, a file opened to append) gets the header of a stream. A regular file
/// gets its sizes at the end. Until then they are 0xFFFFFFFF, "to the end of the file": a recording that was killed at any
/// moment plays to its last byte, in ours and in sox, ffmpeg and libsndfile. Sizes brought up to date every second
/// would say less: readers believe them, and the last second would be lost.
package struct WAVWriter: ~Copyable, Sendable {
    package let format: AudioFormat
    /// Bytes of audio written.
    package private(set) var dataBytes = 0

    private let descriptor: CInt
    private let name: String
    /// Where in the file the header begins; nil where it cannot be written again.
    private let origin: Int?
    private let headerBytes: Int

    /// Writes the header.
    ///
    /// - Parameters:
    ///   - descriptor: open for writing; the caller closes it, after `finish`.
    ///   - name: what errors call the output.
    package init(_ descriptor: CInt, format: AudioFormat, name: String) throws(SystemError) {
        self.descriptor = descriptor
        self.format = format
        self.name = name
        origin = WAVWriter.rewritablePosition(descriptor)
        let header = origin == nil ? WAVHeader.streaming(format) : WAVHeader.file(format, dataBytes: nil)
        headerBytes = header.count
        try writeAll(descriptor, header, name: name)
    }

    /// Writes frames as they are, interleaved and little endian.
    ///
    /// - Parameter frames: whole frames.
    package mutating func write(_ frames: UnsafeRawBufferPointer) throws(SystemError) {
        try unsafe writeAll(descriptor, frames, name: name)
        dataBytes += frames.count
    }

    /// Makes a file complete: pads it to an even length and writes the true sizes, as RF64 from 4 GiB on.
    ///
    /// Also right after a write that failed: the sizes then say what is really there.
    package mutating func finish() throws(SystemError) {
        guard let origin else { return }
        let position = try retrying("lseek", on: name) { lseek(descriptor, 0, SEEK_CUR) }
        let written = max(0, Int(position) - origin - headerBytes)
        dataBytes = written - written % format.bytesPerFrame
        let header = WAVHeader.file(format, dataBytes: dataBytes)
        try writeAll(descriptor, header, at: origin, name: name)
        if dataBytes % 2 == 1, written == dataBytes { try writeAll(descriptor, [0], name: name) }
    }

    /// The position in a regular file whose bytes can be written again.
    private static func rewritablePosition(_ descriptor: CInt) -> Int? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        // pwrite appends where O_APPEND is set, whatever the offset (pwrite(2), BUGS).
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, flags & O_APPEND == 0 else { return nil }
        let position = lseek(descriptor, 0, SEEK_CUR)
        return position >= 0 ? Int(position) : nil
    }
}
