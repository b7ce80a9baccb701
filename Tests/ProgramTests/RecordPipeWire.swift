import Glibc
import Harness
import Testing

/// vt-record-pulse against a real PipeWire, which answers libpulse by itself.
@Suite(.enabled(if: PipeWireDaemon.isInstalled, "needs pipewire, pipewire-pulse, wireplumber and D-Bus"))
struct RecordPipeWire {
    @Test func listsRecordsAndStaysWithItsSource() throws {
        let server = try PipeWireDaemon()
        let module = try server.addSink("other")
        let list = try run("vt-record", "--recorder", "pulse", "--list-devices", home: server.home)
        #expect(list.status == 0, "\(list)")
        #expect(list.text.contains("mic.monitor\tMonitor of mic"))
        #expect(list.text.contains("other.monitor\tMonitor of other"))

        let short = try run(
            "vt-record", "--recorder", "pulse", "--device", "mic.monitor", "--duration", "500ms", "--raw",
            home: server.home)
        #expect(short.status == 0, "\(short)")
        #expect(short.output.count == 16000)

        let recording = try start(
            Command("vt-record", ["--recorder", "pulse", "--device", "other", "-o", "x.wav"]), home: server.home)
        try recording.waitForErrors(containing: "recording from other (pulse)")
        try server.pactl("unload-module", module)
        let result = try recording.finish()
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("pulse: other.monitor is gone"), "\(result)")
        #expect(entries(of: server.home.files) == ["x.wav"])
    }

    @Test func theFirstSignalEndsTheRecordingProperly() throws {
        let server = try PipeWireDaemon()
        let recording = try start(
            Command("vt-record", ["--recorder", "pulse", "--device", "mic.monitor", "--raw"]), home: server.home)
        try recording.waitForOutput("half a second") { _ in recording.output.count > 16000 }
        recording.signal(SIGINT)
        let result = try recording.finish()
        #expect(result.status == 0, "\(result)")
        #expect(result.output.count % 2 == 0)
    }
}
