extension Provider {
    /// The built-in providers. Their own specifications and documentation are the sources, as of November 2026.
    package static let all: [Provider] = [
        openAI, groq, fireworks, deepgram, assemblyAI, azure, whisperServer, speaches,
    ]

    /// The built-in provider of a name.
    package static func named(_ name: String) -> Provider? { all.first { $0.name == name } }

    /// 25 MiB, counted over the whole request: "Maximum content size limit (26214400) exceeded (26294972 bytes read)".
    private static let openAIBytes = 26_214_400

    /// Both after the announcement of August 2026.
    private static func retiring(_ model: String) -> String {
        "OpenAI retires \(model) on 2027-02-26; its successor is gpt-transcribe"
    }

    /// https://github.com/openai/openai-openapi and https://developers.openai.com.
    package static let openAI = Provider(
        name: "openai", summary: "OpenAI; key in OPENAI_API_KEY", dialect: .openAI,
        baseURL: "https://api.openai.com/v1", path: "/audio/transcriptions", authorization: .scheme("Bearer"),
        keyVariable: "OPENAI_API_KEY", defaultModel: "gpt-transcribe",
        models: [
            Model(
                prefix: "gpt-4o-transcribe-diarize", language: .one("language"), temperature: 0...1,
                timestamps: .always, speakers: .always, streams: true,
                limits: Limits(bytes: openAIBytes, seconds: 1400, minimumSeconds: 0.1),
                warning: retiring("gpt-4o-transcribe-diarize")),
            Model(
                prefix: "gpt-4o-", language: .one("language"), hasPrompt: true, temperature: 0...1, streams: true,
                limits: Limits(bytes: openAIBytes, seconds: 1400, minimumSeconds: 0.1),
                warning: retiring("the gpt-4o models")),
            // The singular `language` is ignored without a word, as is every field that it does not know.
            Model(
                prefix: "gpt-transcribe", language: .many("languages[]"), hasPrompt: true,
                keywords: .repeated("keywords[]"), temperature: 0...1, streams: true, doubtful: ["chunking_strategy"]),
            Model(
                prefix: "whisper-1", language: .one("language"), hasPrompt: true, temperature: 0...1,
                timestamps: .words, doubtful: ["chunking_strategy"], warning: retiring("whisper-1")),
            Model(prefix: "", language: .one("language"), hasPrompt: true, temperature: 0...1, streams: true),
        ],
        options: ["stream", "chunking_strategy"],
        formats: [.opus, .flac, .mp3, .wav, .vorbis, .mp4, .webm],
        limits: Limits(bytes: openAIBytes, minimumSeconds: 0.1))

    /// https://console.groq.com/docs/speech-to-text
    static let groq = Provider(
        name: "groq", summary: "Groq; key in GROQ_API_KEY", dialect: .openAI,
        baseURL: "https://api.groq.com/openai/v1", path: "/audio/transcriptions", authorization: .scheme("Bearer"),
        keyVariable: "GROQ_API_KEY", defaultModel: "whisper-large-v3-turbo",
        models: [
            Model(
                prefix: "", language: .one("language"), hasPrompt: true, temperature: 0...1, timestamps: .words)
        ],
        options: [], formats: [.opus, .flac, .mp3, .wav, .vorbis, .mp4, .webm],
        limits: Limits(bytes: 25_000_000, minimumSeconds: 0.01), minimumBilledSeconds: 10)

    /// Audio is deprecated there since 2026-06-10, without a date on which it ends.
    package static let fireworks = Provider(
        name: "fireworks", summary: "Fireworks (deprecated there); key in FIREWORKS_API_KEY", dialect: .openAI,
        baseURL: "https://audio-turbo.api.fireworks.ai/v1", path: "/audio/transcriptions",
        authorization: .scheme("Bearer"), keyVariable: "FIREWORKS_API_KEY", defaultModel: "whisper-v3-turbo",
        models: [
            Model(
                prefix: "whisper-v3-turbo", language: .one("language"), hasPrompt: true, temperature: 0...1,
                timestamps: .wordsJoined, speakers: .field("diarize", "true")),
            Model(
                prefix: "", language: .one("language"), hasPrompt: true, temperature: 0...1,
                timestamps: .wordsJoined, speakers: .field("diarize", "true"),
                baseURL: "https://audio-prod.api.fireworks.ai/v1"),
        ],
        options: ["vad_model", "alignment_model", "min_speakers", "max_speakers", "preprocessing"],
        // Nothing is known about Opus.
        formats: [.flac, .mp3, .wav], limits: Limits(bytes: 1_000_000_000),
        hints: [
            401:
                "Fireworks is giving up speech recognition and has refused good keys since June 2026; try --engine groq"
        ])

    /// https://developers.deepgram.com
    package static let deepgram = Provider(
        name: "deepgram", summary: "Deepgram; key in DEEPGRAM_API_KEY", dialect: .deepgram,
        baseURL: "https://api.deepgram.com/v1", path: "/listen", authorization: .scheme("Token"),
        keyVariable: "DEEPGRAM_API_KEY", defaultModel: "nova-3",
        models: [
            Model(
                prefix: "nova-3", language: .one("language"), keywords: .repeated("keyterm"), timestamps: .always,
                speakers: .field("diarize_model", "latest")),
            Model(
                prefix: "", language: .one("language"), keywords: .repeated("keywords"), timestamps: .always,
                speakers: .field("diarize", "true")),
        ],
        options: [
            "detect_language", "punctuate", "smart_format", "numerals", "profanity_filter", "redact", "replace",
            "utt_split", "dictation", "measurements", "filler_words", "tag", "mip_opt_out", "version",
        ],
        formats: [.opus, .flac, .mp3, .wav, .vorbis, .mp4, .webm], limits: Limits(bytes: 2_000_000_000))

    /// https://assemblyai.com/docs/sync-stt, which documents uploading while recording.
    package static let assemblyAI = Provider(
        name: "assemblyai", summary: "AssemblyAI, up to two minutes; key in ASSEMBLYAI_API_KEY", dialect: .assemblyAI,
        baseURL: "https://sync.assemblyai.com", path: "/v1/transcribe", livePath: "/v1/transcribe/live",
        authorization: .bare, keyVariable: "ASSEMBLYAI_API_KEY", defaultModel: "universal-3-5-pro",
        models: [
            Model(
                prefix: "", language: .many("language_codes"), hasPrompt: true, keywords: .repeated("keyterms_prompt"),
                timestamps: .words)
        ],
        options: ["conversation_context"], formats: [.wav],
        limits: Limits(bytes: 40_000_000, seconds: 120, minimumSeconds: 0.08), triedOnce: [500, 504])

    /// https://learn.microsoft.com/azure/ai-services/openai. A model is had under the name of the user's deployment of it, which says
    /// nothing about it.
    package static let azure = Provider(
        name: "azure", summary: "Azure OpenAI, at --base-url; key in AZURE_OPENAI_API_KEY",
        dialect: .azure, path: "/audio/transcriptions", authorization: .azure, keyVariable: "AZURE_OPENAI_API_KEY",
        domains: ["openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com"],
        models: [
            Model(
                prefix: "", language: .one("language"), hasPrompt: true, temperature: 0...1, timestamps: .words,
                streams: true)
        ],
        options: ["api-version", "stream", "chunking_strategy"],
        formats: [.opus, .flac, .mp3, .wav, .vorbis, .mp4, .webm],
        limits: Limits(bytes: openAIBytes, minimumSeconds: 0.1),
        hints: [404: "look at the address, and at the name of the deployment, which is --model"])

    /// https://github.com/ggml-org/whisper.cpp, examples/server.
    static let whisperServer = Provider(
        name: "whisper-server", summary: "whisper.cpp's server on this machine, or --base-url", dialect: .openAI,
        baseURL: "http://127.0.0.1:8080", path: "/inference", authorization: .none, keyVariable: "VT_API_KEY",
        keyIsOptional: true, knowsAuto: true, modelUse: .ignored,
        models: [
            Model(prefix: "", language: .one("language"), hasPrompt: true, temperature: 0...1, timestamps: .always)
        ],
        options: [
            "translate", "detect_language", "carry_initial_prompt", "temperature_inc", "best_of", "beam_size",
            "max_len",
            "split_on_word", "offset_t", "duration", "audio_ctx", "no_speech_thold", "logprob_thold", "entropy_thold",
            "tinydiarize", "suppress_nst", "no_language_probabilities", "vad",
        ],
        // It decodes neither Opus nor a FLAC stream whose length is unknown; a FLAC file it does.
        formats: [.wav, .flac, .mp3, .vorbis], limits: Limits(), isFree: true,
        hints: [
            400:
                "whisper-server never says why; one reason is audio that it does not decode, and --upload-format wav it does",
            404:
                "whisper-server says so too while it loads its model, and for one that was started with --inference-path",
        ])

    /// https://github.com/speaches-ai/speaches
    static let speaches = Provider(
        name: "speaches", summary: "speaches on this machine, or --base-url; needs --model", dialect: .openAI,
        baseURL: "http://127.0.0.1:8000/v1", path: "/audio/transcriptions", authorization: .scheme("Bearer"),
        keyVariable: "VT_API_KEY", keyIsOptional: true,
        models: [
            Model(
                prefix: "", language: .one("language"), hasPrompt: true, keywords: .joined("hotwords"),
                temperature: 0...1, timestamps: .words, streams: true)
        ],
        options: ["stream", "without_timestamps", "vad_filter"],
        formats: [.opus, .flac, .wav, .mp3, .vorbis], limits: Limits(), isFree: true)

    /// Any server that speaks OpenAI's dialect at an address that the user gave (`--base-url`).
    ///
    /// What it can do is for the server to say: everything is sent, and a warning says that it may have been ignored.
    ///
    /// - Parameters:
    ///   - name: as messages call it.
    ///   - isNear: whether it is on this machine, where nothing is gained by compressing.
    package static func compatible(named name: String = "compatible", isNear: Bool) -> Provider {
        Provider(
            name: name, summary: "any server that speaks OpenAI's transcription API, at --base-url", dialect: .openAI,
            path: "/audio/transcriptions", authorization: .scheme("Bearer"), keyVariable: "VT_API_KEY",
            keyIsOptional: true, modelUse: .optional,
            models: [
                Model(
                    prefix: "", language: .one("language"), hasPrompt: true, keywords: .joined("hotwords"),
                    temperature: 0...1, timestamps: .words, streams: true)
            ],
            formats: isNear ? [.wav, .flac, .mp3, .opus, .vorbis] : [.opus, .flac, .mp3, .wav, .vorbis],
            limits: Limits())
    }
}
