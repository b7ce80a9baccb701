/// A body that is complete when its request begins, and small: libcurl sends it in one piece with the head, for which a server
/// wakes once.
@safe final class SmallBody {
    let bytes: UnsafeMutableRawBufferPointer

    var count: Int { unsafe bytes.count }

    /// libcurl sends no larger one with the head.
    private static let limit = 64 << 10

    /// Nil where the body has to be sent piece by piece. What can't be read is left to that as well, which says why.
    init?(_ request: Request) {
        guard !request.isHeld, !request.body.parts.isEmpty, let length = request.body.length,
            (1..<SmallBody.limit).contains(length)
        else { return nil }
        unsafe bytes = .allocate(byteCount: length, alignment: 16)
        guard unsafe SmallBody.read(request.body.parts, into: bytes) else { return nil }
    }

    deinit {
        unsafe bytes.deallocate()
    }

    /// - Returns: whether the parts are as long as they say.
    private static func read(_ parts: [Body.Part], into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        var filled = 0
        for part in parts {
            var offset = 0
            while filled < buffer.count {
                let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                let count: Int
                switch part {
                case .bytes(let bytes):
                    count = min(bytes.count - offset, room.count)
                    if count > 0 { unsafe room.copyBytes(from: bytes[offset..<offset + count]) }
                case .source(let source):
                    guard let more = try? unsafe source.read(into: room, at: offset) else { return false }
                    count = more
                }
                if count == 0 { break }
                filled += count
                offset += count
            }
        }
        return filled == buffer.count
    }
}
