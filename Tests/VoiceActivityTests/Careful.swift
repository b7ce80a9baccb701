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

    /// Sounds are listened to when their word counts, all at once: the same as one after the other.
    @Test func whatIsHeardLateIsHeardAlike() {
        let amplitudes: [Float] = [0.0005, 0.1, 0.002, 0.08, 0.0005, 0.3, 0.05]
        let sound = (0..<21).flatMap { room(3 + 7 * $0 % 41, amplitude: amplitudes[$0 % amplitudes.count]) }
        let windows = windows(of: sound)
        let answers = (0..<windows.count).map { Float($0 * 37 % 101) < 30 && $0 > 9 ? Float(0.8) : 0.05 }
        let sounds = EnergyDetector()
        var (speech, loud): (Float?, Int) = (nil, 0)
        let expected = zip(windows, answers).map { window, answer -> Float in
            let isSound = sounds.probability(of: window.span) >= 0.5
            let mean = window.reduce(0, +) / Float(window.count)
            let power = window.reduce(0) { $0 + $1 * $1 } / Float(window.count) - mean * mean
            if answer >= 0.5 { speech = speech.map { $0 + 0.03 * (power - $0) } ?? power }
            guard let speech else { return 0 }
            loud = isSound && power >= speech * 0.0316 ? loud + 1 : 0
            return loud >= 3 ? max(answer, 0.5) : answer
        }
        #expect(CarefulDetector(Known(answers)).probabilities(of: sound) == expected)
        #expect(expected.contains(0.5) && expected.contains(0.05) && expected.contains(0.8))
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
