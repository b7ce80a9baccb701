internal import Text

/// A field of a request that a server does not take, as its refusal names it: without that field it may take the request.
///
/// LocalAI hides it in a 500 (nextcloud/integration_openai#346), others in a 400 or 422.
enum RefusedField {
    /// Statuses under which servers refuse a field.
    static let statuses: Set<Int> = [400, 422, 500, 501]

    /// What a server may say of a field, or of its value.
    private static let words = [
        "invalid", "unsupported", "not supported", "unknown", "unexpected", "unrecognized", "unrecognised",
        "not permitted",
        "not allowed", "not available", "not implemented", "does not support", "doesn't support", "only supports",
        "must be",
        "should be", "incompatible", "not compatible", "extra", "not a valid", "cannot be", "can't be", "is not",
    ]

    /// Without these a request asks for something else, or for nothing.
    private static let needed: Set<String> = ["model", "file", "language", "languages[]", "config"]

    /// Which of the fields that were sent a refusal is about; nil if it is about none that can be left out.
    ///
    /// - Parameters:
    ///   - fields: names and values, as they were sent.
    ///   - message: the server's, in any case.
    ///   - parameter: the field that the server names in a member of its own.
    static func found(
        among fields: [(name: String, value: String)], in message: String, parameter: String?
    ) -> String? {
        let candidates = fields.filter { !needed.contains($0.name) }
        if let parameter, let field = candidates.first(where: { bare($0.name) == bare(parameter) }) {
            return field.name
        }
        let message = message.lowercased()
        guard words.contains(where: { message.contains($0) }) else { return nil }
        // The longest name first: `temperature_inc` is not `temperature`.
        let named = candidates.sorted { $0.name.utf8.count > $1.name.utf8.count }.first {
            holds(message, bare($0.name)) || holds(message, bare($0.name).replacing("_", with: " "))
        }
        if let named { return named.name }
        return candidates.first { $0.name == "response_format" && holds(message, $0.value.lowercased()) }?.name
    }

    /// The fields that go with one: times are only had in the format that has them.
    static func companions(of field: String) -> Set<String> {
        field == "response_format"
            ? [field, "timestamp_granularities[]", "timestamp_granularities", "include[]"] : [field]
    }

    private static func bare(_ name: String) -> String {
        (name.hasSuffix("[]") ? String(name.dropLast(2)) : name).lowercased()
    }

    /// Whether a text holds a name as a word of its own.
    private static func holds(_ text: String, _ name: String) -> Bool {
        var rest = text[...]
        while let range = rest.firstRange(of: name) {
            let before = text[..<range.lowerBound].last
            let after = text[range.upperBound...].first
            if !isPart(before), !isPart(after) { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    private static func isPart(_ character: Character?) -> Bool {
        character.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
    }

    /// The option of ours that asks for a field; nil if nobody asked for it.
    static func option(for field: String, _ settings: EngineSettings) -> String? {
        if settings.options.contains(where: { $0.key == field }) { return "--option \(field)" }
        switch field {
        case "prompt" where settings.prompt != nil: return "--prompt"
        case "temperature" where settings.temperature != nil: return "--temperature"
        case "keywords[]", "hotwords", "keyterm", "keywords": return settings.keywords.isEmpty ? nil : "--keyword"
        case "response_format", "timestamp_granularities[]", "timestamp_granularities":
            return settings.timestamps != nil ? "--timestamps" : settings.speakers ? "--speakers" : nil
        case "diarize",
            "diarize_model" where settings.speakers:
            return "--speakers"
        default: return nil
        }
    }
}
