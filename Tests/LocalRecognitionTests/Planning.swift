import Testing
import VoiceActivity

@testable import LocalRecognition

/// What is recognised next. All times are samples at 16000 Hz; the longest run is 10 s.
@Suite struct Planning {
    private static let longest = 160_000
    private let planner = Planner(rules: Planner.Rules(longest: Planning.longest))
    private let patient: Planner = {
        var rules = Planner.Rules(longest: Planning.longest)
        rules.isPatient = true
        return Planner(rules: rules)
    }()

    private func piece(_ range: Range<Int>, _ speech: Range<Int>) -> Planner.Piece {
        Planner.Piece(range: range, speech: speech)
    }

    // MARK: Silence

    @Test func silenceIsWaitedThroughAndDropped() {
        #expect(planner.step(.of([], upTo: 0)) == .wait)
        #expect(planner.step(.of([], upTo: 160_000)) == .wait)
        #expect(planner.step(.of([], upTo: 160_001)) == .skip(to: 155_200))
        #expect(planner.step(.of([], upTo: 0, hasEnded: true)) == .finish)
        #expect(planner.step(.of([], upTo: 100_000, hasEnded: true)) == .finish)
        #expect(planner.step(.of([], upTo: 100_000, hasEnded: true, level: 32)) == .finish)
    }

    /// The host may have heard speech where our detector hears none.
    @Test func whatCanBeHeardAndNobodySortedOutIsRecognised() {
        let all = piece(0..<100_000, 0..<100_000)
        #expect(planner.step(.of([], upTo: 100_000, hasEnded: true, level: 33)) == .final(all))
        #expect(planner.step(.of([], upTo: 100_000, hasEnded: true, level: .min)) == .final(all))
        #expect(planner.step(.of([], upTo: 1599, hasEnded: true, level: 1000)) == .finish)
        #expect(planner.step(.of([], upTo: 100_000, level: 1000)) == .wait)
        let first = piece(0..<160_000, 0..<160_000)
        #expect(planner.step(.of([], upTo: 170_000, level: 1000)) == .final(first))
        // Not behind speech: there it is what is left of a pause.
        var heard = Hearing.of([1000..<20_000], upTo: 60_000, level: 1000)
        heard.forget(before: 24_000)
        #expect(planner.step(heard) == .wait)
        heard.hasEnded = true
        #expect(planner.step(heard) == .finish)
    }

    // MARK: Somebody speaks

    @Test func beginsWithSomeOfWhatWasBefore() {
        let speech = 20_000..<30_000
        #expect(planner.step(.of([], speaking: speech, upTo: 30_000)) == .partial(piece(15_200..<30_000, speech)))
        let early = 1000..<30_000
        #expect(planner.step(.of([], speaking: early, upTo: 30_000)) == .partial(piece(0..<30_000, early)))
    }

    @Test func tooLittleIsWaitedFor() {
        #expect(planner.step(.of([], speaking: 0..<6399, upTo: 6399)) == .wait)
        #expect(planner.step(.of([], speaking: 0..<6400, upTo: 6400)) == .partial(piece(0..<6400, 0..<6400)))
    }

    @Test func aPauseIsSuspectedAndThenCertain() {
        let speech = 0..<32_000
        func step(silence: Int) -> Planner.Step { planner.step(.of([speech], upTo: 32_000 + silence)) }
        #expect(step(silence: 2399) == .partial(piece(0..<34_399, 0..<34_399)))
        #expect(step(silence: 2400) == .suspect(piece(0..<34_400, speech)))
        #expect(step(silence: 9599) == .suspect(piece(0..<36_000, speech)))
        #expect(step(silence: 9600) == .final(piece(0..<36_000, speech)))
        #expect(step(silence: 50_000) == .final(piece(0..<36_000, speech)))
        // The same was said, however long the silence is.
        guard case .suspect(let suspect) = step(silence: 2400), case .final(let final) = step(silence: 9600) else {
            Issue.record("no suspicion")
            return
        }
        #expect(suspect.isSame(as: final))
        #expect(!suspect.isSame(as: piece(0..<34_400, 0..<32_001)))
    }

    @Test func aSpeakerWhoGoesOnIsOneUtterance() {
        let step = planner.step(.of([0..<32_000], speaking: 40_000..<50_000, upTo: 50_000))
        #expect(step == .partial(piece(0..<50_000, 0..<50_000)))
    }

    @Test func severalThatWaitAreRecognisedAtOnceIfTheyMay() {
        let heard = Hearing.of([10_000..<30_000, 50_000..<70_000, 75_000..<80_000], upTo: 85_000)
        #expect(planner.step(heard) == .final(piece(5200..<34_000, 10_000..<30_000)))
        var longer = heard
        longer.add([Int16](repeating: 0, count: 5000), [], certainEnd: nil)
        #expect(planner.step(longer) == .final(piece(5200..<84_000, 10_000..<80_000)))
        #expect(planner.step(longer, mayJoin: false) == .final(piece(5200..<34_000, 10_000..<30_000)))
        longer.hasEnded = true
        #expect(planner.step(longer, mayJoin: false) == .final(piece(5200..<34_000, 10_000..<30_000)))
    }

    @Test func theEndOfTheInputEndsAnUtterance() {
        let heard = Hearing.of([10_000..<30_000], upTo: 31_000, hasEnded: true)
        for mayJoin in [true, false] {
            #expect(planner.step(heard, mayJoin: mayJoin) == .final(piece(5200..<31_000, 10_000..<30_000)))
        }
        let speaking = Hearing.of([], speaking: 0..<100, upTo: 200, hasEnded: true)
        #expect(planner.step(speaking) == .final(piece(0..<200, 0..<100)))
    }

    // MARK: Long ones

    @Test func pausesShrinkAsAnUtteranceGrows() {
        /// The shortest silence that ends an utterance of this length.
        func pause(after length: Int) -> Int? {
            (0...20_000).first { silence in
                guard length + silence <= Planning.longest else { return false }
                if case .final(let final) = planner.step(.of([0..<length], upTo: length + silence)) {
                    #expect(final.speech == 0..<length)
                    return true
                }
                return false
            }
        }
        #expect(pause(after: 1000) == 9600)
        #expect(pause(after: 128_000) == 9600)
        #expect(pause(after: 144_000) == 6800)
        let lengths = Array(stride(from: 128_000, through: 152_000, by: 4000))
        let pauses = lengths.map { pause(after: $0) ?? 0 }
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 > $1 })
        // At the very end any of a quarter of a second will do, shared with what comes next.
        let heard = Hearing.of([0..<160_000], upTo: 164_000)
        #expect(planner.step(heard) == .final(piece(0..<160_000, 0..<160_000)))
        let short = Hearing.of([0..<154_000], upTo: 159_500)
        #expect(planner.step(short) == .final(piece(0..<156_750, 0..<154_000)))
    }

    @Test func withoutAPauseItIsCutInTheLongestSilence() {
        let stretches = [0..<50_000, 58_000..<90_000, 92_000..<110_000, 113_000..<140_000, 141_000..<170_000]
        #expect(planner.step(.of(stretches, upTo: 170_000)) == .final(piece(0..<111_500, 0..<111_500)))
    }

    @Test func withoutAnySilenceItIsCutWhereItIsQuietest() {
        var samples = [Int16](repeating: 3000, count: 170_000)
        for index in 130_000..<131_000 { samples[index] = 10 }
        // Quieter, but too early.
        for index in 60_000..<61_000 { samples[index] = 0 }
        var heard = Hearing()
        heard.add(samples, [.confirmed(start: 0)], certainEnd: 170_000)
        guard case .final(let cut) = planner.step(heard) else {
            Issue.record("not cut")
            return
        }
        #expect((130_000..<131_000).contains(cut.range.upperBound))
        #expect(cut.range.lowerBound == 0 && cut.speech == cut.range)
    }

    @Test func aCompleteRecordingIsTakenInLargePieces() {
        let stretches = [0..<20_000, 40_000..<60_000, 80_000..<100_000]
        #expect(patient.step(.of(stretches, upTo: 120_000)) == .wait)
        #expect(
            patient.step(.of(stretches, upTo: 120_000, hasEnded: true)) == .final(piece(0..<104_000, 0..<100_000)))
        let more = stretches + [118_000..<130_000, 140_000..<170_000]
        #expect(patient.step(.of(more, upTo: 175_000)) == .final(piece(0..<134_000, 0..<130_000)))
        #expect(patient.step(.of([], upTo: 100_000)) == .wait)
        #expect(patient.step(.of([], upTo: 170_000)) == .skip(to: 155_200))
    }
}
