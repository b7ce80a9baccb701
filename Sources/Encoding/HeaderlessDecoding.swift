package import Audio
internal import CSndFile

extension HeaderlessFormat {
    /// What decodes it.
    enum Way {
        /// libsndfile, told which coding it is.
        case soundFile(CInt)
        /// ffmpeg's demuxer.
        case ffmpeg(String)
    }

    var way: Way {
        switch self {
        case .s8: .soundFile(CInt(SF_FORMAT_PCM_S8))
        case .s16le: .soundFile(CInt(SF_FORMAT_PCM_16) | CInt(SF_ENDIAN_LITTLE))
        case .s16be: .soundFile(CInt(SF_FORMAT_PCM_16) | CInt(SF_ENDIAN_BIG))
        case .ulaw: .soundFile(CInt(SF_FORMAT_ULAW))
        case .alaw: .soundFile(CInt(SF_FORMAT_ALAW))
        case .gsm: .soundFile(CInt(SF_FORMAT_GSM610))
        case .vox: .soundFile(CInt(SF_FORMAT_VOX_ADPCM))
        case .g722: .ffmpeg("g722")
        case .g729: .ffmpeg("g729")
        case .amr: .ffmpeg("amrnb")
        case .awb: .ffmpeg("amrwb")
        }
    }
}

extension AudioReader.Options {
    /// How a program of ours reads what somebody gives it.
    ///
    /// - Parameters:
    ///   - headerless: what the input is, if nothing in it says so.
    ///   - track: the sound track that is wanted of files that have several.
    ///   - strict: whether what is missing or wrong is an error.
    ///   - warn: told what is wrong and did not stop us.
    package init(
        _ headerless: HeaderlessInput?, track: TrackChoice = .standard, strict: Bool = false,
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        switch headerless {
        case .samples(let format):
            self.init(raw: format, strict: strict, warn: warn)
        case .coded(let audio):
            self.init(decoders: EncodedAudio(headerless: audio), strict: strict, warn: warn)
        case nil:
            self.init(decoders: EncodedAudio(track: track), strict: strict, warn: warn)
        }
    }
}
