package import Audio

/// A kind of audio file that we write; a new one is a row here and a case in `makeEncoder`.
package enum EncodedFormat: String, Sendable, CaseIterable {
    case wav
    case flac
    case opus
    case vorbis
    case mp3

    /// As prose spells it.
    package var name: String {
        switch self {
        case .wav: "WAV"
        case .flac: "FLAC"
        case .opus: "Opus"
        case .vorbis: "Vorbis"
        case .mp3: "MP3"
        }
    }

    /// Endings of file names that mean this format, the usual one first.
    package var fileExtensions: [String] {
        switch self {
        case .wav: ["wav", "wave"]
        case .flac: ["flac"]
        case .opus: ["opus"]
        case .vorbis: ["ogg", "oga"]
        case .mp3: ["mp3"]
        }
    }

    /// The format that a file's name asks for.
    package init?(path: String) {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return nil }
        let ending = name[name.index(after: dot)...].lowercased()
        guard let format = EncodedFormat.allCases.first(where: { $0.fileExtensions.contains(ending) }) else {
            return nil
        }
        self = format
    }

    /// Bits a second that can be asked for; nil where the format has no such setting.
    package var bitrates: ClosedRange<Int>? {
        switch self {
        case .wav, .flac: nil
        case .opus: 6000...510_000
        case .vorbis: 8000...500_000
        case .mp3: 8000...320_000
        }
    }

    /// Complexities that can be asked for; nil where the format has no such setting.
    package var complexities: ClosedRange<Int>? {
        switch self {
        case .flac: 0...8
        case .opus: 0...10
        case .wav, .vorbis, .mp3: nil
        }
    }

    /// How samples can be stored; empty where the format doesn't store samples.
    package var sampleFormats: [SampleFormat] {
        switch self {
        case .wav: SampleFormat.allCases
        case .flac: [.s16le, .s24le]
        case .opus, .vorbis, .mp3: []
        }
    }

    /// Channels that it takes. Beyond two the codecs' orders differ from each other's, and speech has no use for them.
    private var mostChannels: Int {
        switch self {
        case .wav: 255
        case .flac: 8
        case .opus, .vorbis, .mp3: 2
        }
    }

    /// Whether it takes a sample rate, in hertz.
    private func takes(rate: Int) -> Bool {
        switch self {
        case .wav: true
        // What a frame's header can say: hertz in 16 bits, or tens of them (RFC 9639, 9.1.2).
        case .flac: rate <= 65_535 || (rate <= 655_350 && rate % 10 == 0)
        // The encoder brings it to a rate of the codec's, and says in the header what it was.
        case .opus: (1000...192_000).contains(rate)
        // The rates that libvorbisenc has tunings for.
        case .vorbis: (8000...192_000).contains(rate)
        case .mp3: EncodedFormat.mp3Rates.contains(rate)
        }
    }

    private static let mp3Rates = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000]

    /// The shape that audio gets in this format.
    ///
    /// - Parameters:
    ///   - source: the audio as it is.
    ///   - isLossy: whether it comes out of a lossy codec: its samples then have no more than 16 bits to say.
    ///   - rate: frames a second that are asked for, in hertz; nil keeps them where the format can.
    ///   - channels: channels that are asked for; nil keeps them where the format can.
    ///   - sampleFormat: how to store samples; nil keeps it where the format can.
    /// - Returns: the rate and channels of the stream. The sample format is what the encoder is given, which may be wider than
    ///   what it stores.
    /// - Throws: `EncodingError`, `unsupported`, where what is asked for can't be had.
    package func shape(
        for source: AudioFormat, isLossy: Bool, rate: Int?, channels: Int?, sampleFormat: SampleFormat?
    ) throws(EncodingError) -> AudioFormat {
        if let rate, !takes(rate: rate) {
            let rates = EncodedFormat.mp3Rates.map(String.init).joined(separator: ", ")
            throw EncodingError(
                .unsupported, "\(name) has no sample rate of \(rate) Hz", hint: self == .mp3 ? "it has \(rates)" : nil)
        }
        if let channels, channels > mostChannels {
            throw EncodingError(
                .unsupported, "\(name) is written with at most \(mostChannels) channels, not \(channels)")
        }
        if let sampleFormat, !sampleFormats.contains(sampleFormat) {
            let known = sampleFormats.map(\.rawValue).joined(separator: " and ")
            throw EncodingError(
                .unsupported, "\(name) doesn't store samples as \(sampleFormat.rawValue)",
                hint: known.isEmpty ? nil : "it has \(known)")
        }
        return AudioFormat(
            sampleRate: rate ?? nearestRate(to: source.sampleRate),
            channels: channels ?? (source.channels <= mostChannels ? source.channels : 2),
            sampleFormat: sampleFormat ?? self.sampleFormat(for: source, isLossy: isLossy))
    }

    /// The lowest rate that loses nothing, or the highest there is.
    private func nearestRate(to rate: Int) -> Int {
        if takes(rate: rate) { return rate }
        switch self {
        case .mp3: return EncodedFormat.mp3Rates.first { $0 >= rate } ?? 48000
        case .vorbis: return rate < 8000 ? 8000 : 48000
        case .flac: return rate <= 655_350 ? (rate + 9) / 10 * 10 : 384_000
        case .opus, .wav: return 48000
        }
    }

    private func sampleFormat(for source: AudioFormat, isLossy: Bool) -> SampleFormat {
        switch self {
        case .wav: isLossy ? .s16le : source.sampleFormat
        case .flac: isLossy || source.sampleFormat.bytes <= 2 ? .s16le : .s24le
        case .opus, .vorbis, .mp3: source.sampleFormat == .s16le ? .s16le : .f32le
        }
    }

    /// Opens the library that writes this format, which takes a moment, or the one that reads it.
    ///
    /// Nothing has to be prepared: a program that is sure to need it soon saves the time. Where the library can't be had, who needs
    /// it says so.
    package func prepare(toRead isRead: Bool) {
        switch self {
        case .wav: break
        case .opus where !isRead: OpusEncoder.prepare()
        case .opus, .flac, .vorbis, .mp3: SoundFileLibrary.prepare()
        }
    }

    /// Begins a stream: what its format has in front goes to the sink.
    ///
    /// - Parameters:
    ///   - format: as `shape` gives it.
    ///   - settings: those that the format doesn't have are not looked at.
    ///   - sink: gets the stream.
    /// - Throws: `EncodingError`, or what the sink throws.
    package func makeEncoder(
        _ format: AudioFormat, settings: EncoderSettings, sink: any ByteSink
    ) throws -> any StreamEncoder {
        switch self {
        case .wav: WAVEncoder(format, tags: settings.tags, sink: sink)
        case .opus: try OpusEncoder(format, settings: settings, sink: sink)
        case .flac, .vorbis, .mp3: try SoundFileEncoder(self, format, settings: settings, sink: sink)
        }
    }
}
