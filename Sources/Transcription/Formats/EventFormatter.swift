internal import Text

/// `--events`: the event stream (vt-events(5)).
struct EventFormatter: TranscriptFormatter {
    mutating func add(_ event: RecognitionEvent) -> String {
        EventLine(event)?.line ?? ""
    }
}

/// `jsonl`: the same events as JSON objects: `event`, the attributes, `text`; and `file` where there are several inputs.
struct JSONLinesFormatter: TranscriptFormatter {
    let input: String?

    mutating func add(_ event: RecognitionEvent) -> String {
        guard let line = EventLine(event) else { return "" }
        var members: [JSONValue.Member] = []
        members.add("file", input)
        members.append(.init("event", .string(line.verb)))
        for attribute in line.attributes {
            let isNumber = ["start", "end", "confidence", "stable"].contains(attribute.name)
            members.append(.init(attribute.name, isNumber ? .number(attribute.value) : .string(attribute.value)))
        }
        members.append(.init("text", .string(line.text)))
        return JSONValue.object(members).line + "\n"
    }
}

extension EventLine {
    /// The line that says an event; nil where it is none of the stream's. An utterance's words are events of their own, before it.
    init?(_ event: RecognitionEvent) {
        switch event {
        case .partial(let utterance):
            var attributes = EventLine.attributes(utterance)
            if let stable = utterance.stable { attributes.append(Attribute("stable", String(stable))) }
            self.init("partial", attributes, text: utterance.text)
        case .final(let utterance): self.init("final", EventLine.attributes(utterance), text: utterance.text)
        case .word(let word):
            var attributes: [Attribute] = []
            attributes.add("start", word.start)
            attributes.add("end", word.end)
            attributes.add("confidence", word.confidence)
            self.init("word", attributes, text: word.text)
        case .status(let text): self.init("status", text: text)
        case .warning(let text, let hint):
            self.init("warning", hint.map { [Attribute("hint", $0)] } ?? [], text: text)
        case .asked: return nil
        }
    }

    private static func attributes(_ utterance: Utterance) -> [Attribute] {
        var attributes: [Attribute] = []
        attributes.add("start", utterance.start)
        attributes.add("end", utterance.end)
        if let speaker = utterance.speaker { attributes.append(Attribute("speaker", speaker)) }
        if let language = utterance.language { attributes.append(Attribute("language", language)) }
        attributes.add("confidence", utterance.confidence)
        if utterance.isRepeated { attributes.append(Attribute("repeated", "yes")) }
        return attributes
    }
}

extension [EventLine.Attribute] {
    fileprivate mutating func add(_ name: String, _ value: Double?) {
        if let value { append(.init(name, decimal(value))) }
    }
}
