import EnginePlugin
import Glibc
import Program

/// Frames to utterances: finds where speech is, searches it as it comes, and commits it at a pause or before it grows too long.
struct Recogniser {
    private let decoder: Decoder
    private let events: EventOutput
    /// When the last partial was written, in seconds of the monotonic clock.
    private var partialTime = 0.0
    /// Seconds between two partials: more often than that nobody reads.
    private static let partialInterval = 0.1
    private var endpointer = Endpointer()
    private var frames: FrameStore
    private var mean: CepstralMean?
    /// The first frame that the mean has not counted; each counts once, also those that are searched twice.
    private var counted = 0
    /// Frames that the mean has counted.
    private var countedFrames = 0
    private var normalised: [Float]
    private var utterance: Utterance?
    /// Where the last utterance ended: no frame belongs to two.
    private var committed = 0
    /// Whether a phrase is waited for: it is committed when it is heard, not at the next pause.
    private let isSpotting: Bool

    /// What is being said, in frames of the input.
    private struct Utterance {
        let first: Int
        /// The next frame to search.
        var next: Int
        /// Behind the last frame of speech.
        var speechEnd: Int
    }

    init(_ decoder: Decoder, spotting isSpotting: Bool, _ events: EventOutput) {
        self.isSpotting = isSpotting
        self.decoder = decoder
        self.events = events
        frames = FrameStore(width: decoder.width)
        mean = decoder.prior.map { CepstralMean(prior: $0) }
        normalised = [Float](repeating: 0, count: decoder.width)
    }

    /// Takes the next frame of the input.
    mutating func accept(_ frame: [Float]) throws(Failure) {
        frames.append(frame)
        let verdict = endpointer.judge(frame.first ?? 0, inUtterance: utterance != nil)
        guard var current = utterance else {
            if case .onset(let age) = verdict {
                try begin(at: max(committed, frames.end - 1 - age - Tuning.preRoll, frames.first))
            } else {
                frames.forget(before: frames.end - Tuning.preRoll - Tuning.hangover)
            }
            return
        }
        if verdict == .speech { current.speechEnd = frames.end }
        utterance = current
        try search(to: min(frames.end, current.speechEnd + Tuning.hangover), isLast: false)
        if isSpotting, !decoder.hypothesis.isEmpty {
            try end(at: utterance?.next ?? frames.end)
        } else if frames.end - current.speechEnd >= Recogniser.pause(after: frames.end - current.first) {
            try end(at: min(frames.end, current.speechEnd + Tuning.hangover))
        } else if frames.end - current.first >= Tuning.longestUtterance {
            try cut()
        }
    }

    /// Commits what the end of the input leaves unfinished.
    mutating func finish() throws(Failure) {
        guard let current = utterance else { return }
        try end(at: min(frames.end, current.speechEnd + Tuning.hangover))
    }

    /// How long a pause ends an utterance of a given length, both in frames.
    private static func pause(after length: Int) -> Int {
        guard length > Tuning.longUtterance else { return Tuning.pause }
        let excess = (length - Tuning.longUtterance) * (Tuning.pause - Tuning.shortestPause)
        return Tuning.pause - excess / (Tuning.longestUtterance - Tuning.longUtterance)
    }

    private mutating func begin(at first: Int) throws(Failure) {
        try decoder.beginUtterance()
        utterance = Utterance(first: first, next: first, speechEnd: frames.end)
    }

    /// Searches the utterance's frames up to one, and says what is heard.
    private mutating func search(to limit: Int, isLast: Bool) throws(Failure) {
        guard var current = utterance else { return }
        for number in max(counted, current.next)..<max(limit, counted, current.next) {
            mean?.add(frames[number])
            countedFrames += 1
            counted = number + 1
        }
        guard isLast || countedFrames >= Tuning.lookAhead || mean == nil else { return }
        for number in current.next..<max(limit, current.next) {
            try searchFrame(number)
            current.next = number + 1
        }
        utterance = current
        if !isLast, !isSpotting, monotonicSeconds() - partialTime >= Recogniser.partialInterval {
            partialTime = monotonicSeconds()
            try events.partial(decoder.hypothesis)
        }
    }

    private mutating func searchFrame(_ number: Int) throws(Failure) {
        if let mean {
            mean.normalise(frames[number], into: &normalised)
        } else {
            for (index, value) in zip(normalised.indices, frames[number]) { normalised[index] = value }
        }
        try decoder.decode(normalised)
    }

    /// Commits the utterance, whose last frame is before `limit`.
    private mutating func end(at limit: Int) throws(Failure) {
        try search(to: limit, isLast: true)
        try close()
        try commit(decoder.segments, before: .max)
        committed = limit
        frames.forget(before: limit)
    }

    /// Commits the first part of an utterance that has grown too long, and searches the rest again as the next one.
    ///
    /// The join is where the decoder itself hears a pause or, failing that, at the quietest boundary between two of its words: a
    /// word is then wholly on one side, so none is lost and none comes twice.
    private mutating func cut() throws(Failure) {
        guard let current = utterance else { return }
        try search(to: frames.end, isLast: true)
        try close()
        let segments = decoder.segments
        let join = self.join(segments, from: current.first)
        try commit(segments, before: join)
        committed = join
        frames.forget(before: join)
        try begin(at: join)
    }

    /// The frame of the input at which an utterance with these segments is best cut.
    private func join(_ segments: [HeardWord], from first: Int) -> Int {
        // What is still being said is not understood yet; what is far back would take long to search again.
        let candidates = (frames.end - first - Tuning.farthestJoin)..<(frames.end - first - Tuning.pause)
        let pauses = segments.filter {
            $0.isFiller && candidates.contains($0.frames.lowerBound) && candidates.contains($0.frames.upperBound)
        }
        if let pause = pauses.max(by: { $0.frames.count < $1.frames.count }) {
            return first + (pause.frames.lowerBound + pause.frames.upperBound) / 2
        }
        let boundaries = segments.map { first + $0.frames.upperBound }.filter { candidates.contains($0 - first) }
        return boundaries.min { level(around: $0) < level(around: $1) } ?? frames.end
    }

    /// The mean level of seven frames.
    private func level(around number: Int) -> Float {
        let window = max(frames.first, number - 3)...min(frames.end - 1, number + 3)
        return window.reduce(0) { $0 + (frames[$1].first ?? 0) } / Float(window.count)
    }

    /// Ends the search of the utterance.
    private mutating func close() throws(Failure) {
        // Features look three frames ahead, which the library forgets to make up for at the end of a stream of cepstra.
        for _ in 0..<3 { try decoder.decode(normalised) }
        try decoder.endUtterance()
    }

    /// Writes the words that end before a frame of the input.
    private mutating func commit(_ segments: [HeardWord], before limit: Int) throws(Failure) {
        guard let first = utterance?.first else { return }
        utterance = nil
        func seconds(_ frame: Int) -> Double { Double(first + frame) / Double(Tuning.framesPerSecond) }
        let words = segments.filter { !$0.isFiller && first + $0.frames.upperBound <= limit }.map {
            SpokenWord($0.spelling, start: seconds($0.frames.lowerBound), end: seconds($0.frames.upperBound))
        }
        try events.final(
            words.map(\.text).joined(separator: " "), start: words.first?.start, end: words.last?.end, words: words)
    }
}

private func monotonicSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
