import Audio
import Glibc
import POSIX
import Program
import Text

/// One run of `transcribe-files-v1`: paths from stdin, each answered with its events and `done`; the model is loaded once.
struct Recordings {
    private let settings: Settings
    private let output: CInt

    init(_ settings: Settings, _ output: CInt) {
        self.settings = settings
        self.output = output
    }

    func run() throws {
        let loading = try Loading(settings)
        var decoder: Decoder?
        while let path = readLine() {
            var status = ExitStatus.done
            do {
                let loaded: Decoder
                if let decoder { loaded = decoder } else { loaded = try loading.finish() }
                decoder = loaded
                try transcribe(path, with: loaded)
            } catch {
                let failure = explainFully(PocketSphinx.self, error)
                // Without a model there is no sense in asking for the next file.
                if decoder == nil { throw failure }
                let hint = failure.hint.map { [EventLine.Attribute("hint", $0)] } ?? []
                try write(EventLine("error", hint, text: failure.message))
                status = failure.status
            }
            try write(EventLine("done", [EventLine.Attribute("status", String(status.rawValue))], text: ""))
        }
    }

    private func transcribe(_ path: String, with decoder: Decoder) throws {
        let file: DescriptorSource
        do throws(SystemError) {
            file = try DescriptorSource(path: path)
        } catch {
            throw Failure(.noInput, "\(path): \(error.reason)")
        }
        let reader = try AudioReader(file, name: path)
        let speech = try unsafe SpeechReader(reader)
        let frontEnd = try FrontEnd(for: decoder)
        var recogniser = Recogniser(decoder, spotting: settings.isSpotting, EventWriter(output))
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

    private func write(_ event: EventLine) throws(SystemError) {
        try writeAll(output, event.line, name: "standard output")
    }
}
