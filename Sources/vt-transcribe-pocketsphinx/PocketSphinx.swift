import ArgumentParser
import EnginePlugin
import Program

/// The engine for grammars and tiny machines: an ordinary `vt-plugin 1` executable (vt-plugin(7)), which a person may run as well.
struct PocketSphinx: EnginePlugin {
    static let configuration = CommandConfiguration(
        commandName: "vt-transcribe-pocketsphinx",
        abstract: "Recognise speech on this machine, without a network: an engine for vt-transcribe.",
        discussion: """
            transcribe-v1 reads mono s16le samples at 16000 Hz from stdin and writes event lines (vt-events(5)); \
            transcribe-files-v1 reads paths of sound files instead, and loads its model once for all. \
            Its settings come from VT_LANGUAGE and VT_OPTION_* in the environment, as vt-transcribe passes them; \
            describe lists the options.
            """,
        version: version)

    @Argument(help: "describe, transcribe-v1 or transcribe-files-v1.")
    var operation: EngineOperation

    static var description: EngineDescription { Settings.description }

    mutating func work() throws -> ExitStatus { try runOperation(operation) }

    func transcribe(_ events: EventOutput) throws {
        try Transcription(try Settings(warning: events), events).run()
    }

    func makeRecordings(_ events: EventOutput) throws -> any RecordingTranscriber {
        try Recordings(try Settings(warning: events), events)
    }
}
