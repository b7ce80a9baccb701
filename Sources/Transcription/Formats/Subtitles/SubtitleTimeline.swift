/// Puts subtitles one behind the other: none overlaps, and each stays for as long as it takes to read, where there is room.
///
/// A subtitle is given when the next one is known.
struct SubtitleTimeline {
    private let rules: SubtitleRules
    private var waiting: SubtitleCue?
    /// Where the last one that was given ends.
    private var given = 0

    init(_ rules: SubtitleRules) {
        self.rules = rules
    }

    /// Takes an utterance.
    ///
    /// - Parameter span: milliseconds of it.
    /// - Returns: the subtitles that nothing changes any more.
    mutating func add(_ utterance: Utterance, in span: ClosedRange<Int>) -> [SubtitleCue] {
        let tokens = SubtitleTokens(utterance.trimmedText, utterance.words, in: span)
        var result: [SubtitleCue] = []
        for cue in SubtitleBreaks(tokens, rules).cues(speaker: utterance.speaker) {
            if let last = place(before: cue) { result.append(last) }
        }
        return result
    }

    /// The last one.
    mutating func finish() -> SubtitleCue? {
        defer { waiting = nil }
        return waiting.map { cue in
            var cue = cue
            cue.end = max(cue.end, SubtitleTimeline.wantedEnd(cue))
            return cue
        }
    }

    /// Ends the one that waits, since the next is known.
    private mutating func place(before next: SubtitleCue) -> SubtitleCue? {
        var next = next
        defer { waiting = next }
        guard var cue = waiting else { return nil }
        if next.start < cue.start - SubtitleTimeline.overlap, next.start >= given {
            // One that jumps ahead gives way; nothing behind it is moved.
            cue.start = max(given, next.start - SubtitleTimeline.least)
            cue.end = cue.start
        }
        // Who speaks at the same time is shown behind, once the first could be read at all.
        if next.start < cue.start + SubtitleTimeline.least { next.start = cue.start + SubtitleTimeline.least }
        next.end = max(next.end, next.start)
        let room = max(next.start - SubtitleRules.gap, cue.start + SubtitleTimeline.least)
        cue.end = min(max(cue.end, min(SubtitleTimeline.wantedEnd(cue), room)), next.start)
        given = cue.end
        return cue
    }

    /// Milliseconds by which who speaks at the same time may begin before the one in front.
    private static let overlap = 5000

    /// Milliseconds that even a subtitle in a hurry is there.
    private static let least = 200

    private static func wantedEnd(_ cue: SubtitleCue) -> Int {
        let reading = Int(Double(cue.width) / SubtitleRules.readingSpeed * 1000)
        return cue.start + min(max(SubtitleRules.shortest, reading), SubtitleRules.longest)
    }
}
