/// `srt`: numbered cues.
///
/// The format has no escapes. `-->` in a text would be taken for a time line and becomes `->`, as openai/whisper writes
/// it; a line feed, which could end the cue, does not occur in an event's text. Nor has it a place for who speaks: if speakers were
/// asked for, an utterance begins with its speaker's name, as subtitles for the deaf do.
struct SubRipFormatter: TranscriptFormatter {
    let engine: String
    private let namesSpeakers: Bool
    private var timeline: SubtitleTimeline
    private var count = 0

    init(engine: String, rules: SubtitleRules, namesSpeakers: Bool) {
        self.engine = engine
        self.namesSpeakers = namesSpeakers
        timeline = SubtitleTimeline(rules)
    }

    mutating func add(_ event: RecognitionEvent) throws(EngineError) -> String {
        guard case .final(var utterance) = event else { return "" }
        if namesSpeakers { utterance.text = utterance.spokenBy }
        let span = try utterance.milliseconds(for: "srt", engine: engine)
        return timeline.add(utterance, in: span).map { text(of: $0) }.joined()
    }

    mutating func end() -> String {
        timeline.finish().map { text(of: $0) } ?? ""
    }

    private mutating func text(of cue: SubtitleCue) -> String {
        count += 1
        let start = subtitleTime(cue.start, separator: ",")
        let end = subtitleTime(cue.end, separator: ",")
        let lines = cue.lines.map(\.withoutArrows).joined(separator: "\n")
        return "\(count)\n\(start) --> \(end)\n\(lines)\n\n"
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
