internal import Text

/// Turns an engine's lines into events.
struct EventReader {
    private var words: [Word] = []
    /// The text of the last `error` line.
    private(set) var error: String?
    /// The attribute `hint` of that line.
    private(set) var errorHint: String?
    /// Lines whose verb we know.
    private(set) var eventCount = 0
    /// The first line that is no event.
    private(set) var firstStray: String?

    /// Reads a line.
    ///
    /// - Returns: its event; nil for a verb that we don't know, an `error`, and what is no event at all.
    mutating func read(_ line: String) -> RecognitionEvent? {
        guard let event = EventLine(parsing: line) else {
            // Libraries print greetings on standard output: they must not cost the user the transcript.
            if firstStray == nil, !line.isEmpty { firstStray = String(line.sanitized.prefix(80)) }
            return nil
        }
        let text = event.text.sanitized
        eventCount += 1
        switch event.verb {
        case "partial":
            var result = utterance(event, text)
            // A promise about more than there is covers what there is.
            result.stable = event["stable"].flatMap { Int($0) }.map { min(max(0, $0), text.unicodeScalars.count) }
            return .partial(result)
        case "word":
            let word = Word(
                text: text, start: seconds(event["start"]), end: seconds(event["end"]),
                confidence: confidence(event["confidence"]))
            words.append(word)
            return .word(word)
        case "final":
            var result = utterance(event, text)
            result.words = words
            result.isRepeated = event["repeated"] == "yes"
            result.mayBeAnnotation = event["annotation"] == "yes"
            words = []
            // An utterance in which nothing was understood.
            return text.allSatisfy(\.isWhitespace) ? nil : .final(result)
        case "status":
            return .status(text)
        case "warning":
            return .warning(text, hint: event["hint"]?.sanitized)
        case "error":
            error = text
            errorHint = event["hint"]?.sanitized
            return nil
        default:
            eventCount -= 1
            return nil
        }
    }

    private func utterance(_ event: EventLine, _ text: String) -> Utterance {
        Utterance(
            text: text, start: seconds(event["start"]), end: seconds(event["end"]),
            speaker: event["speaker"]?.sanitized, language: event["language"]?.sanitized,
            confidence: confidence(event["confidence"]))
    }

    /// A decimal with a point, which may be impossible: whoever knows how long the audio is looks at that. What is none says nothing:
    /// the text matters more than its times.
    private func seconds(_ value: String?) -> Double? {
        let digits = value.map { $0.hasPrefix("-") ? $0.dropFirst() : $0[...] }
        guard let value, digits?.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) == true,
            let number = Double(value), number.isFinite
        else { return nil }
        return number
    }

    private func confidence(_ value: String?) -> Double? {
        seconds(value).flatMap { (0...1).contains($0) ? $0 : nil }
    }
}
