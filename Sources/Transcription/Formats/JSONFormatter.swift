internal import Text

/// `json`: one document at the end, `text` and its `segments` with their `words`, named as openai/whisper names them.
///
/// It holds the segments until then; nothing else of ours grows with its input.
struct JSONFormatter: TranscriptFormatter {
    private var texts: [String] = []
    private var segments: [JSONValue] = []
    private var language: String?

    mutating func add(_ event: RecognitionEvent) -> String {
        guard case .final(let utterance) = event else { return "" }
        let text = utterance.trimmedText
        texts.append(text)
        language = language ?? utterance.language
        var members: [JSONValue.Member] = [.init("id", .integer(segments.count))]
        members.add("start", seconds: utterance.start)
        members.add("end", seconds: utterance.end)
        members.append(.init("text", .string(text)))
        members.add("speaker", utterance.speaker)
        members.add("language", utterance.language)
        members.add("confidence", seconds: utterance.confidence)
        members.add("repeated", utterance.isRepeated ? "yes" : nil)
        if !utterance.words.isEmpty {
            let words = utterance.words.map { word in
                var members: [JSONValue.Member] = [.init("word", .string(word.text))]
                members.add("start", seconds: word.start)
                members.add("end", seconds: word.end)
                members.add("confidence", seconds: word.confidence)
                return JSONValue.object(members)
            }
            members.append(.init("words", .array(words)))
        }
        segments.append(.object(members))
        return ""
    }

    mutating func end() -> String {
        var members: [JSONValue.Member] = [.init("text", .string(texts.joined(separator: " ")))]
        members.add("language", language)
        members.append(.init("segments", .array(segments)))
        return JSONValue.object(members).line + "\n"
    }
}

extension [JSONValue.Member] {
    /// Adds a text, where there is one.
    mutating func add(_ name: String, _ value: String?) {
        if let value { append(.init(name, .string(value))) }
    }

    /// Adds a number with three decimals, where there is one.
    mutating func add(_ name: String, seconds value: Double?) {
        if let value { append(.init(name, .number(decimal(value)))) }
    }
}
