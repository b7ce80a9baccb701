import Glibc
import Harness
import Testing

/// vt-transcribe-whisper-cpp with the real whisper.cpp, and a model made here that says the same words whatever it hears.
@Suite(
    .enabled(
        if: PackageIndex.whisperCpp != nil && Speech.isInstalled,
        "needs pocketsphinx-testdata, x86_64, and whisper.cpp from the Python package index"))
struct WhisperCppEngine {
    let home: Home
    let path: String

    init() throws {
        home = try Home()
        path = try "\(#require(PackageIndex.whisperCpp)):\(#require(home.environment["PATH"]))"
        try addModel("base.en", saying: "hello", "world")
    }

    @Test func utterancesHaveTheirTimes() throws {
        let result = try transcribe("--events")
        #expect(result.status == 0, "\(result)")
        #expect(result.text == "final start=0.000 end=2.000 language=en\thello world\n", "\(result)")
    }

    @Test func wordsHaveTheirTimes() throws {
        let lines = try transcribe("--events", "--option", "words=yes").text.split(separator: "\n")
        try #require(lines.count == 3, "\(lines)")
        #expect(lines[0].wholeMatch(of: /word start=\d\.\d{3} end=(\d\.\d{3}) confidence=0\.9\d\d\thello/) != nil)
        #expect(lines[1].wholeMatch(of: /word start=\d\.\d{3} end=(\d\.\d{3}) confidence=0\.9\d\d\tworld/) != nil)
        #expect(lines[2] == "final start=0.000 end=2.000 language=en\thello world")
    }

    @Test func wordsThatAreDemandedHaveTheirTimes() throws {
        let result = try transcribe("--events", "--timestamps", "word")
        #expect(result.text.contains("\tworld\nfinal "), "\(result)")
        #expect(!result.errors.contains("ignored"), "\(result)")
    }

    @Test func aPhraseShorterThanASecondIsHeard() throws {
        let result = try transcribe("--events", input: .bytes(Tone.samples(seconds: 0.3)))
        #expect(result.text == "final start=0.000 end=0.300 language=en\thello world\n", "\(result)")
    }

    @Test(arguments: ["[BLANK_AUDIO]", "(wind)", "*laughs*", "♪"]) func whatIsNoSpeechIsLeftOut(_ remark: String) throws
    {
        try addModel("base.en", saying: remark)
        for words in ["no", "yes"] {
            let result = try transcribe("--option", "words=\(words)")
            #expect(result.status == 1 && result.text == "", "\(result)")
        }
        #expect(try transcribe("--option", "annotations=yes").text == "\(remark)\n")
    }

    @Test func marksInsideAnUtteranceAreTakenOut() throws {
        try addModel("base.en", saying: "a", "\"b\\", "[BLANK_AUDIO]")
        #expect(try transcribe().text == "a \"b\\\n")
        #expect(try transcribe("--option", "words=yes").text == "a \"b\\\n")
    }

    @Test func zerosAreNoSpeech() throws {
        // The model would say its words.
        for seconds in [0, 2.5] {
            let result = try transcribe(input: .bytes(Tone.silence(seconds: seconds)))
            #expect(result.status == 1 && result.text == "", "\(result)")
        }
    }

    @Test func modelsAreFoundByNameAndByPath() throws {
        let none = try transcribe("--model", "small")
        #expect(none.status == 69, "\(none)")
        #expect(none.errors.contains("ggml-small.bin") && none.errors.contains("download-ggml-model.sh"), "\(none)")
        try addModel("small", saying: "small")
        #expect(try transcribe("--model", "small").text == "small\n")
        // Of English models none knows French.
        #expect(try transcribe("--language", "fr", "--option", "model=large").status == 69)
        #expect(try transcribe("--model", "\(home.directory("data"))/whisper.cpp/ggml-small.bin").text == "small\n")
        // Where nobody asks for one, any that is there.
        unlink("\(home.directory("data"))/whisper.cpp/ggml-base.en.bin")
        #expect(try transcribe().text == "small\n")
    }

    @Test func failuresAreNotSilence() throws {
        // whisper.cpp itself ends with 0 for these.
        let language = try transcribe("--language", "xx", "--model", "base.en")
        #expect(language.status == 64 && language.errors.contains("unknown language 'xx'"), "\(language)")
        let damaged = try transcribe("--model", "/etc/passwd")
        #expect(damaged.status == 78 && damaged.errors.contains("bad magic"), "\(damaged)")
        let option = try transcribe("--option", "words=maybe")
        #expect(option.status == 64 && option.errors.contains("words=maybe"), "\(option)")
    }

    @Test func withoutAProgramItSaysHowToGetOne() throws {
        let result = try run(command([], path: try #require(home.environment["PATH"])), input: speech, home: home)
        #expect(result.status == 69 && result.errors.contains("whisper-cli"), "\(result)")
    }

    @Test(.enabled(if: Tool.isInstalled("curl"), "needs curl")) func withoutAServerItSaysHowToStartOne() throws {
        // A port that nobody listens at: 1 belongs to nobody.
        let result = try transcribe("--option", "server=http://127.0.0.1:1")
        #expect(result.status == 69, "\(result)")
        #expect(
            result.errors.contains("http://127.0.0.1:1") && result.errors.contains("whisper-server -m"), "\(result)")
    }

    private var speech: Input { .file(Speech.goForward) }

    private func transcribe(_ arguments: String..., input: Input? = nil) throws -> Result {
        try run(command(arguments, path: path), input: input ?? speech, home: home, within: .seconds(60))
    }

    private func command(_ arguments: [String], path: String) -> Command {
        // One thread: two wait for each other by turning, which on a busy machine takes ten times as long.
        Command(
            "vt-transcribe",
            ["--no-gate", "--engine", "whisper-cpp", "--raw", "--no-keep", "--option", "threads=1"] + arguments,
            environment: ["PATH": path])
    }

    private func addModel(_ name: String, saying words: String...) throws {
        let folder = "\(home.directory("data"))/whisper.cpp"
        try makeDirectories(folder)
        let script = "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/engines/whisper-cpp-model.py"
        let made = try run(
            Command(PackageIndex.python, [script, "\(folder)/ggml-\(name).bin"] + words), home: home,
            within: .seconds(30))
        try #require(made.status == 0, "\(made)")
    }
}
