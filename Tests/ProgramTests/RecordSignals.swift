import Glibc
import Harness
import Testing

@Suite struct RecordSignals {
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP], [false, true])
    func theFirstSignalEndsTheRecordingProperly(_ signal: CInt, _ wasIgnored: Bool) throws {
        let home = try homeWithMicrophones()
        let recording = try start(
            Command("vt-record", ignoring: wasIgnored ? [signal] : []), home: home)
        try recording.waitForOutput("half a second") { _ in recording.output.count > 16000 }
        recording.signal(signal)
        let result = try recording.finish()
        #expect(result.status == 0)
        #expect(result.output.count % 2 == 0)
        #expect(samples(ofStream: result.output).runs(tolerance: 0)?.count == 1)
    }

    @Test func aFileIsFinished() throws {
        let home = try homeWithMicrophones()
        let recording = try start(Command("vt-record", ["-o", "x.wav"]), home: home)
        try recording.waitForErrors(containing: "recording from")
        recording.signal(SIGTERM)
        #expect(try recording.finish().status == 0)
        let bytes = try contents(of: "\(home.files)/x.wav")
        let size = bytes[76..<80].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(size == bytes.count - 80)
    }

    @Test func whatWasSpokenBeforeTheSignalReachesASlowReader() throws {
        let recording = try start(Command("vt-record", ["--raw"]), output: .unread, home: homeWithMicrophones())
        try recording.waitForErrors(containing: "recording from")
        // More than a pipe holds.
        pause(.seconds(4))
        recording.signal(SIGINT)
        pause(.milliseconds(300))
        #expect(!recording.hasEnded)
        try recording.readOutput()
        let result = try recording.finish()
        #expect(result.status == 0)
        #expect(result.output.count > 4 * 32000)
        #expect(CountedSamples(raw: result.output).runs(tolerance: 0)?.count == 1)
    }

    @Test(arguments: [SIGINT, SIGTERM]) func theSecondSignalAborts(_ signal: CInt) throws {
        let home = try homeWithMicrophones()
        let recording = try start(Command("vt-record", ["--device", "fast"]), output: .unread, home: home)
        try recording.waitForErrors(containing: "recording from")
        // The reader takes nothing, so the pipe is full: the program cannot end by itself.
        pause(.milliseconds(500))
        recording.signal(signal)
        pause(.milliseconds(300))
        #expect(!recording.hasEnded)
        recording.signal(signal)
        #expect(try recording.finish().ending == .signalled(signal))
    }

    @Test func ctrlCOnATerminal() throws {
        let home = try homeWithMicrophones()
        let terminal = try Terminal("vt-record | (trap '' INT; cat > out.wav)", home: home)
        try terminal.waitFor("recording from default")
        // The meter: the counter climbs, so it is loud before long.
        try terminal.waitFor("] -")
        terminal.type("\u{3}")
        // cat, a foreign filter, would die of Ctrl-C, and vt-record of the closed pipe.
        #expect(try terminal.finish() == [0, 0])
        #expect(samples(ofStream: try contents(of: "\(home.files)/out.wav")).runs(tolerance: 0)?.count == 1)
    }

    @Test func theMeterIsDrawnOnTerminalsOnlyAndOnRequestNot() throws {
        let home = try homeWithMicrophones()
        let shown = try Terminal("vt-record --duration 500ms > out.wav", home: home)
        #expect(try shown.finish() == [0])
        #expect(shown.screen.contains(" dB"))
        let hidden = try Terminal("vt-record --duration 500ms --no-meter > out.wav", home: home)
        #expect(try hidden.finish() == [0])
        #expect(!hidden.screen.contains(" dB"))
        #expect(hidden.screen.contains("recording from"))
    }

    @Test func audioIsNotWrittenToATerminal() throws {
        let terminal = try Terminal("vt-record", home: homeWithMicrophones())
        #expect(try terminal.finish() == [64])
        #expect(terminal.screen.contains("hint: "))
    }
}
