import Audio
import EnginePlugin
import Glibc
import POSIX
import Program

/// Recordings of a batch, for which the model is loaded once.
struct Recordings: RecordingTranscriber {
    private let settings: Settings
    private let events: EventOutput
    private let loading: Loading
    private var decoder: Decoder?

    init(_ settings: Settings, _ events: EventOutput) throws {
        self.settings = settings
        self.events = events
        loading = try Loading(settings)
    }

    var isUsable: Bool { decoder != nil }

    mutating func transcribe(_ path: String) throws {
        let decoder = try self.decoder ?? loading.finish()
        self.decoder = decoder
        let file: DescriptorSource
        do throws(SystemError) {
            file = try DescriptorSource(path: path)
        } catch {
            throw Failure(.noInput, "\(path): \(error.reason)")
        }
        let reader = try AudioReader(file, name: path)
        let speech = try unsafe SpeechReader(reader)
        let frontEnd = try FrontEnd(for: decoder)
        var recogniser = Recogniser(decoder, spotting: settings.isSpotting, events)
        var samples = [Int16](repeating: 0, count: 4096)
        while true {
            let count = try unsafe samples.withUnsafeMutableBufferPointer { buffer throws(AudioError) in
                try unsafe speech.read(into: buffer)
            }
            if count == 0 { break }
            try frontEnd.process(Array(samples[..<count])) { frame throws(Failure) in try recogniser.accept(frame) }
        }
        try recogniser.finish()
    }
}
