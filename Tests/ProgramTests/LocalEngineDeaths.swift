import Glibc
import Harness
import Testing
import Text

/// The engine `local` is ended, by its library, the system or the user: no recording is lost.
struct LocalEngineDeaths {
    private static let audio = StandIn.speech(StandIn.words(3))

    @Test(arguments: ["load-does", "run-does"]) func theSystemKillsIt(occasion: String) throws {
        let engine = try StandIn(model: ["\(occasion) kill"])
        let result = try engine.transcribe("--raw", input: .bytes(Self.audio))
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("it was killed (signal 9), as the system does if memory runs out"))
        #expect(result.errors.contains("hint: "))
        #expect(engine.kept == [Self.audio.count])
    }

    @Test(arguments: ["load-does", "run-does"]) func theLibraryAborts(occasion: String) throws {
        let engine = try StandIn(model: ["\(occasion) abort"])
        let result = try engine.transcribe("--raw", input: .bytes(Self.audio))
        #expect(result.status == 76, "\(result)")
        #expect(result.errors.contains("local: it died of signal 6; the recording is kept"), "\(result)")
        #expect(engine.kept == [Self.audio.count])
    }

    /// The text that was final is not lost, and is not said again.
    @Test func inTheMiddleOfALiveRecording() throws {
        let engine = try StandIn(model: ["run-status 7", "run-status-from 8"])
        let audio = StandIn.speech((0..<12).map { (100 + $0, 0.9) })
        let result = try engine.transcribe("--raw", "--events", input: .bytes(audio))
        #expect(result.status == 69, "\(result)")
        let words = try result.words()
        #expect(!words.isEmpty && words == (0..<words.count).map { String(100 + $0) }, "\(result)")
        #expect(engine.kept == [audio.count])
    }

    /// In a batch each file has its own failure, and those that work are done.
    @Test func inABatch() throws {
        let engine = try StandIn()
        try engine.addModel("deadly", ["run-does kill"])
        for name in ["a", "b"] { try engine.addRecording(Self.audio, "\(name).wav") }
        let result = try run(
            engine.command(
                ["--no-gate", "--jobs", "1", "--output-dir", "out", "--model", "deadly", "a.wav", "b.wav"]),
            home: engine.home)
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("it was killed (signal 9)"))
        #expect(entries(of: "\(engine.home.files)/out").filter { $0.hasSuffix(".txt") }.isEmpty)
        let again = try run(
            engine.command(["--no-gate", "--model", "tones", "--output-dir", "out", "a.wav", "b.wav"]),
            home: engine.home)
        #expect(again.status == 0, "\(again)")
        #expect(try text(of: "\(engine.home.files)/out/b.wav.txt") == StandIn.heard(3).joined(separator: " ") + "\n")
    }

    // MARK: Signals

    @Test(arguments: [SIGTERM, SIGHUP]) func aSignalEndsItWhileItThinks(signal: CInt) throws {
        let engine = try StandIn(model: ["hold /", "deaf yes"])
        let running = try engine.start()
        running.write(Self.audio)
        try eventually("a pass works") { engine.calls("run").count > 0 }
        running.signal(signal)
        #expect(try running.finish(within: .seconds(5)).ending == .signalled(signal))
    }

    @Test func aSignalEndsItWhileItLoads() throws {
        let engine = try StandIn(model: ["load-takes 600000"])
        let running = try engine.start()
        try eventually("it loads") { engine.calls("load").count > 0 }
        running.signal(SIGTERM)
        #expect(try running.finish(within: .seconds(5)).ending == .signalled(SIGTERM))
    }

    /// The first Ctrl-C is for the recorder: what it recorded is recognised. Then the second ends it.
    @Test func theFirstInterruptIsForTheRecorder() throws {
        let engine = try StandIn()
        let running = try engine.start()
        running.write(StandIn.speech([(111, 0.1), (222, 0.1)]))
        try eventually("it listens") { engine.calls("run").count > 0 }
        running.signal(SIGINT)
        running.write(StandIn.speech([(333, 0.9)], lead: 0))
        try running.waitForOutput("all of it") { $0.contains("\t111 222 333\n") && $0.contains("final") }
        running.signal(SIGINT)
        #expect(try running.finish(within: .seconds(5)).ending == .signalled(SIGINT))
    }

    // MARK: Ctrl-C on a terminal

    private static let recorder =
        "perl -e '$SIG{INT} = sub { exit 0 }; $| = 1; open F, \"<speech\"; binmode F; local $/; print <F>; "
        + "print STDERR \"ready\\n\"; sleep 600'"

    /// Live: what was said before it is written.
    @Test func ctrlCWhileSomebodySpeaks() throws {
        let engine = try StandIn()
        try write(StandIn.speech(StandIn.words(4)), to: "\(engine.home.files)/speech")
        let terminal = try Terminal(
            "\(Self.recorder) | vt-transcribe --engine local --no-gate --raw >heard", home: engine.home)
        try terminal.waitFor("ready")
        try eventually("it listens") { engine.calls("run").count > 0 }
        terminal.type("\u{3}")
        #expect(try terminal.finish() == [0, 0], "\(terminal.screen)")
        #expect(try text(of: "\(engine.home.files)/heard") == StandIn.heard(4).joined(separator: " ") + "\n")
        #expect(engine.kept.isEmpty)
    }

    /// While the model is being loaded: the recording is recognised when it is there.
    @Test func ctrlCWhileTheModelLoads() throws {
        let engine = try StandIn(model: ["load-takes 400"])
        try write(StandIn.speech(StandIn.words(4)), to: "\(engine.home.files)/speech")
        let terminal = try Terminal(
            "\(Self.recorder) | vt-transcribe --engine local --no-gate --raw >heard", home: engine.home)
        try eventually("it loads") { engine.calls("load").count > 0 }
        terminal.type("\u{3}")
        #expect(try terminal.finish() == [0, 0], "\(terminal.screen)")
        #expect(try text(of: "\(engine.home.files)/heard") == StandIn.heard(4).joined(separator: " ") + "\n")
    }

    /// The second gives up, and keeps the recording.
    @Test func ctrlCTwiceWhileItThinks() throws {
        let engine = try StandIn(model: ["hold /", "deaf yes"])
        let audio = StandIn.speech(StandIn.words(4))
        try write(audio, to: "\(engine.home.files)/speech")
        let terminal = try Terminal(
            "\(Self.recorder) | vt-transcribe --engine local --no-gate --raw >heard", home: engine.home)
        try eventually("a pass works") { engine.calls("run").count > 0 }
        try eventually("the recording is kept") { engine.kept == [audio.count] }
        terminal.type("\u{3}")
        try eventually("the recorder has ended") { terminal.processes(named: "perl").isEmpty }
        try eventually("the end") {
            terminal.type("\u{3}")
            return terminal.processes(named: "vt-transcribe").isEmpty
        }
        #expect(try terminal.finish().last == 130, "\(terminal.screen)")
        #expect(engine.kept == [audio.count])
        #expect(terminal.stragglers.isEmpty, "the engine is gone, too")
    }

    @Test(arguments: [["load-takes 600000"], ["hold /", "deaf yes"]]) func ctrlCInAFile(model: [String]) throws {
        let engine = try StandIn(model: model)
        try engine.addRecording(Self.audio, "a.wav")
        let terminal = try Terminal(
            "vt-transcribe --engine local --no-gate a.wav; echo \"status $?\"", home: engine.home)
        try eventually("it works") { !engine.calls(model.count == 1 ? "load" : "run").isEmpty }
        terminal.type("\u{3}")
        try terminal.waitFor("status 130")
        _ = try terminal.finish()
        #expect(terminal.stragglers.isEmpty, "the engine is gone, too")
    }
}
