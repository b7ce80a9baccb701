/// Turns probabilities into segments of speech while they come.
///
/// The segments are those of the reference `get_speech_timestamps_from_probs` (silero-vad 6.2.3, `utils_vad.py`), which sees
/// the whole recording before it says anything. Here each is given as soon as nothing can change it any more; and before that,
/// that speech began, and that it is long enough to stay. Memory does not grow with the stream.
package struct Segmenter: Sendable {
    package enum Event: Equatable, Sendable {
        /// Speech was heard, from this sample on. It may still prove too short.
        case began(at: Int)
        /// What began proved too short, and is no segment.
        case dismissed
        /// What began will be a segment, and this is its first sample.
        case confirmed(start: Int)
        /// A segment is complete. One that was cut or ended with the stream may not have been confirmed before.
        case ended(SpeechSegment)
    }

    private let threshold: Float
    private let negativeThreshold: Float
    private let cutsAtLongestPause: Bool
    // In samples; fractions as in the reference.
    private let minimumSpeech: Double
    private let minimumSilence: Double
    private let padding: Double
    private let maximumSpeech: Double
    private let minimumPauseToCut: Double

    /// Where the window that comes next begins.
    package private(set) var position = 0
    /// Where the speech that goes on began, before padding; nil in silence.
    package private(set) var speechStart: Int?

    // The reference's variables; 0 stands for none in all of them, since speech never ends at sample 0.
    private var temporaryEnd = 0
    private var previousEnd = 0
    private var nextStart = 0
    private var longestPause: (end: Int, length: Int)?

    /// The segment before, as long as what follows may still take some of its padding.
    private var waiting: SpeechSegment?
    /// Where the segment that goes on begins, padding included, once it was said.
    private var confirmedStart: Int?

    package init(_ options: SegmenterOptions = SegmenterOptions()) {
        threshold = options.threshold
        negativeThreshold = options.negativeThreshold ?? max(options.threshold - 0.15, 0.01)
        cutsAtLongestPause = options.cutsAtLongestPause
        minimumSpeech = Segmenter.samples(options.minimumSpeech)
        minimumSilence = Segmenter.samples(options.minimumSilence)
        padding = Segmenter.samples(options.padding)
        minimumPauseToCut = Segmenter.samples(options.minimumPauseToCut)
        maximumSpeech =
            options.maximumSpeech.map {
                Double(DetectionWindow.sampleRate) * $0 - Double(DetectionWindow.length)
                    - 2 * Segmenter.samples(options.padding)
            } ?? .infinity
    }

    /// The reference takes milliseconds, and rounds as it does so.
    private static func samples(_ seconds: Double) -> Double {
        Double(DetectionWindow.sampleRate) * (seconds * 1000) / 1000
    }

    /// How far the confirmed segment that goes on is sure to reach, whatever comes; nil where none goes on.
    package var certainEnd: Int? {
        guard confirmedStart != nil else { return nil }
        var end = position
        if temporaryEnd > 0 { end = min(end, temporaryEnd) }
        if previousEnd > 0 { end = min(end, previousEnd) }
        if let longestPause, maximumSpeech < .infinity { end = min(end, longestPause.end) }
        return end
    }

    /// The first sample that a segment to come may begin with; what is before is silence for certain.
    package var earliestStart: Int {
        if let confirmedStart { return confirmedStart }
        // A segment takes at most its padding from the silence before it.
        let start = max(0, (speechStart ?? position) - Int(padding.rounded(.up)))
        return min(start, waiting?.start ?? start)
    }

    /// Takes the probability of the next window.
    ///
    /// - Parameters:
    ///   - probability: of speech in the window.
    ///   - count: samples of the stream in the window: fewer than `DetectionWindow.length` only at the stream's end.
    ///   - emit: told what is now known, in order.
    package mutating func push(
        _ probability: Float, count: Int = DetectionWindow.length, _ emit: (Event) -> Void
    ) {
        let here = position
        step(probability, here, emit)
        position = here + count
        confirm(emit)
        settle(emit)
    }

    /// Ends the stream.
    package mutating func finish(_ emit: (Event) -> Void) {
        if let start = speechStart {
            if Double(position - start) > minimumSpeech {
                append(start, position, emit)
            } else {
                dismiss(emit)
            }
        }
        if let last = waiting { give(last, emit) }
        waiting = nil
    }

    /// One round of the reference's loop.
    private mutating func step(_ probability: Float, _ here: Int, _ emit: (Event) -> Void) {
        let isSpeech = probability >= threshold
        if isSpeech, temporaryEnd > 0 {
            let silence = here - temporaryEnd
            // The first of equal pauses counts.
            if Double(silence) > minimumPauseToCut, silence > longestPause?.length ?? 0 {
                longestPause = (temporaryEnd, silence)
            }
            temporaryEnd = 0
            if nextStart < previousEnd { nextStart = here }
        }
        guard let start = speechStart else {
            if isSpeech { begin(here, emit) }
            return
        }
        if Double(here - start) > maximumSpeech, !cut(start, here, emit) { return }
        guard probability < negativeThreshold, let start = speechStart else { return }
        if temporaryEnd == 0 { temporaryEnd = here }
        let silence = Double(here - temporaryEnd)
        if !cutsAtLongestPause, silence > minimumPauseToCut { previousEnd = temporaryEnd }
        if silence < minimumSilence { return }
        if Double(temporaryEnd - start) > minimumSpeech {
            append(start, temporaryEnd, emit)
        } else {
            dismiss(emit)
        }
        rest()
    }

    /// Ends a segment that became too long.
    ///
    /// - Returns: whether the window is looked at further.
    private mutating func cut(_ start: Int, _ here: Int, _ emit: (Event) -> Void) -> Bool {
        if cutsAtLongestPause, let pause = longestPause {
            append(start, pause.end, emit)
            rest()
            begin(pause.end + pause.length, emit)
            return true
        }
        guard previousEnd > 0 else {
            append(start, here, emit)
            rest()
            return false
        }
        let (end, next) = (previousEnd, nextStart)
        append(start, end, emit)
        rest()
        if next >= end { begin(next, emit) }
        return true
    }

    private mutating func begin(_ start: Int, _ emit: (Event) -> Void) {
        speechStart = start
        emit(.began(at: start))
    }

    /// Back to silence.
    private mutating func rest() {
        speechStart = nil
        (temporaryEnd, previousEnd, nextStart) = (0, 0, 0)
        longestPause = nil
    }

    private mutating func dismiss(_ emit: (Event) -> Void) {
        speechStart = nil
        emit(.dismissed)
    }

    /// Says that what goes on is a segment, once no pause can make it too short.
    private mutating func confirm(_ emit: (Event) -> Void) {
        guard let start = speechStart, confirmedStart == nil, temporaryEnd == 0,
            Double(position - start) > minimumSpeech
        else { return }
        confirmedStart = shareSilence(before: start, emit)
        emit(.confirmed(start: confirmedStart ?? start))
    }

    /// A segment before padding is complete.
    private mutating func append(_ start: Int, _ end: Int, _ emit: (Event) -> Void) {
        let padded = confirmedStart ?? shareSilence(before: start, emit)
        waiting = SpeechSegment(start: padded, end: end)
        confirmedStart = nil
    }

    /// Gives the segment before, now that the next is certain, and shares the silence between them.
    ///
    /// - Returns: where the next segment begins, its padding included.
    private mutating func shareSilence(before start: Int, _ emit: (Event) -> Void) -> Int {
        guard let last = waiting else { return Int(max(0, Double(start) - padding)) }
        waiting = nil
        let silence = start - last.end
        if Double(silence) < 2 * padding {
            emit(.ended(SpeechSegment(start: last.start, end: last.end + silence / 2)))
            return max(0, start - silence / 2)
        }
        give(last, emit)
        return Int(max(0, Double(start) - padding))
    }

    /// Gives the segment before once whatever follows leaves it its padding.
    private mutating func settle(_ emit: (Event) -> Void) {
        guard let last = waiting else { return }
        // The earliest that another can begin: a candidate that is there already, or the next window.
        let next = speechStart ?? position
        guard Double(next - last.end) >= 2 * padding else { return }
        waiting = nil
        give(last, emit)
    }

    private func give(_ segment: SpeechSegment, _ emit: (Event) -> Void) {
        let end = Int(min(Double(position), Double(segment.end) + padding))
        emit(.ended(SpeechSegment(start: segment.start, end: end)))
    }
}
