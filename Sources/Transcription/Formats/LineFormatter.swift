internal import Text

/// `txt`: a line for each utterance; `NAME<TAB>text` where there are several inputs.
struct LineFormatter: TranscriptFormatter {
    private let prefix: String

    init(input: String?) {
        // A name may hold anything, a line feed too; it gets one line here, and no TAB.
        prefix = input.map { $0.sanitized + "\t" } ?? ""
    }

    mutating func add(_ event: RecognitionEvent) -> String {
        guard case .final(let utterance) = event else { return "" }
        return prefix + utterance.trimmedText + "\n"
    }
}
