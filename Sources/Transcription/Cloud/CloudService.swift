package import Audio
package import HTTP

/// A provider's transcription service, chosen and set up for one run: what it is sent, and what its answers mean.
///
/// Pure: it opens no connection. `LiveUpload` makes the requests that it describes, and hands it the answers.
package protocol CloudService: Sendable {
    /// As the user names it, for example `groq`.
    var name: String { get }

    /// What it takes, the best first; never empty. Nothing else is sent.
    var uploadFormats: [UploadFormat] { get }

    /// Whether it takes a body whose length is not known when it begins.
    var takesUnknownLength: Bool { get }

    /// How much one request may hold.
    func limits(for settings: EngineSettings) -> Provider.Limits

    /// Whether a file of that kind goes up as it is; not where the user wants audio to be packed in some way.
    func takesFiles(_ container: AudioContainer) -> Bool

    /// What is sent around a file.
    ///
    /// - Parameter container: what `takesFiles`.
    /// - Throws: `EngineError` where the settings ask for what the provider hasn't.
    func fileRequest(_ container: AudioContainer, settings: EngineSettings) throws(EngineError) -> UploadRequest

    /// Whether its answers say when words were said, if they are asked.
    func tellsTimes(_ settings: EngineSettings) -> Bool

    /// The shortest audio that it takes, in seconds; shorter audio is sent with silence behind it.
    func shortestAudio(_ settings: EngineSettings) -> Double

    /// What is sent around the audio.
    ///
    /// - Parameters:
    ///   - format: one of `uploadFormats`.
    ///   - isLive: whether the audio still grows while it is sent; some providers have an address for either.
    /// - Throws: `EngineError` where the settings ask for what the provider hasn't.
    func uploadRequest(
        _ format: UploadFormat, isLive: Bool, settings: EngineSettings
    ) throws(EngineError) -> UploadRequest

    /// Whether its model can be told what was said before.
    func takesPrompts(_ settings: EngineSettings) -> Bool

    /// The model that is asked; nil where the service has one of its own.
    func model(for settings: EngineSettings) -> String?

    /// What it charges for.
    ///
    /// - Parameter seconds: of audio in one request.
    /// - Returns: seconds.
    func billedSeconds(for seconds: Double) -> Double

    /// Begins to read an answer whose status is 2xx.
    ///
    /// - Parameters:
    ///   - head: its head.
    ///   - audio: seconds of the audio that it is about; nil if nobody knows.
    func makeReplyReader(_ head: ResponseHead, settings: EngineSettings, audio: Double?) -> any ReplyReader

    /// Whether a key may go over plain http to a private address.
    var permitsSecretsInPrivate: Bool { get }

    /// What an answer that is no success means.
    ///
    /// - Parameter fields: names and values of what was sent.
    func explain(_ response: Response, to fields: [(name: String, value: String)]) -> UploadFailure
}

extension CloudService {
    package var permitsSecretsInPrivate: Bool { false }
}

/// Reads an answer while it comes.
package protocol ReplyReader {
    /// Takes the next bytes of the body.
    ///
    /// - Returns: what they say; empty where that is known at the end only. Times are of the audio as it was uploaded.
    mutating func add(_ bytes: [UInt8]) throws(EngineError) -> [RecognitionEvent]

    /// What is understood of an utterance that is not finished, if that has changed since it was last taken.
    mutating func takePartial() -> RecognitionEvent?

    /// Grows with each piece of the answer that says anything: what only keeps a connection open does not.
    var steps: Int { get }

    /// Whether the answer has said that it is complete: what comes behind it is no part of it.
    var isComplete: Bool { get }

    /// Takes the end of the body.
    ///
    /// - Returns: the rest. Together with what came before, none for silence.
    mutating func finish() throws(EngineError) -> [RecognitionEvent]
}

extension ReplyReader {
    package mutating func takePartial() -> RecognitionEvent? { nil }
    package var isComplete: Bool { false }
}

/// A request around audio that is still being spoken.
package struct UploadRequest: Sendable {
    package enum Form: Sendable {
        /// `multipart/form-data`: the fields first, in order, then the file.
        case multipart(fields: [MultipartForm.Field], file: MultipartForm.File)
        /// The audio alone.
        case raw(contentType: String)
    }

    package var url: String
    /// Without `Content-Type`, which the form brings.
    package var headers: [Header]
    package var form: Form

    package init(url: String, headers: [Header], form: Form) {
        self.url = url
        self.headers = headers
        self.form = form
    }
}

/// A container of audio that services are sent, 16 kHz mono.
package enum UploadFormat: String, Sendable, CaseIterable {
    /// Opus in Ogg.
    case opus
    case flac
    case wav
    case mp3
    /// s16le samples without a header.
    case pcm

    /// The file's name: providers go by its extension, and not all know `.opus` or `.oga` (PROVIDERS 0.4).
    package var fileName: String {
        switch self {
        case .opus: "voice.ogg"
        case .flac: "voice.flac"
        case .wav: "voice.wav"
        case .mp3: "voice.mp3"
        case .pcm: "voice.pcm"
        }
    }

    /// Bytes of a second at most: of Opus at 24 kbit/s what hard speech and a page every 40 ms may take, of MP3 at its usual rate
    /// of 128 kbit/s; FLAC that finds nothing to save is as long as WAV.
    var mostBytesPerSecond: Double {
        switch self {
        case .opus: 6000
        case .mp3: 16500
        case .flac: 33000
        case .wav, .pcm: 32000
        }
    }

    package var contentType: String {
        switch self {
        case .opus: "audio/ogg"
        case .flac: "audio/flac"
        case .wav: "audio/wav"
        case .mp3: "audio/mpeg"
        case .pcm: "audio/pcm"
        }
    }
}

/// Why a service gave no transcript, and what to do about it.
package struct UploadFailure: Sendable {
    package enum Remedy: Sendable {
        /// The same again fails again.
        case none
        /// The same again later: statuses 408, 409, 429 and 5xx, unless a bill must be paid first.
        case retry
        /// The same again, but not a third time.
        case retryOnce
    }

    package var error: EngineError
    package var remedy: Remedy
    /// A field without which the request may be taken.
    package var refusedField: String?

    package init(_ error: EngineError, remedy: Remedy, refusedField: String? = nil) {
        self.error = error
        self.remedy = remedy
        self.refusedField = refusedField
    }
}

/// Makes the encoder for an upload; a program hands in one that knows `Encoding`.
package typealias MakeUploadEncoder =
    @Sendable (_ format: UploadFormat, _ sink: any ByteSink) throws -> any StreamEncoder
