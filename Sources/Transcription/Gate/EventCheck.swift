internal import Text

/// What an engine says, put right: its times become those of the recording, where it tells none they are the detector's if they are
/// needed, text where nobody spoke is dropped, and what it repeats over and over is flagged.
package struct EventCheck {
    private let sent: SentAudio?
    private let listen: () -> Void
    private let tell: (String) -> Void
    private let drop: (String) -> Void
    private var loops = LoopDetector()
    private var hasPartial = false
    /// Seconds of the recording that have text, in the order of their ends; nil once the engine has not said when.
    private var spans: [ClosedRange<Double>]? = []
    private let needsTimes: Bool
    /// Utterances without times wait for one that has some, or for the end: then it is known between which times they were said.
    private let holdsUntimed: Bool
    private var held: [Utterance] = []
    private var hasToldOfTimes = false
    /// The end of the last utterance, in seconds of the recording.
    private var lastEnd = 0.0

    /// - Parameters:
    ///   - sent: what the engine got of the recording; nil is all of it, and nobody has listened for speech.
    ///   - needsTimes: whether an utterance without times gets those of the speech that was heard since the last one.
    ///   - holdsUntimed: whether several of them share the speech between those that have times; of a recording that is still growing
    ///     nobody waits for the next one.
    ///   - listen: called before `sent` is asked where somebody spoke, which need not be known before.
    ///   - drop: gets a message for people about each final that is dropped; nil is `tell`.
    ///   - tell: gets a message for people about each final that is flagged.
    package init(
        _ sent: SentAudio?, needsTimes: Bool = false, holdsUntimed: Bool = false, listen: @escaping () -> Void = {},
        drop: ((String) -> Void)? = nil, tell: @escaping (String) -> Void
    ) {
        self.sent = sent
        self.listen = listen
        self.needsTimes = needsTimes
        self.holdsUntimed = holdsUntimed && needsTimes && sent != nil
        self.tell = tell
        self.drop = drop ?? tell
    }

    /// Checks an event.
    ///
    /// A final's words come right before it, so that those of one that is dropped are, too.
    ///
    /// - Returns: what to pass on, in order.
    package mutating func check(_ event: RecognitionEvent) -> [RecognitionEvent] {
        switch event {
        case .partial(var utterance):
            utterance.text = SilenceMarks.removed(from: utterance.text)
            // Where nothing was shown, nothing has to be taken back.
            if utterance.text.isEmpty, !hasPartial { return [] }
            hasPartial = !utterance.text.isEmpty
            utterance.stable = utterance.stable.map { min($0, utterance.text.unicodeScalars.count) }
            return [.partial(timed(utterance))]
        case .word:
            return []
        case .final(let utterance):
            defer { hasPartial = false }
            guard let utterance = withoutMarks(timed(utterance)) else { return takeBack() }
            if holdsUntimed, !utterance.isTimedByAudio, utterance.start == nil, utterance.end == nil {
                held.append(utterance)
                return []
            }
            return release(before: utterance.start) + settle(bounded(utterance))
        default:
            return [event]
        }
    }

    /// Ends the events.
    ///
    /// - Returns: what waited for times.
    package mutating func finish() -> [RecognitionEvent] { release(before: nil) }

    /// Gives utterances without times their share of the speech behind the last one, by the lengths of their texts.
    ///
    /// - Parameter end: where the next one begins, in seconds of the recording.
    private mutating func release(before end: Double?) -> [RecognitionEvent] {
        guard !held.isEmpty, let sent else { return [] }
        listen()
        var speech = sent.speechSpans(from: lastEnd, to: end)
        if speech.isEmpty { speech = [lastEnd...max(lastEnd, end ?? sent.end)] }
        let waiting = held
        held = []
        tellOfTimes()
        return zip(waiting, SharedSpeech(speech).shares(waiting.map(\.text.utf8.count))).flatMap { utterance, share in
            var utterance = utterance
            utterance.place(share.lowerBound, share.upperBound)
            lastEnd = max(lastEnd, share.upperBound)
            return settle(utterance)
        }
    }

    /// What was shown of an utterance is taken back.
    private func takeBack() -> [RecognitionEvent] {
        hasPartial ? [.partial(Utterance(text: ""))] : []
    }

    /// The utterance without what stands for silence in it; nil if it is silence.
    private func withoutMarks(_ utterance: Utterance) -> Utterance? {
        if utterance.mayBeAnnotation { return utterance }
        let text = SilenceMarks.removed(from: utterance.text)
        if text == utterance.text { return utterance }
        if text.isEmpty { return nil }
        var result = utterance
        result.text = text
        result.words.removeAll { SilenceMarks.removed(from: $0.text).isEmpty }
        return result
    }

    /// What is passed on of a final whose times are the recording's.
    private mutating func settle(_ utterance: Utterance) -> [RecognitionEvent] {
        guard isSpoken(utterance) else { return takeBack() }
        var utterance = utterance
        note(utterance)
        if loops.isRepetition(utterance.text) {
            utterance.isRepeated = true
            tell("it repeats itself: “\(utterance.text.prefix(60))”")
        }
        return utterance.words.map { .word($0) } + [.final(utterance)]
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
        guard let bounds else {
            // There is no speech left that it could be of; its text is worth more than its times.
            if needsTimes { result.place(lastEnd, max(lastEnd, utterance.end ?? sent.end)) }
            return result
        }
        (result.start, result.end) = bounds
        tellOfTimes()
        return result
    }

    private mutating func tellOfTimes() {
        if hasToldOfTimes { return }
        hasToldOfTimes = true
        tell("it does not say when words were said; the times are those between which speech was detected")
    }

    /// Whether the detector has heard something where the engine has. What has no times of its own is believed, and what was said
    /// behind the end of the audio, too: such a clock says nothing about silence.
    private func isSpoken(_ utterance: Utterance) -> Bool {
        guard let sent, !utterance.isTimeRepaired, let start = utterance.start ?? utterance.words.first?.start,
            let end = utterance.end ?? utterance.words.last?.end
        else { return true }
        listen()
        if start >= sent.end || sent.holdsSpeech(from: start, to: end) { return true }
        drop(
            "dropped “\(utterance.text.prefix(60))”: nobody speaks from \(decimal(start, places: 2)) to "
                + "\(decimal(end, places: 2)) s")
        return false
    }
}
