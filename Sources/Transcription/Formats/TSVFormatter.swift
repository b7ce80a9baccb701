/// `tsv`: a header, then start and end in whole milliseconds and the text, as openai/whisper writes it.
struct TSVFormatter: TranscriptFormatter {
    let engine: String

    mutating func begin() -> String { "start\tend\ttext\n" }

    mutating func add(_ event: RecognitionEvent) throws(EngineError) -> String {
        guard case .final(let utterance) = event else { return "" }
        let time = try utterance.milliseconds(for: "tsv", engine: engine)
        return "\(time.lowerBound)\t\(time.upperBound)\t\(utterance.trimmedText)\n"
    }
}
