internal import Audio
internal import Glibc
package import HTTP
package import Plugins
internal import POSIX

/// An engine at the other end of a connection: speech is encoded and sent while it is spoken, so at its end nothing is left but
/// the last packet and the answer.
package final class LiveUpload: Engine {
    /// What an upload needs besides the service.
    package struct Surroundings: Sendable {
        package var makeEncoder: MakeUploadEncoder
        /// The format to send; nil is the service's first.
        package var format: UploadFormat?
        package var retries: RetryPolicy
        /// What all uploads keep to, where there are many; nil is one recording alone, which waits for nobody.
        package var pace: RequestPace?
        /// Remembers servers that want to know a body's length.
        package var lengthWanted: KnownServers?
        /// Remembers fields that models at servers have refused.
        package var refusedFields: KnownServers?
        /// Gets each request's cost, after its text was given away.
        package var onTimings: (@Sendable (UploadTimings) -> Void)?
        /// Gets what is worth knowing for somebody who looks for a fault; it holds no key.
        package var onDebug: (@Sendable (String) -> Void)?

        package init(
            makeEncoder: @escaping MakeUploadEncoder, format: UploadFormat? = nil,
            retries: RetryPolicy = RetryPolicy(), lengthWanted: KnownServers? = nil,
            onTimings: (@Sendable (UploadTimings) -> Void)? = nil, onDebug: (@Sendable (String) -> Void)? = nil
        ) {
            self.makeEncoder = makeEncoder
            self.format = format
            self.retries = retries
            self.lengthWanted = lengthWanted
            self.onTimings = onTimings
            self.onDebug = onDebug
        }
    }

    package let service: any CloudService
    let surroundings: Surroundings
    private let shared = Monitor<HTTPClient?>(nil)

    package var name: String { service.name }

    /// It connects meanwhile, and asks nothing until there is speech.
    package var beginsBeforeSpeech: Bool { true }

    package var waitsForOthers: Bool { true }

    package init(_ service: any CloudService, _ surroundings: Surroundings) {
        self.service = service
        self.surroundings = surroundings
    }

    package func transcribe(
        _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        let format = surroundings.format ?? service.uploadFormats[0]
        guard service.uploadFormats.contains(format) else {
            let known = service.uploadFormats.map(\.rawValue).joined(separator: ", ")
            throw EngineError(.usage, "\(name): it does not take \(format.rawValue)", hint: "it takes \(known)")
        }
        if let original = audio.original, takes(original, settings: settings) {
            do {
                return try OriginalUpload(self, original, settings, cancellation).transcribe(onEvent)
            } catch let refused as OriginalUpload.Refused {
                try onEvent(.status("\(refused.reason); it gets the recording as \(format.rawValue)"))
            }
        }
        let upload = try service.uploadRequest(format, isLive: true, settings: settings)
        let run = try UploadRun(
            self, upload, format: format, settings: settings, cancellation: cancellation, source: audio)
        try run.transcribe(onEvent)
    }

    /// Of what a request may hold a little is left for what is around the audio, and for clocks that differ.
    package func limits(for settings: EngineSettings) -> EngineLimits {
        let limits = service.limits(for: settings)
        let format = surroundings.format ?? service.uploadFormats[0]
        let bytes = limits.bytes.map { Double($0 - LiveUpload.mostAroundAudio) / format.mostBytesPerSecond }
        return EngineLimits(seconds: [bytes, limits.seconds.map { $0 * 0.98 }].compactMap(\.self).min())
    }

    package func takes(_ original: OriginalFile, settings: EngineSettings) -> Bool {
        let limits = service.limits(for: settings)
        return surroundings.format == nil && service.takesFiles(original.container)
            && original.seconds >= limits.minimumSeconds
            && limits.seconds.map { original.seconds <= $0 * 0.98 } != false
            && limits.bytes.map { original.size <= $0 - LiveUpload.mostAroundAudio } != false
    }

    /// Bytes of fields and boundaries at most.
    private static let mostAroundAudio = 1 << 14

    package func carriesPrompts(_ settings: EngineSettings) -> Bool { service.takesPrompts(settings) }

    /// A client whose connections uploads share.
    func sharedClient() throws(SystemError) -> HTTPClient {
        try shared.note { client throws(SystemError) in
            if let client { return client }
            let made = try HTTPClient()
            client = made
            return made
        }
    }
}
