/// When a text was said, as somebody says it who may be wrong.
struct SpokenSpan: Equatable {
    /// Seconds from the beginning of the audio; any number, nil if nothing is said.
    var start: Double?
    var end: Double?
    /// Characters of the text: what has no times is given its share of the room by them.
    let length: Int
    /// Who says it: different people may speak at the same time.
    var speaker: String?

    init(_ start: Double?, _ end: Double?, length: Int, speaker: String? = nil) {
        (self.start, self.end, self.length, self.speaker) = (start, end, length, speaker)
    }

    /// Both times, if both are said.
    var times: (start: Double, end: Double)? {
        guard let start, let end else { return nil }
        return (start, end)
    }
}

/// A unit of time that servers have been seen to answer in instead of seconds.
enum TimeUnit: String, CaseIterable {
    case milliseconds
    case microseconds
    /// Go's durations (LocalAI).
    case nanoseconds

    var seconds: Double {
        switch self {
        case .milliseconds: 1e-3
        case .microseconds: 1e-6
        case .nanoseconds: 1e-9
        }
    }
}

/// What became of times that were checked as a whole.
enum TimesVerdict: Equatable {
    /// They stay as they are.
    case plausible
    /// They were in another unit, and are seconds now.
    case converted(TimeUnit)
    /// So many of them were wrong, and were put between their neighbours.
    case repaired(Int, of: Int)
    /// They make no sense in any unit, and are gone.
    case senseless
}
