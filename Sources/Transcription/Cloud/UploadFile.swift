internal import Audio
internal import HTTP
internal import Glibc
internal import POSIX

/// Encoded audio that is sent while it is made, and kept until the answer is there: in a file without a name, so memory stays
/// flat and every try can begin at its first byte.
///
/// Headers that an encoder puts right at the end are right in every try that begins after it; a try that has gone past them has
/// sent what they say while the length is not known.
final class UploadFile: ByteSink, BodySource {
    private struct State {
        var size = 0
        var isFinished = false
    }

    private let file: Descriptor
    private let state = Monitor(State())

    let isRewritable = true

    init() throws(SystemError) {
        file = try Descriptor.temporaryFile()
    }

    /// Bytes so far.
    var size: Int { state.read(\.size) }

    var length: Int? { state.read { $0.isFinished ? $0.size : nil } }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var offset = size
        var rest = bytes
        while !rest.isEmpty {
            let count = try retrying("write") { pwrite(file.number, rest.baseAddress, rest.count, off_t(offset)) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            offset += count
        }
        state.change { $0.size = offset }
    }

    func rewrite(_ bytes: [UInt8], at offset: Int) throws {
        try writeAll(file.number, bytes, at: offset)
    }

    /// Says that nothing more comes.
    func finish() {
        state.change { $0.isFinished = true }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int? {
        let (size, isFinished) = state.read { ($0.size, $0.isFinished) }
        if offset >= size { return isFinished ? 0 : nil }
        return try retrying("read") {
            pread(file.number, buffer.baseAddress, min(buffer.count, size - offset), off_t(offset))
        }
    }
}
