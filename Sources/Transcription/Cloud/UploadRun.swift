internal import Audio
internal import Glibc
internal import HTTP
internal import Plugins
internal import POSIX
internal import Synchronization

/// One recording on its way to a service.
///
/// The calling thread takes speech from the source and encodes it; the client's thread sends what there is. Nothing is sent
/// before the first sample, for which the ready connection waits.
final class UploadRun {
    private let engine: LiveUpload
    private let settings: EngineSettings
    private let cancellation: Cancellation?
    private let source: any SpeechSource
    private let file: UploadFile
    private let encoder: any StreamEncoder
    private var attempts: UploadAttempts
    private var silence = InsertedSilence()
    private var meter = LoudnessMeter()
    /// Samples that were encoded, inserted silence included.
    private var position = 0
    private var spoken = 0
    private var lastGrowth = ContinuousClock.now

    /// 100 ms: how soon a failed request is noticed while nothing comes.
    private static let patience = Duration.milliseconds(100)
    /// How long an open body may idle.
    private static let idleLimit = Duration.seconds(4)
    /// 80 ms of silence make Opus write a page.
    private static let silentSamples = 1280

    init(
        _ engine: LiveUpload, _ upload: UploadRequest, format: UploadFormat, settings: EngineSettings,
        cancellation: Cancellation?, source: any SpeechSource
    ) throws {
        self.engine = engine
        self.settings = settings
        self.cancellation = cancellation
        self.source = source
        file = try UploadFile()
        encoder = try engine.surroundings.makeEncoder(format, file)
        attempts = try UploadAttempts(
            engine, upload, .encoded(format), file: file, settings: settings, cancellation: cancellation)
    }

    func transcribe(_ onEvent: (RecognitionEvent) throws -> Void) throws {
        let buffer = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 4096)
        defer { buffer.deallocate() }
        defer { attempts.giveUp() }
        while true {
            // The first time only what is there already: a file begins at once, a microphone gets a connection meanwhile.
            let patience = attempts.hasBegun ? UploadRun.patience : .zero
            let count = try source.read(into: buffer, within: patience)
            if cancellation?.isCancelled == true { throw EngineError(.cancelled, "\(engine.name): given up") }
            if count == 0 { break }
            if let count {
                meter.add(UnsafeBufferPointer(rebasing: buffer[..<count]))
                try encode(UnsafeBufferPointer(rebasing: buffer[..<count]))
                spoken += count
                if spoken == count { try attempts.beginSpeech() }
            } else if spoken > 0, ContinuousClock.now - lastGrowth > UploadRun.idleLimit, attempts.isSending {
                try fillPause()
            }
            attempts.noteLength(samples: spoken, sent: position)
            try attempts.lookAfter(isLive: true, onEvent)
        }
        if spoken == 0 { return }
        let end = ContinuousClock.now
        try reachShortest()
        try encoder.finish()
        file.finish()
        attempts.noteLength(samples: spoken, sent: position)
        attempts.endSpeech(at: end)
        try attempts.finish(isAudible: meter.loudest >= UploadRun.audibleLevel) { try onEvent(silence.spoken($0)) }
    }

    /// As loud as speech at any usable gain is: an empty answer to it is worth a second question. In dB relative to full scale.
    private static let audibleLevel = -50.0

    private func encode(_ samples: UnsafeBufferPointer<Int16>) throws {
        let size = file.size
        try encoder.encode(UnsafeRawBufferPointer(samples))
        position += samples.count
        if file.size > size {
            lastGrowth = .now
            attempts.bodyHasGrown()
        }
    }

    /// Adds silence to a recording that is shorter than the service takes: the one word of it is worth having, too.
    private func reachShortest() throws {
        let shortest = engine.service.shortestAudio(settings) * Double(AudioFormat.speech.sampleRate)
        let missing = Int(shortest.rounded(.up)) - position
        guard missing > 0 else { return }
        silence.add(missing, at: position)
        try [Int16](repeating: 0, count: missing).withUnsafeBufferPointer { try encode($0) }
    }

    /// Keeps the connection alive while nothing is said.
    private func fillPause() throws {
        let zeros = [Int16](repeating: 0, count: UploadRun.silentSamples)
        let size = file.size
        // FLAC comes out in blocks of 256 ms.
        for _ in 0..<5 where file.size == size {
            silence.add(zeros.count, at: position)
            try zeros.withUnsafeBufferPointer { try encode($0) }
        }
        lastGrowth = .now
    }
}
