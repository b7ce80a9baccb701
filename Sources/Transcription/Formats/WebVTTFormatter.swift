/// `vtt`: WebVTT cues (W3C), whose texts escape `&`, `<` and `>`; so none can hold `-->`.
struct WebVTTFormatter: TranscriptFormatter {
    let engine: String
    private var timeline: SubtitleTimeline

    init(engine: String, rules: SubtitleRules) {
        self.engine = engine
        timeline = SubtitleTimeline(rules)
    }

    mutating func begin() -> String { "WEBVTT\n\n" }

    mutating func add(_ event: RecognitionEvent) throws(EngineError) -> String {
        guard case .final(let utterance) = event else { return "" }
        let span = try utterance.milliseconds(for: "vtt", engine: engine)
        return timeline.add(utterance, in: span).map(WebVTTFormatter.text).joined()
    }

    mutating func end() -> String {
        timeline.finish().map(WebVTTFormatter.text) ?? ""
    }

    private static func text(of cue: SubtitleCue) -> String {
        let start = subtitleTime(cue.start, separator: ".")
        let end = subtitleTime(cue.end, separator: ".")
        let speaker = cue.speaker.map { "<v \($0.escapedForWebVTT)>" } ?? ""
        return "\(start) --> \(end)\n\(speaker)\(cue.lines.map(\.escapedForWebVTT).joined(separator: "\n"))\n\n"
    }
}

extension String {
    fileprivate var escapedForWebVTT: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
