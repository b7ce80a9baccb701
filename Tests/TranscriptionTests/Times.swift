import Testing

@testable import Transcription

/// When things were said, as servers and plugins have said it, and what is made of it.
@Suite struct Times {
    private static func span(_ start: Double?, _ end: Double?, speaker: String? = nil) -> SpokenSpan {
        SpokenSpan(start, end, length: 15, speaker: speaker)
    }

    private static func checked(
        _ times: [(Double?, Double?)], within audio: Double? = 20
    ) -> (times: [[Double?]], verdict: TimesVerdict) {
        let (spans, verdict) = SpokenTimes.checked(times.map { span($0, $1) }, within: audio, fillsGaps: true)
        return (spans.map { [$0.start, $0.end] }, verdict)
    }

    /// An answer, what is made of it, and what is said about it. Each text is of 15 characters, which take a second.
    @Test(
        arguments: [
            // Right ones stay, also if they overlap a little, touch, or have gaps.
            ([(0, 1), (1, 2), (5, 7)], [(0, 1), (1, 2), (5, 7)], TimesVerdict.plausible),
            ([(0, 3), (2.5, 4)], [(0, 3), (2.5, 4)], .plausible), ([(0, 20.8)], [(0, 20.8)], .plausible),
            // One late end, with the next one inverted (ggml-org/whisper.cpp#466).
            (
                [(0.5, 2), (2, 14), (14, 4), (4, 6), (6, 8), (15, 17)],
                [(0.5, 2), (2, 3), (3, 4), (4, 6), (6, 8), (15, 17)], .repaired(2, of: 12)
            ),
            // Half an hour in a film of seconds.
            ([(0, 2), (2, 1802), (4, 6)], [(0, 2), (2, 4), (4, 6)], .repaired(1, of: 6)),
            // A beginning that jumps ahead, one that jumps back, and both of one.
            ([(0, 2), (12, 4), (4, 6)], [(0, 2), (2, 4), (4, 6)], .repaired(1, of: 6)),
            ([(0, 2), (4, 6), (1, 8), (8, 9)], [(0, 2), (4, 6), (6, 8), (8, 9)], .repaired(1, of: 8)),
            ([(0, 2), (15, 16), (4, 6), (6, 8)], [(0, 2), (2, 4), (4, 6), (6, 8)], .repaired(2, of: 8)),
            // Swapped: one, and all.
            ([(0, 1), (2, 1), (2, 3)], [(0, 1), (1, 2), (2, 3)], .repaired(1, of: 6)),
            ([(1, 0), (2, 1), (3, 2)], [(0, 1), (1, 2), (2, 3)], .repaired(3, of: 6)),
            // Behind the end of the audio, or before its beginning.
            ([(0.2, 1.5), (87.1, 88.4)], [(0.2, 1.5), (1.5, 2.5)], .repaired(2, of: 4)),
            ([(-7, 1), (1, 2)], [(0, 1), (1, 2)], .repaired(1, of: 4)), ([(-0.02, 1)], [(0, 1)], .plausible),
            // What is not said of one is told from the others.
            ([(0, 1), (nil, nil), (3, 4)], [(0, 1), (1, 3), (3, 4)], .plausible),
            // Other units.
            ([(0, 1400), (6500, 18000)], [(0, 1.4), (6.5, 18)], .converted(.milliseconds)),
            ([(0, 1_400_000), (6_500_000, 8_000_000)], [(0, 1.4), (6.5, 8)], .converted(.microseconds)),
            ([(0, 1_400_000_000), (6_500_000_000, 8_000_000_000)], [(0, 1.4), (6.5, 8)], .converted(.nanoseconds)),
            // Nothing that fits: hundredths, seconds since 1970, a clock that stands still, one that runs backwards.
            ([(0, 140), (650, 800)], [(nil, nil), (nil, nil)], .senseless),
            ([(1_764_586_140, 1_764_586_142), (1_764_586_142, 1_764_586_144)], [(nil, nil), (nil, nil)], .senseless),
            ([(0, 0), (0, 0)], [(nil, nil), (nil, nil)], .senseless), ([(0, 0)], [(nil, nil)], .senseless),
            ([(-3, -2), (-2, -1)], [(nil, nil), (nil, nil)], .senseless),
            ([(500, 600)], [(nil, nil)], .senseless), ([(1e300, 1e301)], [(nil, nil)], .senseless),
            ([(9, 12), (7, 10), (5, 8), (3, 6), (1, 4)], Array(repeating: (nil, nil), count: 5), .senseless),
            // Another order than that of the times is no mistake of the times.
            ([(5, 6), (1, 2)], [(5, 6), (1, 2)], .plausible),
            ([], [], .plausible), ([(nil, nil)], [(nil, nil)], .plausible),
        ] as [([(Double?, Double?)], [(Double?, Double?)], TimesVerdict)])
    func anAnswerAsAWhole(times: [(Double?, Double?)], expected: [(Double?, Double?)], verdict: TimesVerdict) {
        let result = Self.checked(times)
        #expect(result.verdict == verdict, "\(times)")
        for (one, other) in zip(result.times.joined(), expected.flatMap { [$0.0, $0.1] }) {
            #expect(one.map { ($0 * 1000).rounded() } == other.map { ($0 * 1000).rounded() }, "\(result.times)")
        }
    }

    @Test func peopleMaySpeakAtTheSameTime() {
        let spans = [Self.span(0, 9, speaker: "A"), Self.span(3, 4, speaker: "B"), Self.span(9, 10, speaker: "A")]
        #expect(SpokenTimes.checked(spans, within: 20) == (spans, .plausible))
    }

    @Test func withoutALengthOnlyTheOrderIsChecked() {
        let (times, verdict) = Self.checked([(0, 2), (2, 1802), (4, 6)], within: nil)
        #expect(verdict == .repaired(1, of: 6) && times[1] == [2, 4])
    }

    /// Whatever numbers come: what is left is in order of each text, within the audio or not there at all.
    @Test func anyNumbers() {
        var generator = SystemRandomNumberGenerator()
        let odd: [Double?] = [nil, 0, -1, 1e300, -1e300, .greatestFiniteMagnitude, 19, 21, 3, 3000, 5e9]
        for _ in 0..<2000 {
            let times = (0..<Int.random(in: 0...7, using: &generator)).map { _ in
                (
                    Bool.random() ? odd.randomElement() ?? nil : .random(in: 0...20),
                    Bool.random() ? odd.randomElement() ?? nil : .random(in: 0...20)
                )
            }
            for span in Self.checked(times).times {
                if let start = span[0] { #expect((0...21).contains(start), "\(times)") }
                if let start = span[0], let end = span[1] { #expect(end >= start - 0.1 && end <= 21, "\(times)") }
            }
        }
    }

    // MARK: Streams

    private func stream(_ times: [(Double?, Double?, audio: Double)]) -> (times: [[Double?]], remarks: [String]) {
        var streamed = StreamedTimes()
        var (result, remarks): ([[Double?]], [String]) = ([], [])
        for (start, end, audio) in times {
            let utterance = Utterance(text: "fifteen letters", start: start, end: end)
            for event in streamed.checked(.final(utterance), within: audio) {
                switch event {
                case .final(let utterance): result.append([utterance.start, utterance.end])
                case .warning(let text, _), .status(let text): remarks.append(text)
                default: break
                }
            }
        }
        // To the millisecond.
        return (result.map { $0.map { $0.map { ($0 * 1000).rounded() / 1000 } } }, remarks)
    }

    @Test func ofAStreamEachIsCheckedAsItComes() {
        #expect(stream([(1, 2, 3), (2.5, 4, 5)]).remarks.isEmpty)
        let late = stream([(1, 2, 11), (500, 600, 11), (6, 7, 11)])
        #expect(late.times == [[1, 2], [2, 3], [6, 7]])
        #expect(late.remarks.count == 1 && late.remarks[0].contains("2 of the 2 times"), "\(late.remarks)")
        #expect(stream([(1, 2, 11), (2, 3e300, 11), (4, 3, 11)]).times == [[1, 2], [2, 3], [3, 4]])
        #expect(stream([(-4, 2, 11), (nil, nil, 11)]).times == [[0, 2], [nil, nil]])
        let fast = stream([(0, 1400, 1.6), (1500, 2800, 3)])
        #expect(fast.times == [[0, 1.4], [1.5, 2.8]])
        #expect(fast.remarks == ["its times are milliseconds, and were made seconds"])
    }

    @Test func wordsAreCheckedWithTheirUtterance() throws {
        var streamed = StreamedTimes()
        let words = [
            Word(text: "one", start: 1, end: 1.4), Word(text: "two", start: 600, end: 601),
            Word(text: "three", start: 2, end: 2.5),
        ]
        let events = streamed.checked(
            .final(Utterance(text: "one two three", start: 1, end: 3, words: words)), within: 5)
        guard case .final(let utterance) = try #require(events.last) else { return }
        let times = utterance.words.flatMap { [$0.start, $0.end].map { $0.map { ($0 * 1000).rounded() } } }
        #expect(times == [1000, 1400, 1400, 2000, 2000, 2500])
        #expect(events.count == 2, "it is said")
    }
}
