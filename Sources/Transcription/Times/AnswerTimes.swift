internal import Text

/// Checks when the utterances and words of one answer were said, all of them together, and gathers what is to be said about it.
struct AnswerTimes {
    /// Seconds of the audio that the answer is about; nil if nobody knows.
    let audio: Double?
    /// For people; each once.
    private(set) var remarks: [RecognitionEvent] = []

    /// - Parameter audio: seconds of it; nil if nobody knows.
    init(audio: Double?) {
        self.audio = audio
    }

    /// Checks utterances with their words, in their order.
    mutating func checked(_ utterances: [Utterance]) -> [Utterance] {
        var result = utterances
        let spans = utterances.map {
            SpokenSpan($0.start, $0.end, length: $0.text.utf8.count, speaker: $0.speaker)
        }
        let (times, verdict) = SpokenTimes.checked(spans, within: audio, fillsGaps: true)
        note(verdict, first: spans.lazy.compactMap { $0.end ?? $0.start }.max())
        for (index, span) in times.enumerated() {
            result[index].place(span.start, span.end)
        }
        let words = checked(utterances.flatMap(\.words), speakers: utterances.map { ($0.speaker, $0.words.count) })
        var first = 0
        for index in result.indices {
            let last = first + result[index].words.count
            result[index].words = Array(words[first..<last])
            result[index].keepWordsInside()
            first = last
        }
        return result
    }

    /// Checks words beside their utterances, in their order.
    mutating func checked(_ words: [Word]) -> [Word] { checked(words, speakers: [(nil, words.count)]) }

    /// - Parameter speakers: who says how many of the words, in their order.
    private mutating func checked(_ words: [Word], speakers: [(name: String?, count: Int)]) -> [Word] {
        var names = speakers.lazy.flatMap { repeatElement($0.name, count: $0.count) }.makeIterator()
        let spans = words.map {
            SpokenSpan($0.start, $0.end, length: $0.text.utf8.count, speaker: names.next() ?? nil)
        }
        let (times, verdict) = SpokenTimes.checked(spans, within: audio)
        note(verdict, first: spans.lazy.compactMap { $0.end ?? $0.start }.max())
        return zip(words, times).map { word, span in
            var word = word
            (word.start, word.end) = (span.start, span.end)
            return word
        }
    }

    private mutating func note(_ verdict: TimesVerdict, first latest: Double?) {
        guard let remark = verdict.remark(latest: latest, audio: audio), !remarks.contains(remark) else { return }
        remarks.append(remark)
    }
}

extension TimesVerdict {
    /// What people are told.
    ///
    /// - Parameters:
    ///   - latest: the latest of the times as they came.
    ///   - audio: seconds of it.
    func remark(latest: Double?, audio: Double?) -> RecognitionEvent? {
        let length = audio.map { " of \(decimal($0, places: 1)) s of audio" } ?? ""
        switch self {
        case .plausible: return nil
        case .converted(let unit): return .status("its times are \(unit.rawValue), and were made seconds")
        case .repaired(let wrong, let said):
            return .warning(
                "\(wrong) of the \(said) times\(length) are impossible; their neighbours say when it was", hint: nil)
        case .senseless:
            let example = latest.map { " (up to \($0))" } ?? ""
            return .warning("its times\(length) make no sense\(example), and are left out; the text stays", hint: nil)
        }
    }
}

extension Utterance {
    /// Puts it where its times were found to be.
    mutating func place(_ start: Double?, _ end: Double?) {
        if self.start != start || self.end != end { isTimeRepaired = true }
        (self.start, self.end) = (start, end)
    }

    /// Seconds by which a word may be outside of its utterance: models disagree with themselves by so much.
    private static let tolerance = 1.0

    /// Words that are nowhere near the utterance have no times; the others stay, and tell the utterance's where it has none.
    fileprivate mutating func keepWordsInside() {
        guard let start, let end else {
            start = start ?? words.first?.start
            end = self.end ?? words.last?.end
            return
        }
        let near = (start - Utterance.tolerance)...(max(start, end) + Utterance.tolerance)
        for index in words.indices {
            if let time = words[index].start, !near.contains(time) { words[index].start = nil }
            if let time = words[index].end, !near.contains(time) { words[index].end = nil }
        }
    }
}
