internal import CTranscribe
internal import EnginePlugin
internal import Program

/// What is wanted of a model, in the model's own terms.
struct Request {
    /// The model's tag; nil leaves it to the model.
    var language: String?
    /// Whether it is to be in another language than was spoken.
    var translates = false
    /// The model's tag of that language; nil is English.
    var target: String?
    var prompt: String?
    var vocabulary: [String] = []
    var temperature: Double?
    var wantsSpeakers = false
    /// Whether the text need not be the best: a partial result, which the next one replaces. Then nothing is tried twice.
    var isDraft = false

    /// Chooses what a model can do of what was asked for.
    ///
    /// - Parameter warn: gets what it can't do and what the work goes on without.
    /// - Throws: `Failure` 64 for what would be another text, or no use, without it.
    init(_ asked: EngineEnvironment, _ options: Options, _ model: Model, warn: (String) throws -> Void) throws {
        let abilities = model.abilities
        func refuse(_ what: String, hint: String? = nil) -> Failure {
            Failure(.usage, "the model \(model.name) \(what)", hint: hint)
        }
        if asked.languages.count == 1 {
            guard let tag = abilities.tag(of: asked.languages[0]) else {
                throw refuse(
                    "does not understand \(asked.languages[0])",
                    hint: "it understands \(Request.listed(abilities.languages)); vt-models list shows others")
            }
            language = tag
        } else if asked.languages.count > 1, !abilities.detectsLanguage {
            throw refuse("does not tell languages apart", hint: "name the one that is spoken: --language")
        }
        if options.translates {
            guard abilities.translates else {
                throw refuse("does not translate", hint: "vt-models list shows those that do")
            }
            translates = true
            if let wanted = options.target {
                guard let tag = abilities.tag(of: wanted, among: abilities.targets) else {
                    throw refuse(
                        "does not translate into \(wanted)",
                        hint: "it translates into \(Request.listed(abilities.targets))")
                }
                target = tag
            }
        }
        switch asked.timestamps {
        case "word" where !abilities.hasWordTimes:
            throw refuse(
                "does not say when words were said", hint: "--timestamps segment, or another model: vt-models list")
        case "segment" where !abilities.hasSegmentTimes:
            throw refuse("does not say when it was said")
        default: break
        }
        if let wanted = asked.temperature {
            if abilities.takesWhisperOptions {
                temperature = wanted
            } else {
                try warn("the model \(model.name) has no temperature: it is ignored")
            }
        }
        if let wanted = asked.prompt {
            if abilities.takesPrompt || abilities.takesWhisperOptions {
                prompt = wanted
            } else {
                try warn("the model \(model.name) takes no prompt: it is ignored")
            }
        }
        if !asked.keywords.isEmpty {
            if abilities.takesVocabulary {
                vocabulary = asked.keywords
            } else if abilities.takesPrompt || abilities.takesWhisperOptions {
                prompt = ([prompt].compactMap(\.self) + [asked.keywords.joined(separator: ", ")]).joined(separator: " ")
            } else {
                try warn("the model \(model.name) takes no keywords: they are ignored")
            }
        }
        wantsSpeakers = asked.wantsSpeakers && abilities.tellsSpeakers
    }

    /// Languages for a message: all of a few, the number of many.
    private static func listed(_ languages: [String]) -> String {
        languages.count <= 12 ? languages.joined(separator: ", ") : "\(languages.count) other languages"
    }

    /// The same for a partial result.
    var draft: Request {
        var result = self
        result.isDraft = true
        return result
    }

    /// Calls `body` with the library's structure, all of whose texts live until it returns.
    func withParameters(
        for model: Model, _ body: (UnsafePointer<transcribe_run_params>) throws -> transcribe_status
    ) rethrows -> transcribe_status {
        let functions = model.library.functions
        var parameters = unsafe transcribe_run_params()
        unsafe functions.run_params_init(&parameters)
        let task = translates ? TRANSCRIBE_TASK_TRANSLATE : TRANSCRIBE_TASK_TRANSCRIBE
        unsafe parameters.task = CInt(task)
        unsafe parameters.timestamps = CInt(TRANSCRIBE_TIMES_AUTO)
        if wantsSpeakers { unsafe parameters.diarize = CInt(TRANSCRIBE_MODE_ON) }
        // One buffer of all the texts, each with its NUL.
        var texts: [CChar] = []
        func place(_ text: String?) -> Int? {
            guard let text else { return nil }
            defer { texts += text.utf8.filter { $0 != 0 }.map(CChar.init(bitPattern:)) + [0] }
            return texts.count
        }
        let (language, target, prompt) = (place(language), place(target), place(prompt))
        let terms = vocabulary.compactMap(place)
        return unsafe try texts.withUnsafeBufferPointer { texts in
            func pointer(_ place: Int?) -> UnsafePointer<CChar>? {
                guard let place, let start = texts.baseAddress else { return nil }
                return unsafe start + place
            }
            unsafe parameters.language = pointer(language)
            unsafe parameters.target_language = pointer(target)
            let vocabulary = unsafe terms.map(pointer)
            return unsafe try vocabulary.withUnsafeBufferPointer { vocabulary in
                unsafe parameters.n_vocabulary = CInt(vocabulary.count)
                unsafe parameters.vocabulary = vocabulary.isEmpty ? nil : vocabulary.baseAddress
                if !model.abilities.takesWhisperOptions {
                    unsafe parameters.prompt = pointer(prompt)
                    return unsafe try body(&parameters)
                }
                var own = unsafe transcribe_whisper_run_ext()
                unsafe functions.whisper_run_ext_init(&own)
                unsafe own.initial_prompt = pointer(prompt)
                // The same text each time.
                unsafe own.seed = 1
                if let temperature { unsafe own.temperature = Float(temperature) }
                if isDraft { unsafe own.temperature_inc = 0 }
                return unsafe try withUnsafePointer(to: &own) { own in
                    unsafe try own.withMemoryRebound(to: transcribe_ext.self, capacity: 1) { family in
                        unsafe parameters.family = family
                        return unsafe try body(&parameters)
                    }
                }
            }
        }
    }
}
