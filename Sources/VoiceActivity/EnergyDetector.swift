internal import Glibc
internal import SileroKernel

/// A detector without a model: how far the spectrum rises above the noise that is there all the time.
///
/// In each of 16 bands between 125 Hz and 4 kHz it follows the noise by its minimum over the last 1.6 s (R. Martin, "Noise power
/// spectral density estimation based on optimal smoothing and minimum statistics", 2001, simplified). The mean of what the
/// bands rise above it, in decibels, becomes a probability. It hears every sound that comes and goes as speech, music and
/// keys included: the network knows better.
@safe package final class EnergyDetector: Detector {
    /// Bins of 62.5 Hz at which bands begin; about as wide as the ear's.
    private static let edges = [2, 4, 6, 8, 10, 12, 14, 17, 20, 24, 28, 33, 39, 45, 51, 57, 64]
    private static let bandCount = edges.count - 1
    /// Parts of the minimum's memory: 5 of 10 windows.
    private static let (parts, windowsPerPart) = (5, 10)
    /// Decibels of a band that count as no sound at all, relative to a band of full scale.
    private static let silence: Float = -75
    /// A minimum lies below the mean of what it is the minimum of.
    private static let minimumBias: Float = 3
    /// Decibels above the noise at which speech is as likely as not, and how many make it e times as likely.
    private static let (middle, slope): (Float, Float) = (6, 1.2)

    private let memory = SpectrumMemory()
    private let workspace: SileroWorkspace
    /// Power of each band, smoothed: decibels.
    private var smoothed = [Float](repeating: 0, count: EnergyDetector.bandCount)
    /// The least of `smoothed` in each part of the memory: [parts][bands].
    private var minima = [Float](repeating: 0, count: EnergyDetector.parts * EnergyDetector.bandCount)
    private var windows = 0
    private var rise: Float = 0

    package init() {
        unsafe workspace = SileroWorkspace.allocate()
    }

    deinit {
        unsafe workspace.deallocate()
    }

    package func reset() {
        unsafe workspace.clear()
        windows = 0
        rise = 0
    }

    package func probability(of window: Span<Float>) -> Float {
        precondition(window.count == DetectionWindow.length, "a window has 512 samples")
        let samples = unsafe workspace.samples + 64
        for index in 0..<DetectionWindow.length {
            let sample = window[index]
            // False for NaN too. What is louder than full scale by 80 dB is no sound either, and its square no number.
            unsafe samples[index] = abs(sample) < 1e4 ? sample : 0
        }
        unsafe analyse(memory.tables, workspace)
        let sum = follow()
        windows += 1
        let current = sum / Float(EnergyDetector.bandCount)
        // Rises at once, falls over a syllable's length.
        rise = max(current, rise * 0.7 + current * 0.3)
        return 1 / (1 + expf((EnergyDetector.middle - rise) / EnergyDetector.slope))
    }

    /// Follows the noise.
    ///
    /// - Returns: the sum over the bands of what rises above it, in decibels.
    private func follow() -> Float {
        let magnitudes = unsafe UnsafePointer(workspace.magnitudes)
        let part = windows / EnergyDetector.windowsPerPart % EnergyDetector.parts
        let isNewPart = windows % EnergyDetector.windowsPerPart == 0
        let known = min(windows / EnergyDetector.windowsPerPart + 1, EnergyDetector.parts)
        var sum: Float = 0
        for band in 0..<EnergyDetector.bandCount {
            let (first, behind) = (EnergyDetector.edges[band], EnergyDetector.edges[band + 1])
            var power: Float = 0
            for index in first &* 4..<behind &* 4 { power += unsafe magnitudes[index] * magnitudes[index] }
            // A sine of full scale has the magnitude 64 under this window.
            let mean = power / Float((behind - first) * 4) / 4096
            let level = max(10 * log10f(mean + 1e-12), EnergyDetector.silence)
            smoothed[band] = windows == 0 ? level : smoothed[band] * 0.6 + level * 0.4
            let slot = part * EnergyDetector.bandCount + band
            minima[slot] = isNewPart ? smoothed[band] : min(minima[slot], smoothed[band])
            var noise = minima[slot]
            for other in 0..<known { noise = min(noise, minima[other * EnergyDetector.bandCount + band]) }
            sum += min(max(level - noise - EnergyDetector.minimumBias, 0), 25)
        }
        return sum
    }
}
