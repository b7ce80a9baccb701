internal import POSIX
internal import VoiceActivity

/// What has been heard of the input and not been recognised yet, and where somebody speaks in it.
///
/// Positions are samples at 16000 Hz from the beginning of the input.
struct Hearing {
    /// Those of `samples`, in order.
    private(set) var first = 0
    private(set) var samples: [Int16] = []
    /// Speech that has ended, in order; none of it was recognised.
    private(set) var spoken: [SpeechSegment] = []
    /// Where speech that goes on began.
    private(set) var speaking: Int?
    /// Up to where speech that goes on is sure to be: what is behind is silence, so far.
    private(set) var speakingEnd = 0
    /// Whether there was any speech at all.
    private(set) var hasSpoken = false
    /// Whether no more will come.
    var hasEnded = false

    /// Behind the last sample that was heard.
    var end: Int { first + samples.count }

    /// Where the speech that is waited for begins; nil in silence.
    var speechStart: Int? { spoken.first?.start ?? speaking }

    /// All speech that is there, the one that goes on last.
    var stretches: [SpeechSegment] {
        spoken + (speaking.map { [SpeechSegment(start: $0, end: max(speakingEnd, $0))] } ?? [])
    }

    /// How much silence there has been behind the last speech; nil if there was none.
    var silence: Int? { stretches.last.map { end - $0.end } }

    /// Takes what the detector has said of the samples.
    mutating func add(_ new: some Collection<Int16>, _ events: [Segmenter.Event], certainEnd: Int?) {
        samples += new
        for event in events {
            switch event {
            case .began, .dismissed: break
            case .confirmed(let start):
                speaking = max(start, first)
                hasSpoken = true
            case .ended(var segment):
                // What was recognised already is not said again, and has its times.
                segment.start = max(segment.start, speaking ?? first)
                speaking = nil
                hasSpoken = true
                if segment.end > segment.start { spoken.append(segment) }
            }
        }
        if let certainEnd { speakingEnd = certainEnd }
    }

    /// Forgets what is before a position: it was recognised, or is silence.
    mutating func forget(before position: Int) {
        let count = min(max(0, position - first), samples.count)
        samples.removeFirst(count)
        first += count
        spoken.removeAll { $0.end <= position }
        if let next = spoken.first, next.start < position { spoken[0].start = position }
        if let start = speaking, start < position { speaking = position }
    }

    /// Some of the samples, full scale ±1.
    func scaled(_ range: Range<Int>) -> [Float] {
        let range = range.clamped(to: first..<end)
        return samples[range.lowerBound - first..<range.upperBound - first].map { Float($0) / 32768 }
    }

    /// The loudest of some samples, 0 to 32768.
    func peak(_ range: Range<Int>) -> Int {
        let range = range.clamped(to: first..<end)
        return samples[range.lowerBound - first..<range.upperBound - first].reduce(0) { max($0, abs(Int($1))) }
    }

    /// The quietest place of a range, to a hundredth of a second: where a cut does the least harm.
    func quietest(in range: Range<Int>) -> Int {
        let step = 160
        let places = stride(from: range.lowerBound, to: max(range.lowerBound + 1, range.upperBound - step), by: step)
        func power(_ place: Int) -> Int {
            let window = (place - step..<place + 2 * step).clamped(to: first..<end)
            return samples[window.lowerBound - first..<window.upperBound - first].reduce(0) { $0 + Int($1) * Int($1) }
        }
        return places.min { power($0) < power($1) } ?? range.lowerBound
    }
}
