import Glibc
import Harness
import Testing

/// No recording is lost, whatever ends the program or its engine.
@Suite struct TranscribePending {
    private let test: TranscribeHome
    private let audio = Tone.stream(seconds: 0.5)

    init() throws {
        test = try TranscribeHome()
    }

    @Test(arguments: [
        ("dies", 69, "signal 9"), ("refuses", 75, "come back tomorrow"), ("missing", 69, "no model"),
        ("binary", 76, "no events"),
    ])
    func aFailedEngineLeavesTheRecording(mode: String, status: CInt, words: String) throws {
        let result = try test.transcribe(mode: mode, input: .bytes(audio))
        #expect(result.status == status, "\(result)")
        #expect(try test.onlyKeptAudio() == audio)
        #expect(result.errors.contains(words), "\(result)")
        #expect(result.errors.contains("kept as \(test.kept[0])"), "\(result)")
        #expect(result.errors.contains("hint: "))
        var status = stat()
        #expect(stat(test.home.pending, &status) == 0 && status.st_mode & 0o777 == 0o700)
        for name in entries(of: test.home.pending) {
            #expect(stat("\(test.home.pending)/\(name)", &status) == 0 && status.st_mode & 0o777 == 0o600)
        }

        let id = test.kept[0]
        let list = try test.bare("--list-pending").text.split(separator: "\t").map(String.init)
        #expect(list.prefix(5) == [id, "\(audio.count)", "waiting", "fake", "1"])
        let again = try test.bare("--pending", "--option", "mode=none")
        #expect(again.text == "\(id)\tbytes 16000\n", "\(again)")
        #expect(again.status == 0)
        #expect(test.kept.isEmpty)
    }

    @Test func theRestIsKeptAfterTheEngineHasFailed() throws {
        let program = try test.start(mode: "missing")
        program.write(audio)
        try program.waitForErrors(containing: "kept as")
        program.write(Tone.samples(seconds: 1))
        program.closeInput()
        #expect(try program.finish().status == 69)
        #expect(try test.onlyKeptAudio() == audio + Tone.samples(seconds: 1))
    }

    @Test func headerlessAudioIsReadAsItWasMeant() throws {
        let samples = Tone.samples(seconds: 0.5)
        let result = try test.transcribe(
            "--raw", "--rate", "8000", "--channels", "2", "--sample-format", "s16le", mode: "refuses",
            input: .bytes(samples))
        #expect(result.status == 75)
        #expect(try test.bare("--pending", "--option", "mode=none").text.hasSuffix("\tbytes 16000\n"))
    }

    @Test(arguments: [SIGTERM, SIGHUP])
    func signalsKeepTheAudio(signal: CInt) throws {
        let program = try test.start()
        program.write(audio)
        try eventually("the recording") { test.keptBytes == audio.count }
        program.signal(signal)
        let result = try program.finish()
        #expect(result.ending == .signalled(signal), "\(result)")
        #expect(try test.onlyKeptAudio() == audio)
        #expect(result.errors.contains("kept as"))
        #expect(program.stragglers.isEmpty, "the engine is gone")
        #expect(entries(of: test.home.files).isEmpty, "the engine's folder is gone")
        #expect(try test.bare("--pending").text.hasSuffix("\tbytes 16000\n"))
    }

    /// Of audio that arrives, everything that the pipe has given is in the store, whoever dies, and when.
    @Test(arguments: [5, 40, 120, 300])
    func killedAtAnyMoment(milliseconds: Int) throws {
        let program = try test.start(input: .paced(audio + Tone.samples(seconds: 60), bytesPerSecond: 64000))
        try eventually("the recording") { !test.kept.isEmpty }
        pause(.milliseconds(milliseconds))
        program.signal(SIGKILL)
        #expect(try program.finish().ending == .signalled(SIGKILL))
        let kept = try test.onlyKeptAudio()
        #expect((audio + Tone.samples(seconds: 60)).starts(with: kept))
        try eventually("the lock is gone") { try test.bare("--list-pending").text.contains("waiting") }
        let result = try test.bare("--pending")
        if kept.count > 44 {
            #expect(result.text.hasSuffix("\tbytes \((kept.count - 44) / 2 * 2)\n"), "\(result)")
        }
        #expect(test.kept.isEmpty || result.status == 65)
    }

    @Test func killingTheEngineKeepsTheAudio() throws {
        let program = try test.start()
        program.write(audio)
        // What is killed first may be the process that describes it, or one that has just ended.
        try eventually("the engine is killed") {
            for straggler in program.stragglers { kill(straggler, SIGKILL) }
            return program.errors.contains("kept as")
        }
        program.write(Tone.samples(seconds: 0.5))
        program.closeInput()
        #expect(try program.finish().status == 69)
        #expect(try test.onlyKeptAudio() == audio + Tone.samples(seconds: 0.5))
    }

    /// It does not wait for the end of the input: nobody is left who wants the text.
    @Test(arguments: [Output.brokenPipe, .closed, .file("/dev/full")])
    func aClosedOutputKeepsTheAudio(output: Output) throws {
        let program = try test.start(mode: "at-once", output: output)
        program.write(audio)
        let result = try program.finish()
        #expect(result.status == 74, "\(result)")
        #expect(try test.onlyKeptAudio() == audio)
        #expect(result.errors.contains("standard output"))
    }

    @Test func silenceIsNotKeptAndWhatIsAudibleIs() throws {
        let silent = try test.transcribe(mode: "hears-nothing", input: .bytes(Tone.header() + Tone.silence(seconds: 1)))
        #expect(silent.status == 1)
        #expect(test.kept.isEmpty)
        let audible = try test.transcribe(mode: "hears-nothing", input: .bytes(audio))
        #expect(audible.status == 1)
        #expect(audible.errors.contains("not silent"), "\(audible)")
        #expect(try test.onlyKeptAudio() == audio)
        // The same engine hears the same again: it is moved away, so that a timer comes to an end.
        let id = test.kept[0]
        #expect(try test.bare("--pending").status == 1)
        #expect(test.kept.isEmpty)
        #expect(try contents(of: "\(test.home.pending)/failed/\(id).audio") == audio)
    }

    @Test func noKeepLeavesNothing() throws {
        let result = try test.transcribe("--no-keep", mode: "refuses", input: .bytes(audio))
        #expect(result.status == 75)
        #expect(entries(of: test.home.state).isEmpty)
        #expect(entries(of: test.home.files).isEmpty)
        #expect(try test.transcribe("--no-keep", input: .bytes(audio)).text == "bytes 16000\n")
    }

    @Test(
        arguments: [
            ["HOME": nil, "XDG_STATE_HOME": nil], ["XDG_STATE_HOME": "/proc/nowhere"], ["XDG_STATE_HOME": "/dev/null"],
        ] as [[String: String?]])
    func withoutAStoreItGoesOn(environment: [String: String?]) throws {
        let plugins = ["VT_PLUGIN_PATH": test.home.plugins as String?]
        let result = try test.transcribe(
            input: .bytes(audio), environment: environment.merging(plugins) { $1 })
        #expect(result.text == "bytes 16000\n", "\(result)")
        #expect(result.status == 0)
        #expect(result.errors.split(separator: "\n").filter { $0.hasPrefix("vt-transcribe") }.count == 1, "\(result)")
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs to mount"))
    func aFullDiskLosesNothing() throws {
        let disk = try SmallDisk(kibibytes: 64)
        let long = Tone.stream(seconds: 10)
        let result = try test.transcribe(input: .bytes(long), environment: ["XDG_STATE_HOME": disk.path])
        #expect(result.text == "bytes 320000\n", "\(result)")
        #expect(result.status == 0)
        #expect(result.errors.contains("No space left"))
    }

    @Test func whatCanNeverWorkIsMovedAway() throws {
        _ = try test.transcribe("--pending-id", "x1", mode: "refuses", input: .bytes(audio))
        try Harness.write(Array("no audio at all".utf8), to: "\(test.home.pending)/x1.audio")
        let result = try test.bare("--pending")
        #expect(result.status == 65, "\(result)")
        #expect(entries(of: "\(test.home.pending)/failed").sorted() == ["x1.audio", "x1.json"])
        #expect(result.errors.contains("\(test.home.pending)/failed/x1.audio"), "\(result)")
        #expect(try test.bare("--pending").status == 0)
    }

    /// Without its record it is only audio: the engine that is asked is the one that is named.
    @Test(arguments: ["{", ""]) func aRecordThatCannotBeRead(record: String) throws {
        try makeDirectories(test.home.pending)
        try Harness.write(audio, to: "\(test.home.pending)/x1.audio")
        try Harness.write(Array(record.utf8), to: "\(test.home.pending)/x1.json")
        let result = try test.bare("--pending", "--engine", "fake", "--no-gate")
        #expect(result.status == 0, "\(result)")
        #expect(result.text == "x1\tbytes 16000\n")
        #expect(result.errors == "vt-transcribe: x1: its record can't be read; trying it as it is, with fake\n")
    }

    @Test func aRunningRecordingIsLeftAlone() throws {
        let program = try test.start("--pending-id", "mine")
        program.write(audio)
        try eventually("the recording") { test.kept == ["mine"] }
        #expect(try test.bare("--pending").text.isEmpty)
        #expect(try test.bare("--pending", "mine").status == 75)
        #expect(try test.bare("--discard", "mine").status == 75)
        #expect(try test.bare("--list-pending").text.contains("\tbusy\t"))
        program.closeInput()
        #expect(try program.finish().text == "bytes 16000\n")
        #expect(try test.bare("--discard", "mine").status == 66)
    }

    @Test func severalProcessesShareTheWork() throws {
        let ids = (10..<22).map { "x\($0)" }
        for id in ids { _ = try test.transcribe("--pending-id", id, mode: "refuses", input: .bytes(audio)) }
        let programs = try (0..<3).map { _ in
            try Harness.start(Command("vt-transcribe", ["--pending", "--option", "mode=none"]), home: test.home)
        }
        let lines = try programs.map { try $0.finish().text }.joined().split(separator: "\n")
        #expect(lines.sorted() == ids.map { "\($0)\tbytes 16000" })
        #expect(test.kept.isEmpty)
    }

    @Test func aRecordingIsDiscarded() throws {
        _ = try test.transcribe("--pending-id", "x1", mode: "refuses", input: .bytes(audio))
        #expect(try test.bare("--discard", "x1").status == 0)
        #expect(entries(of: test.home.pending).isEmpty)
    }

    @Test func aChosenNameIsUsedOnce() throws {
        _ = try test.transcribe("--pending-id", "x1", mode: "refuses", input: .bytes(audio))
        let result = try test.transcribe("--pending-id", "x1", input: .bytes(audio))
        #expect(result.status == 73, "\(result)")
        #expect(try test.onlyKeptAudio() == audio)
    }
}
