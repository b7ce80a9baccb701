internal import Audio
internal import POSIX
internal import Text

/// What an engine was sent of a recording: turns its times into those of the recording, and knows where somebody spoke.
///
/// One thread notes what it sends, another asks.
package final class SentAudio: Sendable {
    /// Samples that were sent one after the other.
    fileprivate struct Piece {
        /// The position of its first sample in what was sent, and in the recording.
        let sent: Int
        let recorded: Int
    }

    fileprivate struct State {
        var pieces: [Piece] = []
        var speech: [Range<Int>] = []
        var sent = 0
        /// Behind the last sample of the recording that was sent.
        var next = -1
    }

    private let state = Monitor(State())

    /// Pauses that are remembered at least: those of two days of dictation, in 4 MB. An engine is never that far behind.
    private static let limit = 1 << 16
    /// Seconds by which an engine and a detector may differ on where speech begins or ends.
    fileprivate static let tolerance = 0.15

    /// What a time from an engine is taken for at most: samples of 2000 years, whose sums fit as well.
    static let mostSamples = 1 << 50

    /// Samples sent so far.
    package var count: Int { state.read { $0.sent } }

    /// Behind the last sample of the recording that was sent, in seconds.
    var end: Double { state.note { SentAudio.seconds(max(0, $0.next)) } }

    /// Whether any speech was heard.
    package var hasSpeech: Bool { state.note { !$0.speech.isEmpty } }

    /// Notes samples that are sent.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - recorded: the position of the first in the recording.
    func send(_ count: Int, from recorded: Int) {
        state.note { state in
            if recorded != state.next {
                if state.pieces.count >= 2 * SentAudio.limit { state.pieces.removeFirst(SentAudio.limit) }
                state.pieces.append(Piece(sent: state.sent, recorded: recorded))
            }
            state.sent += count
            state.next = recorded + count
        }
    }

    /// Notes an edge; speech goes on until its end is known.
    func note(_ edge: SpeechEdge) {
        state.note { state in
            switch edge {
            case .began(let start):
                if state.speech.count >= 2 * SentAudio.limit { state.speech.removeFirst(SentAudio.limit) }
                state.speech.append(start..<Int.max)
            case .ended(let end):
                guard let last = state.speech.popLast() else { return }
                if end > last.lowerBound { state.speech.append(last.lowerBound..<end) }
            }
        }
    }

    /// Forgets what was sent from a sample on: it is sent again.
    ///
    /// - Parameter sample: counted in what was sent.
    /// - Returns: the sample of the recording.
    func rewind(to sample: Int) -> Int {
        state.note { state in
            let recorded = state.recorded(sample, isEnd: true, other: nil)
            state.pieces.removeAll { $0.sent >= sample }
            state.speech.removeAll { $0.lowerBound >= recorded }
            if let last = state.speech.popLast() { state.speech.append(last.clamped(to: 0..<recorded)) }
            (state.sent, state.next) = (sample, -1)
            return recorded
        }
    }

    /// Turns the times of a word or an utterance into those of the recording.
    ///
    /// A time at a pause that was shortened is on both sides of it: a beginning is taken for the later one and an end for the
    /// earlier one, also where the engine counts some of the silence that it heard.
    ///
    /// - Parameters:
    ///   - start: seconds of what was sent.
    ///   - end: the same.
    /// - Returns: seconds of the recording.
    package func recorded(start: Double?, end: Double?) -> (start: Double?, end: Double?) {
        state.note { state in
            let (from, to) = (start.map(SentAudio.samples), end.map(SentAudio.samples))
            var first = from.map { state.recorded($0, isEnd: false, other: to) }
            let last = to.map { state.recorded($0, isEnd: true, other: from) }
            if let start = first, let last { first = min(start, last) }
            return (first.map(SentAudio.seconds), last.map(SentAudio.seconds))
        }
    }

    /// Whether somebody spoke at some time between two.
    ///
    /// - Parameters:
    ///   - start: seconds of the recording.
    ///   - end: the same.
    package func holdsSpeech(from start: Double, to end: Double) -> Bool {
        let first = SentAudio.samples(start - SentAudio.tolerance)
        let last = SentAudio.samples(end + SentAudio.tolerance)
        return state.note { $0.holdsSpeech(first..<max(last, first + 1)) }
    }

    /// Where the first speech begins of which an end is not known, or behind a time.
    ///
    /// - Parameter end: seconds of the recording: of what was said before.
    /// - Returns: the same; nil if there is none.
    package func firstSpeech(after end: Double) -> Double? {
        let behind = SentAudio.samples(end + SentAudio.tolerance)
        return state.note { state in
            let index = state.firstSpeech(endingAfter: behind)
            return index < state.speech.count ? SentAudio.seconds(state.speech[index].lowerBound) : nil
        }
    }

    /// How much of the speech is in some spans of time.
    ///
    /// - Parameter spans: seconds of the recording, in order and apart.
    /// - Returns: 0 to 1; nil where nobody spoke.
    func coverage(of spans: [ClosedRange<Double>]) -> Double? {
        let covered = spans.map { span in
            SentAudio.samples(
                span.lowerBound - SentAudio.tolerance)..<SentAudio.samples(span.upperBound + SentAudio.tolerance)
        }
        return state.note { state in
            var (all, inside, first) = (0, 0, 0)
            for speech in state.speech where speech.upperBound != Int.max {
                all += speech.count
                while first < covered.count, covered[first].upperBound <= speech.lowerBound { first += 1 }
                var (at, behind) = (first, speech.lowerBound)
                while at < covered.count, covered[at].lowerBound < speech.upperBound {
                    // The tolerance makes spans overlap.
                    let start = max(covered[at].lowerBound, behind)
                    let end = min(covered[at].upperBound, speech.upperBound)
                    if end > start {
                        inside += end - start
                        behind = end
                    }
                    at += 1
                }
            }
            return all == 0 ? nil : Double(inside) / Double(all)
        }
    }

    /// Where somebody spoke in what was sent.
    ///
    /// - Parameter range: samples, counted in what was sent.
    /// - Returns: samples of the same, in order; what is not certain yet is none.
    func speech(in range: Range<Int>) -> [Range<Int>] {
        state.note { $0.speech(inSent: range.clamped(to: 0..<$0.sent)) }
    }

    /// Where speech begins and ends in a part of the recording; nil where there is none.
    ///
    /// - Parameters:
    ///   - start: seconds of the recording.
    ///   - end: the same; nil is the end of what was sent.
    /// - Returns: seconds of the recording, within the part.
    package func speech(from start: Double, to end: Double?) -> (start: Double, end: Double)? {
        state.note { state in
            let first = SentAudio.samples(start)
            let range = first..<max(end.map(SentAudio.samples) ?? state.next, first)
            guard let found = state.speech(in: range) else { return nil }
            return (SentAudio.seconds(found.lowerBound), SentAudio.seconds(found.upperBound))
        }
    }

    /// All speech in a part of the recording, in order.
    ///
    /// - Parameters:
    ///   - start: seconds of the recording.
    ///   - end: the same; nil is the end of what was sent.
    func speechSpans(from start: Double, to end: Double?) -> [ClosedRange<Double>] {
        state.note { state in
            let first = SentAudio.samples(start)
            let range = first..<max(end.map(SentAudio.samples) ?? state.next, first)
            return state.speech.lazy.map { $0.clamped(to: range) }.filter { !$0.isEmpty }.map {
                SentAudio.seconds($0.lowerBound)...SentAudio.seconds($0.upperBound)
            }
        }
    }

    private static func samples(_ seconds: Double) -> Int {
        Int(
            clamping: seconds * Double(AudioFormat.speech.sampleRate),
            to: -SentAudio.mostSamples...SentAudio.mostSamples)
    }

    private static func seconds(_ samples: Int) -> Double {
        Double(samples) / Double(AudioFormat.speech.sampleRate)
    }
}

extension SentAudio.State {
    /// - Parameters:
    ///   - sample: of what was sent.
    ///   - isEnd: whether the sample is behind something, not the first of it.
    ///   - other: where that ends or begins.
    /// - Returns: the sample of the recording.
    fileprivate func recorded(_ sample: Int, isEnd: Bool, other: Int?) -> Int {
        // What an end belongs to is before it.
        var index = pieceIndex { isEnd ? $0.sent < sample : $0.sent <= sample }
        guard let piece = pieces.indices.contains(index) ? pieces[index] : pieces.first else { return sample }
        let time = max(piece.recorded + sample - piece.sent, 0)
        let slack = Int(SentAudio.tolerance * Double(AudioFormat.speech.sampleRate))
        if isEnd {
            // An end in the silence that leads up to the next speech.
            let lead = piece.recorded..<max(time - slack, piece.recorded + 1)
            guard let other, index > 0, other < piece.sent, !holdsSpeech(lead) else { return time }
            index -= 1
            return pieces[index].recorded + piece.sent - pieces[index].sent
        }
        // A beginning in the silence that is left of a pause, before it was cut.
        guard let other, index >= 0, index + 1 < pieces.count, other > pieces[index + 1].sent else { return time }
        let next = pieces[index + 1]
        let pieceEnd = piece.recorded + next.sent - piece.sent
        return holdsSpeech(min(time + slack, pieceEnd)..<(pieceEnd + 1)) ? time : next.recorded
    }

    /// The last piece for which something is true; -1 where there is none.
    private func pieceIndex(_ isBefore: (SentAudio.Piece) -> Bool) -> Int {
        var (low, high) = (0, pieces.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(pieces[middle]) { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }

    fileprivate func speech(inSent range: Range<Int>) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var index = max(0, pieceIndex { $0.sent <= range.lowerBound })
        while index < pieces.count, pieces[index].sent < range.upperBound {
            let piece = pieces[index]
            let end = index + 1 < pieces.count ? pieces[index + 1].sent : sent
            let shift = piece.recorded - piece.sent
            let part = (piece.sent..<end).clamped(to: range)
            let recorded = (part.lowerBound + shift)..<(part.upperBound + shift)
            var at = firstSpeech(endingAfter: recorded.lowerBound)
            while at < speech.count, speech[at].lowerBound < recorded.upperBound {
                let found = speech[at].clamped(to: recorded)
                let here = (found.lowerBound - shift)..<(found.upperBound - shift)
                if let last = result.last, last.upperBound == here.lowerBound {
                    result[result.count - 1] = last.lowerBound..<here.upperBound
                } else {
                    result.append(here)
                }
                at += 1
            }
            index += 1
        }
        return result
    }

    fileprivate func holdsSpeech(_ range: Range<Int>) -> Bool {
        let index = firstSpeech(endingAfter: range.lowerBound)
        return index < speech.count && speech[index].lowerBound < range.upperBound
    }

    /// From the first speech in a range to the last; nil where there is none.
    fileprivate func speech(in range: Range<Int>) -> Range<Int>? {
        let first = firstSpeech(endingAfter: range.lowerBound)
        guard let last = speech[first...].prefix(while: { $0.lowerBound < range.upperBound }).last else { return nil }
        return (speech[first].lowerBound..<last.upperBound).clamped(to: range)
    }

    /// The index of the first speech that goes on behind a sample; behind the last one where there is none.
    fileprivate func firstSpeech(endingAfter sample: Int) -> Int {
        var (low, high) = (0, speech.count)
        while low < high {
            let middle = (low + high) / 2
            if speech[middle].upperBound <= sample { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
