/// What a WAV header says: the format, and how far the audio goes. Reading stops at the first byte of audio.
///
/// RIFF/WAVE as in "Multimedia Programming Interface and Data Specifications 1.0" (IBM and Microsoft, 1991),
/// WAVE_FORMAT_EXTENSIBLE as in mmreg.h, RF64 and BW64 as in EBU Tech 3306 and ITU-R BS.2088.
struct WAVLayout {
    /// Sizes from here on are what programs write that don't know the length (sox 0x7FFFF000, ffmpeg 0xFFFFFFFF);
    /// sox rounds it down to whole frames.
    static let smallestPlaceholder = 0x7FFF_F000
    /// Bytes of other chunks before the audio at most: cover pictures pass, a header that lies does not hold us up.
    static let largestPreamble = 64 << 20

    let format: AudioFormat
    /// Where the channels belong; nil if the header doesn't say.
    let channels: ChannelLayout?
    /// Bytes of audio at most; `Int.max` until the end of the input.
    let dataBytes: Int
    /// Whether fewer bytes than `dataBytes` mean that something is missing.
    let isLengthDeclared: Bool
    /// What the header says about the recording.
    let tags: AudioTags

    /// Reads up to the audio.
    ///
    /// - Throws: `AudioError` where this is no WAV, or one that we don't read.
    init(reading input: ReadAhead, warn: (String) -> Void) throws(AudioError) {
        let name = input.name
        try WAVLayout.readMagic(input)
        var format: AudioFormat?
        var mask: UInt32 = 0
        var longDataSize: UInt64?
        var tags = AudioTags()
        var walked = 12
        while true {
            let head = try input.peek(8)
            guard head.count == 8 else {
                let reason = head.isEmpty ? "the WAV header has no audio behind it" : "the WAV header is cut off"
                throw AudioError(.truncated, name, reason)
            }
            let id = fourCC(head)
            let size = Int(littleEndian32(head.dropFirst(4)))
            _ = try input.skip(8)
            if id == "data" {
                guard let format else {
                    throw AudioError(.malformed, name, "the WAV header has no format before its audio")
                }
                self.format = format
                channels = ChannelLayout(mask: mask, channels: format.channels)
                self.tags = tags
                var declared = UInt64(size)
                if let longDataSize, size == 0xFFFF_FFFF { declared = longDataSize }
                (dataBytes, isLengthDeclared) = try WAVLayout.extent(
                    of: declared, isLong: longDataSize != nil, frameBytes: format.bytesPerFrame, in: input)
                return
            }
            walked += 8 + size + size % 2
            guard walked <= WAVLayout.largestPreamble else {
                throw AudioError(
                    .malformed, name, "the WAV header has no audio in its first \(WAVLayout.largestPreamble >> 20) MiB")
            }
            let body = try input.peek(min(size, 40))
            if id == "fmt ", format == nil {
                format = try AudioFormat(fmtChunk: Array(body), size: size, name: name, warn: warn)
                mask = AudioFormat.channelMask(fmtChunk: Array(body))
            } else if id == "ds64", body.count >= 16 {
                longDataSize = littleEndian64(body.dropFirst(8))
            } else if id == "LIST", size <= 4096 {
                tags = tags.filled(from: AudioTags(listChunk: try input.peek(size)))
            }
            guard try input.skip(size + size % 2) else {
                throw AudioError(.truncated, name, "the WAV header is cut off")
            }
        }
    }

    private static func readMagic(_ input: ReadAhead) throws(AudioError) {
        let first = Array(try input.peek(12))
        let form = fourCC(first[...])
        guard first.count == 12, ["RIFF", "RF64", "BW64"].contains(form), fourCC(first[8...]) == "WAVE" else {
            throw AudioError(notWAV: Array(input.available), name: input.name)
        }
        _ = try input.skip(12)
    }

    /// How far the audio goes (DESIGN §2, "Streams").
    private static func extent(
        of size: UInt64, isLong: Bool, frameBytes: Int, in input: ReadAhead
    ) throws(AudioError) -> (bytes: Int, isDeclared: Bool) {
        if size == 0 {
            // A program that was killed, or wrote to a pipe, leaves 0; a file that is really empty goes on, or ends.
            let next = Array(try input.peek(12))
            guard input.isRegularFile, isKnownChunk(Array(next.prefix(8))) || DeclaredEnd.isWAV(next) else {
                return (.max, false)
            }
            return (0, true)
        }
        if isLong, size < UInt64(Int.max) { return (Int(size), true) }
        guard size > smallestPlaceholder - frameBytes else { return (Int(size), true) }
        // In a file it may be true, and then what follows is no audio; where it isn't, nothing is missing.
        return input.isRegularFile && size < 0xFFFF_FFFF ? (Int(size), false) : (.max, false)
    }

    /// Whether these eight bytes begin a chunk that is known to follow audio. Loud audio must not pass for one.
    static func isKnownChunk(_ head: [UInt8]) -> Bool {
        guard head.count == 8, littleEndian32(head[4...]) <= largestPreamble else { return false }
        return knownChunks.contains(fourCC(head[...]))
    }

    private static let knownChunks: Set<String> = [
        "LIST", "INFO", "JUNK", "junk", "FLLR", "PAD ", "fact", "cue ", "plst", "smpl", "inst", "note", "labl", "ltxt",
        "bext", "cart", "iXML", "axml", "chna", "PEAK", "id3 ", "ID3 ", "DISP", "acid", "strc", "afsp", "LGWV", "_PMX",
        "aXML", "minf", "umid", "levl", "wavl", "slnt", "CSET",
    ]
}

/// Four bytes as text; what isn't ASCII becomes `?`.
func fourCC(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix(4).map { $0 < 0x80 ? $0 : 0x3F }, as: UTF8.self)
}

func littleEndian16(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    bytes.prefix(2).reversed().reduce(0) { $0 << 8 | UInt16($1) }
}

func littleEndian32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
}

func littleEndian64(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
