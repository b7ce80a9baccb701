import Glibc
import Harness
import Testing
import Text

/// The engine `local` with libtranscribe itself, where scripts/test has installed it, and Whisper tiny.en.
@Suite(
    .enabled(
        if: OpenModels.library != nil && OpenModels.whisperTiny != nil && Speech.isInstalled,
        "\(OpenModels.needsWhisper)"))
struct LocalEngineForReal {
    private static let clips = ["0870", "0880", "0890", "0920", "0930"].map {
        "\(Speech.directory)/librivox/sense_and_sensibility_01_austen_64kb-\($0).wav"
    }
    /// As LibriVox has it, spelt as Whisper spells.
    private static let spoken =
        """
        and mr john dashwood had then leisure to consider how much there might be prudently in his power to do for them \
        he was not an ill disposed young man \
        unless to be rather coldhearted and rather selfish is to be ill disposed \
        had he married a more amiable woman he might have been made still more respectable than he was \
        he might even have been made amiable himself
        """

    private let home: Home

    init() throws {
        home = try Home()
        try OpenModels.install(in: home)
        try Vad.installWeights(in: home)
    }

    /// The share of the words that is wrong, in percent: the edit distance, without case and punctuation.
    private static func wordErrors(_ heard: String, _ expected: String = spoken) -> Double {
        func words(_ text: String) -> [String] {
            text.lowercased().replacing("cold-hearted", with: "coldhearted").replacing(
                "cold hearted", with: "coldhearted"
            )
            .replacing("mister", with: "mr").split { !$0.isLetter && $0 != "'" }.map(String.init)
        }
        let (ours, theirs) = (words(heard), words(expected))
        var distance = Array(0...theirs.count)
        for (row, word) in ours.enumerated() {
            var diagonal = distance[0]
            distance[0] = row + 1
            for column in theirs.indices {
                let replaced = diagonal + (theirs[column] == word ? 0 : 1)
                diagonal = distance[column + 1]
                distance[column + 1] = min(replaced, distance[column] + 1, diagonal + 1)
            }
        }
        return 100 * Double(distance[theirs.count]) / Double(theirs.count)
    }

    /// All clips, with a pause behind each.
    private static func recording() throws -> [UInt8] {
        try clips.flatMap { try Vad.data($0) + Tone.silence(seconds: 1) }
    }

    @Test func theWordsOfABatchAreRight() throws {
        for (index, clip) in Self.clips.enumerated() {
            #expect(symlink(clip, "\(home.files)/\(index).wav") == 0)
        }
        let names = Self.clips.indices.map { "\($0).wav" }
        let result = try run(
            Command("vt-transcribe", ["--engine", "local", "--jobs", "2", "--output-dir", "out"] + names),
            home: home, within: .seconds(120))
        #expect(result.status == 0, "\(result)")
        let heard = try Self.clips.indices.map { try text(of: "\(home.files)/out/\($0).wav.txt") }
        #expect(Self.wordErrors(heard.joined(separator: " ")) <= 5, "\(heard)")
    }

    @Test func theWordsOfALiveRecordingAreRight() throws {
        let result = try run(
            Command("vt-transcribe", ["--engine", "local", "--raw", "--events"]), input: .bytes(try Self.recording()),
            home: home, within: .seconds(120))
        #expect(result.status == 0, "\(result)")
        expectKeptPromises(try result.events())
        let finals = try result.texts("final")
        #expect(Self.wordErrors(finals.joined(separator: " ")) <= 5, "\(finals)")
    }

    @Test func theWordsOfALongFileAreRight() throws {
        let recording = try Self.recording()
        try write(Tone.header(dataSize: recording.count) + recording, to: "\(home.files)/all.wav")
        let result = try run(
            Command("vt-transcribe", ["--engine", "local", "all.wav"]), home: home, within: .seconds(120))
        #expect(result.status == 0, "\(result)")
        #expect(Self.wordErrors(result.text) <= 5, "\(result.text)")
    }

    /// What nobody says is not written.
    @Test(.enabled(if: Tool.isInstalled("sox"), "needs sox"), arguments: ["pluck", "pinknoise", "brownnoise"])
    func musicAndNoiseAreNoSpeech(sound: String) throws {
        let notes =
            sound == "pluck"
            ? ["synth", "5", "pluck", "C3", "pluck", "E3", "pluck", "G3", "repeat", "1"]
            : ["synth", "10", sound, "gain", "-12"]
        let made = try run(
            Command("sox", ["-n", "-r", "16000", "-c", "1", "-b", "16", "sound.wav"] + notes), home: home)
        #expect(made.status == 0, "\(made)")
        let result = try run(
            Command("vt-transcribe", ["--engine", "local", "sound.wav"]), home: home, within: .seconds(60))
        #expect(result.status == 0 || result.status == 1, "\(result)")
        #expect(result.text.split(separator: " ").count <= 4, "\(result)")
    }

    @Test func aTruncatedModel() throws {
        let source = try #require(OpenModels.whisperTiny)
        let file = try #require(entries(of: source).first { $0.hasPrefix("model.") })
        // A sparse file of the right beginning costs no room.
        let head = try run("head", "-c", "3000000", "\(source)/\(file)", home: home)
        try write(head.output, to: "\(home.files)/cut.gguf")
        let result = try run(
            Command("vt-transcribe", ["--engine", "local", "--raw", "--model", "./cut.gguf"]),
            input: .file(Speech.goForward), home: home)
        #expect(result.status == 78, "\(result)")
        #expect(result.errors.contains("cut off"))
    }

    /// It is deleted while somebody speaks.
    @Test func aModelThatGoesWhileItIsUsed() throws {
        let source = try #require(OpenModels.whisperTiny)
        let folder = home.directory("data/vt/models/local/copy")
        try makeDirectories(folder)
        #expect(try run("cp", "-rT", source, folder).status == 0)
        let running = try start(
            Command("vt-transcribe-local", ["transcribe-v1"], environment: ["VT_MODEL": "copy"]), input: .open,
            home: home)
        let phrase = try contents(of: Speech.goForward)
        running.write(phrase + Tone.silence(seconds: 1))
        try running.waitForOutput("the first utterance", within: .seconds(60)) { $0.contains("final") }
        #expect(try run("rm", "-r", folder).status == 0)
        running.write(phrase)
        running.closeInput()
        let result = try running.finish(within: .seconds(60))
        #expect(result.status == 0, "\(result)")
        #expect(try result.texts("final").count == 2, "\(result)")
        #expect(try result.texts("final").allSatisfy { $0.lowercased().contains("go forward") })
    }
}

/// Models with random weights, which libtranscribe itself loads and runs: what they say is nonsense. LocalModels has each family once.
@Suite(.enabled(if: OpenModels.library != nil && Tool.isInstalled("python3"), "\(OpenModels.needsLibrary)"))
struct LocalEngineFamilies {
    private let home: Home

    init() throws {
        home = try Home()
        try OpenModels.install(in: home, withWhisper: false)
    }

    private func plugin(_ model: String, _ operation: String, _ input: Input, _ more: [String: String?] = [:]) throws
        -> Result
    {
        try run(
            Command("vt-transcribe-local", [operation], environment: more.merging(["VT_MODEL": model]) { $1 }),
            input: input, home: home, within: .seconds(60))
    }

    /// What they commit they change, some of them: what was promised is kept all the same.
    @Test(arguments: ["moonshine-streaming", "nemotron-streaming", "nemotron-multilingual", "voxtral-realtime"])
    func whatAStreamPromisesIsKept(name: String) throws {
        let path = try OpenModels.tiny(name)
        let audio = StandIn.speech(StandIn.words(6, last: 0.9) + StandIn.words(4))
        let live = try plugin(path, "transcribe-v1", .bytes(audio))
        #expect(live.status == 0, "\(live)")
        expectKeptPromises(try live.events())
        // And then a file, and another.
        try write(Tone.header(dataSize: audio.count) + audio, to: "\(home.files)/a.wav")
        let files = try plugin(path, "transcribe-files-v1", .text("\(home.files)/a.wav\n\(home.files)/a.wav\n"))
        #expect(files.status == 0, "\(files)")
        #expect(try files.events().filter { $0.verb == "done" }.map { $0["status"] } == ["0", "0"], "\(files)")
        let finals = try files.texts("final")
        #expect(finals.prefix(finals.count / 2) == finals.suffix(finals.count / 2), "the same twice: \(finals)")
    }

    /// It is cut off at thirty places, each of which is noticed before the library sees it.
    @Test(arguments: ["whisper", "moonshine-streaming"]) func itIsCutOff(name: String) throws {
        let whole = try contents(of: OpenModels.tiny(name))
        for place in 0..<30 {
            let count = (whole.count - 64) * place / 29
            try write(whole.prefix(count), to: "\(home.files)/cut.gguf")
            let result = try plugin("./cut.gguf", "transcribe-v1", .bytes(StandIn.speech(StandIn.words(2))))
            #expect(result.status == (count == 0 ? 66 : 78), "at \(count) of \(whole.count): \(result)")
            #expect(result.errors.contains("./cut.gguf"), "\(result)")
        }
    }

    /// A family that nobody knows.
    @Test func anUnknownFamily() throws {
        var bytes = try contents(of: OpenModels.tiny("whisper"))
        let name = Array("whisper".utf8)
        for index in bytes.indices where bytes[index...].starts(with: name) {
            bytes.replaceSubrange(index..<index + name.count, with: "whimper".utf8)
            break
        }
        try write(bytes, to: "\(home.files)/strange.gguf")
        let result = try plugin("./strange.gguf", "transcribe-v1", .bytes(StandIn.speech(StandIn.words(2))))
        #expect(result.status == 78, "\(result)")
        #expect(result.errors.contains("does not know"), "\(result)")
    }
}
