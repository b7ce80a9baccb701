package import Audio
internal import CSndFile
internal import Glibc
internal import POSIX

/// The decoders of every encoded format that we read, chosen by an input's first bytes.
///
/// FLAC, Ogg (Vorbis, Opus, FLAC), MP3, AIFF, AU, CAF, Wave64 and compressed WAV are decoded in the process, through
/// libsndfile. What that does not know goes through ffmpeg where it is installed: by its first bytes, by its name where only the name
/// tells, and whatever else ffmpeg itself recognises.
package struct EncodedAudio: AudioDecoders {
    private let track: TrackChoice
    private let headerless: HeaderlessAudio?

    /// - Parameters:
    ///   - track: the sound track that is wanted of files that have several.
    ///   - headerless: what the input is, if nothing in it says so; its first bytes are not looked at then.
    package init(track: TrackChoice = .standard, headerless: HeaderlessAudio? = nil) {
        self.track = track
        self.headerless = headerless
    }

    package func choosing(_ track: TrackChoice) -> any AudioDecoders {
        EncodedAudio(track: track, headerless: headerless)
    }

    /// Silences the decoders' libraries in all of the process: libmpg123, inside libsndfile, tells C's `stderr` of every damaged frame,
    /// and can't be told not to. What is written to the descriptor itself, as our messages are, is heard.
    package static func silenceLibraries() { vt_sndfile_silence() }

    package func recognises(_ input: ReadAhead) throws(AudioError) -> Bool {
        if headerless != nil { return true }
        if try input.peek(3).starts(with: "ID3".utf8) { return true }
        return try EncodedAudio.kind(of: input) != nil
    }

    /// Whether an input is audio of any kind that we read, uncompressed WAV included, as far as its first bytes and its name tell.
    package func recognisesAny(_ input: ReadAhead) throws(AudioError) -> Bool {
        let first = Array(try input.peek(12))
        let isWAV =
            ["RIFF", "RF64", "BW64"].contains { first.starts(with: $0.utf8) }
            && first.dropFirst(8).starts(with: "WAVE".utf8)
        if isWAV { return true }
        if try input.peek(3).starts(with: "ID3".utf8) { return true }
        switch try EncodedAudio.kind(of: input) {
        case nil, .unknown: return false
        default: return true
        }
    }

    package func decoder(for input: ReadAhead) throws(AudioError) -> (any AudioDecoder)? {
        if let headerless { return try EncodedAudio.decode(input, as: headerless) }
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
            try refuseTrack(of: input)
            return nil
        }
        switch kind {
        case .soundFile(let kind):
            try refuseTrack(of: input)
            return try soundFile(input, kind)
        case .ogg:
            try refuseTrack(of: input)
            return try OggDecoder(input)
        case .mpeg(let header, let junk):
            try refuseTrack(of: input)
            _ = try input.skip(junk)
            return try MPEGDecoder(input, header, tags: tags)
        case .headerless(let audio):
            try refuseTrack(of: input)
            return try EncodedAudio.decode(input, as: audio)
        case .ffmpeg(let kind):
            return try FFmpegDecoder(input, kind: kind, choice: track)
        case .unknown:
            return try askFFmpeg(input)
        }
    }

    /// What libsndfile knows, or else ffmpeg.
    private func soundFile(_ input: ReadAhead, _ kind: String) throws(AudioError) -> any AudioDecoder {
        let sized = try EncodedAudio.sized(input, kind)
        if let decoder = sized.decoder { return decoder }
        let input = sized.input
        guard let second = ForeignFormat.second(for: kind), FFmpegRun.installed != nil else {
            return try SoundFileDecoder(input, name: input.name, kind: kind, isFramed: kind == "FLAC")
        }
        input.mark()
        do throws(AudioError) {
            let decoder = try SoundFileDecoder(input, name: input.name, kind: kind, isFramed: kind == "FLAC")
            input.forgetMark()
            return decoder
        } catch {
            guard error.code != .readFailed, input.goBack() else { throw error }
            // What both refuse is no recording; the first says it better.
            guard let decoder = try? FFmpegDecoder(input, kind: second, choice: track) else { throw error }
            return decoder
        }
    }

    /// A decoder for a file whose declared length is not what follows; a stream that says how long it is is looked at in a copy.
    private static func sized(
        _ input: ReadAhead, _ kind: String
    ) throws(AudioError) -> (decoder: SizedDecoder?, input: ReadAhead) {
        guard ["AIFF", "AU", "CAF", "Wave64", "compressed WAV"].contains(kind), input.position == 0 else {
            return (nil, input)
        }
        // A live stream's header is short, and does not know the length.
        let head = Array(try input.peek(input.isRegularFile ? ReadAhead.capacity : kind == "CAF" ? 8192 : 1024))
        guard SizedFile(kind, head: head) != nil else { return (nil, input) }
        do throws(SystemError) {
            if let number = input.fileDescriptor {
                return (try SizedDecoder.make(number, kind, head: head, name: input.name), input)
            }
            let copy = try Descriptor.temporaryFile()
            try StreamFeeder.pass(input, to: copy.number, atMost: .max)
            try retrying("lseek") { lseek(copy.number, 0, SEEK_SET) }
            let decoder = try SizedDecoder.make(copy.number, kind, head: head, name: input.name)
            return (decoder, ReadAhead(DescriptorSource(copy, name: input.name), name: input.name))
        } catch {
            throw AudioError(.readFailed, input.name, "cannot be read: \(error)", underlying: error)
        }
    }

    /// Whether ffmpeg itself knows what it is.
    private func askFFmpeg(_ input: ReadAhead) throws(AudioError) -> (any AudioDecoder)? {
        do throws(AudioError) {
            return try FFmpegDecoder(input, kind: nil, choice: track)
        } catch {
            // It says of everything that it does not know that it is invalid.
            guard error.code == .notAudio || error.code == .unsupported && FFmpegRun.installed == nil else {
                throw error
            }
            throw AudioError(unknown: input.name, wasAskedFFmpeg: FFmpegRun.installed != nil)
        }
    }

    private static func decode(_ input: ReadAhead, as audio: HeaderlessAudio) throws(AudioError) -> any AudioDecoder {
        switch audio.format.way {
        case .soundFile(let coding):
            return try SoundFileDecoder(
                input, name: input.name, kind: audio.format.name, isFramed: false,
                headerless: (coding, audio.rate, audio.channels))
        case .ffmpeg(let demuxer):
            return try FFmpegDecoder(
                input, kind: ForeignFormat(audio.format.name, demuxer: demuxer), choice: .standard)
        }
    }

    /// A format that has one track has no other.
    private func refuseTrack(of input: ReadAhead) throws(AudioError) {
        if [.standard, .all, .number(1)].contains(track) { return }
        throw AudioError(
            .unsupported, input.name, "has no \(track.description): it has one, without a language",
            hint: "leave --track away")
    }

    /// A way to decode.
    enum Kind {
        /// libsndfile knows it as it is; the name is for messages.
        case soundFile(String)
        case ogg
        /// MPEG audio, and the bytes of junk in front of its first frame.
        case mpeg(MPEGFrameHeader, junk: Int)
        case ffmpeg(ForeignFormat)
        /// Its name tells.
        case headerless(HeaderlessAudio)
        /// Nothing that is known here, and nothing that is known to be something else.
        case unknown
    }

    private static func kind(of input: ReadAhead) throws(AudioError) -> Kind? {
        let first = Array(try input.peek(32))
        func starts(_ magic: String, at offset: Int = 0) -> Bool { first.dropFirst(offset).starts(with: magic.utf8) }
        switch true {
        case starts("fLaC"): return .soundFile("FLAC")
        case starts("OggS"): return try ogg(input)
        case starts("FORM") && (starts("AIFF", at: 8) || starts("AIFC", at: 8)): return .soundFile("AIFF")
        case starts(".snd"): return .soundFile("AU")
        case starts("caff"): return .soundFile("CAF")
        case starts("riff"): return .soundFile("Wave64")
        case starts("RIFX"): return .soundFile("big-endian WAV")
        case starts("RIFF") && starts("WAVE", at: 8): return try compressedWAV(input)
        default: break
        }
        if let foreign = ForeignFormat.all.first(where: { $0.matches(first[...]) }) { return .ffmpeg(foreign) }
        if starts("RF64") || starts("BW64") || first.isEmpty { return nil }
        if starts("RIFF") { return first.count < 12 ? nil : .unknown }
        if ForeignFormat.mayBeTransportStream(first[...]), ForeignFormat.isTransportStream(try input.peek(1024)) {
            return .ffmpeg(ForeignFormat.transportStream)
        }
        if let header = MPEGFrameHeader(try input.peek(4)), try frames(from: 0, header, in: input) >= 2 {
            return .mpeg(header, junk: 0)
        }
        if AudioError.isSomethingElse(first) { return nil }
        if let named = HeaderlessAudio(named: input.name) { return .headerless(named) }
        return try mpegBehindJunk(input) ?? .unknown
    }

    private static func ogg(_ input: ReadAhead) throws(AudioError) -> Kind {
        guard FFmpegRun.installed != nil, let foreign = ForeignFormat.second(for: "Ogg") else { return .ogg }
        if try OggStream.needsOthers(input) { return .ffmpeg(foreign) }
        guard input.position == 0, let file = input.fileDescriptor else { return .ogg }
        return OggClock.hasHole(in: file) ? .ffmpeg(foreign) : .ogg
    }

    /// A WAV whose samples are encoded, where its header says so within reach.
    private static func compressedWAV(_ input: ReadAhead) throws(AudioError) -> Kind? {
        var offset = 12
        while true {
            let head = try input.peek(offset + 8).dropFirst(offset)
            guard head.count == 8 else { return nil }
            let size = Int(littleEndian(head.dropFirst(4)))
            if head.starts(with: "data".utf8) { return nil }
            if head.starts(with: "fmt ".utf8) {
                let body = Array(try input.peek(offset + 8 + min(size, 40)).dropFirst(offset + 8))
                return compressedWAV(format: body)
            }
            offset += 8 + size + size % 2
            guard offset + 48 <= ReadAhead.capacity else { return nil }
        }
    }

    private static func compressedWAV(format body: [UInt8]) -> Kind? {
        guard body.count >= 16 else { return nil }
        var tag = littleEndian(body[..<2])
        // WAVE_FORMAT_EXTENSIBLE says it further behind.
        if tag == 0xFFFE, body.count >= 26 { tag = littleEndian(body[24..<26]) }
        switch tag {
        case 0xFFFE: return nil
        // Samples that we have no format for, as numbers of 64 bits.
        case 0x0001 where littleEndian(body[14..<16]) <= 32,
            0x0003 where [32, 64].contains(littleEndian(body[14..<16])):
            return nil
        case 0x0002, 0x0006, 0x0007, 0x0011, 0x0031: return .soundFile("compressed WAV")
        default: return ForeignFormat.second(for: "compressed WAV").map { .ffmpeg($0) }
        }
    }

    private static func littleEndian(_ bytes: some BidirectionalCollection<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// MPEG audio with something in front: three frames in a row.
    private static func mpegBehindJunk(_ input: ReadAhead) throws(AudioError) -> Kind? {
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
