/// Checks when the utterances of a stream were said, each as it comes: what comes later is not known yet, and nothing waits for it.
struct StreamedTimes {
    /// The unit that the stream has proved to be in.
    private var unit: TimeUnit?
    private var lastStart = 0.0
    private var lastEnd = 0.0
    private var hasRemarked = false

    /// Seconds by which an engine's clock may be ahead of the audio that it was given.
    private static let slack = 1.0
    private static let tolerance = 0.1
    private static let secondsOfCharacter = 1.0 / 15

    /// Checks an event.
    ///
    /// - Parameters:
    ///   - event: the next one.
    ///   - audio: seconds of audio that the engine has been given so far.
    /// - Returns: what to pass on, in order.
    mutating func checked(_ event: RecognitionEvent, within audio: Double) -> [RecognitionEvent] {
        switch event {
        // A final holds its words.
        case .word: return []
        case .partial(var utterance):
            func isPossible(_ time: Double?) -> Bool {
                time.map { $0 >= 0 && $0 <= audio + StreamedTimes.slack } ?? true
            }
            if !isPossible(utterance.start) { utterance.start = nil }
            if !isPossible(utterance.end) { utterance.end = nil }
            return [.partial(utterance)]
        case .final(let utterance): return utterance.isTimedByAudio ? [event] : checked(utterance, within: audio)
        case .status, .warning, .asked: return [event]
        }
    }

    /// - Returns: a remark the first time, then the utterance as it is to be believed.
    private mutating func checked(_ utterance: Utterance, within audio: Double) -> [RecognitionEvent] {
        var (result, remarks) = (utterance, [RecognitionEvent]())
        var span = SpokenSpan(utterance.start, utterance.end, length: utterance.text.utf8.count)
        func remark(_ verdict: TimesVerdict) {
            if hasRemarked { return }
            hasRemarked = true
            let latest = utterance.end ?? utterance.start
            if let event = verdict.remark(latest: latest, audio: audio) { remarks.append(event) }
        }
        if let unit = unit ?? found(span, audio) {
            if self.unit == nil { remark(.converted(unit)) }
            self.unit = unit
            span.start = span.start.map { $0 * unit.seconds }
            span.end = span.end.map { $0 * unit.seconds }
            for index in result.words.indices { result.words[index].scale(by: unit.seconds) }
        }
        let (said, wrong) = repair(&span, audio)
        if wrong > 0 { remark(.repaired(wrong, of: said)) }
        result.place(span.start, span.end)
        if unit != nil { result.isTimeRepaired = wrong > 0 }
        // They are checked against each other, and against their utterance.
        var words = AnswerTimes(audio: audio)
        result = words.checked([result]).first ?? result
        if !words.remarks.isEmpty, wrong == 0 { remark(.repaired(1, of: max(1, 2 * result.words.count))) }
        lastStart = result.start ?? lastStart
        lastEnd = max(lastEnd, result.end ?? 0)
        return remarks + [.final(result)]
    }

    /// The unit in which times fit that can't be seconds.
    private func found(_ span: SpokenSpan, _ audio: Double) -> TimeUnit? {
        let times = [span.start, span.end].compactMap(\.self).filter { $0 != 0 }
        guard let most = times.max(), times.allSatisfy({ $0 > audio + StreamedTimes.slack }) else { return nil }
        return TimeUnit.allCases.first { unit in
            most * unit.seconds <= audio + StreamedTimes.slack && most * unit.seconds >= audio / 4
        }
    }

    /// Gives a wrong time its place behind what came before.
    ///
    /// - Returns: how many times were said, and how many of them were wrong.
    private func repair(_ span: inout SpokenSpan, _ audio: Double) -> (said: Int, wrong: Int) {
        let said = [span.start, span.end].count { $0 != nil }
        if said == 0 { return (0, 0) }
        func valid(_ time: Double?) -> Double? {
            time.flatMap { $0 >= -0.5 && $0 <= audio + StreamedTimes.slack ? max(0, $0) : nil }
        }
        let wanted = Double(max(1, span.length)) * StreamedTimes.secondsOfCharacter
        var wrong = said
        (span.start, span.end) = (valid(span.start), valid(span.end))
        wrong -= [span.start, span.end].count { $0 != nil }
        if let (start, end) = span.times, end < start {
            wrong += start > end + StreamedTimes.tolerance ? 1 : 0
            if end >= lastEnd - StreamedTimes.tolerance {
                (span.start, span.end) = (end, start)
            } else if end > lastStart {
                span.start = max(lastStart, min(lastEnd, end - wanted))
            } else {
                span.end = nil
            }
        }
        let start = span.start ?? min(lastEnd, span.end ?? audio)
        span.end = max(start, span.end ?? min(start + wanted, max(start, audio)))
        span.start = start
        return (said, wrong)
    }
}

extension Word {
    fileprivate mutating func scale(by factor: Double) {
        start = start.map { $0 * factor }
        end = end.map { $0 * factor }
    }
}
