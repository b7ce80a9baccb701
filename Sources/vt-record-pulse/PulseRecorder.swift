import ArgumentParser
import Glibc
import POSIX
import Program

/// The recorder for PulseAudio and PipeWire: an ordinary `vt-plugin 1` executable (vt-plugin(7)), which a person may run as well.
struct PulseRecorder: VoiceProgram {
    static let configuration = CommandConfiguration(
        commandName: "vt-record-pulse",
        abstract: "Record from a source of PulseAudio or PipeWire: a recorder for vt-record.",
        discussion: """
            record-v1 writes a WAV stream to stdout until SIGTERM or SIGINT; devices-v1 lists the sources. VT_DEVICE names \
            the source, VT_RATE, VT_CHANNELS, VT_SAMPLE_FORMAT and VT_PERIOD say how it is recorded; with VT_OPTION_PLAYBACK=yes what is played is a second channel.
            """,
        version: version)

    @Argument(help: "describe, devices-v1 or record-v1.")
    var operation: Operation

    enum Operation: String, ExpressibleByArgument, CaseIterable {
        case describe
        case devices = "devices-v1"
        case record = "record-v1"
    }

    mutating func work() throws -> ExitStatus {
        switch operation {
        case .describe:
            try writeAll(STDOUT_FILENO, Self.description, name: "standard output")
        case .devices:
            let server = try PulseServer()
            defer { server.disconnect() }
            let list = try server.sources().map(\.line).joined()
            try writeAll(STDOUT_FILENO, list, name: "standard output")
        case .record:
            let request = try RecordingRequest.fromEnvironment()
            try refuseTerminal(
                STDOUT_FILENO, hint: "send it on, or write it to a file: vt-record-pulse record-v1 > note.wav")
            let server = try PulseServer()
            defer { server.disconnect() }
            if request.withPlayback {
                try PlaybackRecording(server, request).run()
            } else {
                try Recording(server, request).run()
            }
        }
        return .done
    }

    /// The answer to `describe`.
    private static let description = """
        vt-plugin 1
        summary Sources of PulseAudio and PipeWire by name, pinned to the source
        output wav
        option playback yes: what is played, too, on a second channel

        """
}
