import ArgumentParser
import Glibc
import POSIX
import Program
import Text

/// The offline engine: an ordinary `vt-plugin 1` executable (vt-plugin(7)), which a person may run as well.
struct PocketSphinx: VoiceProgram {
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
    var operation: Operation

    enum Operation: String, ExpressibleByArgument, CaseIterable {
        case describe
        case transcribe = "transcribe-v1"
        case transcribeFiles = "transcribe-files-v1"
    }

    mutating func work() throws -> ExitStatus {
        switch operation {
        case .describe:
            try writeAll(STDOUT_FILENO, Settings.description, name: "standard output")
        case .transcribe, .transcribeFiles:
            let output = try takeOutput()
            do {
                let settings = try Settings.fromEnvironment { warning, hint in
                    let line = EventLine("warning", [EventLine.Attribute("hint", hint)], text: warning).line
                    try? writeAll(output.number, line)
                }
                if operation == .transcribe {
                    try Transcription(settings, output.number).run()
                } else {
                    try Recordings(settings, output.number).run()
                }
            } catch let failure as Failure {
                // For the host, which shows the last error line; a person reads the same on stderr.
                let hint = failure.hint.map { [EventLine.Attribute("hint", $0)] } ?? []
                try? writeAll(output.number, EventLine("error", hint, text: failure.message).line)
                throw failure
            }
        }
        return .done
    }

    /// Takes standard output for ourselves: the library's grammar scanner prints there what it doesn't understand.
    private func takeOutput() throws(SystemError) -> Descriptor {
        let own = Descriptor(
            owning: try retrying("dup", on: "standard output") { fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) })
        let null = try Descriptor.open("/dev/null", O_WRONLY)
        try retrying("dup2") { dup2(null.number, STDOUT_FILENO) }
        return own
    }
}
