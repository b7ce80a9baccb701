internal import Text

/// What an engine says, put right: its times become those of the recording, where it tells none they are the detector's if they are
/// needed, text where nobody spoke is dropped, and what it repeats over and over is flagged.
package struct EventCheck {
    private let sent: SentAudio?
    private let listen: () -> Void
    private let tell: (String) -> Void
    private var loops = LoopDetector()
    private var hasPartial = false
    /// Seconds of the recording that have text, in the order of their ends; nil once the engine has not said when.
    private var spans: [ClosedRange<Double>]? = []
    private let needsTimes: Bool
    private var hasToldOfTimes = false
    /// The end of the last utterance, in seconds of the recording.
    private var lastEnd = 0.0

    /// - Parameters:
    ///   - sent: what the engine got of the recording; nil is all of it, and nobody has listened for speech.
    ///   - needsTimes: whether an utterance without times gets those of the speech that was heard since the last one.
    ///   - listen: called before `sent` is asked where somebody spoke, which need not be known before.
    ///   - tell: gets a message for people about each final that is dropped or flagged.
    package init(
        _ sent: SentAudio?, needsTimes: Bool = false, listen: @escaping () -> Void = {},
        tell: @escaping (String) -> Void
    ) {
        self.sent = sent
        self.listen = listen
        self.needsTimes = needsTimes
        self.tell = tell
    }

    /// Checks an event.
    ///
    /// A final's words come right before it, so that those of one that is dropped are, too.
    ///
    /// - Returns: what to pass on, in order.
    package mutating func check(_ event: RecognitionEvent) -> [RecognitionEvent] {
        switch event {
        case .partial(let utterance):
            hasPartial = !utterance.text.isEmpty
            return [.partial(timed(utterance))]
        case .word:
            return []
        case .final(let utterance):
            defer { hasPartial = false }
            var utterance = bounded(timed(utterance))
            guard isSpoken(utterance) else {
                // What was shown of it is taken back.
                return hasPartial ? [.partial(Utterance(text: ""))] : []
            }
            note(utterance)
            if loops.isRepetition(utterance.text) {
                utterance.isRepeated = true
                tell("it repeats itself: “\(utterance.text.prefix(60))”")
            }
            return utterance.words.map { .word($0) } + [.final(utterance)]
        default:
            return [event]
        }
    }

    /// How much of the speech has text, 0 to 1; nil where nobody has listened, or the engine did not say when words were said.
    package var coverage: Double? {
        guard let sent, let spans else { return nil }
        listen()
        return sent.coverage(of: spans)
    }

    private mutating func note(_ utterance: Utterance) {
        guard var known = spans, let start = utterance.start ?? utterance.words.first?.start,
            let end = utterance.end ?? utterance.words.last?.end
        else {
            spans = nil
            return
        }
        if let last = known.last, start <= last.upperBound {
            known[known.count - 1] = last.lowerBound...max(last.upperBound, end)
        } else {
            known.append(start...max(start, end))
        }
        spans = known
    }

    private func timed(_ utterance: Utterance) -> Utterance {
        guard let sent else { return utterance }
        var result = utterance
        (result.start, result.end) = sent.recorded(start: utterance.start, end: utterance.end)
        for (index, word) in utterance.words.enumerated() {
            (result.words[index].start, result.words[index].end) = sent.recorded(start: word.start, end: word.end)
        }
        return result
    }

    /// With the times between which the detector has heard speech, where the engine tells none.
    private mutating func bounded(_ utterance: Utterance) -> Utterance {
        var result = utterance
        defer { lastEnd = max(lastEnd, result.end ?? result.words.last?.end ?? 0) }
        guard let sent else { return result }
        let bounds: (start: Double, end: Double)?
        if utterance.isTimedByAudio, let start = utterance.start {
            listen()
            bounds = sent.speech(from: max(start, lastEnd), to: utterance.end)
        } else if needsTimes, utterance.start == nil || utterance.end == nil {
            listen()
            bounds = sent.speech(from: max(utterance.start ?? 0, lastEnd), to: utterance.end)
        } else {
            return result
        }
        guard let bounds else { return result }
        (result.start, result.end) = bounds
        if !hasToldOfTimes {
            hasToldOfTimes = true
            tell("it does not say when words were said; the times are those between which speech was detected")
        }
        return result
    }

    /// Whether the detector has heard something where the engine has. What has no times is believed.
    private func isSpoken(_ utterance: Utterance) -> Bool {
        guard let sent, let start = utterance.start ?? utterance.words.first?.start,
            let end = utterance.end ?? utterance.words.last?.end
        else { return true }
        listen()
        if sent.holdsSpeech(from: start, to: end) { return true }
        tell(
            "dropped “\(utterance.text.prefix(60))”: nobody speaks from \(decimal(start, places: 2)) to "
                + "\(decimal(end, places: 2)) s")
        return false
    }
}
