import EnginePlugin
import Glibc
import POSIX
import Program

/// One run of `transcribe-v1`: samples from stdin to events.
struct Transcription {
    /// How many bytes are kept while the model loads: 10 s. The load takes less than one; then the pipe holds back.
    private static let mostWaiting = 320_000
    /// Bytes that are read and searched at once: 64 ms, so that a live phrase is followed closely.
    private static let chunk = 2048

    private let settings: Settings
    private let events: EventOutput

    init(_ settings: Settings, _ events: EventOutput) {
        self.settings = settings
        self.events = events
    }

    func run() throws {
        let loading = try Loading(settings)
        var samples = SampleInput()
        // The first words are spoken while the model loads.
        while samples.waiting < Transcription.mostWaiting, !samples.hasEnded,
            try loading.isUnfinished(whileWaitingFor: STDIN_FILENO)
        {
            try samples.read(upTo: 16384)
        }
        let decoder = try loading.finish()
        let frontEnd = try FrontEnd(for: decoder)
        var recogniser = Recogniser(decoder, spotting: settings.isSpotting, events)
        while true {
            try frontEnd.process(samples.take()) { frame throws(Failure) in try recogniser.accept(frame) }
            if samples.hasEnded { break }
            try samples.read(upTo: Transcription.chunk)
        }
        try recogniser.finish()
        if samples.endedInMidSample { Log.warning("the input ends in the middle of a sample") }
    }
}
