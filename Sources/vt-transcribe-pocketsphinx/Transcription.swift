import Glibc
import POSIX
import Program
import Synchronization

/// One run of `transcribe-v1`: samples from stdin to event lines on stdout.
struct Transcription {
    /// How many bytes are kept while the model loads: 10 s. The load takes less than one; then the pipe holds back.
    private static let mostWaiting = 320_000
    /// Bytes that are read and searched at once: 64 ms, so that a live phrase is followed closely.
    private static let chunk = 2048

    private let settings: Settings

    private let output: CInt

    init(_ settings: Settings, _ output: CInt) {
        self.settings = settings
        self.output = output
    }

    func run() throws {
        try heedInterrupts()
        let loading = try Loading(settings)
        var samples = SampleInput(STDIN_FILENO)
        // The first words are spoken while the model loads.
        while samples.waiting < Transcription.mostWaiting, !samples.hasEnded,
            try loading.isUnfinished(whileWaitingFor: STDIN_FILENO)
        {
            try samples.read(upTo: 16384)
        }
        let decoder = try loading.finish()
        let frontEnd = try FrontEnd(for: decoder)
        var recogniser = Recogniser(decoder, spotting: settings.isSpotting, EventWriter(output))
        while true {
            try frontEnd.process(samples.take()) { frame throws(Failure) in try recogniser.accept(frame) }
            if samples.hasEnded { break }
            try samples.read(upTo: Transcription.chunk)
        }
        try recogniser.finish()
        if samples.endedInMidSample { Log.warning("the input ends in the middle of a sample") }
    }

    /// In a pipeline that somebody typed, the first Ctrl-C is for the recorder: what it recorded is still to be written.
    private func heedInterrupts() throws {
        var status = stat()
        guard unsafe fstat(STDIN_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return }
        let interrupted = Flag()
        try Signals.watch([SIGINT]) { signal in
            if interrupted.raise() { Signals.endProcess(by: signal) }
        }
    }
}

/// Whether something has happened before.
private final class Flag: Sendable {
    private let isRaised = Atomic<Bool>(false)

    /// Raises the flag, and says whether it was up already.
    func raise() -> Bool {
        isRaised.exchange(true, ordering: .relaxed)
    }
}
