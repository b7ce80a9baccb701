internal import Audio
internal import Glibc
internal import HTTP
internal import Plugins
internal import POSIX
internal import Text

/// A recording that goes to a service as the file that it is: nothing is lost to another codec, and nothing has to be encoded.
struct OriginalUpload {
    private let engine: LiveUpload
    private let original: OriginalFile
    private let settings: EngineSettings
    private let cancellation: Cancellation?

    /// The service does not take this file, although it takes others of the kind.
    struct Refused: Error {
        let reason: String
    }

    init(
        _ engine: LiveUpload, _ original: OriginalFile, _ settings: EngineSettings, _ cancellation: Cancellation?
    ) {
        self.engine = engine
        self.original = original
        self.settings = settings
        self.cancellation = cancellation
    }

    /// - Throws: `Refused` where the recording can still be sent in another way.
    func transcribe(_ onEvent: (RecognitionEvent) throws -> Void) throws {
        let upload = try engine.service.fileRequest(original.container, settings: settings)
        var attempts = try UploadAttempts(
            engine, upload, .original(original.container), file: Body(original), settings: settings,
            cancellation: cancellation)
        defer { attempts.giveUp() }
        let samples = Int(clamping: original.seconds.clampedSeconds * Double(AudioFormat.speech.sampleRate))
        attempts.noteLength(samples: samples, sent: samples)
        attempts.beginWhole()
        try attempts.finish(isAudible: false, onEvent)
    }

    private final class Body: BodySource {
        private let original: OriginalFile

        init(_ original: OriginalFile) {
            self.original = original
        }

        var length: Int? { original.size }

        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int? {
            let wanted = min(buffer.count, original.size - offset)
            guard wanted > 0 else { return 0 }
            let count = try retrying("read") {
                pread(original.descriptor, buffer.baseAddress, wanted, off_t(offset))
            }
            // Less than was promised: whoever made it shorter, the body can't be completed.
            if count == 0 { throw SystemError(code: EIO, call: "read", subject: "the file, which became shorter") }
            return count
        }
    }
}
