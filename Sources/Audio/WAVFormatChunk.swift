extension AudioFormat {
    /// Rates that we take for audio, in hertz. Beyond them a header is wrong, or the work would not be bounded.
    package static let sampleRates = 1000...768_000
    /// Channel counts that we take for audio.
    package static let channelCounts = 1...255

    /// Reads the body of a `fmt ` chunk.
    ///
    /// - Parameters:
    ///   - body: the first 40 bytes of it, or all.
    ///   - size: its whole size in bytes, as declared.
    /// - Throws: `AudioError`: `truncated`, `malformed`, or `unsupported` with the codec's name.
    init(fmtChunk body: [UInt8], size: Int, name: String, warn: (String) -> Void) throws(AudioError) {
        guard body.count >= min(size, 40) else { throw AudioError(.truncated, name, "the WAV header is cut off") }
        guard body.count >= 16 else {
            throw AudioError(.malformed, name, "the WAV header describes its format in \(body.count) bytes, not 16")
        }
        var tag = littleEndian16(body[0...])
        let channels = Int(littleEndian16(body[2...]))
        let rate = Int(littleEndian32(body[4...]))
        let align = Int(littleEndian16(body[12...]))
        let bits = Int(littleEndian16(body[14...]))
        if tag == 0xFFFE {
            guard body.count >= 40 else {
                throw AudioError(.malformed, name, "the WAV header is of the extensible kind and lacks its extension")
            }
            guard Array(body[26..<40]) == AudioFormat.mediaSubtypeTail else {
                throw AudioError(.unsupported, name, "the WAV header names a kind of audio that only its maker knows")
            }
            let validBits = Int(littleEndian16(body[18...]))
            guard validBits <= bits else {
                throw AudioError(.malformed, name, "the WAV header has \(validBits) valid bits in samples of \(bits)")
            }
            tag = littleEndian16(body[24...])
        }
        guard tag == 1 || tag == 3 else {
            throw AudioError(
                .unsupported, name, "the WAV file holds \(AudioFormat.codecName(tag)), not plain samples",
                hint: "convert it: ffmpeg -i FILE -c:a pcm_s16le out.wav")
        }
        guard AudioFormat.channelCounts.contains(channels) else {
            throw AudioError(.unsupported, name, "the WAV header has \(channels) channels")
        }
        guard AudioFormat.sampleRates.contains(rate) else {
            throw AudioError(.unsupported, name, "the WAV header has a sample rate of \(rate) Hz")
        }
        // Twelve bits live in two bytes, at their upper end: the format reads as one of two whole bytes.
        let sampleFormat: SampleFormat? =
            switch (tag, (bits + 7) / 8) {
            case (1, 1): .u8
            case (1, 2): .s16le
            case (1, 3): .s24le
            case (1, 4): .s32le
            case (3, 4) where bits == 32: .f32le
            case (3, 8) where bits == 64: .f64le
            default: nil
            }
        guard let sampleFormat else {
            let kind = tag == 1 ? "integer" : "floating-point"
            throw AudioError(.unsupported, name, "the WAV header has \(kind) samples of \(bits) bits")
        }
        self.init(sampleRate: rate, channels: channels, sampleFormat: sampleFormat)
        if align != bytesPerFrame {
            warn("\(name): the WAV header gives a frame \(align) bytes, its format makes that \(bytesPerFrame)")
        }
    }

    /// The places of the channels that the body of a `fmt ` chunk names (`dwChannelMask`); 0 if it names none.
    static func channelMask(fmtChunk body: [UInt8]) -> UInt32 {
        body.count >= 40 && littleEndian16(body[0...]) == 0xFFFE ? littleEndian32(body[20...]) : 0
    }

    /// KSDATAFORMAT_SUBTYPE_*: a 16-bit format tag, then these bytes (ksmedia.h).
    static let mediaSubtypeTail: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]

    /// The name of a format tag (mmreg.h).
    private static func codecName(_ tag: UInt16) -> String {
        switch tag {
        case 0x0002: "Microsoft ADPCM"
        case 0x0006: "A-law"
        case 0x0007: "µ-law"
        case 0x0011: "IMA ADPCM"
        case 0x0031: "GSM 6.10"
        case 0x0045: "G.726"
        case 0x0050: "MPEG audio"
        case 0x0055: "MP3"
        case 0x00FF, 0x1600, 0x1602, 0x1610: "AAC"
        case 0x0092, 0x2000: "AC-3"
        case 0x674F, 0x6750, 0x6751, 0x676F, 0x6770, 0x6771: "Vorbis"
        case 0xF1AC: "FLAC"
        default: "codec 0x" + String(tag, radix: 16)
        }
    }
}
