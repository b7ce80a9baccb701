internal import ArgumentParser
internal import Glibc
internal import POSIX
package import Program
internal import Synchronization

/// A native engine: a program `vt-transcribe-NAME` that keeps to `vt-plugin 1` (vt-plugin(7)).
///
/// The kit answers `describe`, keeps standard output for events, honours the first Ctrl-C of a pipeline, reads the paths of a batch
/// and turns failures into `error` events and statuses. The engine recognises.
package protocol EnginePlugin: VoiceProgram {
    static var description: EngineDescription { get }

    /// Recognises the samples of standard input (`SampleInput`) while they come: `transcribe-v1`.
    func transcribe(_ events: EventOutput) throws

    /// Gets ready for `transcribe-files-v1`: what one recording leaves loaded serves the next.
    func makeRecordings(_ events: EventOutput) throws -> any RecordingTranscriber
}

/// What an engine on the kit is asked to do.
package enum EngineOperation: String, ExpressibleByArgument, CaseIterable, Sendable {
    case describe
    case transcribe = "transcribe-v1"
    case transcribeFiles = "transcribe-files-v1"
}

/// Recognises recordings that are complete, one after the other.
package protocol RecordingTranscriber {
    /// Recognises a WAV file of the host's; its events are written when this returns.
    mutating func transcribe(_ path: String) throws

    /// Whether there is sense in asking for another recording after one has failed: not if the model can't be loaded.
    var isUsable: Bool { get }
}

extension EnginePlugin {
    /// Does what an engine is asked to do, and tells the host of a failure.
    package func runOperation(_ operation: EngineOperation) throws -> ExitStatus {
        guard operation != .describe else {
            try writeAll(STDOUT_FILENO, Self.description.text, name: "standard output")
            return .done
        }
        let events = try EventOutput()
        do {
            if operation == .transcribe {
                try heedInterrupts()
                try transcribe(events)
            } else {
                try transcribeFiles(events)
            }
        } catch {
            let failure = explainFully(Self.self, error)
            // For the host, which shows the last error; a person reads the same on standard error.
            try? events.error(failure)
            throw failure
        }
        return .done
    }

    private func transcribeFiles(_ events: EventOutput) throws {
        var recordings = try makeRecordings(events)
        // A line that the end of the input cuts off is no request (vt-plugin(7), "Batches").
        while let line = readLine(strippingNewline: false), line.hasSuffix("\n") {
            let path = String(line.dropLast())
            var status = ExitStatus.done
            do {
                try recordings.transcribe(path)
            } catch {
                let failure = explainFully(Self.self, error)
                guard recordings.isUsable else { throw failure }
                try events.error(failure)
                status = failure.status
            }
            try events.done(status, path)
        }
    }

    /// In a pipeline that somebody typed, the first Ctrl-C is for the recorder: what it recorded is still to be recognised.
    private func heedInterrupts() throws {
        var status = stat()
        guard unsafe fstat(STDIN_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return }
        let interrupted = Interrupted()
        try Signals.watch([SIGINT]) { signal in
            if interrupted.isRepeated() { Signals.endProcess(by: signal) }
        }
    }
}

/// Whether an interrupt has come before.
private final class Interrupted: Sendable {
    private let hasCome = Atomic<Bool>(false)

    func isRepeated() -> Bool { hasCome.exchange(true, ordering: .relaxed) }
}
