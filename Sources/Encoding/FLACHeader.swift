internal import Audio

/// A FLAC file's first bytes (RFC 9639, 8.2).
enum FLACHeader {
    /// A whole file without samples: the magic, the one metadata block that must be there, and one of tags where there are any.
    static func empty(_ format: AudioFormat, _ tags: AudioTags) -> [UInt8] {
        let comments = self.comments(tags)
        // Twenty bits of rate, three of channels less one, five of bits less one, thirty-six of frames.
        let shape =
            UInt64(format.sampleRate) << 44 | UInt64(format.channels - 1) << 41
            | UInt64(format.sampleFormat.bytes * 8 - 1) << 36
        let blockSize: [UInt8] = [0x10, 0]
        let frameSizes = [UInt8](repeating: 0, count: 6)
        return Array("fLaC".utf8) + [comments.isEmpty ? 0x80 : 0, 0, 0, 34] + blockSize + blockSize + frameSizes
            + (0..<8).map { UInt8(truncatingIfNeeded: shape >> (56 - 8 * $0)) } + digestOfNothing + comments
    }

    /// The last metadata block, of the Vorbis comments (RFC 9639, 8.6); nothing where there are no tags, or more than a block holds.
    private static func comments(_ tags: AudioTags) -> [UInt8] {
        func text(_ text: String) -> [UInt8] {
            (0..<4).map { UInt8(truncatingIfNeeded: text.utf8.count >> (8 * $0)) } + text.utf8
        }
        let fields = [("TITLE", tags.title), ("DATE", tags.date), ("COMMENT", tags.comment)]
            .compactMap { name, value in value.map { "\(name)=\($0)" } }
        let block = text("vt-encode") + [UInt8(fields.count), 0, 0, 0] + fields.flatMap(text)
        guard !fields.isEmpty, block.count < 1 << 24 else { return [] }
        return [0x84] + (0..<3).map { UInt8(truncatingIfNeeded: block.count >> (16 - 8 * $0)) } + block
    }

    /// The magic and STREAMINFO as the only metadata block: frames may follow.
    ///
    /// - Parameter head: a file's first bytes; nil comes back where they are not these two.
    static func alone(_ head: [UInt8]) -> [UInt8]? {
        guard head.count >= 42, head.starts(with: "fLaC".utf8), head[4] & 0x7F == 0 else { return nil }
        var alone = Array(head[..<42])
        alone[4] = 0x80
        return alone
    }

    /// MD5 of no bytes (RFC 1321, A.5).
    private static let digestOfNothing: [UInt8] = [
        0xD4, 0x1D, 0x8C, 0xD9, 0x8F, 0x00, 0xB2, 0x04, 0xE9, 0x80, 0x09, 0x98, 0xEC, 0xF8, 0x42, 0x7E,
    ]
}
