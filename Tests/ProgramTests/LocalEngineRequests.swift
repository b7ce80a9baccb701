import Harness
import Testing
import Text

/// What the engine `local` passes on to its model, and what it refuses.
struct LocalEngineRequests {
    private static let audio = StandIn.speech(StandIn.words(3))

    /// Runs the plugin on three words.
    private func run(_ engine: StandIn, _ settings: [String: String?] = [:]) throws -> Result {
        try engine.plugin(settings, input: .bytes(Self.audio))
    }

    /// What the last pass was asked for.
    private func request(_ model: [String], _ settings: [String: String?]) throws -> (StandIn.Call, Result) {
        let engine = try StandIn(model: model)
        let result = try run(engine, settings)
        #expect(result.status == 0, "\(result)")
        #expect(try result.words() == StandIn.heard(3))
        return (try #require(engine.calls("run").last), result)
    }

    private func refused(_ model: [String], _ settings: [String: String?]) throws -> String {
        let engine = try StandIn(model: model)
        let result = try run(engine, settings)
        #expect(result.status == 64, "\(result)")
        #expect(engine.calls("run").isEmpty)
        let error = try #require(try result.events().last)
        #expect(error.verb == "error" && result.errors.contains(error.text))
        return error.text + "; " + (error["hint"] ?? "")
    }

    // MARK: Languages

    @Test(arguments: [
        ("en", "en"), ("pt-BR", "pt"), ("pt_BR", "pt"), ("EN", "en"), ("zh-CN", "zh-CN"), ("zh", "zh-CN"),
    ])
    func aLanguageIsTheModelsOwnTag(asked: String, given: String) throws {
        let (request, result) = try request(["languages en pt zh-CN"], ["VT_LANGUAGE": asked])
        #expect(request["language"] == given)
        #expect(try result.events().last?["language"] == given)
    }

    @Test func aLanguageThatTheModelLacksIsRefused() throws {
        let said = try refused(["languages en de"], ["VT_LANGUAGE": "fr"])
        #expect(said.contains("does not understand fr") && said.contains("en, de") && said.contains("vt-models list"))
    }

    @Test func theHostSaysSoAndKeepsTheRecording() throws {
        let engine = try StandIn(model: ["languages en de"])
        let result = try engine.transcribe("--raw", "--language", "fr", input: .bytes(Self.audio))
        #expect(result.status == 64, "\(result)")
        #expect(result.errors.contains("the model tones does not understand fr"))
        #expect(result.errors.contains("hint: it understands en, de"))
        #expect(engine.kept == [Self.audio.count])
    }

    @Test func severalLanguagesAreLeftToAModelThatTellsThemApart() throws {
        let (request, _) = try request(["languages en de fr", "detects yes"], ["VT_LANGUAGES": "en,de"])
        #expect(request["language"].isEmpty)
        let said = try refused(["languages en de fr"], ["VT_LANGUAGES": "en,de"])
        #expect(said.contains("does not tell languages apart") && said.contains("--language"))
    }

    @Test func theLanguageThatWasHeardIsReported() throws {
        let (_, result) = try request(["languages en de", "detects yes", "detected de"], ["VT_LANGUAGE": "auto"])
        #expect(try result.events().last?["language"] == "de")
    }

    /// Of several models the one that understands.
    @Test func theModelIsChosenByTheLanguage() throws {
        let engine = try StandIn(model: nil)
        try engine.addModel("english", ["languages en"], about: ["languages en", "rank 1"])
        try engine.addModel("german", ["languages de"], about: ["languages de", "rank 2"])
        let result = try engine.plugin(["VT_LANGUAGE": "de-AT"], input: .bytes(Self.audio))
        #expect(result.status == 0, "\(result)")
        #expect(engine.calls("run").last?["language"] == "de")
        let none = try engine.plugin(["VT_LANGUAGE": "fr"], input: .bytes(Self.audio))
        #expect(none.status == 69 && none.errors.contains("no installed model understands fr"), "\(none)")
    }

    // MARK: Translation

    @Test func aTranslation() throws {
        let (request, result) = try request(
            ["translates yes", "targets en fr"], ["VT_OPTION_TASK": "translate", "VT_OPTION_TARGET": "fr-CA"])
        #expect(request["task"] == "1" && request["target"] == "fr")
        #expect(try result.events().last?["language"] == "fr-CA")
        let (plain, english) = try self.request(["translates yes"], ["VT_OPTION_TASK": "translate"])
        #expect(plain["task"] == "1" && plain["target"].isEmpty)
        #expect(try english.events().last?["language"] == "en")
    }

    @Test(arguments: [
        ([], ["VT_OPTION_TASK": "translate"], "does not translate"),
        (
            ["translates yes", "targets en de"], ["VT_OPTION_TASK": "translate", "VT_OPTION_TARGET": "fr"],
            "it translates into en, de"
        ),
        ([], ["VT_OPTION_TARGET": "fr"], "task=translate"),
        ([], ["VT_OPTION_TASK": "sing"], "neither transcribe nor translate"),
    ]) func aTranslationThatIsNotPossible(model: [String], settings: [String: String], message: String) throws {
        let said = try refused(model, settings)
        #expect(said.contains(message), "\(said)")
    }

    // MARK: Times

    @Test(arguments: [("none", "word"), ("none", "segment"), ("segment", "word")])
    func timesThatTheModelLacksAreRefused(has: String, wanted: String) throws {
        let said = try refused(["times \(has)"], ["VT_TIMESTAMPS": wanted])
        #expect(said.contains("does not say when"), "\(said)")
    }

    /// Without times of the model's, an utterance has those of the speech in it.
    @Test func aModelWithoutTimes() throws {
        let (_, result) = try request(["times none"], [:])
        let final = try #require(try result.events().last)
        let start = try #require(final["start"].flatMap { Double($0) })
        let end = try #require(final["end"].flatMap { Double($0) })
        #expect(abs(start - 0.5) < 0.1 && abs(end - 1.33) < 0.15, "\(final)")
        #expect(try result.texts("word").isEmpty)
    }

    // MARK: Prompts

    @Test func aPromptAndKeywords() throws {
        let settings = ["VT_PROMPT": "Dear Miss O'Neill,", "VT_KEYWORDS": "Swift\nGödel\n"]
        // Features: 8 takes a prompt, 7 a vocabulary.
        let (both, _) = try request(["features 7 8"], settings)
        #expect(both["prompt"] == "Dear Miss O'Neill," && both["vocabulary"] == "Swift|Gödel")
        let (prompt, _) = try request(["features 8"], settings)
        #expect(prompt["prompt"] == "Dear Miss O'Neill, Swift, Gödel" && prompt["vocabulary"].isEmpty)
        let (whisper, _) = try request(["whisper yes"], settings)
        #expect(whisper["initial"] == "Dear Miss O'Neill, Swift, Gödel" && whisper["prompt"].isEmpty)
        let (neither, result) = try request([], settings)
        #expect(neither["prompt"].isEmpty && neither["vocabulary"].isEmpty)
        #expect(
            try result.texts("warning") == [
                "the model tones takes no prompt: it is ignored", "the model tones takes no keywords: they are ignored",
            ])
    }

    @Test func aTemperature() throws {
        let (whisper, _) = try request(["whisper yes"], ["VT_TEMPERATURE": "0.4"])
        #expect(whisper["temperature"] == "0.40")
        let (_, result) = try request([], ["VT_TEMPERATURE": "0.4"])
        #expect(try result.texts("warning") == ["the model tones has no temperature: it is ignored"])
        #expect(try refused([], ["VT_TEMPERATURE": "2"]).contains("from 0 to 1"))
    }

    /// A partial result need not be the best that Whisper can do; the last word is.
    @Test func aPartialResultIsNotTriedTwice() throws {
        let engine = try StandIn(model: ["whisper yes"])
        let running = try engine.start()
        running.write(StandIn.speech(StandIn.words(2)))
        try eventually("a partial result") { engine.calls("ran").count > 0 }
        running.write(StandIn.speech([(999, 0.9)], lead: 0))
        running.closeInput()
        let result = try running.finish()
        #expect(try result.words() == StandIn.heard(2) + ["999"], "\(result)")
        #expect(engine.calls("run").first?["increment"] == "0.0")
        #expect(engine.calls("run").last?["increment"] == "0.2")
    }

    // MARK: The machine

    @Test func threads() throws {
        for (settings, threads) in [
            (["VT_OPTION_THREADS": "3"], "3"), (["VT_OPTION_THREADS": "3", "VT_JOBS": "8"], "3"),
            (["VT_JOBS": "1000"], "1"),
        ] {
            let engine = try StandIn()
            #expect(try run(engine, settings).status == 0)
            #expect(engine.calls("session").map(\.["threads"]) == [threads])
        }
        for wrong in ["0", "-1", "many", "1025"] {
            #expect(try refused([], ["VT_OPTION_THREADS": wrong]).contains("not a number from 1 to 1024"))
        }
    }

    private static let devices = ["device CPU cpu 0", "device Vulkan0 vulkan 8192"]

    @Test(arguments: [
        ("auto", "0", ""), ("cpu", "4", ""), ("CPU", "4", ""), ("vulkan", "0", "Vulkan0"), ("vulkan0", "0", "Vulkan0"),
    ]) func aDevice(name: String, backend: String, device: String) throws {
        let engine = try StandIn(library: Self.devices)
        #expect(try run(engine, ["VT_OPTION_DEVICE": name]).status == 0)
        let load = try #require(engine.calls("load").first)
        #expect(load["backend"] == backend && load["device"] == device)
    }

    @Test func aDeviceThatIsNotThere() throws {
        let engine = try StandIn(library: Self.devices)
        let result = try engine.transcribe("--raw", "--option", "device=TPU9", input: .bytes(Self.audio))
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("there is no device TPU9 here"))
        #expect(result.errors.contains("hint: there are: CPU, Vulkan0"))
        #expect(engine.calls("load").isEmpty && engine.kept.count == 1)
        let vulkan = try engine.transcribe("--raw", "--option", "device=cuda", input: .bytes(Self.audio))
        #expect(vulkan.status == 69)
        let plain = try StandIn().transcribe("--raw", "--option", "device=vulkan", input: .bytes(Self.audio))
        #expect(plain.errors.contains("hint: vt-models library --vulkan"), "\(plain)")
    }

    @Test(arguments: [[], ["greets yes"]]) func devicesAreListed(more: [String]) throws {
        let engine = try StandIn(library: Self.devices + more)
        let result = try Harness.run("vt-transcribe-local", "--list-devices", home: engine.home)
        #expect(result.status == 0, "\(result)")
        #expect(
            result.text == "CPU\tcpu\t-\tcomputes for tests\nVulkan0\tvulkan\t8192 MiB\tcomputes for tests\n")
    }
}
