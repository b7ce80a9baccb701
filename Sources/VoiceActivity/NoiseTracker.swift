internal import Glibc

/// Follows the noise of a room in bands of the spectrum, also through speech and when it becomes louder at once.
///
/// Where a window is likely noise its power enters the estimate (T. Gerkmann and R. C. Hendriks, "Unbiased MMSE-based noise power
/// estimation with low complexity and low tracking delay", 2012), quickly downwards, slowly upwards. What is there all the
/// time is noise however loud it is: the estimate never lies below the least of the last 1.5 s (R. Martin, "Noise power
/// spectral density estimation based on optimal smoothing and minimum statistics", 2001, simplified).
struct NoiseTracker {
    /// Parts of the minimum's memory: 6 of 8 windows.
    private static let (parts, windowsPerPart) = (6, 8)
    /// Windows from which on the minimum counts: sooner it might be that of a word.
    private static let windowsUntilMinimum = 24
    /// The mean lies above the least of smoothed windows: 2 dB.
    private static let minimumBias: Float = 1.6
    /// What is smoothed, of the window and of those before.
    private static let smoothing: Float = 0.5
    /// Parts of a window of noise that enter the estimate where it rises and where it falls.
    private static let (rising, falling): (Float, Float) = (0.06, 0.3)
    /// How much louder than noise speech in a band is taken to be where the question is whether it is any: 10 dB.
    private static let assumedRatio: Float = 10
    /// From this mean probability of speech on the estimate is stuck, and learns from every window.
    private static let stagnation: Float = 0.99

    /// A first window that is louder may be speech: -50 dB of a sine of full scale.
    private static let loudestFirst: Float = 1e-5

    private let bandCount: Int
    private let floor: Float

    /// Power of the noise in each band.
    private(set) var power: [Float]
    private var smoothed: [Float]
    /// The least of `smoothed` in each part of the memory: [parts][bands].
    private var minima: [Float]
    /// Mean probability of speech in each band.
    private var presence: [Float]
    private var windows = 0

    /// - Parameters:
    ///   - bands: how many there are.
    ///   - floor: the least power that a band can have.
    init(bands: Int, floor: Float) {
        bandCount = bands
        self.floor = floor
        power = [Float](repeating: floor, count: bands)
        smoothed = power
        minima = [Float](repeating: .infinity, count: NoiseTracker.parts * bands)
        presence = [Float](repeating: 0, count: bands)
    }

    mutating func reset() {
        windows = 0
        for index in minima.indices { minima[index] = .infinity }
        for band in 0..<bandCount { presence[band] = 0 }
    }

    /// Hears a window, before it is judged.
    ///
    /// - Parameter levels: power in each band, `floor` at least.
    mutating func hear(_ levels: [Float]) {
        let part = windows / NoiseTracker.windowsPerPart % NoiseTracker.parts
        let isNewPart = windows % NoiseTracker.windowsPerPart == 0
        for band in 0..<bandCount {
            let level = levels[band]
            if windows == 0 {
                power[band] = min(level, NoiseTracker.loudestFirst)
                smoothed[band] = level
            }
            smoothed[band] += NoiseTracker.smoothing * (level - smoothed[band])
            let slot = part &* bandCount &+ band
            minima[slot] = isNewPart ? smoothed[band] : min(minima[slot], smoothed[band])
            guard windows >= NoiseTracker.windowsUntilMinimum else { continue }
            var least = minima[slot]
            for other in 0..<NoiseTracker.parts { least = min(least, minima[other &* bandCount &+ band]) }
            power[band] = max(power[band], least * NoiseTracker.minimumBias)
        }
        windows += 1
    }

    /// Learns from the window that was heard, now that it is judged.
    ///
    /// - Parameters:
    ///   - levels: as heard.
    ///   - speech: the probability that the window is speech.
    mutating func learn(from levels: [Float], speech: Float) {
        let gain = NoiseTracker.assumedRatio / (1 + NoiseTracker.assumedRatio)
        for band in 0..<bandCount {
            let (level, noise) = (levels[band], power[band])
            let exponent = min(level / noise * gain, 50)
            var inBand = 1 / (1 + (1 + NoiseTracker.assumedRatio) * expf(-exponent))
            presence[band] = 0.9 * presence[band] + 0.1 * inBand
            if presence[band] > NoiseTracker.stagnation { inBand = min(inBand, 0.98) }
            let rate = level > noise ? NoiseTracker.rising : NoiseTracker.falling
            power[band] = max(noise + rate * (1 - max(inBand, 0.9 * speech)) * (level - noise), floor)
        }
    }
}
