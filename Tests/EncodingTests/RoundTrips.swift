import Audio
import Encoding
import Testing

/// What goes through an encoder comes out of the decoders.
@Suite struct RoundTrips {
    struct Case: Sendable, CustomTestStringConvertible {
        var format: EncodedFormat
        var rate = 16000
        var channels = 1
        var testDescription: String { "\(format.name), \(rate) Hz, \(channels) channels" }
    }

    static let cases =
        EncodedFormat.allCases.flatMap { format in
            [Case(format: format), Case(format: format, rate: 48000, channels: 2), Case(format: format, rate: 8000)]
        } + [Case(format: .flac, rate: 96000, channels: 8), Case(format: .wav, rate: 384_000, channels: 255)]

    @Test(arguments: cases, [true, false]) func lengthsAgreeToTheSample(_ what: Case, rewritable: Bool) throws {
        let samples = Material.samples(frames: what.rate / 2 + 7, channels: what.channels)
        let bytes = try Material.encode(
            samples, what.format, rate: what.rate, channels: what.channels, rewritable: rewritable)
        let decoded = try Material.decode(bytes, isFile: rewritable, largestRead: rewritable ? .max : 700)
        #expect(decoded.damage == nil)
        #expect(decoded.format.channels == what.channels)
        #expect(decoded.format.sampleRate == what.rate)
        if what.format == .mp3, !rewritable {
            // Nothing says how much of the first and the last frames is padding.
            #expect((what.rate / 2 + 7...what.rate / 2 + 7 + 3 * 1152).contains(decoded.frames), "\(decoded.frames)")
            return
        }
        #expect(decoded.frames == what.rate / 2 + 7)
        switch what.format {
        case .wav, .flac: #expect(decoded.samples.elementsEqual(samples.map { Float($0) / 32768 }))
        // A tone, which the codecs render well; a shift by one sample would be below 30 dB for its higher part.
        case .vorbis, .mp3: #expect(Material.fidelity(of: decoded.samples, to: samples) > 12)
        // Opus doesn't keep phases.
        case .opus: break
        }
    }

    @Test(arguments: EncodedFormat.allCases, [0, 1, 2]) func hardlyAnySamples(format: EncodedFormat, count: Int) throws
    {
        for rewritable in [true, false] {
            let samples = [Int16](repeating: 1000, count: count)
            let decoded = try Material.decode(try Material.encode(samples, format, rewritable: rewritable))
            // MP3 can't hold nothing, and on a pipe says nothing of its padding.
            if format == .mp3, !rewritable {
                #expect((1...3 * 1152).contains(decoded.frames))
            } else {
                #expect(decoded.frames == (format == .mp3 ? max(1, count) : count))
            }
            #expect(decoded.damage == nil)
        }
    }

    @Test(arguments: EncodedFormat.allCases, [0, 1, 8000]) func tagsStay(format: EncodedFormat, frames: Int) throws {
        let tags = AudioTags(title: "Tëst – 題", date: "2026", comment: "of \"it\" = all")
        let bytes = try Material.encode(
            Material.samples(frames: frames), format, settings: EncoderSettings(tags: tags), rewritable: true)
        #expect(try Material.decode(bytes, isFile: true).tags == tags)
    }

    @Test(arguments: [20, 40, 100, 1000]) func opusPages(milliseconds: Int) throws {
        let bytes = try Material.encode(
            Material.samples(frames: 32000), .opus, settings: EncoderSettings(page: milliseconds))
        let pages = bytes.indices.count { bytes[$0...].starts(with: "OggS".utf8) }
        // Two headers; the look-ahead makes the stream a frame longer.
        let expected = 2 + (2000 + 20 + milliseconds - 1) / milliseconds
        #expect((expected - 1...expected + 1).contains(pages))
    }

    /// Rates that Opus has not are brought to 48 kHz; the header says what they were (RFC 7845, 5.1).
    @Test(arguments: [1000, 11025, 22050, 32000, 44100, 96000, 192_000], [1, 2])
    func opusOfOtherRates(rate: Int, channels: Int) throws {
        let samples = Material.samples(frames: rate + 7, channels: channels)
        // What is pushed at once must not matter.
        let bytes = try Material.encode(samples, .opus, rate: rate, channels: channels, block: rate / 33 + 1)
        #expect(bytes[40..<44].reversed().reduce(0) { $0 << 8 | Int($1) } == rate)
        let decoded = try Material.decode(bytes)
        #expect(decoded.damage == nil)
        #expect(decoded.format.channels == channels)
        // As the last page's position says, rounded up.
        let coded = ((rate + 7) * 48000 + rate - 1) / rate
        #expect(abs(decoded.frames - coded * decoded.format.sampleRate / 48000) <= 1, "\(decoded.frames)")
    }

    @Test(arguments: [60_000, 65_025, 65_100, 300_000]) func aTagLargerThanAPage(count: Int) throws {
        let tags = AudioTags(title: "t", comment: String(repeating: "x", count: count))
        let bytes = try Material.encode(Material.samples(frames: 8000), .opus, settings: EncoderSettings(tags: tags))
        let decoded = try Material.decode(bytes)
        #expect(decoded.damage == nil && decoded.frames == 8000)
        #expect(decoded.tags.title == "t")
    }

    /// The largest packets there are, so that a page is full before its time.
    @Test func manyBytesInAPage() throws {
        let samples = Material.samples(frames: 48000 * 3, channels: 2)
        let settings = EncoderSettings(bitrate: 510_000, page: 1000)
        let bytes = try Material.encode(samples, .opus, rate: 48000, channels: 2, settings: settings)
        let decoded = try Material.decode(bytes)
        #expect(decoded.damage == nil && decoded.frames == 48000 * 3)
    }

    @Test(arguments: [16000, 32000, 96000]) func bitratesAreKept(bitrate: Int) throws {
        let samples = Material.samples(frames: 44100 * 4)
        for format in [EncodedFormat.opus, .vorbis, .mp3] where format != .vorbis || bitrate >= 32000 {
            let settings = EncoderSettings(bitrate: bitrate)
            let bytes = try Material.encode(samples, format, rate: 44100, settings: settings)
            let actual = Double(bytes.count * 8) / 4
            // MP3 of 44.1 kHz begins at 32 kbit/s; Vorbis makes of a tone what it needs.
            let wanted = Double(format == .mp3 ? max(32000, bitrate) : bitrate)
            if format != .vorbis { #expect((0.5 * wanted...1.5 * wanted).contains(actual), "\(format) \(actual)") }
        }
    }

    @Test func vorbisQualityFollowsTheBitrate() throws {
        let samples = Material.samples(frames: 44100)
        func nominal(_ bitrate: Int) throws -> Int {
            let bytes = try Material.encode(
                samples, .vorbis, rate: 44100, settings: EncoderSettings(bitrate: bitrate))
            return bytes[48..<52].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        for bitrate in [64000, 80000, 110_000] {
            #expect(try (bitrate * 9 / 10...bitrate * 11 / 10).contains(nominal(bitrate)))
        }
    }

    @Test func wideSamplesAreKept() throws {
        let format = AudioFormat(sampleRate: 48000, channels: 1, sampleFormat: .s24le)
        let values = (0..<4000).map { Int32(truncatingIfNeeded: $0 * 7919 * 131) % 8_000_000 }
        let stored = values.flatMap { value in (0..<3).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let sink = MemorySink()
        let encoder = try EncodedFormat.flac.makeEncoder(format, settings: EncoderSettings(), sink: sink)
        try stored.withUnsafeBytes { try encoder.encode($0) }
        try encoder.finish()
        let reader = try AudioReader(
            MemorySource(sink.bytes), name: "test", options: .init(decoders: EncodedAudio()))
        #expect(reader.format == format)
        var decoded: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 30000, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try reader.read(into: buffer), count > 0 { decoded += buffer[..<(count * 3)] }
        #expect(decoded == stored)
    }

    /// A frame's header has hertz in 16 bits, or tens of them: what it can't say becomes the next rate that it can.
    @Test(arguments: [
        (1000, 1000), (65_535, 65_535), (65_536, 65_540), (88_200, 88_200), (96_001, 96_010), (655_350, 655_350),
        (655_349, 655_350), (768_000, 384_000),
    ]) func flacOfOddRates(rate: Int, stored: Int) throws {
        let source = AudioFormat(sampleRate: rate, channels: 1, sampleFormat: .s16le)
        let shape = try EncodedFormat.flac.shape(
            for: source, isLossy: false, rate: nil, channels: nil, sampleFormat: nil)
        #expect(shape.sampleRate == stored)
        let decoded = try Material.decode(Material.encode(Material.samples(frames: 5000), .flac, rate: stored))
        #expect(decoded.format.sampleRate == stored && decoded.frames == 5000 && decoded.damage == nil)
        guard rate != stored else { return }
        #expect(throws: EncodingError.self) {
            try EncodedFormat.flac.shape(for: source, isLossy: false, rate: rate, channels: nil, sampleFormat: nil)
        }
    }

    @Test func shapesThatCannotBeHad() throws {
        let stereo = AudioFormat(sampleRate: 44100, channels: 2, sampleFormat: .s16le)
        #expect(throws: EncodingError.self) {
            try EncodedFormat.mp3.shape(for: stereo, isLossy: false, rate: 44000, channels: nil, sampleFormat: nil)
        }
        #expect(throws: EncodingError.self) {
            try EncodedFormat.opus.shape(for: stereo, isLossy: false, rate: nil, channels: 3, sampleFormat: nil)
        }
        #expect(throws: EncodingError.self) {
            try EncodedFormat.flac.shape(for: stereo, isLossy: false, rate: nil, channels: nil, sampleFormat: .f32le)
        }
        let odd = AudioFormat(sampleRate: 384_000, channels: 6, sampleFormat: .f64le)
        let shape = try EncodedFormat.mp3.shape(for: odd, isLossy: false, rate: nil, channels: nil, sampleFormat: nil)
        #expect(shape == AudioFormat(sampleRate: 48000, channels: 2, sampleFormat: .f32le))
    }
}
