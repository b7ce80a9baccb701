import Glibc
import Harness
import Testing
import Text

/// `models-v1` of the engines in Python, as far as it goes without their recognisers.
@Suite(.enabled(if: Tool.isInstalled("python3"), "needs python3"))
struct PythonEngineModels {
    @Test(arguments: [
        ("faster-whisper", "small", "sv"), ("moonshine", "en/medium-streaming", "en"),
        ("vosk", "vosk-model-small-en-us-0.15", "en-US"),
    ])
    func whatThereIsIsListedAndNothingIsAsked(_ name: String, _ theDefault: String, _ language: String) throws {
        let result = try run("vt-transcribe-\(name)", "models-v1", "list")
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        let models = try result.events().filter { $0.verb != "warning" }
        #expect(models.count > 10)
        #expect(try result.texts("warning") == ["\(name) is not installed"], "\(result)")
        for model in models {
            #expect(model.verb == "model" && !model.text.isEmpty)
            #expect(model["state"] == "available" && model["path"] == nil, "\(model)")
            #expect((Int(model["size"] ?? "") ?? 0) > 20_000_000, "\(model)")
        }
        #expect(Set(models.map { $0["name"] }).count == models.count)
        let chosen = models.filter { $0["default"] == "yes" }
        #expect(chosen.map { $0["name"] } == [theDefault])
        #expect(chosen.first?["languages"]?.split(separator: ",").contains(Substring(language)) == true)
        // The help has them, too.
        #expect(try run("vt-transcribe-\(name)", "--help").text.contains(theDefault))
    }

    @Test(arguments: PythonEngines.names) func wrongWordsAre64(_ name: String) throws {
        for words in [[], ["fetch"], ["list", "all"], ["remove"]] {
            let result = try run(Command("vt-transcribe-\(name)", ["models-v1"] + words))
            #expect(result.status == 64 && result.text.hasPrefix("error\t"), "\(words): \(result)")
        }
    }

    @Test(arguments: PythonEngines.names, ["remove", "verify"])
    func whatIsNotInstalledIs66(_ name: String, _ word: String) throws {
        let result = try run("vt-transcribe-\(name)", "models-v1", word, "nothing", "of-the-kind")
        #expect(result.status == 66, "\(result)")
        let errors = try result.events()
        #expect(errors.map(\.verb) == ["error", "error"] && errors.map { $0["name"] } == ["nothing", "of-the-kind"])
    }
}

/// Models that come from a hub, on loopback.
@Suite(.enabled(if: PackageIndex.whisperCpp != nil && Speech.isInstalled, "needs the Python package index"))
struct InstalledModels {
    private let engines = InstalledEngines()

    @Test func ofFasterWhisper() throws {
        let home = try engines.installed("faster-whisper")
        let published = home.directory("hub")
        let folder = "\(published)/Systran/faster-whisper-tiny.en"
        try makeDirectories("\(published)/Systran")
        let script = "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/engines/faster-whisper-model.py"
        let python = "\(home.directory("data"))/vt/engines/faster-whisper/bin/python"
        let made = try run(Command(python, [script, folder, "hello", "world"]), home: home, within: .seconds(60))
        try #require(made.status == 0, "\(made)")
        let size = try entries(of: folder).reduce(0) { try $0 + contents(of: "\(folder)/\($1)").count }
        let hub = try ModelHub(published)

        let unknown = try models("faster-whisper", "install", "Nobody/nothing", hub: hub, home: home)
        #expect(unknown.status == 66 && unknown.text.contains("no repository Nobody/nothing"), "\(unknown)")
        let result = try models("faster-whisper", "install", "tiny.en", hub: hub, home: home)
        #expect(result.status == 0, "\(result)")
        let events = try result.events()
        let done = events.filter { $0.verb == "progress" }.compactMap { Int($0["done"] ?? "") }
        #expect(done == done.sorted() && done.last == size, "\(result)")
        #expect(events.filter { $0.verb == "progress" }.allSatisfy { $0["total"] == String(size) })
        let model = try #require(events.last)
        #expect(model.verb == "model" && model["name"] == "tiny.en" && model["state"] == "installed", "\(result)")
        #expect(model["size"] == String(size))
        // From now on nobody is asked, also not by an installation.
        let again = try models("faster-whisper", "install", "Systran/faster-whisper-tiny.en", hub: nil, home: home)
        #expect(again.status == 0 && again.text.contains("name=tiny.en state=installed"), "\(again)")
        // It is what is used, without a word of it: the only one.
        for arguments in [["--model", "tiny.en"], []] {
            let text = try run(
                LocalEngine.transcribe("faster-whisper", arguments), input: .file(Speech.goForward), home: home,
                within: .seconds(60))
            #expect(text.status == 0 && text.text == "hello world\n", "\(text)")
        }
        #expect(try models("faster-whisper", "verify", home: home).status == 0)

        // One bit of the weights.
        let weights = try #require(model["path"]) + "/model.bin"
        var bytes = try contents(of: weights)
        bytes[bytes.count / 2] ^= 1
        try write(bytes, to: weights)
        let damaged = try models("faster-whisper", "verify", home: home)
        #expect(damaged.status == 78 && damaged.text.contains("model.bin of tiny.en is damaged"), "\(damaged)")
        let removed = try models("faster-whisper", "remove", "tiny.en", home: home)
        #expect(removed.status == 0, "\(removed)")
        #expect(entries(of: "\(home.directory("cache"))/huggingface/hub").filter { $0.hasPrefix("models") } == [])
        #expect(try !models("faster-whisper", "list", home: home).text.contains("state=installed"))

        // A folder of the user's own, as the message says.
        let own = "\(home.directory("data"))/vt/models/faster-whisper"
        try makeDirectories(own)
        try #require(symlink(folder, "\(own)/base") == 0)
        let text = try engines.transcribe("faster-whisper", "--model", "base", home: home)
        #expect(text.status == 0 && text.text == "hello world\n", "\(text)")
    }

    @Test(arguments: [
        ("faster-whisper", "tiny.en", "Systran/faster-whisper-tiny.en", "HF_ENDPOINT"),
        ("vosk", "vosk-model-small-en-us-0.15", "vosk-model-small-en-us-0.15", "VT_MODEL_MIRROR"),
        ("moonshine", "tl", "tl", "VT_MODEL_MIRROR"),
    ])
    func whatCanBeDoneWithoutANetwork(_ name: String, _ model: String, _ published: String, _ mirror: String) throws {
        let home = try engines.installed(name)
        // Nobody listens there.
        let nowhere: [String: String?] = ["HF_ENDPOINT": "http://127.0.0.1:9", "VT_MODEL_MIRROR": "http://127.0.0.1:9"]
        let result = try run(
            Command("vt-transcribe-\(name)", ["models-v1", "install", model], environment: nowhere), home: home,
            within: .seconds(60))
        #expect(result.status == 69, "\(result)")
        let error = try #require(try result.events().last)
        #expect(error.verb == "error" && error.text.contains("cannot be fetched from http://127.0.0.1:9"), "\(error)")
        #expect(error.text.contains(published) && error.text.contains("Connection refused"), "\(error)")
        let hint = try #require(error["hint"])
        for word in ["try again", "HTTPS_PROXY", mirror, home.directory.path] {
            #expect(hint.contains(word), "\(word): \(hint)")
        }
        // A person reads the same.
        let person = try run(
            Command("vt-transcribe-\(name)", ["install", model], environment: nowhere), home: home, within: .seconds(60)
        )
        #expect(person.status == 69 && person.errors.contains("\nhint: try again; "), "\(person)")
        #expect(!person.errors.contains("Traceback"))
    }

    @Test func ofVosk() throws {
        let home = try engines.installed("vosk")
        let published = home.directory("hub")
        let name = "vosk-model-small-en-us-0.15"
        try makeDirectories("\(published)/\(name)/am")
        try write(Tone.samples(seconds: 1), to: "\(published)/\(name)/am/final.mdl")
        let folder = "\(home.path)/.cache/vosk"
        for (behaviour, status, what) in [("cut", 69, "the connection broke after"), ("wrong", 78, "came damaged")]
            as [(String, CInt, String)]
        {
            let hub = try ModelHub(published, behaviour)
            let result = try models("vosk", "install", name, hub: hub, home: home)
            #expect(result.status == status && result.text.contains(what), "\(result)")
            #expect(entries(of: folder) == [])
        }
        // In the middle, a user has enough.
        let stalling = try ModelHub(published, "stall")
        let program = try start(
            Command("vt-transcribe-vosk", ["models-v1", "install", name], environment: stalling.environment), home: home
        )
        try program.waitForOutput("it asks") { $0.contains("status\tasking") }
        try eventually("some of it is here") { entries(of: folder).contains { $0.hasPrefix(".vt-") } }
        program.signal(SIGTERM)
        #expect(try program.finish().ending == .signalled(SIGTERM))
        #expect(entries(of: folder) == [])

        let hub = try ModelHub(published)
        let result = try models("vosk", "install", name, hub: hub, home: home)
        #expect(result.status == 0 && result.text.contains("name=\(name) state=installed"), "\(result)")
        #expect(entries(of: folder) == [name])
        #expect(try models("vosk", "verify", name, home: home).status == 0)
        try write([1, 2, 3], to: "\(folder)/\(name)/am/final.mdl")
        let damaged = try models("vosk", "verify", home: home)
        #expect(damaged.status == 78 && damaged.text.contains("am/final.mdl is damaged"), "\(damaged)")
        #expect(try models("vosk", "remove", name, home: home).status == 0)
        #expect(entries(of: folder) == [])
        let person = try run(
            Command("vt-transcribe-vosk", ["install", name], environment: hub.environment), home: home)
        #expect(person.status == 0 && person.text.hasSuffix("fetched \(name): \(folder)/\(name)\n"), "\(person)")
    }

    /// What its library says is what is listed before it is there.
    @Test func ofMoonshine() throws {
        let home = try engines.installed("moonshine")
        let python = "\(home.directory("data"))/vt/engines/moonshine/bin/python"
        let catalogue = try run(
            Command(
                python,
                [
                    "-c",
                    """
                    from moonshine_voice import download
                    for language, entry in download._stt_catalog().items():
                        for model in entry["models"]:
                            print(language + "/" + model["model_arch"].name.lower().replace("_", "-"))
                    """,
                ]), home: home)
        let listed = try models("moonshine", "list", home: home).events().compactMap { $0["name"] }
        #expect(catalogue.status == 0 && !listed.isEmpty, "\(catalogue)")
        #expect(listed.sorted() == catalogue.text.split(separator: "\n").map(String.init).sorted(), "\(catalogue)")
        #expect(listed.first == "en/medium-streaming")
        #expect(catalogue.text.split(separator: "\n").first { $0.hasPrefix("en/") } == "en/medium-streaming")
    }

    private func models(_ name: String, _ words: String..., hub: ModelHub? = nil, home: Home) throws -> Result {
        try run(
            Command("vt-transcribe-\(name)", ["models-v1"] + words, environment: hub?.environment ?? [:]), home: home,
            within: .seconds(60))
    }
}

/// whisper.cpp's models are files in folders, fetched by a script of its own.
struct WhisperCppModels {
    @Test func theyAreListedVerifiedAndRemoved() throws {
        let home = try Home()
        let folder = "\(home.directory("data"))/whisper.cpp"
        try makeDirectories(folder)
        try write(Array("lmgg".utf8), to: "\(folder)/ggml-base.en.bin")
        try write(Array("<html>".utf8), to: "\(folder)/ggml-an \"odd\" one.bin")
        let engine = "vt-transcribe-whisper-cpp"
        let list = try run(engine, "models-v1", "list", home: home).events().filter { $0.verb == "model" }
        #expect(list.map { $0["name"] } == ["an \"odd\" one", "base.en"], "\(list)")
        #expect(list.last?["path"] == "\(folder)/ggml-base.en.bin" && list.last?["size"] == "4", "\(list)")
        #expect(list.last?["languages"] == "en" && list.last?["default"] == "yes", "\(list)")
        let verified = try run(engine, "models-v1", "verify", home: home)
        #expect(verified.status == 78, "\(verified)")
        #expect(try verified.events().map(\.verb) == ["error", "model"])
        #expect(try run(engine, "models-v1", "remove", "an \"odd\" one", home: home).status == 0)
        #expect(entries(of: folder) == ["ggml-base.en.bin"])
        #expect(try run(engine, "models-v1", "remove", "tiny", home: home).status == 66)
        let install = try run(engine, "models-v1", "install", "base", home: home)
        let error = try #require(try install.events().first)
        #expect(install.status == 69 && error["hint"]?.contains("download-ggml-model.sh base") == true, "\(install)")
        #expect(try run(engine, "models-v1", home: home).status == 64)
    }
}
