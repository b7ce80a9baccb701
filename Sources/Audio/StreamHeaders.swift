internal import Glibc

/// Headers in the middle of a stream: WAV streams that were sent one behind the other, neither of which says how long it is.
enum StreamHeaders {
    private static let magic = Array("RIFF".utf8)
    /// `RIFF`, a size, `WAVE`.
    private static let length = 12

    /// Where a header begins, or what is there of one begins at the end.
    ///
    /// - Parameter from: the first offset that is looked at.
    /// - Returns: an offset in the bytes; nil where there is nothing like it.
    static func first(in bytes: UnsafeRawBufferPointer, from: Int) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        var from = from
        while from < bytes.count,
            let found = unsafe memchr(start + from, CInt(magic[0]), bytes.count - from)
        {
            let offset = unsafe UnsafeRawPointer(found) - start
            let here = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset..<min(offset + length, bytes.count)])
            let isBeginning = unsafe here.prefix(magic.count).elementsEqual(magic.prefix(here.count))
            if isBeginning, unsafe here.count < length || DeclaredEnd.isWAV(Array(here)) { return offset }
            from = offset + 1
        }
        return nil
    }
}
