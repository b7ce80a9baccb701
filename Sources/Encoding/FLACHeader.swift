internal import Audio

/// A FLAC file's first bytes (RFC 9639, 8.2).
enum FLACHeader {
    /// A whole file without samples: the magic, and the one metadata block that must be there.
    static func empty(_ format: AudioFormat) -> [UInt8] {
        // Twenty bits of rate, three of channels less one, five of bits less one, thirty-six of frames.
        let shape =
            UInt64(format.sampleRate) << 44 | UInt64(format.channels - 1) << 41
            | UInt64(format.sampleFormat.bytes * 8 - 1) << 36
        let blockSize: [UInt8] = [0x10, 0]
        let frameSizes = [UInt8](repeating: 0, count: 6)
        return Array("fLaC".utf8) + [0x80, 0, 0, 34] + blockSize + blockSize + frameSizes
            + (0..<8).map { UInt8(truncatingIfNeeded: shape >> (56 - 8 * $0)) } + digestOfNothing
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
