import Testing
import VoiceActivity

/// A network whose answers are known.
private final class Known: Detector {
    private let answers: [Float]
    private var next = 0

    init(_ answers: [Float]) { self.answers = answers }

    func probability(of window: Span<Float>) -> Float {
        defer { next += 1 }
        return next < answers.count ? answers[next] : 0
    }

    func reset() { next = 0 }
}

/// In favour of the speaker: what may be speech is none before there is some, and some afterwards.
@Suite struct Careful {
    /// A quiet room of so many windows.
    private func room(_ windows: Int, amplitude: Float = 0.0005) -> [Float] {
        noise(windows * DetectionWindow.length, amplitude: amplitude)
    }

    @Test func whatIsHalfHeardCountsOnceThereIsSpeech() {
        let answers: [Float] = [0.3, 0.49, 0.5, 0.3, 0.1, 0.3]
        let detector = CarefulDetector(Known(answers))
        #expect(detector.probabilities(of: room(6)) == [0, 0, 0.5, 0.3, 0.1, 0.3])
        detector.reset()
        #expect(detector.probabilities(of: room(2)) == [0, 0])
    }

    /// A second of speech, a pause, and a sound of which the network hears nothing.
    private func found(_ loudness: Float, windows: Int, speech: Float = 0.9) -> [Float] {
        let heard = [Float](repeating: 0, count: 40) + [Float](repeating: speech, count: 30)
        let sound =
            room(40) + room(30, amplitude: 0.1) + room(40) + room(windows, amplitude: 0.1 * loudness) + room(20)
        return Array(CarefulDetector(Known(heard)).probabilities(of: sound)[110...])
    }

    @Test func aSoundAsLoudAsTheSpeechIsNotThrownAway() {
        #expect(found(0.5, windows: 10)[2..<10].allSatisfy { $0 == 0.5 })
        // Behind it there is silence.
        #expect(found(0.5, windows: 10).suffix(15).allSatisfy { $0 == 0 })
    }

    @Test func whatIsSofterOrShorterIsLeftToTheNetwork() {
        #expect(found(0.1, windows: 10).allSatisfy { $0 == 0 }, "20 dB below the speech")
        #expect(found(1, windows: 1).allSatisfy { $0 == 0 }, "a click")
        #expect(found(1, windows: 10, speech: 0.4).allSatisfy { $0 == 0 }, "nobody has spoken for certain")
    }

    @Test(arguments: [Float.nan, .infinity, 3e38]) func whatIsNoSoundDoesNotStay(strange: Float) {
        var sound = room(40) + room(30, amplitude: 0.1) + room(40) + room(10, amplitude: 0.1) + room(20)
        for at in 55 * DetectionWindow.length..<56 * DetectionWindow.length { sound[at] = strange }
        let heard = [Float](repeating: 0, count: 40) + [Float](repeating: 0.9, count: 30)
        let found = CarefulDetector(Known(heard)).probabilities(of: sound)
        #expect(found.allSatisfy { (0...1).contains($0) })
        #expect(found[113..<120].contains { $0 == 0.5 })
    }

    @Test(.enabled(if: Installed.isThere, Installed.reason)) func noiseIsNoSpeech() throws {
        let detector = CarefulDetector(SileroDetector(try SileroWeights(path: SileroWeights.installedPath)))
        let sound = room(100, amplitude: 0.001) + room(100, amplitude: 0.1) + room(100, amplitude: 0.5)
        #expect(detector.probabilities(of: sound).allSatisfy { $0 < 0.2 })
    }
}
