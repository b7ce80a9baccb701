import Harness
import Testing

/// The engines in Python as far as they go without their recognisers.
@Suite(.enabled(if: Tool.isInstalled("python3"), "needs python3"))
struct PythonEngines {
    static let names = ["faster-whisper", "moonshine", "vosk"]

    @Test(arguments: names) func describesItself(_ name: String) throws {
        let result = try run("vt-transcribe-\(name)", "describe")
        #expect(result.status == 0, "\(result)")
        let lines = result.text.split(separator: "\n")
        #expect(lines.first == "vt-plugin 1")
        for line in ["input s16le", "files yes", "requires python3"] {
            #expect(lines.contains { $0 == line }, "\(line)")
        }
        #expect(lines.contains { $0.hasPrefix("option model ") })
    }

    @Test(arguments: names) func whatIsNotInstalledSaysWhatInstallsIt(_ name: String) throws {
        let result = try run(
            "vt-transcribe", "--no-gate", "--engine", name, "--raw", "--no-keep",
            input: .bytes(Tone.samples(seconds: 1)))
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("/vt-transcribe-\(name) install”"), "\(result)")
    }

    @Test(arguments: names) func wrongOperationsAre64(_ name: String) throws {
        for arguments in [["transcribe-v9"], [], ["describe", "more"], ["install", "--now"]] {
            let result = try run(Command("vt-transcribe-\(name)", arguments))
            // What comes after `describe` is nobody's.
            #expect(result.status == (arguments.first == "describe" ? 0 : 64), "\(arguments): \(result)")
        }
    }

    @Test(arguments: names) func aWrongPackageIsNotInstalled(_ name: String) throws {
        // Beside a copy of the program: another list, of something that nobody publishes under this hash.
        let home = try Home()
        for file in ["vt_engine.py", "vt-transcribe-\(name)"] {
            try writeScript("\(home.files)/\(file)", text(of: "\(BuiltPrograms.engineDirectory)/\(file)"))
        }
        let list =
            "nothing @ file:///nonexistent/nothing-1-py3-none-any.whl --hash=sha256:\(String(repeating: "0", count: 64))\n"
        try write(list.utf8, to: "\(home.files)/\(name).requirements")
        let result = try run(Command("\(home.files)/vt-transcribe-\(name)", ["install"]), home: home)
        #expect(result.status == 69 && result.errors.contains("cannot be installed"), "\(result)")
        #expect(entries(of: "\(home.directory("data"))/vt/engines") == [".\(name).lock"])
    }
}

/// The engines in Python with their recognisers, fetched from the package index as a user fetches them; their models cannot
/// be had there. faster-whisper gets one made here, which says the same words whatever it hears.
@Suite(
    .enabled(
        if: PackageIndex.whisperCpp != nil && Speech.isInstalled,
        "needs pocketsphinx-testdata, x86_64, and the Python package index"))
struct InstalledEngines {
    @Test func vosk() throws {
        let home = try installed("vosk")
        let missing = try transcribe("vosk", home: home)
        #expect(missing.status == 69, "\(missing)")
        #expect(missing.errors.contains("vt-transcribe-vosk install vosk-model-small-en-us-0.15"), "\(missing)")
        try makeDirectories("\(home.path)/.cache/vosk/vosk-model-small-en-none")
        // Vosk's own library looks at it.
        let empty = try transcribe("vosk", home: home)
        #expect(empty.status == 78 && empty.errors.contains("vosk-model-small-en-none is no model"), "\(empty)")
    }

    @Test func moonshine() throws {
        let home = try installed("moonshine")
        let missing = try transcribe("moonshine", home: home)
        #expect(missing.status == 69 && missing.errors.contains("vt-transcribe-moonshine install en”"), "\(missing)")
        let unknown = try transcribe("moonshine", "--language", "tlh", home: home)
        #expect(unknown.status == 69 && unknown.errors.contains("no model tlh"), "\(unknown)")
        let empty = try transcribe("moonshine", "--model", home.files, home: home)
        #expect(empty.status == 78 && empty.errors.contains("is no model that Moonshine can load"), "\(empty)")
        let size = try transcribe("moonshine", "--model", "en/huge", home: home)
        #expect(size.status == 64, "\(size)")

        // Two utterances, whose text alone is missing.
        let speech = try contents(of: Speech.goForward)
        let lines = try run(
            Command(
                "\(home.directory("data"))/vt/engines/moonshine/bin/python",
                [
                    "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/engines/moonshine-lines.py",
                    "\(BuiltPrograms.engineDirectory)/vt-transcribe-moonshine",
                ]), input: .bytes(speech + Tone.silence(seconds: 1.5) + speech), home: home, within: .seconds(60))
        #expect(lines.status == 0, "\(lines)")
        let told = lines.text.split(separator: "\n")
        #expect(
            told.filter { $0.hasPrefix("final start=") }.map { $0.suffix(7) } == ["\tline 1", "\tline 2"], "\(lines)")
        #expect(told.first?.hasPrefix("partial start=") == true && told.last?.hasPrefix("final start=") == true)
    }

    @Test func fasterWhisper() throws {
        let home = try installed("faster-whisper")
        let missing = try transcribe("faster-whisper", home: home)
        #expect(
            missing.status == 69 && missing.errors.contains("vt-transcribe-faster-whisper install small”"), "\(missing)"
        )
        let unknown = try transcribe("faster-whisper", "--model", "huge", home: home)
        #expect(unknown.status == 69 && unknown.errors.contains("no model huge"), "\(unknown)")
        let empty = try transcribe("faster-whisper", "--model", home.files, home: home)
        #expect(empty.status == 78, "\(empty)")

        let model = home.directory("model")
        let python = "\(home.directory("data"))/vt/engines/faster-whisper/bin/python"
        let script = "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/engines/faster-whisper-model.py"
        let made = try run(Command(python, [script, model, "hello", "world"]), home: home, within: .seconds(60))
        try #require(made.status == 0, "\(made)")
        let result = try transcribe("faster-whisper", "--model", model, "--events", home: home)
        #expect(result.status == 0, "\(result)")
        #expect(result.text.contains(/final start=\d\.\d{3} end=\d\.\d{3} language=en\thello world\n/), "\(result)")
        let words = try transcribe(
            "faster-whisper", "--model", model, "--events", "--option", "words=yes", home: home)
        #expect(
            words.text.matches(of: /word start=\d\.\d{3} end=\d\.\d{3} confidence=0\.9\d\d\t(hello|world)\n/).count == 2
        )
        // The model would say its words; faster-whisper's speech detector does not let it.
        let silence = try transcribe(
            "faster-whisper", "--model", model, input: .bytes(Tone.silence(seconds: 2)), home: home)
        #expect(silence.status == 1 && silence.text == "", "\(silence)")
        let device = try transcribe("faster-whisper", "--model", model, "--option", "compute-type=none", home: home)
        #expect(device.status == 64, "\(device)")

        // A batch loads the model once, and a file that cannot be read stops nothing.
        let file = home.directory("speech.wav")
        try write(
            Tone.header(dataSize: contents(of: Speech.goForward).count) + contents(of: Speech.goForward), to: file)
        let batch = try run(
            Command("vt-transcribe-faster-whisper", ["transcribe-files-v1"], environment: ["VT_MODEL": model]),
            input: .text("\(file)\n/nonexistent.wav\n\(file)\n"), home: home, within: .seconds(60))
        #expect(batch.status == 0, "\(batch)")
        let done = batch.text.split(separator: "\n").filter { $0.hasPrefix("done ") }.map { $0.prefix(14) }
        #expect(done == ["done status=0\t", "done status=66", "done status=0\t"], "\(batch)")
        #expect(batch.text.matches(of: /\thello world\n/).count == 2, "\(batch)")
        #expect(batch.text.matches(of: /status\tloading/).count == 1, "\(batch)")
    }

    /// A home with the recogniser in it.
    private func installed(_ name: String) throws -> Home {
        let home = try Home()
        let command = Command("vt-transcribe-\(name)", ["install"], environment: PackageIndex.environment)
        let first = try run(command, home: home, within: .seconds(240))
        try #require(first.status == 0, "\(first)")
        #expect(first.text.hasPrefix("installed "), "\(first)")
        #expect(try run(command, home: home).text.hasPrefix("there already: "))
        #expect(entries(of: "\(home.directory("data"))/vt/engines") == [".\(name).lock", name])
        return home
    }

    private func transcribe(
        _ name: String, _ arguments: String..., input: Input = .file(Speech.goForward), home: Home
    ) throws -> Result {
        try run(
            Command("vt-transcribe", ["--no-gate", "--engine", name, "--raw", "--no-keep"] + arguments), input: input,
            home: home,
            within: .seconds(120))
    }
}
