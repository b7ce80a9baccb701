internal import Glibc

/// PipeWire with its session manager and its PulseAudio server, in a home of its own: what `pactl` and libpulse talk to.
package final class PipeWireDaemon: Sendable {
    package let home: Home
    private let session: RunningProgram

    /// Whether the machine has what it takes.
    package static let isInstalled = Tool.isInstalled(
        "pipewire", "pipewire-pulse", "wireplumber", "dbus-run-session", "pactl")

    /// Starts the daemons; returns when there is a virtual microphone, the source `mic.monitor`.
    package init() throws {
        home = try Home()
        session = try start(
            .shell("exec dbus-run-session -- sh -c 'pipewire & wireplumber & exec pipewire-pulse'"), home: home)
        try eventually("PipeWire answers", detail: { session.errors }) {
            if session.hasEnded { throw HarnessError("PipeWire ended: \(session.errors)") }
            return try pactl("info").text.contains("on PipeWire")
        }
        _ = try addSink("mic")
        // It answers long before its session manager can join a recorder to a source, longer still on a busy machine.
        try eventually("a recording of mic.monitor", within: .seconds(60)) {
            try run(.shell("timeout 5 parec --device=mic.monitor --raw | head -c 320 | wc -c"), home: home).text
                == "320\n"
        }
    }

    deinit {
        session.kill()
    }

    /// Talks to the daemon.
    @discardableResult
    package func pactl(_ arguments: String...) throws -> Result {
        try run(Command("pactl", arguments), home: home)
    }

    /// Adds a sink; returns when its source, `NAME.monitor`, is there.
    ///
    /// - Returns: the module's number, for `pactl("unload-module", …)`.
    package func addSink(_ name: String) throws -> String {
        let result = try pactl("load-module", "module-null-sink", "sink_name=\(name)")
        guard result.status == 0 else { throw HarnessError("\(result)") }
        try eventually("\(name).monitor") { try pactl("list", "short", "sources").text.contains("\(name).monitor") }
        return String(result.text.prefix { $0.isNumber })
    }
}
