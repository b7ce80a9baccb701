/// `srt`: numbered cues.
///
/// The format has no escapes. `-->` in a text would be taken for a time line and becomes `->`, as openai/whisper writes
/// it; a line feed, which could end the cue, does not occur in an event's text.
struct SubRipFormatter: TranscriptFormatter {
    let engine: String
    private var count = 0

    init(engine: String) {
        self.engine = engine
    }

    mutating func add(_ event: RecognitionEvent) throws(EngineError) -> String {
        guard case .final(let utterance) = event else { return "" }
        let time = try utterance.milliseconds(for: "srt", engine: engine)
        count += 1
        let start = subtitleTime(time.lowerBound, separator: ",")
        let end = subtitleTime(time.upperBound, separator: ",")
        return "\(count)\n\(start) --> \(end)\n\(utterance.trimmedText.withoutArrows)\n\n"
    }
}

extension String {
    /// The text with `->` for every `-->`, however many dashes there are.
    fileprivate var withoutArrows: String {
        var result = ""
        var dashes = 0
        for character in self {
            switch character {
            case "-":
                dashes += 1
            case ">" where dashes > 1:
                result += "->"
                dashes = 0
            default:
                result += String(repeating: "-", count: dashes)
                dashes = 0
                result.append(character)
            }
        }
        return result + String(repeating: "-", count: dashes)
    }
}
