internal import Text

/// `txt`: a line for each utterance; `NAME<TAB>text` where there are several inputs, `SPEAKER: text` if speakers were asked for.
struct LineFormatter: TranscriptFormatter {
    private let prefix: String
    private let namesSpeakers: Bool

    init(input: String?, namesSpeakers: Bool) {
        self.namesSpeakers = namesSpeakers
        // A name may hold anything, a line feed too; it gets one line here, and no TAB.
        prefix = input.map { $0.sanitized + "\t" } ?? ""
    }

    mutating func add(_ event: RecognitionEvent) -> String {
        guard case .final(let utterance) = event else { return "" }
        return prefix + (namesSpeakers ? utterance.spokenBy : utterance.trimmedText) + "\n"
    }
}
