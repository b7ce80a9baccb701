/// Where decoded audio belongs on the clock of its file: what is missing becomes silence, what comes twice is left out.
///
/// Timestamps of recordings shake by some milliseconds, jump when a codec leaves frames out or a signal was lost, and begin anew where
/// recordings were joined. A player follows them; so do we, but no sample is dropped that somebody may want to hear.
package struct SoundClock {
    /// What comes before a piece is given.
    package enum Step: Equatable {
        case none
        /// Frames that are missing.
        case silence(Int)
        /// Frames that the clock is ahead: so many of the piece may be left out where there is nothing to hear in them.
        case overlap(Int)
        /// Frames before the beginning of the file, which no player plays.
        case beforeStart(Int)
        /// Frames of a gap that is too long to be one: the clock goes on without it.
        case jump(Int)
    }

    /// Frames a second.
    package let rate: Int
    /// Frames since the beginning of the file that have been given.
    package private(set) var position = 0
    /// Up to here a gap of any length is believed, in frames; nil where the file does not say how long it is.
    package let declaredEnd: Int?

    /// What is added to timestamps since they began anew.
    private var shift = 0
    private var first: Int?
    /// Since when the timestamps have been on one side of the position, and by how much at least.
    private var isLate = false
    private var asideSince: Int?
    private var leastAside = 0

    /// Beyond this a piece is moved at once, in seconds.
    private static let hardLimit = 0.1
    /// Timestamps in whole milliseconds, and rounded once more, shake by so much, in seconds.
    private static let shaking = 0.003
    /// A smaller difference must last so long, in seconds.
    private static let patience = 0.5
    /// The longest gap that is believed where the file does not say how long it is, in seconds.
    private static let longestGap = 600.0
    /// A step back by more is a new beginning, in seconds.
    private static let longestRepeat = 10.0

    /// - Parameters:
    ///   - rate: frames a second.
    ///   - declaredEnd: frames in all, as the file says.
    package init(rate: Int, declaredEnd: Int?) {
        self.rate = rate
        self.declaredEnd = declaredEnd
    }

    private func frames(_ seconds: Double) -> Int { Int(seconds * Double(rate)) }

    /// Frames of a piece, or of silence, were given.
    package mutating func advance(_ count: Int) { position += count }

    /// Where a piece belongs.
    ///
    /// - Parameters:
    ///   - time: its first frame on the file's clock, in frames; nil where nobody knows.
    ///   - count: its frames.
    package mutating func place(at time: Int?, count: Int) -> Step {
        guard let time else { return .none }
        let isFirst = first == nil
        let first = self.first ?? time
        self.first = first
        let aside = time + shift - position
        if isFirst, aside < 0 {
            if -aside <= frames(SoundClock.longestRepeat) { return .beforeStart(-aside) }
            shift -= aside
            return .none
        }
        if isFirst || abs(aside) > frames(SoundClock.hardLimit) {
            asideSince = nil
            return aside > 0 ? gap(aside) : repetition(aside, beginsAnew: time - first < frames(0.5))
        }
        guard abs(aside) > frames(SoundClock.shaking) else {
            asideSince = nil
            return .none
        }
        guard let since = asideSince, isLate == (aside > 0) else {
            asideSince = position
            (isLate, leastAside) = (aside > 0, abs(aside))
            return .none
        }
        leastAside = min(leastAside, abs(aside))
        guard position - since > frames(SoundClock.patience) else { return .none }
        return isLate ? .silence(leastAside) : .overlap(leastAside)
    }

    private mutating func gap(_ length: Int) -> Step {
        if length == 0 { return .none }
        let isBelieved = length <= frames(SoundClock.longestGap) || position + length <= declaredEnd ?? 0
        if isBelieved { return .silence(length) }
        shift -= length
        return .jump(length)
    }

    private mutating func repetition(_ aside: Int, beginsAnew: Bool) -> Step {
        if beginsAnew || -aside > frames(SoundClock.longestRepeat) {
            shift -= aside
            return .none
        }
        return .overlap(-aside)
    }
}
