/// What an audio file is, as providers tell them apart.
///
/// They look at a file's name before its type: `.opus` fails at OpenAI, `.oga` at Groq, no extension at both. The
/// names here are those that all of them take.
package enum AudioContainer: String, CaseIterable, Sendable {
    /// Opus in Ogg.
    case opus
    case flac
    case mp3
    case wav
    /// Vorbis in Ogg.
    case vorbis
    /// MPEG-4 audio: `.m4a`, `.mp4`.
    case mp4
    /// Matroska or WebM.
    case webm

    /// What speech is packed as to become one; nil for what is only sent where a file is one already.
    package var uploadFormat: UploadFormat? { UploadFormat(rawValue: rawValue) }

    /// The name that the file part of a request gets.
    package var fileName: String {
        switch self {
        case .opus, .vorbis: "voice.ogg"
        case .flac: "voice.flac"
        case .mp3: "voice.mp3"
        case .wav: "voice.wav"
        case .mp4: "voice.m4a"
        case .webm: "voice.webm"
        }
    }

    /// The media type that the file part, or the whole body, gets.
    package var mediaType: String {
        switch self {
        case .opus, .vorbis: "audio/ogg"
        case .flac: "audio/flac"
        case .mp3: "audio/mpeg"
        case .wav: "audio/wav"
        case .mp4: "audio/mp4"
        case .webm: "audio/webm"
        }
    }

    /// What a file is by its first bytes; nil where it is nothing that a provider is known to take.
    ///
    /// - Parameter bytes: the first 64, or all where there are fewer.
    package init?(recognising bytes: [UInt8]) {
        func holds(_ text: StaticString, at offset: Int) -> Bool {
            let expected = text.withUTF8Buffer { Array($0) }
            return bytes.count >= offset + expected.count
                && bytes[offset..<offset + expected.count].elementsEqual(expected)
        }
        switch true {
        case holds("RIFF", at: 0) && holds("WAVE", at: 8): self = .wav
        case holds("fLaC", at: 0): self = .flac
        case holds("OggS", at: 0) && holds("OpusHead", at: 28): self = .opus
        case holds("OggS", at: 0) && holds("\u{1}vorbis", at: 28): self = .vorbis
        case holds("ID3", at: 0): self = .mp3
        // Layer III without a tag: eleven bits of frame sync, then the version and the layer.
        case bytes.count >= 2 && bytes[0] == 0xFF && bytes[1] & 0xE6 == 0xE2: self = .mp3
        case holds("ftyp", at: 4): self = .mp4
        case bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]): self = .webm
        default: return nil
        }
    }
}
