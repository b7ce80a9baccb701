import ArgumentParser
import EnginePlugin
import Glibc
import LocalRecognition
import POSIX
import Program

/// The offline engine for open models: an ordinary `vt-plugin 1` executable (vt-plugin(7)), which a person may run as well.
struct Local: EnginePlugin {
    static let configuration = CommandConfiguration(
        commandName: "vt-transcribe-local",
        abstract: "Recognise speech on this machine with an open model: an engine for vt-transcribe.",
        discussion: """
            transcribe-v1 reads mono s16le samples at 16000 Hz from stdin and writes event lines (vt-events(5)); \
            transcribe-files-v1 reads paths of sound files instead, and loads its model once for all. \
            Its settings come from VT_* variables in the environment, as vt-transcribe passes them; \
            describe lists the options. Models come from vt-models(1).
            """,
        version: version)

    @Flag(help: "List what can compute, and exit: name, kind, memory, description.")
    var listDevices = false

    @Argument(help: "describe, transcribe-v1 or transcribe-files-v1.")
    var operation: EngineOperation?

    static let description = EngineDescription(
        summary: "Offline recognition with open models: Whisper, Parakeet, Moonshine and others",
        givesPartials: true, pause: 1.0, heeds: ["keywords", "languages", "speakers", "temperature", "timestamps"],
        options: Options.described)

    mutating func validate() throws {
        if operation == nil, !listDevices { throw ValidationError("missing expected argument '<operation>'") }
    }

    mutating func work() throws -> ExitStatus {
        guard listDevices else { return try runOperation(operation ?? .describe) }
        let output = try EventOutput.takeStandardOutput()
        let lines = try Library().devices.map { device in
            let memory = device.memory > 0 ? "\(device.memory >> 20) MiB" : "-"
            return [device.name, device.kind, memory, device.description].joined(separator: "\t") + "\n"
        }
        try writeAll(output.number, lines.joined(), name: "standard output")
        return .done
    }

    func transcribe(_ events: EventOutput) throws {
        try LocalEngine(events, isLive: true).transcribeInput()
    }

    func makeRecordings(_ events: EventOutput) throws -> any RecordingTranscriber {
        Recordings(events)
    }
}

/// Recordings of a batch.
private struct Recordings: RecordingTranscriber {
    private let events: EventOutput
    private var engine: LocalEngine?

    init(_ events: EventOutput) {
        self.events = events
    }

    var isUsable: Bool { engine != nil }

    mutating func transcribe(_ path: String) throws {
        let engine = try self.engine ?? LocalEngine(events, isLive: false)
        self.engine = engine
        try engine.transcribe(path)
    }
}
