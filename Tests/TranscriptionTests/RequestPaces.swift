import Plugins
import Testing
import Transcription

/// How many requests may run at once, and when.
@Suite struct RequestPaces {
    private func begin(_ pace: RequestPace, seconds: Double = 1) throws -> RequestPace.Turn {
        try pace.begin(seconds: seconds, nil)
    }

    /// Whether another request may begin at once.
    private func mayBegin(_ pace: RequestPace, seconds: Double = 1) throws -> Bool {
        struct Waits: Error {}
        let cancelled = try Cancellation()
        do {
            let turn = try pace.begin(seconds: seconds, cancelled) { _ in throw Waits() }
            pace.end(turn, isAnswered: false)
            return true
        } catch is Waits {
            return false
        }
    }

    @Test func aRefusalHalvesAndEachRoundOfAnswersAddsOne() throws {
        let pace = RequestPace(.init(), most: 8)
        var turns = try (0..<8).map { _ in try begin(pace) }
        #expect(pace.allowed == 8)
        pace.refuse(turns.removeLast(), pause: 0)
        #expect(pace.allowed == 4)
        // Those that were begun at the old pace say nothing about the new one.
        pace.refuse(turns.removeLast(), pause: 0)
        pace.refuse(turns.removeLast(), pause: 0)
        #expect(pace.allowed == 4)
        for turn in turns { pace.end(turn, isAnswered: true) }
        #expect(pace.allowed == 5, "five answers are a round of four and a bit")
        pace.refuse(try begin(pace), pause: 0)
        #expect(pace.allowed == 2)
        pace.refuse(try begin(pace), pause: 0)
        pace.refuse(try begin(pace), pause: 0)
        #expect(pace.allowed == 1, "never none")
        for _ in 0..<100 { pace.end(try begin(pace), isAnswered: true) }
        #expect(pace.allowed == 8, "and never more than wanted")
    }

    @Test func nothingBeginsBeforeTheTimeThatWasNamed() throws {
        let pace = RequestPace(.init(), most: 4)
        pace.refuse(try begin(pace), pause: 30)
        #expect(try !mayBegin(pace))
        // A shorter pause does not end a longer one.
        let other = RequestPace(.init(), most: 4)
        let (first, second) = (try begin(other), try begin(other))
        other.refuse(first, pause: 30)
        other.refuse(second, pause: 0)
        #expect(try !mayBegin(other))
    }

    @Test(arguments: [1e30, -1e30, .infinity, -.infinity, .nan, 0x1p63]) func aPauseMayBeAnyNumber(pause: Double) throws
    {
        let pace = RequestPace(.init(), most: 4)
        pace.refuse(try begin(pace), pause: pause)
        #expect(try mayBegin(pace) == !(pause > 0))
    }

    @Test func whoWantsToBeLeftAloneForLongIsNotWaitedFor() throws {
        let pace = RequestPace(.init(), most: 4)
        pace.refuse(try begin(pace), pause: 1e30)
        #expect(throws: RequestPace.Unwilling.self) { try pace.begin(seconds: 1, longestPause: 900, nil) }
    }

    @Test func capsOnRequestsAndAudio() throws {
        let requests = RequestPace(.init(requestsPerMinute: 2), most: 4)
        for _ in 0..<2 { requests.end(try begin(requests), isAnswered: true) }
        #expect(try !mayBegin(requests))
        let audio = RequestPace(.init(audioPerHour: 100), most: 4)
        audio.end(try begin(audio, seconds: 60), isAnswered: true)
        #expect(try mayBegin(audio, seconds: 40))
        #expect(try !mayBegin(audio, seconds: 10), "those 40 count")
        let large = RequestPace(.init(audioPerHour: 100), most: 4)
        #expect(try mayBegin(large, seconds: 500), "it could never be sent otherwise")
        #expect(try !mayBegin(large, seconds: 1))
    }

    @Test func aCancellationEndsTheWait() throws {
        let pace = RequestPace(.init(), most: 1)
        let turn = try begin(pace)
        let cancellation = try Cancellation()
        cancellation.cancel()
        let error = #expect(throws: EngineError.self) { _ = try pace.begin(seconds: 1, cancellation) }
        #expect(error?.code == .cancelled)
        pace.end(turn, isAnswered: true)
    }

    @Test func aBudgetEndsForAll() throws {
        let budget = AudioBudget(seconds: 10)
        try budget.take(seconds: 6)
        #expect(throws: AudioBudget.Exhausted.self) { try budget.take(seconds: 5) }
        #expect(throws: AudioBudget.Exhausted.self) { try budget.take(seconds: 1) }
    }
}
