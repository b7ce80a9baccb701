internal import HTTP
internal import Text

/// How each dialect says what the user asked for.
extension Provider {
    /// The fields of a form at OpenAI and those that speak its language.
    func openAIFields(
        _ settings: EngineSettings, _ model: Model, named name: String?
    ) -> [MultipartForm.Field] {
        var fields: [MultipartForm.Field] = []
        func add(_ name: String, _ value: String?) {
            if let value { fields.append(.init(name, value)) }
        }
        if modelUse != .ignored { add("model", name) }
        switch model.language {
        case .none: break
        case .one(let field):
            add(field, (knowsAuto ? settings.languages : settings.namedLanguages).first.map(primary))
        case .many(let field): for language in settings.namedLanguages { add(field, primary(language)) }
        }
        add("prompt", settings.prompt)
        switch model.keywords {
        case .repeated(let field)?: for keyword in settings.keywords { add(field, keyword) }
        case .joined(let field)? where !settings.keywords.isEmpty:
            add(field, settings.keywords.joined(separator: ", "))
        default: break
        }
        add("temperature", settings.temperature.map(shortest))
        addTimes(settings, model, &fields)
        if model.speakers == .always { add("chunking_strategy", "auto") }
        if settings.speakers, case .field(let field, let value) = model.speakers { add(field, value) }
        for option in settings.options {
            fields.removeAll { $0.name == option.key }
            add(option.key, option.value)
        }
        return fields
    }

    /// The times that are asked for: those that the user demands, else those that the transcript shows.
    private func wantedTimestamps(_ settings: EngineSettings) -> EngineSettings.Timestamps? {
        if let wanted = settings.timestamps { return wanted }
        switch settings.timesUse {
        case .none: return nil
        // A server of which nothing is known may refuse what it could do without.
        case .shown: return options == nil ? nil : .segment
        case .needed, .neededOfEngine: return .segment
        }
    }

    /// The language of a tag without its country: ISO 639-1 is all that OpenAI and its followers know.
    private func primary(_ tag: String) -> String { String(tag.prefix { $0 != "-" && $0 != "_" }) }

    private func addTimes(
        _ settings: EngineSettings, _ model: Model, _ fields: inout [MultipartForm.Field]
    ) {
        func ask(_ format: String, _ granularities: [String] = []) {
            fields.append(.init("response_format", format))
            for granularity in granularities { fields.append(.init("timestamp_granularities[]", granularity)) }
        }
        // Speakers of Fireworks come with words only.
        let wanted = settings.speakers && model.timestamps == .wordsJoined ? .word : wantedTimestamps(settings)
        switch model.timestamps {
        case _ where model.speakers == .always: ask("diarized_json")
        case .always: ask("verbose_json")
        case .segments where wanted != nil: ask("verbose_json")
        case .words where wanted == .segment: ask("verbose_json", ["segment"])
        // Asking for words alone loses the segments.
        case .words where wanted == .word: ask("verbose_json", ["segment", "word"])
        case .wordsJoined where wanted == .segment: ask("verbose_json", ["segment"])
        case .wordsJoined where wanted == .word: ask("verbose_json", ["word,segment"])
        default: ask("json")
        }
    }

    /// Deepgram's query.
    func deepgramQuery(_ settings: EngineSettings, _ model: Model, named name: String?) -> [(String, String)] {
        // Without a model it takes its oldest one.
        var items = [("model", name ?? ""), ("smart_format", "true"), ("utterances", "true")]
        if let language = settings.namedLanguages.first {
            items.append(("language", language))
        } else if !settings.languages.isEmpty {
            items.append(("detect_language", "true"))
        }
        if case .repeated(let field)? = model.keywords {
            for keyword in settings.keywords { items.append((field, keyword)) }
        }
        if settings.speakers, case .field(let field, let value) = model.speakers { items.append((field, value)) }
        for option in settings.options {
            items.removeAll { $0.0 == option.key }
            items.append((option.key, option.value))
        }
        return items
    }

    /// AssemblyAI's `config` part.
    func assemblyAIConfiguration(_ settings: EngineSettings, _ model: Model) -> JSONValue {
        var members: [JSONValue.Member] = []
        func list(_ name: String, _ values: [String]) {
            if !values.isEmpty { members.append(.init(name, .array(values.map(JSONValue.string)))) }
        }
        if case .many(let field) = model.language { list(field, settings.namedLanguages) }
        if case .repeated(let field)? = model.keywords { list(field, settings.keywords) }
        if let prompt = settings.prompt { members.append(.init("prompt", .string(prompt))) }
        if wantedTimestamps(settings) != nil { members.append(.init("timestamps", .bool(true))) }
        for option in settings.options { members.append(.init(option.key, .string(option.value))) }
        return .object(members)
    }
}

/// A number without a superfluous `.0`.
private func shortest(_ number: Double) -> String {
    Int(exactly: number).map { String($0) } ?? String(number)
}
