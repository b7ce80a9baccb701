import Harness
import Testing
import VoiceActivity

/// A detector that says what a test wants: the first sample of a window is its probability.
private final class ScriptedDetector: Detector {
    func probability(of window: Span<Float>) -> Float { window[0] }
    func reset() {}
}

/// Windows of speech and of silence: a sound whose amplitude is the probability.
private func windows(_ plan: [(speech: Bool, count: Int)]) -> [Float] {
    plan.flatMap { part in
        (0..<part.count * DetectionWindow.length).map { ($0 % 2 == 0 ? 1 : -1) * (part.speech ? 0.9 : 0.01) }
    }
}

/// A detector that says speech for some windows more than it hears any.
private final class LateDetector: Detector {
    private let lateness: Int
    private var since: Int

    init(by windows: Int) { (lateness, since) = (windows, windows + 1) }

    func probability(of window: Span<Float>) -> Float {
        let isLoud = window.indices.contains { abs(window[$0]) > 0.01 }
        since = isLoud ? 0 : since + 1
        return since <= lateness ? 0.9 : 0.01
    }

    func reset() {}
}

@Suite struct Endpoints {
    private let window = DetectionWindow.length

    /// Feeds a stream in pieces that are no windows, and stops at the verdict.
    private func run(
        _ plan: [(speech: Bool, count: Int)], silence: Double?, patience: Double?
    ) -> (verdict: Endpointer.Verdict?, position: Int, firstSpeech: Int?) {
        var endpointer = Endpointer(ScriptedDetector(), silence: silence, patience: patience)
        let stream = windows(plan)
        var position = 0
        while position < stream.count {
            let end = min(position + 320, stream.count)
            let piece = Array(stream[position..<end])
            endpointer.push(piece.span)
            position = end
            if let verdict = endpointer.verdict(at: position) { return (verdict, position, endpointer.firstSpeech) }
        }
        return (nil, position, endpointer.firstSpeech)
    }

    @Test(arguments: [0.2, 0.5, 1.2]) func silenceAfterSpeechEndsIt(_ silence: Double) {
        let result = run([(false, 20), (true, 30), (false, 100)], silence: silence, patience: 10)
        let end = 50 * window + Int(silence * 16000)
        #expect(result.verdict == .silence(at: end))
        #expect(result.firstSpeech == 20 * window)
        // Known with the period in which it comes true.
        #expect(result.position - end < 320)
    }

    /// The end of speech is where its level falls, not where the detector's memory of it ends; where the room is nearly as loud,
    /// the detector is believed; and it is not taken for later than it ever is.
    @Test(arguments: [
        (0, 0.0005, 0), (1, 0.0005, 0), (3, 0.0005, 0), (1, 0.009, 16384), (5, 0.0005, 16480),
    ])
    func aDetectorsLatenessIsNoSpeech(windows lateness: Int, room: Float, counted: Int) throws {
        let speech = 30 * window + 100
        let stream = noise(speech, amplitude: 0.2) + noise(60 * window, amplitude: room)
        var endpointer = Endpointer(LateDetector(by: lateness), silence: 0.5, patience: nil)
        endpointer.push(stream.span)
        let verdict = endpointer.verdict(at: stream.count)
        guard case .silence(let at)? = verdict else { throw HarnessError("no silence: \(verdict, default: "none")") }
        let end = at - 8000
        #expect(counted > 0 ? end == counted : (speech...speech + 160).contains(end), "\(end)")
    }

    @Test func aShorterPauseDoesNot() {
        // 36 windows are 1.15 s; speech in the 37th is known before 1.2 s are over.
        let result = run([(true, 30), (false, 36), (true, 10), (false, 100)], silence: 1.2, patience: 10)
        #expect(result.verdict == .silence(at: 76 * window + 19200))
    }

    @Test func silenceBeforeAnySpeechDoesNot() {
        #expect(run([(false, 300), (true, 5)], silence: 0.5, patience: nil).verdict == nil)
    }

    @Test func aClickInTheSilenceDoesNotProlongIt() {
        let result = run([(true, 30), (false, 20), (true, 2), (false, 100)], silence: 1, patience: nil)
        #expect(result.verdict == .silence(at: 30 * window + 16000))
    }

    @Test func whatBeginsBeforeTheEndIsWaitedFor() {
        // The silence of 0.5 s is over in window 45.6; speech begins with window 44 and is certain after window 47.
        let result = run([(true, 30), (false, 14), (true, 20), (false, 60)], silence: 0.5, patience: nil)
        #expect(result.verdict == .silence(at: 64 * window + 8000))
    }

    @Test func withoutSpeechPatienceEnds() {
        let result = run([(false, 1000)], silence: 1, patience: 3)
        #expect(result.verdict == .noSpeech(at: 48000))
        #expect(result.firstSpeech == nil)
    }

    @Test func clicksAreNoSpeech() {
        let clicks = (0..<40).flatMap { _ in [(speech: true, count: 2), (speech: false, count: 8)] }
        #expect(run(clicks, silence: 1, patience: 3).verdict != nil)
        #expect(run(clicks, silence: 1, patience: 3).firstSpeech == nil)
    }

    @Test func speechInTheLastMomentCounts() {
        // 3 s are 93.75 windows.
        let result = run([(false, 92), (true, 40), (false, 5)], silence: 1, patience: 3)
        #expect(result.verdict == nil)
        #expect(result.firstSpeech == 92 * window)
    }

    @Test func aWordThatTheStreamEndsInIsHeard() {
        var endpointer = Endpointer(ScriptedDetector(), silence: nil, patience: nil)
        let samples = Array(windows([(false, 10), (true, 4)]).dropLast(200))
        endpointer.push(samples.span)
        #expect(endpointer.firstSpeech == nil)
        endpointer.finish()
        #expect(endpointer.firstSpeech == 10 * window)
    }
}
