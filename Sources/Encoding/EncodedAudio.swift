package import Audio
internal import CSndFile

/// The decoders of every encoded format that we read, chosen by an input's first bytes.
///
/// FLAC, Ogg (Vorbis, Opus, FLAC), MP3, AIFF, AU, CAF, Wave64 and compressed WAV are decoded in the process, through
/// libsndfile. What only ffmpeg knows (M4A, WebM, video) goes through it where it is installed.
package struct EncodedAudio: AudioDecoders {
    package init() {}

    /// Silences the decoders' libraries in all of the process: libmpg123, inside libsndfile, tells C's `stderr` of every damaged frame,
    /// and can't be told not to. What is written to the descriptor itself, as our messages are, is heard.
    package static func silenceLibraries() { vt_sndfile_silence() }

    package func recognises(_ input: ReadAhead) throws(AudioError) -> Bool {
        if try input.peek(3).starts(with: "ID3".utf8) { return true }
        return try EncodedAudio.kind(of: input) != nil
    }

    /// Whether an input is audio of any kind that we read, uncompressed WAV included.
    package func recognisesAny(_ input: ReadAhead) throws(AudioError) -> Bool {
        let first = Array(try input.peek(12))
        let isWAV =
            ["RIFF", "RF64", "BW64"].contains { first.starts(with: $0.utf8) }
            && first.dropFirst(8).starts(with: "WAVE".utf8)
        if isWAV { return true }
        return try recognises(input)
    }

    package func decoder(for input: ReadAhead) throws(AudioError) -> (any AudioDecoder)? {
        var tags = AudioTags()
        var hasTag = false
        // An ID3 tag belongs in front of an MP3, and is found in front of FLAC and AAC.
        while try input.peek(3).starts(with: "ID3".utf8) {
            hasTag = true
            guard let said = try ID3Tag.read(from: input) else {
                throw AudioError(.truncated, input.name, "ends in its ID3 tag, before any audio")
            }
            tags = tags.filled(from: said)
        }
        guard let kind = try EncodedAudio.kind(of: input) else {
            if hasTag { throw AudioError(.notAudio, input.name, "has an ID3 tag, but no audio that we know behind it") }
            return nil
        }
        switch kind {
        case .soundFile(let kind):
            return try SoundFileDecoder(input, name: input.name, kind: kind, isFramed: kind == "FLAC")
        case .ogg:
            return try OggDecoder(input)
        case .mpeg(let header, let junk):
            _ = try input.skip(junk)
            return try MPEGDecoder(input, header, tags: tags)
        case .ffmpeg(let kind):
            return try FFmpegDecoder(input, kind: kind)
        }
    }

    /// A way to decode.
    enum Kind {
        /// libsndfile knows it as it is; the name is for messages.
        case soundFile(String)
        case ogg
        /// MPEG audio, and the bytes of junk in front of its first frame.
        case mpeg(MPEGFrameHeader, junk: Int)
        case ffmpeg(ForeignFormat)
    }

    private static func kind(of input: ReadAhead) throws(AudioError) -> Kind? {
        let first = Array(try input.peek(12))
        func starts(_ magic: String, at offset: Int = 0) -> Bool { first.dropFirst(offset).starts(with: magic.utf8) }
        switch true {
        case starts("fLaC"): return .soundFile("FLAC")
        case starts("OggS"): return .ogg
        case starts("FORM") && (starts("AIFF", at: 8) || starts("AIFC", at: 8)): return .soundFile("AIFF")
        case starts(".snd"): return .soundFile("AU")
        case starts("caff"): return .soundFile("CAF")
        case starts("riff"): return .soundFile("Wave64")
        case starts("RIFX"): return .soundFile("big-endian WAV")
        case starts("RIFF") && starts("WAVE", at: 8): return try compressedWAV(input)
        default: break
        }
        if let foreign = ForeignFormat.all.first(where: { $0.matches(first[...]) }) { return .ffmpeg(foreign) }
        if starts("RIFF") || starts("RF64") || starts("BW64") { return nil }
        return try mpeg(input)
    }

    /// A WAV whose samples are encoded, where its header says so at once.
    private static func compressedWAV(_ input: ReadAhead) throws(AudioError) -> Kind? {
        let head = try input.peek(22)
        guard head.count == 22, head.dropFirst(12).starts(with: "fmt ".utf8) else { return nil }
        switch UInt16(head[head.startIndex + 20]) | UInt16(head[head.startIndex + 21]) << 8 {
        case 0x0002, 0x0006, 0x0007, 0x0011, 0x0031: return .soundFile("compressed WAV")
        case 0x0045, 0x0050, 0x0055, 0x0092, 0x00FF, 0x0161, 0x0162, 0x2000:
            return .ffmpeg(ForeignFormat("compressed WAV", demuxer: "wav", magics: []))
        default: return nil
        }
    }

    /// MPEG audio: where there are two frames in a row at the beginning, or three behind junk.
    private static func mpeg(_ input: ReadAhead) throws(AudioError) -> Kind? {
        if let header = MPEGFrameHeader(try input.peek(4)), try frames(from: 0, header, in: input) >= 2 {
            return .mpeg(header, junk: 0)
        }
        guard !AudioError.isKnownOtherwise(Array(try input.peek(12))) else { return nil }
        let all = try input.peek(ReadAhead.capacity)
        var at = all.startIndex
        while let sync = all[at...].firstIndex(of: 0xFF) {
            if let header = MPEGFrameHeader(all[sync...]),
                try frames(from: sync - all.startIndex, header, in: input) >= 3
            {
                return .mpeg(header, junk: sync - all.startIndex)
            }
            at = sync + 1
        }
        return nil
    }

    /// Frames in a row, up to three; one that the input ends with counts for all.
    private static func frames(
        from start: Int, _ header: MPEGFrameHeader, in input: ReadAhead
    ) throws(AudioError) -> Int {
        var (count, offset, length) = (1, start, header.length)
        while count < 3 {
            offset += length
            guard offset + 4 <= ReadAhead.capacity else { break }
            let head = try input.peek(offset + 4).dropFirst(offset)
            if head.isEmpty { return start == 0 || count > 1 ? 3 : count }
            guard let next = MPEGFrameHeader(head), next.isAlike(header) else {
                // A file of one frame may have a tag behind it.
                if start == 0, head.starts(with: "TAG".utf8) || head.starts(with: "APET".utf8) { return 3 }
                break
            }
            count += 1
            length = next.length
        }
        return count
    }
}

/// MP3, and the older layers.
@safe final class MPEGDecoder: AudioDecoder {
    let format: AudioFormat
    let tags: AudioTags
    /// What the first one of joined files says is not all.
    var declaredFrames: Int? { nil }
    private(set) var damage: String?

    private let input: ReadAhead
    private let header: MPEGFrameHeader
    private var frames: MPEGFrames
    private var decoder: SoundFileDecoder

    init(_ input: ReadAhead, _ header: MPEGFrameHeader, tags: AudioTags) throws(AudioError) {
        self.input = input
        self.header = header
        frames = MPEGFrames(input, kind: header)
        decoder = try SoundFileDecoder(frames, name: input.name, kind: "MP3", isFramed: false)
        format = decoder.format
        self.tags = tags.filled(from: decoder.tags)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        while true {
            let count = try unsafe decoder.read(into: buffer)
            if count > 0 { return count }
            // The library stops at the length that it was told; the bytes behind it are looked at here.
            try frames.skipRest()
            damage = damage ?? frames.damage ?? decoder.damage
            guard frames.hasNext else { return 0 }
            frames = MPEGFrames(input, kind: header)
            decoder = try SoundFileDecoder(frames, name: input.name, kind: "MP3", isFramed: false)
        }
    }
}
