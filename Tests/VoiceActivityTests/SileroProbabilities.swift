import Harness
import Testing
import VoiceActivity

@Suite(.enabled(if: Installed.isThere, Installed.reason))
struct SileroProbabilities {
    let weights: SileroWeights

    init() throws {
        weights = try SileroWeights(path: SileroWeights.installedPath)
    }

    /// Expected: onnxruntime 1.32 with the published silero_vad.onnx, on the same samples.
    @Test(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata"), arguments: kernels)
    func areThoseOfOnnxruntime(_ kernel: SileroDetector.Kernel) throws {
        let expected = try reference("goforward.txt").split(separator: "\n").compactMap { Float($0) }
        let found = SileroDetector(weights, kernel: kernel).probabilities(of: try samples(of: Speech.goForward))
        try #require(expected.count == 88 && found.count == 88)
        let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 1
        #expect(worst <= 1e-4)
        #expect(found.contains { $0 > 0.9 } && found.contains { $0 < 0.1 })
    }

    @Test(arguments: kernels) func silenceAndNoiseAreNoSpeech(_ kernel: SileroDetector.Kernel) {
        let detector = SileroDetector(weights, kernel: kernel)
        for quiet in [[Float](repeating: 0, count: 16000), noise(16000, amplitude: 0.3)] {
            detector.reset()
            #expect(detector.probabilities(of: quiet).allSatisfy { (0..<0.2).contains($0) })
        }
    }

    @Test(.enabled(if: kernels.count > 1, "needs a processor with AVX2")) func kernelsAgree() {
        let sound = noise(51200, amplitude: 1).enumerated().map { $1 * Float($0 % 8000) / 8000 }
        let found = kernels.map { SileroDetector(weights, kernel: $0).probabilities(of: sound) }
        #expect(zip(found[0], found[1]).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test(arguments: kernels) func resetForgetsTheStream(_ kernel: SileroDetector.Kernel) {
        let (one, other) = (SileroDetector(weights, kernel: kernel), SileroDetector(weights, kernel: kernel))
        let sound = noise(5120, amplitude: 0.5)
        _ = one.probabilities(of: noise(9000, amplitude: 1))
        one.reset()
        #expect(one.probabilities(of: sound) == other.probabilities(of: sound))
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, 3e38, -1e30], kernels)
    func whatIsNoSoundDoesNotStay(_ strange: Float, _ kernel: SileroDetector.Kernel) {
        let detector = SileroDetector(weights, kernel: kernel)
        var sound = noise(512 * 40, amplitude: 0.5)
        sound[700] = strange
        let found = detector.probabilities(of: sound)
        #expect(found.allSatisfy { (0...1).contains($0) })
        #expect(found.suffix(10).allSatisfy { $0 < 0.2 })
    }
}
