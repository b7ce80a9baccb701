internal import Text

/// How a transcript is written.
package enum TranscriptFormat: String, CaseIterable, Sendable {
    /// A line for each utterance.
    case txt
    /// SubRip subtitles.
    case srt
    /// WebVTT subtitles.
    case vtt
    /// Start and end in milliseconds, and the text, as openai/whisper writes it.
    case tsv
    /// One document at the end.
    case json
    /// The events as JSON objects, one a line.
    case jsonl
    /// The event stream of vt-events(5). It has a flag of its own, `--events`.
    case events

    /// Whether it can say which of several inputs a line belongs to.
    package var namesItsInput: Bool { self == .txt || self == .jsonl }

    /// Whether it can't do without the times of utterances.
    package var needsTimes: Bool { self == .srt || self == .vtt || self == .tsv }

    /// Makes what turns one input's events into text.
    ///
    /// - Parameters:
    ///   - input: the input's name where the output is to say it; only where `namesItsInput`.
    ///   - engine: the engine's name, for the message where it doesn't give what the format needs.
    ///   - subtitles: what a subtitle may hold.
    ///   - namesSpeakers: whether txt, srt and tsv say who speaks; the others do if anybody has said it.
    package func makeFormatter(
        input: String?, engine: String, subtitles: SubtitleRules = SubtitleRules(), namesSpeakers: Bool = false
    ) -> any TranscriptFormatter {
        switch self {
        case .txt: LineFormatter(input: input, namesSpeakers: namesSpeakers)
        case .srt: SubRipFormatter(engine: engine, rules: subtitles, namesSpeakers: namesSpeakers)
        case .vtt: WebVTTFormatter(engine: engine, rules: subtitles)
        case .tsv: TSVFormatter(engine: engine, namesSpeakers: namesSpeakers)
        case .json: JSONFormatter()
        case .jsonl: JSONLinesFormatter(input: input)
        case .events: EventFormatter()
        }
    }
}

extension [TranscriptFormat] {
    /// What the engine's times are for.
    ///
    /// - Parameter isGated: whether a speech detector listens, whose times may do.
    package func timesUse(isGated: Bool) -> EngineSettings.TimesUse {
        if contains(where: \.needsTimes) { return isGated ? .needed : .neededOfEngine }
        // Its segments are those of openai/whisper, which have times.
        return contains(.json) ? .shown : .none
    }
}

extension EngineSettings.TimesUse {
    /// The same if several channels are to be told in order of time.
    package func forChannels(isGated: Bool) -> EngineSettings.TimesUse {
        switch self {
        case .none, .shown: isGated ? .needed : .shown
        case .needed, .neededOfEngine: self
        }
    }
}

/// Turns the events of one input into a file format, piece by piece: what a piece gives can be written at once.
package protocol TranscriptFormatter {
    /// What comes before everything else.
    mutating func begin() -> String
    /// What an event adds; empty where it adds nothing yet.
    ///
    /// - Throws: `EngineError` where the event lacks what the format needs.
    mutating func add(_ event: RecognitionEvent) throws(EngineError) -> String
    /// What comes after everything else, also when there was nothing.
    mutating func end() -> String
}

extension TranscriptFormatter {
    package mutating func begin() -> String { "" }
    package mutating func end() -> String { "" }
}

extension Utterance {
    /// The text without spaces around it: some recognisers begin each utterance with one.
    var trimmedText: String {
        var text = text[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// The text behind its speaker's name, if that is known.
    var spokenBy: String { speaker.map { "\($0): \(trimmedText)" } ?? trimmedText }

    /// When it was said, in whole milliseconds.
    ///
    /// - Throws: `EngineError` with `unavailable` if the engine has not said it. A subtitle at an invented time is worse than none.
    func milliseconds(for format: String, engine: String) throws(EngineError) -> ClosedRange<Int> {
        guard let start, let end else {
            var error = EngineError(
                .unavailable, "\(engine) does not say when words were said, which \(format) needs",
                hint: "without --no-gate the times are those of the speech that is detected; --format txt needs none")
            error.mayBeTheRecordings = true
            throw error
        }
        let first = Int(clamping: start.clampedSeconds * 1000)
        return first...max(first, Int(clamping: end.clampedSeconds * 1000))
    }
}

/// A time of a subtitle: `HH:MM:SS`, a separator, milliseconds.
func subtitleTime(_ milliseconds: Int, separator: String) -> String {
    func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    let seconds = milliseconds / 1000
    return padded(seconds / 3600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2)
        + separator + padded(milliseconds % 1000, 3)
}
