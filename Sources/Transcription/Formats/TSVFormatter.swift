/// `tsv`: a header, then start and end in whole milliseconds and the text, as openai/whisper writes it; if speakers were asked for,
/// theirs is a column in front of the text.
struct TSVFormatter: TranscriptFormatter {
    let engine: String
    let namesSpeakers: Bool

    mutating func begin() -> String { namesSpeakers ? "start\tend\tspeaker\ttext\n" : "start\tend\ttext\n" }

    mutating func add(_ event: RecognitionEvent) throws(EngineError) -> String {
        guard case .final(let utterance) = event else { return "" }
        let time = try utterance.milliseconds(for: "tsv", engine: engine)
        let speaker = namesSpeakers ? (utterance.speaker ?? "") + "\t" : ""
        return "\(time.lowerBound)\t\(time.upperBound)\t\(speaker)\(utterance.trimmedText)\n"
    }
}
