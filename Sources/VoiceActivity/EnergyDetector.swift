internal import Glibc
internal import SileroKernel

/// A detector without a model: how much likelier the spectrum is under speech in noise than under the noise alone.
///
/// The test is that of J. Sohn, N. S. Kim and W. Sung, "A statistical model-based voice activity detection" (1999): spectra of
/// speech and noise are taken for Gaussian, the ratio of speech to noise is estimated by the decision-directed rule of Y. Ephraim
/// and D. Malah (1984), the mean of the logarithms of the bands' likelihood ratios is the evidence, and a Markov chain of two
/// states carries it from window to window, since speech goes on. Bands replace bins: 19 between 125 Hz and 6.75 kHz, about as
/// wide as the ear's. `NoiseTracker` knows the noise. Constants were chosen on every other recording of pocketsphinx-testdata and
/// Asterisk's prompts, with white, pink and fan noise; scripts/bench vad judges.
///
/// It hears every sound that comes and goes as speech, music and keys included: the network knows better.
@safe package final class EnergyDetector: Detector {
    /// Bins of 62.5 Hz at which bands begin. The first two hold what an offset leaks.
    private static let edges = [2, 4, 6, 8, 10, 12, 14, 17, 20, 24, 28, 33, 39, 45, 51, 57, 64, 76, 90, 108]
    private static let bandCount = edges.count - 1
    /// Powers below are as good as none: -75 dB of a sine of full scale.
    private static let floor: Float = 3.16e-8
    /// How many values of the 4 spectra of a window are as good as independent, for each.
    private static let independence: Float = 0.35
    /// What is kept of the ratio of speech to noise that the window before had.
    private static let memory: Float = 0.5
    /// The ratio of speech to noise: -8 dB at least, 30 dB at most.
    private static let ratios: ClosedRange<Float> = 0.158...1000
    /// A band's evidence: no single one decides.
    private static let evidence: ClosedRange<Float> = -4...8
    /// The evidence from which on speech is the likelier.
    private static let prior: Float = 0.1
    /// Probabilities that a window of silence is followed by speech, and one of speech by silence.
    private static let (onset, offset): (Float, Float) = (0.02, 0.06)
    /// What no evidence makes more certain, so that it can turn soon.
    private static let mostCertain: Float = 1e4

    private let tables = SpectrumMemory()
    private let workspace: SileroWorkspace
    private var noise = NoiseTracker(bands: EnergyDetector.bandCount, floor: EnergyDetector.floor)
    /// Power in each band, relative to a sine of full scale.
    private var levels = [Float](repeating: 0, count: EnergyDetector.bandCount)
    /// Power that was speech in the window before.
    private var speech = [Float](repeating: 0, count: EnergyDetector.bandCount)
    /// How much likelier speech is than silence.
    private var odds = EnergyDetector.firstOdds

    private static let firstOdds: Float = 0.1

    package init() {
        unsafe workspace = SileroWorkspace.allocate()
    }

    deinit {
        unsafe workspace.deallocate()
    }

    package func reset() {
        unsafe workspace.clear()
        noise.reset()
        for band in 0..<EnergyDetector.bandCount { speech[band] = 0 }
        odds = EnergyDetector.firstOdds
    }

    package func probability(of window: Span<Float>) -> Float {
        precondition(window.count == DetectionWindow.length, "a window has 512 samples")
        let isSound = take(window)
        unsafe analyse(tables.tables, workspace)
        guard isSound else {
            // Digital silence says nothing of the room: a muted microphone's or a gate's is not the noise to come.
            follow(EnergyDetector.evidence.lowerBound)
            return odds / (1 + odds)
        }
        measure()
        noise.hear(levels)
        follow(weigh() - EnergyDetector.prior)
        let result = odds / (1 + odds)
        noise.learn(from: levels, speech: result)
        return result
    }

    /// Copies a window to where it is analysed.
    ///
    /// - Returns: whether anything but one value is in it.
    private func take(_ window: Span<Float>) -> Bool {
        let samples = unsafe workspace.samples + 64
        var isSound = false
        for index in 0..<DetectionWindow.length {
            let sample = window[index]
            // False for NaN too. What is louder than full scale by 80 dB is no sound either, and its square no number.
            let value = abs(sample) < 1e4 ? sample : 0
            unsafe samples[index] = value
            if unsafe value != samples[0] { isSound = true }
        }
        return isSound
    }

    /// Finds each band's power.
    private func measure() {
        let magnitudes = unsafe UnsafePointer(workspace.magnitudes)
        for band in 0..<EnergyDetector.bandCount {
            let (first, behind) = (EnergyDetector.edges[band], EnergyDetector.edges[band &+ 1])
            var power: Float = 0
            for index in first &* 4..<behind &* 4 { power += unsafe magnitudes[index] * magnitudes[index] }
            // A sine of full scale has the magnitude 64 under this window.
            levels[band] = max(power / Float((behind &- first) &* 4) / 4096, EnergyDetector.floor)
        }
    }

    /// Weighs speech in noise against noise alone.
    ///
    /// - Returns: the mean of the bands' evidence, logarithms of likelihood ratios.
    private func weigh() -> Float {
        var sum: Float = 0
        for band in 0..<EnergyDetector.bandCount {
            let noise = noise.power[band]
            let loudness = levels[band] / noise
            let isNow = max(loudness - 1, 0)
            let estimate = EnergyDetector.memory * speech[band] / noise + (1 - EnergyDetector.memory) * isNow
            let ratio = min(max(estimate, EnergyDetector.ratios.lowerBound), EnergyDetector.ratios.upperBound)
            let gain = ratio / (1 + ratio)
            speech[band] = gain * gain * levels[band]
            let width = Float(EnergyDetector.edges[band &+ 1] &- EnergyDetector.edges[band])
            let evidence = 4 * width * EnergyDetector.independence * (loudness * gain - log1pf(ratio))
            sum += min(max(evidence, EnergyDetector.evidence.lowerBound), EnergyDetector.evidence.upperBound)
        }
        return sum / Float(EnergyDetector.bandCount)
    }

    /// Takes the chain one window further.
    private func follow(_ evidence: Float) {
        let (onset, offset) = (EnergyDetector.onset, EnergyDetector.offset)
        let before = (onset + (1 - offset) * odds) / ((1 - onset) + offset * odds)
        odds = min(max(expf(evidence) * before, 1 / EnergyDetector.mostCertain), EnergyDetector.mostCertain)
    }
}
