import Testing
import VoiceActivity

@testable import LocalRecognition

/// Whatever is said, and however the audio comes: all speech is recognised, once and in order.
@Suite struct PlanningAnything {
    /// Follows the planner's steps as `Recogniser` does.
    private struct Run {
        let planner: Planner
        var heard = Hearing()
        var finals: [Planner.Piece] = []
        var skipped: [Range<Int>] = []
        var drafts = 0
        private(set) var hasFinished = false

        init(_ planner: Planner) {
            self.planner = planner
        }

        /// Does what is to be done of what is there.
        mutating func go(mayJoin: Bool) {
            // Each final takes some audio away; a draft is made once for what is there.
            while true {
                switch planner.step(heard, mayJoin: mayJoin) {
                case .final(let piece):
                    expectSound(piece)
                    finals.append(piece)
                    heard.forget(before: piece.range.upperBound)
                    #expect(heard.first == piece.range.upperBound, "\(piece)")
                case .suspect(let piece), .partial(let piece):
                    expectSound(piece)
                    drafts += 1
                    return
                case .skip(let position):
                    #expect(position > heard.first)
                    skipped.append(heard.first..<position)
                    heard.forget(before: position)
                case .wait:
                    #expect(!heard.hasEnded)
                    return
                case .finish:
                    hasFinished = true
                    return
                }
            }
        }

        private func expectSound(_ piece: Planner.Piece) {
            #expect(!piece.range.isEmpty)
            #expect(piece.range.count <= planner.rules.longest)
            #expect(piece.range.lowerBound >= heard.first && piece.range.upperBound <= heard.end)
            #expect(piece.speech.lowerBound >= piece.range.lowerBound, "\(piece)")
            #expect(piece.speech.upperBound <= heard.end, "\(piece)")
            if let last = finals.last {
                #expect(piece.range.lowerBound >= last.range.upperBound)
                #expect(piece.speech.lowerBound >= last.speech.upperBound, "\(piece) behind \(last)")
            }
        }
    }

    /// Stretches of silence and speech as they come, in windows of the detector.
    private static func probabilities(_ dice: inout Dice, _ kind: Int) -> [Float] {
        var result: [Float] = []
        while result.count < 1500 {
            // Speech without end, short words, long silence, or all of them.
            let speech = [200 + dice(700), 1 + dice(20), 1 + dice(100), 1 + dice(300)][kind]
            let silence = [dice(4), 1 + dice(15), dice(500), dice(60)][kind]
            for _ in 0..<speech { result.append(Float([100, 99, 30, 10][dice(20) == 0 ? 3 : dice(3)]) / 100) }
            for _ in 0..<silence { result.append(dice(40) == 0 ? 0.3 : 0.01) }
        }
        return result
    }

    @Test(arguments: 0..<48) func allSpeechIsRecognisedOnceAndInOrder(seed: Int) {
        var dice = Dice(seed)
        let kind = seed % 4
        var rules = Planner.Rules(longest: [64_000, 160_000, 472_000][dice(3)])
        rules.isPatient = seed % 3 == 0
        var run = Run(Planner(rules: rules))
        var segmenter = Segmenter(.careful(.silero))
        var segments: [SpeechSegment] = []
        var events: [Segmenter.Event] = []
        func note(_ event: Segmenter.Event) {
            events.append(event)
            if case .ended(let segment) = event { segments.append(segment) }
        }
        // How much comes while a model works; the steps are looked at in between.
        let mostWindows = [1, 4, 40, 400][dice(4)]
        var probabilities = PlanningAnything.probabilities(&dice, kind)[...]
        var isFirst = true
        while !probabilities.isEmpty {
            let windows = probabilities.prefix(1 + dice(mostWindows))
            probabilities = probabilities.dropFirst(windows.count)
            for window in windows {
                events = []
                segmenter.push(window, note)
                run.heard.add(
                    [Int16](repeating: window >= 0.2 ? 1000 : 3, count: DetectionWindow.length), events,
                    certainEnd: segmenter.certainEnd)
                if isFirst, dice(50) == 0 { isFirst = false }
            }
            run.go(mayJoin: dice(2) == 0)
        }
        events = []
        segmenter.finish(note)
        run.heard.add([], events, certainEnd: nil)
        run.heard.hasEnded = true
        run.go(mayJoin: dice(2) == 0)
        run.go(mayJoin: true)
        #expect(run.hasFinished)
        #expect(!segments.isEmpty && !run.finals.isEmpty)
        // Each sample of speech lies in exactly one of the finals, which are in order and apart.
        for segment in segments {
            var covered = 0
            for final in run.finals { covered += final.range.clamped(to: segment.start..<segment.end).count }
            #expect(covered == segment.end - segment.start, "\(segment) of \(run.finals.map(\.range))")
            for range in run.skipped { #expect(range.clamped(to: segment.start..<segment.end).isEmpty) }
        }
        if rules.isPatient {
            #expect(run.drafts == 0)
        } else if mostWindows < 40 {
            #expect(run.drafts > 0)
        }
    }

    @Test func theTimesOfAnUtteranceThatWasCutFollowOneAnother() {
        let planner = Planner(rules: Planner.Rules(longest: 160_000))
        var run = Run(planner)
        run.heard = .of([], speaking: 1000..<170_000, upTo: 170_000, level: 1000)
        run.go(mayJoin: true)
        #expect(run.finals.count == 1)
        // The detector says at the end where it began.
        run.heard.add(
            [Int16](repeating: 0, count: 20_000), [.ended(SpeechSegment(start: 1000, end: 180_000))], certainEnd: nil)
        run.go(mayJoin: true)
        #expect(run.finals.count == 2)
        #expect(run.finals.last?.speech == (run.finals[0].range.upperBound..<180_000))
    }
}
