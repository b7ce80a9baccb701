/// `vtt`: WebVTT cues (W3C), whose texts escape `&`, `<` and `>`; so none can hold `-->`.
struct WebVTTFormatter: TranscriptFormatter {
    let engine: String

    mutating func begin() -> String { "WEBVTT\n\n" }

    mutating func add(_ event: RecognitionEvent) throws(EngineError) -> String {
        guard case .final(let utterance) = event else { return "" }
        let time = try utterance.milliseconds(for: "vtt", engine: engine)
        let start = subtitleTime(time.lowerBound, separator: ".")
        let end = subtitleTime(time.upperBound, separator: ".")
        let speaker = utterance.speaker.map { "<v \($0.escapedForWebVTT)>" } ?? ""
        return "\(start) --> \(end)\n\(speaker)\(utterance.trimmedText.escapedForWebVTT)\n\n"
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
