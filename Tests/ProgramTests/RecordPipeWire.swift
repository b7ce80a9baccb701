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

    @Test func whatIsPlayedIsASecondChannel() throws {
        let server = try PipeWireDaemon()
        _ = try server.addSink("speakers")
        try server.pactl("set-default-sink", "speakers")
        try eventually("the default sink") { try server.pactl("get-default-sink").text == "speakers\n" }
        let recording = try start(
            Command("vt-record", ["--with-playback", "--device", "mic.monitor", "--raw"]), home: server.home)
        try recording.waitForErrors(containing: "16000 Hz, 2 channels")
        func play(_ level: Int16, _ sink: String) throws {
            let path = "\(server.home.files)/\(sink).raw"
            let sample = UInt16(bitPattern: level)
            try write(
                (0..<16000).flatMap { _ in [UInt8(truncatingIfNeeded: sample), UInt8(truncatingIfNeeded: sample >> 8)]
                },
                to: path)
            let played = try run(
                Command(
                    "paplay",
                    ["--device=\(sink)", "--raw", "--rate=16000", "--channels=1", "--format=s16le", path]),
                home: server.home)
            #expect(played.status == 0, "\(played)")
        }
        try play(8000, "mic")
        try play(-4000, "speakers")
        let before = recording.output.count
        try recording.waitForOutput("what is behind it") { _ in recording.output.count > before + 64000 }
        recording.signal(SIGINT)
        let result = try recording.finish()
        #expect(result.status == 0, "\(result.errors)")
        let samples = CountedSamples(raw: result.output).samples.map { Int(Int16(bitPattern: $0)) }
        // Its mixing of one channel into two and back changes the level, but not the sign.
        func count(_ channel: Int, _ isHeard: (Int) -> Bool) -> Int {
            stride(from: channel, to: samples.count, by: 2).filter { isHeard(samples[$0]) }.count
        }
        #expect(count(0) { $0 > 2000 } > 8000 && count(1) { $0 < -2000 } > 8000)
        #expect(count(0) { $0 < -2000 } < 100 && count(1) { $0 > 2000 } < 100)
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
