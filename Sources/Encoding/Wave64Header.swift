/// How much audio a Wave64 file announces, which libsndfile 1.2 only looks at where a chunk follows it.
///
/// Sound Forge's format ("Sony Wave64", Sonic Foundry, 2003): GUIDs for chunks' names, and 64-bit sizes that count their own header.
enum Wave64Header {
    /// A chunk's GUID and size.
    private static let chunkHead = 24
    /// `riff`, its size, and `wave`.
    private static let preamble = 40
    /// What follows the four letters of `fmt ` and `data`.
    private static let rest: [UInt8] = [0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A]
    /// PCM, floating point, A-law, µ-law, extensible: those of which a block is a frame.
    private static let kindsOfFrames: Set<UInt64> = [0x0001, 0x0003, 0x0006, 0x0007, 0xFFFE]

    /// The frames behind a header; nil where it doesn't say, or not in frames.
    ///
    /// - Parameter bytes: of the file, from its first one to the audio at least.
    static func frames(in bytes: [UInt8]) -> Int? {
        var start = preamble
        var frameBytes: UInt64?
        while start + chunkHead <= bytes.count {
            let size = number(bytes[(start + 16)..<(start + 24)])
            let name = Array(bytes[start..<(start + 16)])
            if name == Array("data".utf8) + rest {
                guard let frameBytes, size > UInt64(chunkHead) else { return nil }
                return Int(clamping: (size - UInt64(chunkHead)) / frameBytes)
            }
            let body = bytes[(start + chunkHead)...]
            if name == Array("fmt ".utf8) + rest, body.count >= 16 {
                guard kindsOfFrames.contains(number(body.prefix(2))) else { return nil }
                // As libsndfile reckons, which does not look at the size of a block.
                let bytes = number(body.dropFirst(2).prefix(2)) * ((number(body.dropFirst(14).prefix(2)) + 7) / 8)
                frameBytes = bytes > 0 ? bytes : nil
            }
            // Chunks begin at multiples of eight.
            guard size >= UInt64(chunkHead), size < UInt64(bytes.count) else { return nil }
            start += (Int(size) + 7) / 8 * 8
        }
        return nil
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
