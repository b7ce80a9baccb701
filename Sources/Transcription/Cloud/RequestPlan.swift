internal import HTTP
internal import Text

/// What a provider is asked, and what the user should know about it although it is.
package struct RequestPlan: Sendable {
    /// Without the credentials.
    package var request: UploadRequest
    package var warnings: [String]
}

extension Provider {
    /// Writes the request that asks this provider for what the user wants.
    ///
    /// An option that it would ignore is an error here, and not a transcript that pretends.
    ///
    /// - Parameters:
    ///   - settings: what the user asked for.
    ///   - baseURL: where it goes; nil is the provider's own.
    ///   - container: how the audio is packed.
    ///   - isLive: whether the audio still grows while it is sent.
    /// - Throws: `EngineError` with `usage`.
    package func plan(
        _ settings: EngineSettings, baseURL: String? = nil, container: AudioContainer, isLive: Bool
    ) throws(EngineError) -> RequestPlan {
        let name = settings.model ?? defaultModel
        let model = model(name)
        let isDeployed = dialect == .azure && AzureAddress.namesDeployment(baseURL ?? "")
        if modelUse == .needed, name == nil, !isDeployed {
            throw EngineError(
                .usage, "\(self.name) needs the name of a model", hint: "name one with --model, or in the configuration"
            )
        }
        var warnings = try refuse(settings, model, named: name)
        if let warning = model.warning { warnings.append(warning) }
        guard let base = baseURL ?? model.baseURL ?? self.baseURL else {
            throw EngineError(.usage, "\(self.name) needs an address", hint: "say where it is with --base-url")
        }
        let place = base.joining(path: isLive ? livePath ?? path : path)
        let type = container.mediaType
        let request: UploadRequest =
            switch dialect {
            case .openAI:
                UploadRequest(
                    url: place, headers: [],
                    form: .multipart(
                        fields: openAIFields(settings, model, named: name),
                        file: .init("file", fileName: container.fileName, contentType: type)))
            case .azure: azureRequest(base, settings, model, named: name, container)
            case .deepgram:
                UploadRequest(
                    url: place + (place.contains("?") ? "&" : "?")
                        + queryString(deepgramQuery(settings, model, named: name)), headers: [],
                    form: .raw(contentType: type))
            case .assemblyAI:
                UploadRequest(
                    url: place, headers: [Header("X-AAI-Model", name ?? "")],
                    form: .multipart(
                        fields: [
                            .init(
                                "config", assemblyAIConfiguration(settings, model).line, contentType: "application/json"
                            )
                        ],
                        file: .init("audio", fileName: container.fileName, contentType: type)))
            }
        return RequestPlan(request: request, warnings: warnings)
    }

    private func azureRequest(
        _ base: String, _ settings: EngineSettings, _ model: Model, named name: String?, _ container: AudioContainer
    ) -> UploadRequest {
        // The version is a part of the address, and no field.
        let version = settings.options.last { $0.key == "api-version" }?.value
        var settings = settings
        settings.options.removeAll { $0.key == "api-version" }
        return UploadRequest(
            url: AzureAddress.url(base, path: path, deployment: name, version: version), headers: [],
            form: .multipart(
                fields: openAIFields(settings, model, named: name),
                file: .init("file", fileName: container.fileName, contentType: container.mediaType)))
    }

    /// Refuses what the model can't do.
    ///
    /// - Returns: what it may do otherwise than asked.
    private func refuse(
        _ settings: EngineSettings, _ model: Model, named modelName: String?
    ) throws(EngineError) -> [String] {
        var warnings: [String] = []
        let subject = modelName.map { "\($0) at \(name)" } ?? name
        func refuse(_ what: String, _ hint: String? = nil) throws(EngineError) {
            throw EngineError(.usage, "\(subject) \(what)", hint: hint)
        }
        if modelUse == .ignored, let named = settings.model {
            warnings.append("\(name) has the model that it was started with; \(named) means nothing to it")
        }
        switch model.language {
        case .none where !settings.namedLanguages.isEmpty: try refuse("takes no --language")
        case .one where settings.namedLanguages.count > 1:
            try refuse(
                "takes one --language, not \(settings.namedLanguages.count)",
                "leave it out, and the model finds out itself")
        default: break
        }
        if settings.prompt != nil, !model.hasPrompt {
            try refuse("takes no --prompt", model.keywords == nil ? nil : "--keyword tells it single words")
        }
        if !settings.keywords.isEmpty, model.keywords == nil {
            try refuse("takes no --keyword", model.hasPrompt ? "put the words into --prompt" : nil)
        }
        if case .joined? = model.keywords, let keyword = settings.keywords.first(where: { $0.contains(",") }) {
            try refuse("takes keywords without commas, not “\(keyword)”")
        }
        if let wanted = settings.temperature {
            if model.temperature == nil { try refuse("takes no --temperature") }
            if let range = model.temperature, !range.contains(wanted) {
                try refuse(
                    "takes a --temperature of \(decimal(range.lowerBound, places: 0)) to "
                        + "\(decimal(range.upperBound, places: 0)), not \(wanted)")
            }
        }
        if let wanted = settings.timestamps {
            switch (wanted, model.timestamps) {
            case (_, .none):
                try refuse("says nothing about times", "--engine groq, or another with timestamps, does")
            case (.word, .segments): try refuse("gives times of segments, not of words")
            default: break
            }
        }
        if settings.timesUse == .neededOfEngine, model.timestamps == .none {
            try refuse(
                "does not say when words were said, which the format needs",
                "without --no-gate it gets the times between which speech is detected; --engine groq has its own")
        }
        if settings.speakers, model.speakers == .none {
            try refuse("does not tell speakers apart", "--engine deepgram does, and OpenAI's gpt-4o-transcribe-diarize")
        }
        if let options {
            if let stray = settings.options.first(where: { !options.contains($0.key) }) {
                let known = options.isEmpty ? "it has none" : "it has " + options.joined(separator: ", ")
                throw EngineError(.usage, "\(name) has no option \(stray.key)", hint: known)
            }
        }
        if settings.options.contains(where: { $0.key == "stream" && $0.value != "false" }), !model.streams {
            try refuse("gives its text all at once; it ignores stream")
        }
        for option in settings.options where model.doubtful.contains(option.key) {
            warnings.append("whether \(subject) heeds \(option.key) is not known")
        }
        if case .assemblyAI = dialect, settings.prompt != nil, !settings.namedLanguages.isEmpty {
            warnings.append("\(name) ignores the language where there is a prompt; say it in the prompt")
        }
        if options == nil {
            var hopes: [String] = []
            if !settings.keywords.isEmpty { hopes.append("--keyword") }
            if settings.timestamps != nil { hopes.append("--timestamps") }
            if !hopes.isEmpty {
                warnings.append("whether \(name) heeds \(hopes.joined(separator: " and ")) is not known")
            }
        }
        return warnings
    }
}

extension String {
    var withoutTrailingSlashes: String {
        var rest = self[...]
        while rest.hasSuffix("/") { rest.removeLast() }
        return String(rest)
    }
}

/// `name=value&…`, percent-encoded as RFC 3986 wants a query.
func queryString(_ items: [(String, String)]) -> String {
    items.map { percentEncoded($0.0) + "=" + percentEncoded($0.1) }.joined(separator: "&")
}

func percentEncoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, 0x2D, 0x2E, 0x5F, 0x7E:
            result.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            let hex = String(byte, radix: 16, uppercase: true)
            result += "%" + (hex.utf8.count == 1 ? "0" : "") + hex
        }
    }
    return result
}
