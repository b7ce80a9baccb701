import Glibc
import Harness
import Testing

/// `--engine a,b,c` from the outside: pipes, files, batches and what is kept.
@Suite struct TranscribeFallback {
    private let test: TranscribeHome

    init() throws {
        test = try TranscribeHome()
        // Says one second, then dies; the first attempt and every other one.
        try test.home.addPlugin(
            "vt-transcribe-mortal",
            """
            #!/bin/sh
            case $1 in
            describe) printf 'vt-plugin 1\\ninput s16le\\noption mortality what it dies of\\n' ;;
            transcribe-v1)
                head -c 32000 >/dev/null
                printf 'word start=0.2 end=0.9\\tone\\nfinal start=0.2 end=0.9\\tone\\npartial\\tand\\n'
                exit ${VT_OPTION_MORTALITY:-76} ;;
            *) exit 64 ;;
            esac
            """)
        try test.home.addPlugin(
            "vt-transcribe-needy", "#!/bin/sh\nprintf 'vt-plugin 1\\nrequires no-such-thing\\n'\n")
    }

    private func transcribe(_ engines: String, _ arguments: String..., input: Input = .none) throws -> Result {
        try run(
            Command("vt-transcribe", ["--no-gate", "--engine", engines] + arguments), input: input, home: test.home)
    }

    /// The engine that takes over hears what follows 0.9 s: 1.1 of 2 s.
    @Test func aPipeGoesOnBehindWhatIsWritten() throws {
        let result = try transcribe("mortal,fake", "--events", input: .bytes(Tone.stream(seconds: 2)))
        #expect(result.status == 0, "\(result)")
        #expect(
            result.text.split(separator: "\n") == [
                "word start=0.200 end=0.900\tone", "final start=0.200 end=0.900\tone", "partial\tand", "partial\t",
                "final start=0.900 end=1.900\tbytes 35200",
            ])
        #expect(result.errors.contains("mortal: "))
        #expect(result.errors.contains("going on with fake from 0.90 s on"), "\(result)")
        #expect(test.kept.isEmpty)
    }

    @Test func aRecordingThatGoesOnWhileItHappens() throws {
        let program = try start(
            Command("vt-transcribe", ["--no-gate", "--engine", "mortal,fake", "--events"]), input: .open,
            home: test.home)
        program.write(Tone.stream(seconds: 1.2))
        try program.waitForErrors(containing: "going on with fake")
        program.write(Tone.samples(seconds: 1))
        program.closeInput()
        let result = try program.finish()
        #expect(result.text.hasSuffix("final start=0.900 end=1.900\tbytes 41600\n"), "\(result)")
    }

    @Test func files() throws {
        try test.write(Tone.file(seconds: 2), to: "a.wav")
        try test.write(Tone.file(seconds: 3), to: "b.wav")
        let result = try transcribe("needy,mortal,fake", "a.wav", "b.wav")
        #expect(result.status == 0, "\(result)")
        #expect(
            result.text.split(separator: "\n") == [
                "a.wav\tone", "a.wav\tbytes 35200", "b.wav\tone", "b.wav\tbytes 67200",
            ])
        #expect(result.errors.contains("needs no-such-thing"), "\(result)")
    }

    @Test func standardInputThatIsAFileBeginsWhereItStands() throws {
        try test.write(Array("skip me!".utf8) + Tone.file(seconds: 2), to: "a.wav")
        let line = "{ head -c 8 >/dev/null; vt-transcribe --no-gate --engine mortal,fake; } <a.wav"
        // dd and not head: that one reads ahead.
        let result = try run(
            Command.shell(line.replacing("head -c 8 >/dev/null", with: "dd bs=8 count=1 status=none >/dev/null")),
            home: test.home)
        #expect(result.text == "one\nbytes 35200\n", "\(result)")
    }

    @Test func aRetryIsMadeWhereItMayHelp() throws {
        let result = try run(
            Command(
                "vt-transcribe", ["--no-gate", "--engine", "mortal,fake", "--option", "mortality=75"],
                environment: ["VT_LOG": "info"]),
            input: .bytes(Tone.stream(seconds: 3)), home: test.home)
        // 0.9 s twice, then the rest of 3 s.
        #expect(result.text == "one\none\nbytes 38400\n", "\(result)")
        #expect(result.errors.contains("trying it again in 1.0 s"), "\(result)")
    }

    @Test func allThatFailIsKeptWithTheChain() throws {
        let result = try run(
            Command("vt-transcribe", ["--no-gate", "--engine", "needy,mortal", "--option", "mortality=77"]),
            input: .bytes(Tone.stream(seconds: 2)), home: test.home)
        #expect(result.status == 77, "\(result)")
        #expect(result.errors.contains("no engine gave the text: needy needs"), "\(result)")
        #expect(result.errors.contains("kept as"), "\(result)")
        let list = try test.bare("--list-pending").text.split(separator: "\t").map(String.init)
        #expect(list[3] == "needy,mortal")
        // Tried again by the same engines; and by others.
        #expect(try test.bare("--pending").status == 77)
        let id = test.kept[0]
        #expect(try transcribe("needy,fake", "--pending").text == "\(id)\tbytes 64000\n")
        #expect(test.kept.isEmpty)
    }

    @Test func anEngineThatIsGoneStopsARecordedChainOnlyIfAllAre() throws {
        _ = try transcribe("needy,mortal", "--pending-id", "x1", input: .bytes(Tone.stream(seconds: 2)))
        unlink("\(test.home.plugins)/vt-transcribe-mortal")
        let result = try test.bare("--pending")
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("there is no vt-transcribe-mortal"), "\(result)")
        #expect(result.errors.contains("needs no-such-thing"), "\(result)")
        unlink("\(test.home.plugins)/vt-transcribe-needy")
        #expect(try test.bare("--pending").status == 69)
        #expect(test.kept == ["x1"])
    }

    @Test(arguments: ["fake,no-such-engine", "no-such-engine,fake"])
    func everyNameMustBeThatOfAnEngine(engines: String) throws {
        let result = try transcribe(engines, input: .bytes(Tone.stream(seconds: 1)))
        #expect(result.status == 69)
        #expect(result.text.isEmpty)
        #expect(result.errors.contains("there is no vt-transcribe-no-such-engine"), "\(result)")
        #expect(test.kept.isEmpty)
    }

    @Test(arguments: ["fake,", ",fake", "fake,,mortal", ","]) func aCommaTooMany(engines: String) throws {
        #expect(try transcribe(engines, input: .bytes([])).status == 64)
    }

    @Test func anOptionIsThatOfOneOfThem() throws {
        let arguments = ["--no-gate", "--engine", "mortal,fake", "--option"]
        let good = try run(
            Command("vt-transcribe", arguments + ["mode=hears-nothing"]), input: .bytes(Tone.stream(seconds: 2)),
            home: test.home)
        #expect(good.text == "one\n", "\(good)")
        let wrong = try run(
            Command("vt-transcribe", arguments + ["mod=x"]), input: .bytes(Tone.stream(seconds: 2)), home: test.home)
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("their options are: mode, mortality"), "\(wrong)")
    }

    @Test func aPathMayHoldAComma() throws {
        let path = "\(test.home.plugins)/vt-transcribe-a,b"
        try writeScript(path, try text(of: "\(test.home.plugins)/vt-transcribe-fake"))
        #expect(try transcribe(path, input: .bytes(Tone.stream(seconds: 1))).text == "bytes 32000\n")
    }
}
