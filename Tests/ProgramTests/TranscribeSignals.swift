import Glibc
import Harness
import Testing

@Suite struct TranscribeSignals {
    private let test: TranscribeHome
    private let audio = Tone.stream(seconds: 0.5)

    init() throws {
        test = try TranscribeHome()
    }

    /// What was spoken before Ctrl-C is transcribed: the recorder ends its stream, and so does this program.
    @Test func theFirstInterruptWaitsForTheEndOfAPipe() throws {
        let program = try test.start()
        program.write(audio)
        try eventually("the recording") { test.keptBytes == audio.count }
        program.signal(SIGINT)
        program.write(Tone.samples(seconds: 0.5))
        program.closeInput()
        let result = try program.finish()
        #expect(result.text == "bytes 32000\n", "\(result)")
        #expect(result.status == 0)
        #expect(test.kept.isEmpty)
    }

    @Test func theSecondInterruptAborts() throws {
        let program = try test.start()
        program.write(audio)
        try eventually("the recording") { test.keptBytes == audio.count }
        program.signal(SIGINT)
        // Signals of the same number that come together are one.
        try eventually("the end") {
            program.signal(SIGINT)
            return program.hasEnded
        }
        let result = try program.finish()
        #expect(result.ending == .signalled(SIGINT), "\(result)")
        #expect(try test.onlyKeptAudio() == audio)
    }

    @Test(arguments: [false, true])
    func anInterruptAbortsAFile(asStandardInput: Bool) throws {
        try test.write(Tone.file(seconds: 0.5), to: "a.wav")
        let program =
            try asStandardInput
            ? test.start(mode: "hangs", input: .file("\(test.home.files)/a.wav"))
            : test.start("a.wav", mode: "hangs", input: .none)
        try eventually("the engine") { !program.stragglers.isEmpty }
        program.signal(SIGINT)
        #expect(try program.finish().ending == .signalled(SIGINT))
        #expect(program.stragglers.isEmpty)
        #expect(test.kept.isEmpty)
    }

    @Test func anInheritedIgnoreIsHonoured() throws {
        try test.write(Tone.file(seconds: 0.5), to: "a.wav")
        let program = try test.start("a.wav", mode: "at-once", input: .none, ignoring: [SIGINT])
        for _ in 0..<20 { program.signal(SIGINT) }
        #expect(try program.finish().status == 0)
    }

    @Test func aHangingEngineIsGivenUp() throws {
        let program = try test.start("--timeout", "200ms", mode: "hangs")
        program.write(audio)
        program.closeInput()
        let result = try program.finish()
        #expect(result.status == 75, "\(result)")
        #expect(try test.onlyKeptAudio() == audio)
        #expect(program.stragglers.isEmpty)
    }

    /// Ctrl-C on a terminal reaches every part; the engine is in a group of its own.
    @Test func aPipelineOnATerminal() throws {
        try test.write(audio, to: "a.raw")
        // As vt-record does: ends its stream properly at the first Ctrl-C.
        let recorder = "(trap 'exit 0' INT; cat a.raw; while :; do sleep 0.05; done)"
        let terminal = try Terminal("\(recorder) | vt-transcribe --no-gate --engine fake", home: test.home)
        try eventually("the recording") { test.keptBytes == audio.count }
        // The engine too: a signal to the group that arrives while its process is being made is still its own.
        try eventually("the engine") { !terminal.processes(named: "wc").isEmpty }
        terminal.type("\u{3}")
        let statuses = try terminal.finish()
        #expect(statuses == [0, 0], "\(terminal.screen)")
        #expect(terminal.screen.contains("bytes 16000"))
        #expect(test.kept.isEmpty)
    }
}
