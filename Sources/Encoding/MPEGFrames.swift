internal import Audio

/// The frames of an MP3, and nothing else of it: junk, damage and tags between them are stepped over.
///
/// libsndfile's MPEG decoder (mpg123) writes to standard error about every stray byte, and gives up at the first of them.
@safe final class MPEGFrames: ByteSource {
    let isRegularFile: Bool
    private let input: ReadAhead
    /// What every frame looks like; none of another kind is believed.
    private let kind: MPEGFrameHeader
    /// Bytes of the present frame that have not been given yet.
    private var rest = 0
    private var frames = 0
    /// Frames that the first one announces; nil where it doesn't.
    private var announcedFrames: Int?
    /// How the frames of another recording look, if one follows: files that were joined.
    private(set) var next: MPEGFrameHeader?
    private var isAtEnd = false
    private(set) var damage: String?

    /// - Parameter input: at the first frame.
    init(_ input: ReadAhead, kind: MPEGFrameHeader) {
        self.input = input
        self.kind = kind
        isRegularFile = input.isRegularFile
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if rest == 0, try isAtEnd || !findFrame() { return 0 }
        let count = try unsafe input.read(
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, rest)]))
        rest -= count
        return count
    }

    /// Goes to the end of this recording.
    func skipRest() throws(AudioError) {
        while !isAtEnd {
            _ = try input.skip(rest)
            rest = 0
            if try !findFrame() { return }
        }
    }

    /// Goes to the next whole frame.
    ///
    /// - Returns: false where there is none.
    private func findFrame() throws(AudioError) -> Bool {
        var skipped = 0
        while true {
            let head = try input.peek(4)
            if head.count < 4 {
                if skipped > 0 || head.contains(where: { $0 != 0 }) { noteDamage(skipped + head.count) }
                return end()
            }
            guard let frame = MPEGFrameHeader(head), frame.isAlike(kind) else {
                if try skipTag(head) { continue }
                if let other = MPEGFrameHeader(head), try isStream(of: other) {
                    if skipped > 0 { noteDamage(skipped) }
                    next = other
                    return end()
                }
                skipped += try skipToCandidate()
                continue
            }
            // After a gap the next frame must follow this one: two bytes of junk look like a header soon enough.
            let body = try input.peek(frame.length + 4)
            if body.count < frame.length {
                if damage == nil { damage = "truncated in the middle of a frame" }
                return end()
            }
            if skipped > 0, body.count == frame.length + 4,
                MPEGFrameHeader(body.dropFirst(frame.length))?.isAlike(kind) != true
            {
                _ = try input.skip(1)
                skipped += 1
                continue
            }
            if skipped > 0 { noteDamage(skipped) }
            let announced = MPEGFrames.announcement(in: body, frame)
            if frames > 0, announced != nil || frames == announcedFrames {
                // The library stops where the first one said.
                next = frame
                return end()
            }
            if frames == 0, let announced {
                announcedFrames = announced
                frames = -1
            }
            frames += 1
            rest = frame.length
            return true
        }
    }

    /// Whether frames of another kind stand here, three in a row, or two before the end.
    private func isStream(of other: MPEGFrameHeader) throws(AudioError) -> Bool {
        var (count, offset, length) = (1, 0, other.length)
        while count < 3 {
            offset += length
            guard offset + 4 <= ReadAhead.capacity else { return false }
            let head = try input.peek(offset + 4).dropFirst(offset)
            if head.isEmpty || head.starts(with: "TAG".utf8) || head.starts(with: "ID3".utf8) { return count > 1 }
            guard let frame = MPEGFrameHeader(head), frame.isAlike(other) else { return false }
            count += 1
            length = frame.length
        }
        return true
    }

    private func noteDamage(_ bytes: Int) {
        if damage == nil { damage = "damaged: \(bytes) bytes of it are no MP3 frames" }
    }

    private func end() -> Bool {
        isAtEnd = true
        if damage == nil, let announcedFrames, announcedFrames > frames {
            damage = "truncated: the header promises \(announcedFrames) frames of MP3, \(frames) are there"
        }
        return false
    }

    /// Goes past a tag, between files that were joined or at the end: ID3v2, ID3v1 (128 bytes) or APE.
    private func skipTag(_ head: ArraySlice<UInt8>) throws(AudioError) -> Bool {
        if head.starts(with: "ID3".utf8) {
            _ = try ID3Tag.read(from: input)
            return true
        }
        if head.starts(with: "TAG".utf8) { return try input.skip(128) }
        let ape = try input.peek(32)
        guard ape.starts(with: "APETAGEX".utf8), ape.count == 32 else { return false }
        // The size counts the items and the footer, not this header.
        let size = ape.dropFirst(12).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        return try input.skip(32 + size)
    }

    /// Goes on by at least one byte, to where a frame may begin.
    ///
    /// - Returns: how many of the bytes are no padding.
    private func skipToCandidate() throws(AudioError) -> Int {
        let here = input.available
        let next = here.dropFirst().firstIndex(of: 0xFF) ?? here.endIndex
        let junk = here[..<next].count { $0 != 0 }
        _ = try input.skip(next - here.startIndex)
        return junk
    }

    /// Frames that follow, where the first frame is none of audio but says how the stream was encoded.
    ///
    /// `Xing` in streams of variable rate, `Info` in others (LAME's revision of Xing's header), `VBRI` in Fraunhofer's.
    static func announcement(in frame: ArraySlice<UInt8>, _ header: MPEGFrameHeader) -> Int? {
        let xing = frame.dropFirst(4 + header.sideInformation)
        if xing.starts(with: "Xing".utf8) || xing.starts(with: "Info".utf8), xing.count >= 12 {
            let flags = bigEndian32(xing.dropFirst(4))
            return flags & 1 == 1 ? bigEndian32(xing.dropFirst(8)) : nil
        }
        let vbri = frame.dropFirst(4 + 32)
        return vbri.starts(with: "VBRI".utf8) && vbri.count >= 18 ? bigEndian32(vbri.dropFirst(14)) : nil
    }
}

/// Four bytes as a number, the highest first.
func bigEndian32(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
}
