import Glibc
import Harness
import Testing
import Text

/// An option at a service: what it is sent, or why it is refused.
private struct Asked: CustomTestStringConvertible {
    let engine: String
    let options: [String]
    /// In the request: a field `["name","value"]`, a part of the query, a member of AssemblyAI's configuration.
    var sent: String?
    /// On standard error.
    var refused: String?
    var warned: String?

    var testDescription: String { ([engine] + options).joined(separator: " ") }

    init(_ engine: String, _ options: String..., sent: String? = nil, refused: String? = nil, warned: String? = nil) {
        self.engine = engine
        self.options = options
        self.sent = sent
        self.refused = refused
        self.warned = warned
    }
}

private let diarize = "gpt-4o-transcribe-diarize"

/// Every engine with every option.
private let table: [Asked] = [
    Asked("openai", "--language", "pt-BR", sent: #"["languages[]","pt"]"#),
    Asked("openai", "--language", "en,de", sent: #"["languages[]","en"],["languages[]","de"]"#),
    Asked("openai", "--prompt", "Dear Sir", sent: #"["prompt","Dear Sir"]"#),
    Asked("openai", "--keyword", "Ada", "--keyword", "Ørsted", sent: #"["keywords[]","Ada"],["keywords[]","Ørsted"]"#),
    Asked("openai", "--temperature", "0.5", sent: #"["temperature","0.5"]"#),
    Asked("openai", "--temperature", "2", refused: "takes a --temperature of 0 to 1, not 2.0"),
    Asked("openai", "--timestamps", "segment", refused: "gpt-transcribe at openai says nothing about times"),
    Asked("openai", "--timestamps", "word", refused: "gpt-transcribe at openai says nothing about times"),
    Asked("openai", "--speakers", refused: "does not tell speakers apart"),
    Asked("openai", "--option", "stream=true", sent: #"["stream","true"]"#),
    Asked("openai", "--option", "beam_size=5", refused: "openai has no option beam_size"),
    Asked("openai", "--option", "include[]=logprobs", refused: "openai has no option include[]"),
    Asked(
        "openai", "--option", "chunking_strategy=auto", sent: #"["chunking_strategy","auto"]"#,
        warned: "whether gpt-transcribe at openai heeds chunking_strategy is not known"),
    Asked("openai", "--upload-format", "mp3", sent: "voice.mp3"),
    Asked(
        "openai", "--model", "whisper-1", "--timestamps", "word",
        sent:
            #"["response_format","verbose_json"],["timestamp_granularities[]","segment"],["timestamp_granularities[]","word"]"#,
        warned: "OpenAI retires whisper-1 on 2027-02-26"),
    Asked("openai", "--model", "whisper-1", "--language", "en,de", refused: "whisper-1 at openai takes one --language"),
    Asked("openai", "--model", "whisper-1", "--keyword", "Ada", refused: "whisper-1 at openai takes no --keyword"),
    Asked("openai", "--model", "whisper-1", "--option", "stream=true", refused: "it ignores stream"),
    Asked("openai", "--model", diarize, "--speakers", sent: #"["response_format","diarized_json"]"#, warned: "retires"),
    Asked("openai", "--model", diarize, "--prompt", "x", refused: "\(diarize) at openai takes no --prompt"),
    Asked("openai", "--model", diarize, "--timestamps", "segment", sent: #"["chunking_strategy","auto"]"#),
    Asked("openai", "--model", "gpt-4o-transcribe", "--timestamps", "word", refused: "says nothing about times"),
    Asked("groq", "--language", "de-AT", sent: #"["language","de"]"#),
    Asked("groq", "--language", "en,de", refused: "takes one --language, not 2"),
    Asked("groq", "--prompt", "x", sent: #"["prompt","x"]"#),
    Asked("groq", "--keyword", "x", refused: "takes no --keyword"),
    Asked("groq", "--temperature", "0", sent: #"["temperature","0"]"#),
    Asked("groq", "--timestamps", "segment", sent: #"["timestamp_granularities[]","segment"]"#),
    Asked(
        "groq", "--timestamps", "word",
        sent: #"["timestamp_granularities[]","segment"],["timestamp_granularities[]","word"]"#),
    Asked("groq", "--speakers", refused: "does not tell speakers apart"),
    Asked("groq", "--option", "stream=true", refused: "groq has no option stream"),
    Asked("groq", "--model", "whisper-large-v3", sent: #"["model","whisper-large-v3"]"#),
    Asked("fireworks", "--language", "en", sent: #"["language","en"]"#),
    Asked("fireworks", "--prompt", "x", sent: #"["prompt","x"]"#),
    Asked("fireworks", "--keyword", "x", refused: "takes no --keyword"),
    Asked("fireworks", "--temperature", "1", sent: #"["temperature","1"]"#),
    Asked("fireworks", "--timestamps", "word", sent: #"["timestamp_granularities[]","word,segment"]"#),
    Asked("fireworks", "--speakers", sent: #"["diarize","true"]"#),
    Asked("fireworks", "--option", "preprocessing=dynamic", sent: #"["preprocessing","dynamic"]"#),
    Asked("fireworks", "--upload-format", "opus", refused: "fireworks does not take opus"),
    Asked("deepgram", "--language", "pt-BR", sent: "language=pt-BR"),
    Asked("deepgram", "--language", "en,de", refused: "takes one --language, not 2"),
    Asked("deepgram", "--prompt", "x", refused: "nova-3 at deepgram takes no --prompt"),
    Asked("deepgram", "--keyword", "São Paulo", sent: "keyterm=S%C3%A3o%20Paulo"),
    Asked("deepgram", "--model", "nova-2", "--keyword", "Ada", sent: "keywords=Ada"),
    Asked("deepgram", "--temperature", "0", refused: "nova-3 at deepgram takes no --temperature"),
    Asked("deepgram", "--timestamps", "word", sent: "utterances=true"),
    Asked("deepgram", "--speakers", sent: "diarize_model=latest"),
    Asked("deepgram", "--option", "numerals=true", sent: "numerals=true"),
    Asked("deepgram", "--option", "nonsense=true", refused: "deepgram has no option nonsense"),
    Asked("assemblyai", "--language", "en,es", sent: #"language_codes\":[\"en\",\"es\"]"#),
    Asked("assemblyai", "--prompt", "x", sent: #"prompt\":\"x\""#),
    Asked(
        "assemblyai", "--prompt", "x", "--language", "en", sent: "prompt", warned: "ignores the language where there is"
    ),
    Asked("assemblyai", "--keyword", "Ada", sent: #"keyterms_prompt\":[\"Ada\"]"#),
    Asked("assemblyai", "--temperature", "0", refused: "takes no --temperature"),
    Asked("assemblyai", "--timestamps", "word", sent: #"timestamps\":true"#),
    Asked("assemblyai", "--speakers", refused: "does not tell speakers apart"),
    Asked("assemblyai", "--upload-format", "opus", refused: "assemblyai does not take opus"),
    Asked("whisper-server", "--language", "auto", sent: #"["language","auto"]"#),
    Asked("whisper-server", "--prompt", "x", sent: #"["prompt","x"]"#),
    Asked("whisper-server", "--keyword", "x", refused: "whisper-server takes no --keyword"),
    Asked("whisper-server", "--temperature", "0.2", sent: #"["temperature","0.2"]"#),
    Asked("whisper-server", "--timestamps", "word", sent: #"["response_format","verbose_json"]"#),
    Asked("whisper-server", "--speakers", refused: "does not tell speakers apart"),
    Asked("whisper-server", "--model", "x", sent: "response_format", warned: "x means nothing to it"),
    Asked("whisper-server", "--option", "beam_size=5", sent: #"["beam_size","5"]"#),
    Asked("whisper-server", "--upload-format", "opus", refused: "whisper-server does not take opus"),
    Asked("speaches", refused: "speaches needs the name of a model"),
    Asked("speaches", "--model", "m", "--keyword", "Ada", "--keyword", "B", sent: #"["hotwords","Ada, B"]"#),
    Asked("speaches", "--model", "m", "--keyword", "a,b", refused: "takes keywords without commas"),
    Asked("speaches", "--model", "m", "--timestamps", "word", sent: #"["timestamp_granularities[]","word"]"#),
    Asked("speaches", "--model", "m", "--option", "stream=true", sent: #"["stream","true"]"#),
    Asked("compatible", "--keyword", "Ada", sent: #"["hotwords","Ada"]"#, warned: "heeds --keyword is not known"),
    Asked("compatible", "--timestamps", "segment", sent: "verbose_json", warned: "heeds --timestamps is not known"),
    Asked("compatible", "--option", "anything=goes", sent: #"["anything","goes"]"#),
    Asked("compatible", "--speakers", refused: "does not tell speakers apart"),
]

/// What is asked of a service is sent as it wants it, or refused before anything is recorded; nothing is quietly ignored.
@Suite(.enabled(if: CloudHome.isPossible, "needs python3 and openssl")) struct TranscribeCloudOptions {
    @Test(arguments: table) private func isSentOrRefused(_ asked: Asked) throws {
        let good = ["deepgram": "deepgram", "assemblyai": "assemblyai"][asked.engine] ?? "verbose"
        let cloud = try CloudHome([good], names: nil)
        var command = cloud.command(asked.options, engine: asked.engine)
        if asked.engine == "compatible" { command.arguments.removeAll { $0 == "--engine" || $0 == "compatible" } }
        let result = try run(command, input: .bytes(Tone.stream(seconds: 2.5)), home: cloud.home)
        if let refused = asked.refused {
            #expect(result.status == 64, "\(result)")
            #expect(result.errors.contains(refused), "\(result)")
            #expect(try cloud.server.requests.isEmpty)
            #expect(cloud.ground.kept.isEmpty)
            return
        }
        #expect(result.status == 0, "\(result)")
        #expect(result.text == CloudHome.text + "\n")
        if let warned = asked.warned {
            #expect(result.errors.contains(warned), "\(result)")
        } else if asked.options.contains(diarize) {
            #expect(result.errors.contains("OpenAI retires"))
        } else {
            #expect(result.errors.isEmpty, "\(result)")
        }
        let request = try #require(try cloud.server.requests(1).first)
        let seen = [request["fields"]?.line, request["path"]?.string, request["file"]?["name"]?.string]
            .compactMap(\.self).joined(separator: "\n")
        #expect(seen.contains(asked.sent ?? ""), "\(seen)")
    }
}

/// Subtitles from services that say when words were said, and from those that do not.
@Suite(.enabled(if: CloudHome.isPossible && Speech.isInstalled, "needs python3, openssl and pocketsphinx-testdata"))
struct TranscribeCloudSubtitles {
    /// Two sentences with two seconds of silence between them, 16000 Hz.
    private func recording() throws -> [UInt8] {
        let sentence = try contents(of: Speech.goForward)
        return Tone.header() + sentence + Tone.silence(seconds: 2) + sentence
    }

    private func subtitles(
        _ behaviours: [String], _ arguments: [String], engine: String = "openai"
    ) throws -> (result: Result, cloud: CloudHome) {
        let cloud = try CloudHome(behaviours, names: nil)
        try Vad.installWeights(in: cloud.home)
        var command = cloud.command(arguments, engine: engine)
        command.arguments.removeAll { $0 == "--no-gate" }
        command.environment["VT_LOG"] = "info"
        return (try run(command, input: .bytes(try recording()), home: cloud.home), cloud)
    }

    /// The model has no times: each stretch of speech is asked for by itself, and is where the detector heard it.
    @Test(arguments: [
        ("srt", "1\nT --> T\none\n\n2\nT --> T\ntwo\n\n"), ("vtt", "WEBVTT\n\nT --> T\none\n\nT --> T\ntwo\n\n"),
        ("tsv", "start\tend\ttext\nN\tN\tone\nN\tN\ttwo\n"),
    ])
    func aModelWithoutTimes(format: String, shape: String) throws {
        let (result, cloud) = try subtitles(["json:one", "json:two"], ["--format", format])
        #expect(result.status == 0, "\(result)")
        let plain = result.text.replacing(/\d\d:\d\d:\d\d[.,]\d\d\d/, with: "T").replacing(/\d\d\d+/, with: "N")
            .replacing(/(?m)^\d\d\d*\t/, with: "N\t")
        #expect(plain == shape, "\(result)")
        #expect(try cloud.server.requests(2).count == 2)
        #expect(
            result.errors.contains("the times are those between which speech was detected")
                && result.errors.split(separator: "\n").count { $0.contains("detected") } == 1, "\(result)")
        // The first begins in the first sentence and the second after the silence.
        let numbers = try subtitles(["json:one", "json:two"], ["--format", "tsv"]).result.text.split(separator: "\n")
            .dropFirst().flatMap { $0.split(separator: "\t").prefix(2).compactMap { Int($0) } }
        try #require(numbers.count == 4, "\(result)")
        #expect(numbers == numbers.sorted())
        #expect(numbers[0] < 1000 && numbers[1] < 3200 && numbers[2] > 4700 && numbers[3] < 7900, "\(numbers)")
    }

    /// One text for all, from a server of which it was not known: honest, from the first word to the last.
    @Test func aServerThatTellsNoTimes() throws {
        let (result, cloud) = try subtitles(["json:all of it"], ["--format", "tsv"], engine: "whisper-server")
        #expect(result.status == 0, "\(result)")
        let line = try #require(result.text.split(separator: "\n").last).split(separator: "\t")
        #expect(line.last == "all of it")
        #expect(Int(line[0]) ?? 9999 < 1000 && Int(line[1]) ?? 0 > 6000, "\(result)")
        #expect(try cloud.server.requests(1).count == 1)
    }

    /// The service has times, and is asked for them although nobody said so.
    @Test(arguments: ["srt", "vtt", "tsv", "json"]) func aModelWithTimes(format: String) throws {
        let (result, cloud) = try subtitles(["verbose"], ["--format", format], engine: "groq")
        #expect(result.status == 0, "\(result)")
        #expect(result.text.contains(CloudHome.text))
        let fields = try #require(try cloud.server.requests(1).first?["fields"]?.line)
        #expect(fields.contains(#"["response_format","verbose_json"],["timestamp_granularities[]","segment"]"#))
        #expect(!result.errors.contains("detected"))
        if format == "json" { #expect(result.text.contains(#""start":"#)) }
    }

    /// Without anybody who listens there is nobody to say when: before anything is recorded or sent.
    @Test(arguments: ["srt", "vtt", "tsv"]) func nobodyListens(format: String) throws {
        let cloud = try CloudHome("json")
        let result = try cloud.transcribe("--format", format)
        #expect(result.status == 64, "\(result)")
        #expect(
            result.errors == """
                vt-transcribe: gpt-transcribe at openai does not say when words were said, which the format needs
                hint: without --no-gate it gets the times between which speech is detected; --engine groq has its own

                """, "\(result)")
        #expect(cloud.ground.kept.isEmpty)
        #expect(try cloud.server.requests.isEmpty)
    }

    @Test func jsonNeedsNone() throws {
        let cloud = try CloudHome("json")
        let result = try cloud.transcribe("--format", "json")
        #expect(
            result.text == #"{"text":"go forward ten meters","segments":[{"id":0,"text":"go forward ten meters"}]}"#
                + "\n")
    }

    /// A recording that was kept gets its subtitles as well.
    @Test func aKeptRecording() throws {
        let (failed, cloud) = try subtitles(["unauthorized", "json:one", "json:two"], [])
        #expect(failed.status == 77, "\(failed)")
        let id = try #require(cloud.ground.kept.first)
        let result = try cloud.bare("--pending", id, "--format", "srt")
        #expect(result.text.contains("\none\n\n2\n"), "\(result)")
        #expect(cloud.ground.kept.isEmpty)
    }
}
