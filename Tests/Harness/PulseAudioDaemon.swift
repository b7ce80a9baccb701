internal import Glibc

/// A PulseAudio daemon with a virtual microphone, in a home of its own.
///
/// What is played into the null sink `mic` is what a program run in this `home` records: through ALSA's default
/// device, or from the source `mic.monitor`.
package final class PulseAudioDaemon: Sendable {
    package let home: Home
    /// The daemon itself: a test may kill it.
    package let daemon: RunningProgram

    /// Whether the machine has what it takes.
    package static let isInstalled = Tool.isInstalled("pulseaudio", "pactl", "paplay", "arecord")

    /// Starts the daemon; returns when it answers.
    ///
    /// - Parameters:
    ///   - rate: of the sink, hertz.
    ///   - channels: of the sink.
    package init(rate: Int = 16000, channels: Int = 1) throws {
        home = try Home()
        let asoundrc = """
            pcm.!default { type pulse device "mic.monitor" }
            ctl.!default { type pulse }
            pcm.mic { type pulse device "mic.monitor" hint { show on description "Virtual microphone" } }

            """
        try write(asoundrc.utf8, to: "\(home.path)/.asoundrc")
        daemon = try start(
            Command(
                "pulseaudio",
                [
                    "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=1", "--use-pid-file=no",
                    "--log-target=stderr", "-L", "module-native-protocol-unix", "-L",
                    "module-null-sink sink_name=mic rate=\(rate) channels=\(channels)",
                ]), home: home)
        try eventually("PulseAudio answers", detail: { daemon.errors }) {
            if daemon.hasEnded { throw HarnessError("pulseaudio ended: \(daemon.errors)") }
            return try pactl("list", "short", "sources").text.contains("mic.monitor")
        }
    }

    deinit {
        daemon.kill()
    }

    /// Talks to the daemon, for example `pactl("unload-module", "module-null-sink")`.
    @discardableResult
    package func pactl(_ arguments: String...) throws -> Result {
        try run(Command("pactl", arguments), home: home)
    }

    /// Starts to play a sound into the microphone; the value's `finish` waits for its end.
    ///
    /// - Parameter path: what libsndfile reads; `.raw` is headerless s16le, 16 kHz, mono.
    package func play(_ path: String, into sink: String = "mic") throws -> RunningProgram {
        let raw = path.hasSuffix(".raw") ? ["--raw", "--rate=16000", "--channels=1", "--format=s16le"] : []
        return try start(Command("paplay", ["--device=\(sink)"] + raw + [path]), home: home)
    }

    /// Adds a sink, and with it a source `NAME.monitor`.
    ///
    /// - Returns: the module's number, for `pactl("unload-module", …)`.
    package func addSink(_ name: String) throws -> String {
        let result = try pactl("load-module", "module-null-sink", "sink_name=\(name)", "rate=16000", "channels=1")
        guard result.status == 0 else { throw HarnessError("\(result)") }
        return String(result.text.prefix { $0.isNumber })
    }

    /// How many programs record at present.
    package var recordings: Int {
        get throws { try pactl("list", "short", "source-outputs").text.split(separator: "\n").count }
    }
}
