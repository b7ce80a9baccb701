internal import CTranscribe

/// What a model can do, as the library says.
struct Abilities {
    let recognises: Bool
    let diarizes: Bool
    /// What it is for instead, for people.
    let purpose: String
    /// Language tags; none is not known.
    let languages: [String]
    /// Languages into which it translates; none is any that it knows.
    let targets: [String]
    let detectsLanguage: Bool
    let translates: Bool
    let streams: Bool
    let hasSegmentTimes: Bool
    let hasWordTimes: Bool
    let takesPrompt: Bool
    let takesWhisperOptions: Bool
    let takesVocabulary: Bool
    /// Whether it tells speakers apart by itself.
    let tellsSpeakers: Bool
    /// Whether it works through a recording of any length by itself.
    let isLongForm: Bool
    /// The longest audio of one run, in seconds; nil is any.
    let longest: Double?

    init(_ library: Library, _ model: transcribe_model_ref) {
        let functions = library.functions
        let roles = unsafe functions.model_roles(model)
        recognises = roles & UInt32(TRANSCRIBE_ROLE_RECOGNITION) != 0
        diarizes = roles & UInt32(TRANSCRIBE_ROLE_DIARIZATION) != 0
        let purposes: [(UInt32, String)] = [
            (UInt32(TRANSCRIBE_ROLE_DIARIZATION), "telling speakers apart"),
            (UInt32(TRANSCRIBE_ROLE_LANGUAGE), "telling languages apart"),
            (UInt32(TRANSCRIBE_ROLE_SPEECH_DETECTION), "detecting speech"),
        ]
        purpose = purposes.first { roles & $0.0 != 0 }?.1 ?? "something else"
        var said = unsafe transcribe_capabilities()
        unsafe functions.capabilities_init(&said)
        _ = unsafe functions.model_get_capabilities(model, &said)
        languages = unsafe Abilities.list(said.languages, said.n_languages)
        targets = unsafe Abilities.list(said.translate_target_languages, said.n_translate_target_languages)
        detectsLanguage = unsafe said.supports_language_detect
        translates = unsafe said.supports_translate
        streams = unsafe said.supports_streaming
        let times = unsafe said.max_timestamp_kind
        hasSegmentTimes = times >= CInt(TRANSCRIBE_TIMES_SEGMENT)
        hasWordTimes = times >= CInt(TRANSCRIBE_TIMES_WORD)
        longest = unsafe said.max_audio_ms > 0 ? unsafe Double(said.max_audio_ms) / 1000 : nil
        func supports(_ feature: Int) -> Bool { unsafe functions.model_supports(model, CInt(feature)) }
        takesPrompt = supports(TRANSCRIBE_FEATURE_CONTEXT_PROMPT)
        takesVocabulary = supports(TRANSCRIBE_FEATURE_VOCABULARY)
        tellsSpeakers = supports(TRANSCRIBE_FEATURE_DIARIZATION)
        isLongForm = supports(TRANSCRIBE_FEATURE_LONG_FORM)
        takesWhisperOptions = unsafe functions.model_accepts_ext_kind(
            model, CInt(TRANSCRIBE_SLOT_RUN), UInt32(TRANSCRIBE_EXTENSION_WHISPER_RUN))
    }

    private static func list(_ texts: UnsafePointer<UnsafePointer<CChar>?>?, _ count: CInt) -> [String] {
        guard let texts = unsafe texts else { return [] }
        return (0..<max(0, Int(count))).compactMap { index in
            unsafe texts[index].map { unsafe String(cString: $0) }
        }
    }

    /// The model's own tag of a language: `pt` for `pt-BR`, unless it knows that one.
    ///
    /// - Returns: nil if it does not know the language; any tag if it is not known which it knows.
    func tag(of language: String, among known: [String]? = nil) -> String? {
        let known = known ?? languages
        let wanted = language.lowercased().map { $0 == "_" ? "-" : String($0) }.joined()
        if known.isEmpty { return wanted }
        let primary = String(wanted.prefix { $0 != "-" })
        return known.first { $0.lowercased() == wanted } ?? known.first { $0.lowercased() == primary }
            ?? known.first { $0.lowercased().hasPrefix(primary + "-") }
    }
}
