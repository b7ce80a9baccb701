import Glibc
import Harness
import Testing

/// Which engine is used if nobody names one, and what the user learns of it.
struct EngineChoice {
    let home: Home
    private var data: String { home.directory("data/vt") }

    init() throws {
        home = try Home()
        // Where the bundled one is not built, a stranger's is as good: nothing is transcribed with it here.
        try home.addPlugin("vt-transcribe-local", "#!/bin/sh\nprintf 'vt-plugin 1\\nsummary open models\\n'\n")
    }

    private func addModel(_ name: String, _ about: String...) throws {
        try makeDirectories("\(data)/models/local/\(name)")
        try write((["file model.gguf"] + about).joined(separator: "\n").utf8, to: "\(data)/models/local/\(name)/about")
    }

    private func addLibrary() throws {
        try makeDirectories("\(data)/lib")
        try write([], to: "\(data)/lib/libtranscribe.so")
    }

    /// The line of --show-config with the engine.
    private func shown(_ arguments: String...) throws -> String {
        let result = try run(Command("vt-transcribe", ["--show-config"] + arguments), home: home)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        let line = try #require(result.text.split(separator: "\n").first { $0.hasPrefix("engine = ") }, "\(result)")
        return line.split(separator: " ").joined(separator: " ")
    }

    @Test func theBestThatIsInstalledIsUsed() throws {
        #expect(try shown() == "engine = \"pocketsphinx\" # default: no speech model is installed")
        try addModel("tiny.en", "languages en", "rank 5")
        try addModel("voices", "task diarization")
        #expect(
            try shown()
                == "engine = \"pocketsphinx\" # default: the model tiny.en is installed, but its library is missing")
        try addLibrary()
        #expect(try shown() == "engine = \"local\" # default: tiny.en is the best model that is installed")
        #expect(try shown("--language", "en-GB").hasPrefix("engine = \"local\""))
        #expect(
            try shown("--language", "de") == "engine = \"pocketsphinx\" # default: no installed model knows de")
        try addModel("base", "languages en de", "rank 3")
        #expect(try shown("--language", "de").hasSuffix("base is the best model that is installed"))
        try write("tiny.en\n".utf8, to: "\(data)/models/local/default")
        #expect(try shown() == "engine = \"local\" # default: tiny.en is the default model")
        // It is for English, and so not for this.
        #expect(try shown("--language", "de").hasSuffix("base is the best model that is installed"))
    }

    @Test func whatIsSaidDecides() throws {
        try addModel("tiny.en")
        try addLibrary()
        #expect(try shown("--engine", "vosk") == "engine = \"vosk\" # --engine")
        #expect(try shown("--base-url", "http://127.0.0.1:1/v1").hasSuffix("# --base-url"))
        let file = "\(home.directory("config"))/vt"
        try makeDirectories(file)
        try write(
            "engine = \"moonshine\"\n[profile.draft]\nengine = \"pocketsphinx\"\n".utf8, to: "\(file)/config.toml")
        #expect(try shown().hasPrefix("engine = \"moonshine\""))
        #expect(try shown("--profile", "draft").hasPrefix("engine = \"pocketsphinx\" # \(file)"))
    }

    /// Once, however much there is to do.
    @Test(.enabled(if: PocketSphinx.isInstalled, "needs pocketsphinx-en-us and pocketsphinx-testdata"))
    func whoGetsPocketSphinxLearnsHowToGetBetterText() throws {
        let speech = try contents(of: Speech.goForward)
        for name in ["a", "b", "c"] {
            try write(Tone.header(dataSize: speech.count) + speech, to: "\(home.files)/\(name).wav")
        }
        func transcribe(_ arguments: String..., input: Input = .none) throws -> Result {
            let result = try run(
                Command("vt-transcribe", ["--detector", "energy"] + arguments), input: input, home: home,
                within: .seconds(60))
            #expect(result.status == 0 && result.text.contains("forward"), "\(result)")
            return result
        }
        let hint =
            "vt-transcribe: no speech model is installed: using PocketSphinx, which gets about every fourth word wrong\n"
            + "hint: vt-models install\n"
        #expect(try transcribe("--jobs", "2", "a.wav", "b.wav", "c.wav").errors == hint)
        #expect(try transcribe("--raw", input: .bytes(speech)).errors == hint)
        for arguments in [
            ["--quiet"], ["--engine", "pocketsphinx"], ["--option", "maxhmmpf=3000"],
            ["--config", "\(home.files)/config"],
        ] {
            try write("engine = \"pocketsphinx\"\n".utf8, to: "\(home.files)/config")
            let result = try run(
                Command("vt-transcribe", ["--detector", "energy", "a.wav"] + arguments), home: home,
                within: .seconds(60))
            #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        }
    }

    @Test func whisperIsNoEngineButOfSeveral() throws {
        let result = try run("vt-transcribe", "--engine", "whisper", "/dev/null", home: home)
        #expect(result.status == 69 && result.errors.contains("are local, faster-whisper and whisper-cpp"), "\(result)")
    }

    // MARK: --list-engines

    private func listed(_ program: String = "vt-transcribe", environment: [String: String?] = [:]) throws -> [String:
        [String]]
    {
        let result = try run(Command(program, ["--list-engines"], environment: environment), home: home)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        var lines: [String: [String]] = [:]
        for line in result.text.split(separator: "\n") {
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            #expect(columns.count == 7, "\(line)")
            lines[columns[0]] = columns
        }
        return lines
    }

    @Test func keysAreNamedAndNeverShown() throws {
        try makeDirectories("\(home.directory("config"))/vt")
        try write(
            """
            engine = ["groq", "pocketsphinx"]
            [provider.openai]
            key_command = "touch \(home.files)/was-run"
            [provider.deepgram]
            key_file = "/run/deepgram.key"
            """.utf8, to: "\(home.directory("config"))/vt/config.toml")
        let lines = try listed(environment: ["GROQ_API_KEY": "sk-secret", "OPENAI_API_KEY": nil])
        #expect(lines["groq"]?[3...] == ["ready", "", "in GROQ_API_KEY", lines["groq"]?[6] ?? ""])
        #expect(lines["groq"]?[6].hasPrefix("default, 1 of 2: \(home.directory("config"))") == true, "\(lines)")
        #expect(lines["pocketsphinx"]?[6].hasPrefix("default, 2 of 2: ") == true)
        #expect(lines["openai"]?[3...5] == ["ready", "", "by a command"])
        #expect(lines["deepgram"]?[3...5] == ["ready", "", "in /run/deepgram.key"])
        #expect(lines["assemblyai"]?[3...] == ["no key", "", "none in ASSEMBLYAI_API_KEY", ""])
        #expect(lines["whisper-server"]?[3...] == ["ready", "", "", ""])
        #expect(!lines.description.contains("secret"))
        #expect(entries(of: home.files) == [])
    }

    /// With everything where `scripts/install` puts it: what came with vt is asked, and nothing else.
    @Test(.enabled(if: Tool.isInstalled("python3"), "needs python3")) func whatTheyHaveIsListed() throws {
        let prefix = home.directory("prefix")
        let installed = try run(
            Command(
                "\(BuiltPrograms.packageDirectory)/scripts/install", [prefix],
                environment: ["VT_BIN": BuiltPrograms.directory]), home: home)
        try #require(installed.status == 0, "\(installed)")
        try home.addPlugin("vt-transcribe-stranger", "#!/bin/sh\ntouch '\(home.files)/was-run'\n")
        try makeDirectories("\(data)/engines/vosk/bin")
        try writeScript("\(data)/engines/vosk/bin/python", "#!/bin/sh\n")
        try makeDirectories("\(home.path)/.cache/vosk/vosk-model-small-de-0.15")
        let environment: [String: String?] = ["PATH": "\(prefix)/bin:\(Tool.systemSearchPath)"]
        let lines = try listed("\(prefix)/bin/vt-transcribe", environment: environment)
        #expect(lines["pocketsphinx"]?[2].contains("PocketSphinx") == true)
        #expect(lines["pocketsphinx"]?[3...] == ["ready", "", "", "default: no speech model is installed"])
        #expect(lines["vosk"]?[3...] == ["ready", "vosk-model-small-de-0.15", "", ""])
        #expect(lines["faster-whisper"]?[3...] == ["faster-whisper is not installed", "", "", ""])
        #expect(lines["moonshine"]?[3] == "moonshine is not installed")
        #expect(lines["whisper-cpp"]?[3] == "whisper.cpp is not in PATH")
        #expect(lines["stranger"]?[2...] == ["", "", "", "", ""])
        #expect(entries(of: home.files) == [])

        // For people.
        let terminal = try Terminal(
            "'\(prefix)/bin/vt-transcribe' --list-engines", environment: environment, home: home, size: (60, 100))
        #expect(try terminal.finish() == [0])
        let screen = terminal.screen.split(separator: "\r\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(screen.contains { $0.hasPrefix("* pocketsphinx Offline") }, "\(screen)")
        #expect(screen.contains("faster-whisper is not installed: vt-models install faster-whisper/small"), "\(screen)")
        #expect(screen.contains("models: vosk-model-small-de-0.15"), "\(screen)")
    }
}

/// An engine that hears no words in speech, from files: from pipes the recording is kept.
@Suite(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata"))
struct SpeechWithoutWords {
    let test: TranscribeHome

    init() throws {
        test = try TranscribeHome()
        let speech = try contents(of: Speech.goForward)
        try test.write(Tone.header(dataSize: speech.count) + speech, to: "speech.wav")
        try test.write(Tone.header(dataSize: 64000) + Tone.silence(seconds: 2), to: "silence.wav")
    }

    private func transcribe(_ arguments: String..., mode: String = "hears-nothing") throws -> Result {
        try run(
            Command(
                "vt-transcribe",
                ["--engine", "fake", "--option", "mode=\(mode)", "--detector", "energy"] + arguments), home: test.home)
    }

    @Test func itIsAWarning() throws {
        let result = try transcribe("speech.wav")
        #expect(result.status == 1 && result.text.isEmpty, "\(result)")
        #expect(
            result.errors.hasPrefix(
                "vt-transcribe: speech.wav: fake heard no words, but somebody speaks in it\nhint: --engine NAME"),
            "\(result)")
        let silence = try transcribe("silence.wav")
        #expect(silence.status == 1 && silence.errors.isEmpty, "\(silence)")
    }

    @Test func itIsNeverComplete() throws {
        let arguments = ["speech.wav", "silence.wav", "--output-dir", "out", "--resume", "--report", "report"]
        func transcribe(mode: String) throws -> Result {
            try run(
                Command(
                    "vt-transcribe",
                    ["--engine", "fake", "--option", "mode=\(mode)", "--detector", "energy"] + arguments),
                home: test.home)
        }
        for _ in 0..<2 {
            let result = try transcribe(mode: "hears-nothing")
            #expect(result.status == 1, "\(result)")
            #expect(result.errors.contains("speech.wav: fake heard no words"), "\(result)")
            #expect(try text(of: "\(test.home.files)/report").contains("\"outcome\":\"no words\",\"status\":1"))
            // An empty transcript would say that there is nothing to hear; of the silence that is right.
            #expect(entries(of: "\(test.home.files)/out").filter { !$0.hasPrefix(".") } == ["silence.wav.txt"])
        }
        #expect(try text(of: "\(test.home.files)/report").contains("\"outcome\":\"complete\""))
        let result = try transcribe(mode: "counts")
        #expect(result.status == 0, "\(result)")
        #expect(try text(of: "\(test.home.files)/out/speech.wav.txt").hasPrefix("bytes "))
    }
}
