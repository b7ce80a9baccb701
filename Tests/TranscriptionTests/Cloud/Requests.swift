import HTTP
import Testing
import Transcription

/// What is sent, a line for each field: `name=value`.
private func fields(_ provider: String, _ settings: EngineSettings, format: UploadFormat? = nil) throws -> [String] {
    let request = try request(provider, settings, format: format)
    guard case .multipart(let fields, _) = request.form else { return [] }
    return fields.map { "\($0.name)=\($0.value)" }
}

private func request(
    _ provider: String, _ settings: EngineSettings, baseURL: String? = nil, format: UploadFormat? = nil,
    isLive: Bool = true
) throws -> UploadRequest {
    let service = try ProviderService(
        try #require(Provider.named(provider)), baseURL: baseURL, format: format, environment: { _ in "key" })
    return try service.uploadRequest(service.uploadFormats[0], isLive: isLive, settings: settings)
}

private func refusal(_ provider: String, _ settings: EngineSettings) -> String? {
    let error = #expect(throws: EngineError.self) { try request(provider, settings) }
    #expect(error?.code == .usage)
    return error?.message
}

private let everything = EngineSettings(
    languages: ["en"], prompt: "Dear Sir", keywords: ["Voxtral", "Ørsted"], temperature: 0.2)

@Suite struct Requests {
    @Test func openAIGetsItsFieldsInOrder() throws {
        var settings = everything
        settings.languages = ["en", "de"]
        settings.options = [(key: "stream", value: "true")]
        #expect(
            try fields("openai", settings) == [
                "model=gpt-transcribe", "languages[]=en", "languages[]=de", "prompt=Dear Sir", "keywords[]=Voxtral",
                "keywords[]=Ørsted", "temperature=0.2", "response_format=json", "stream=true",
            ])
        let request = try request("openai", settings)
        #expect(request.url == "https://api.openai.com/v1/audio/transcriptions")
        #expect(request.headers == [Header("Authorization", "Bearer key", isSecret: true)])
        guard case .multipart(_, let file) = request.form else { return #expect(Bool(false)) }
        #expect(file == .init("file", fileName: "voice.ogg", contentType: "audio/ogg"))
    }

    @Test func timestampsAreAskedForInEachProvidersWay() throws {
        let word = EngineSettings(timestamps: .word)
        #expect(
            try fields("groq", word) == [
                "model=whisper-large-v3-turbo", "response_format=verbose_json", "timestamp_granularities[]=segment",
                "timestamp_granularities[]=word",
            ])
        #expect(
            try fields("fireworks", word).suffix(2) == [
                "response_format=verbose_json", "timestamp_granularities[]=word,segment",
            ])
        #expect(try fields("whisper-server", word) == ["response_format=verbose_json"])
        #expect(
            try fields("openai", EngineSettings(model: "whisper-1", timestamps: .segment)).suffix(1) == [
                "timestamp_granularities[]=segment"
            ])
        #expect(
            try fields("openai", EngineSettings(model: "gpt-4o-transcribe-diarize", speakers: true)) == [
                "model=gpt-4o-transcribe-diarize", "response_format=diarized_json", "chunking_strategy=auto",
            ])
        #expect(try fields("fireworks", EngineSettings(speakers: true)).contains("diarize=true"))
    }

    @Test func deepgramIsAskedInTheQuery() throws {
        var settings = EngineSettings(language: "pt-BR", keywords: ["São Paulo"], speakers: true)
        settings.options = [(key: "smart_format", value: "false")]
        let request = try request("deepgram", settings)
        #expect(
            request.url
                == "https://api.deepgram.com/v1/listen?model=nova-3&utterances=true&language=pt-BR&keyterm=S%C3%A3o%20Paulo"
                + "&diarize_model=latest&smart_format=false")
        guard case .raw(let type) = request.form else { return #expect(Bool(false)) }
        #expect(type == "audio/ogg")
        #expect(request.headers == [Header("Authorization", "Token key", isSecret: true)])
    }

    @Test func assemblyAIGetsItsConfigurationFirst() throws {
        let request = try request(
            "assemblyai", EngineSettings(languages: ["en", "es"], keywords: ["Ada"], timestamps: .word))
        #expect(request.url == "https://sync.assemblyai.com/v1/transcribe/live")
        #expect(request.headers.map(\.description) == ["X-AAI-Model: universal-3-5-pro", "Authorization: ****"])
        guard case .multipart(let fields, let file) = request.form else { return #expect(Bool(false)) }
        #expect(
            fields == [
                .init(
                    "config", #"{"language_codes":["en","es"],"keyterms_prompt":["Ada"],"timestamps":true}"#,
                    contentType: "application/json")
            ])
        #expect(file == .init("audio", fileName: "voice.wav", contentType: "audio/wav"))
    }

    @Test func whatHasEndedGoesToAssemblyAIsOtherAddress() throws {
        let ended = try request("assemblyai", EngineSettings(), isLive: false)
        #expect(ended.url == "https://sync.assemblyai.com/v1/transcribe")
        #expect(try request("openai", EngineSettings(), isLive: false).url.hasSuffix("/audio/transcriptions"))
    }

    @Test func whisperServerGetsWAVAndNoModel() throws {
        let request = try request("whisper-server", EngineSettings(language: "auto"))
        #expect(request.url == "http://127.0.0.1:8080/inference")
        #expect(request.headers.isEmpty)
        guard case .multipart(let fields, let file) = request.form else { return #expect(Bool(false)) }
        #expect(fields.map(\.name) == ["language", "response_format"])
        #expect(file.fileName == "voice.wav")
    }

    /// An option that would be ignored is refused: a transcript would pretend otherwise.
    @Test(arguments: [
        ("openai", EngineSettings(timestamps: .word), "gpt-transcribe at openai says nothing about times"),
        ("openai", EngineSettings(speakers: true), "gpt-transcribe at openai does not tell speakers apart"),
        (
            "openai", EngineSettings(temperature: 1.5),
            "gpt-transcribe at openai takes a --temperature of 0 to 1, not 1.5"
        ),
        ("openai", EngineSettings(options: [(key: "beam_size", value: "3")]), "openai has no option beam_size"),
        (
            "openai", EngineSettings(languages: ["en", "de"], model: "whisper-1"),
            "whisper-1 at openai takes one --language, not 2"
        ),
        (
            "openai", EngineSettings(model: "gpt-4o-transcribe-diarize", prompt: "x"),
            "gpt-4o-transcribe-diarize at openai takes no --prompt"
        ),
        ("groq", EngineSettings(keywords: ["x"]), "whisper-large-v3-turbo at groq takes no --keyword"),
        ("groq", EngineSettings(speakers: true), "whisper-large-v3-turbo at groq does not tell speakers apart"),
        ("deepgram", EngineSettings(prompt: "x"), "nova-3 at deepgram takes no --prompt"),
        ("deepgram", EngineSettings(temperature: 0), "nova-3 at deepgram takes no --temperature"),
        ("whisper-server", EngineSettings(keywords: ["x"]), "whisper-server takes no --keyword"),
        ("speaches", EngineSettings(), "speaches needs the name of a model"),
    ])
    func whatWouldBeIgnoredIsRefused(_ provider: String, _ settings: EngineSettings, _ message: String) {
        #expect(refusal(provider, settings) == message)
    }

    @Test func modelsThatGoAreAnnounced() throws {
        for model in [
            "whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe-2025-12-15", "gpt-4o-transcribe-diarize",
        ] {
            let service = try ProviderService(Provider.openAI, environment: { _ in "k" })
            let warnings = try service.check(EngineSettings(model: model))
            #expect(warnings.count == 1 && warnings[0].contains("2027-02-26"), "\(model): \(warnings)")
            #expect(try service.check(EngineSettings()).isEmpty)
        }
    }

    @Test func everyRowIsWhole() throws {
        var names: Set<String> = []
        for provider in Provider.all {
            #expect(names.insert(provider.name).inserted)
            #expect(provider.formats.contains { $0.uploadFormat != nil })
            #expect(provider.models.last?.prefix == "", "\(provider.name): the last row fits every model")
            // At Azure everybody has an address of his own.
            #expect(provider.baseURL.map { URLParts($0) != nil && !$0.hasSuffix("/") } ?? !provider.domains.isEmpty)
            #expect(provider.path.hasPrefix("/"))
            #expect(provider.summary.count < 70)
        }
    }

    @Test func filesAreKnownByTheirFirstBytes() {
        func container(_ text: String) -> AudioContainer? { AudioContainer(recognising: Array(text.utf8)) }
        let page = "OggS" + String(repeating: "\u{0}", count: 24)
        #expect(container("RIFF\u{0}\u{0}\u{0}\u{0}WAVEfmt ") == .wav)
        #expect(container("fLaC") == .flac)
        #expect(container(page + "OpusHead") == .opus)
        #expect(container(page + "\u{1}vorbis") == .vorbis)
        #expect(container("ID3\u{4}") == .mp3)
        #expect(AudioContainer(recognising: [0xFF, 0xFB, 0x90, 0]) == .mp3)
        #expect(container("\u{0}\u{0}\u{0}\u{20}ftypM4A ") == .mp4)
        #expect(AudioContainer(recognising: [0x1A, 0x45, 0xDF, 0xA3]) == .webm)
        #expect(container("hello") == nil && container("") == nil)
    }
}
