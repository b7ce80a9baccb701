internal import Glibc

/// Finds out whether a recording is so quiet that a recogniser would hear little of it, and what to multiply it with.
///
/// Recognisers and detectors learn from speech at usual levels, and take 16 bits: of speech at -60 dB these have 5. A recording
/// counts as quiet if not even a quarter of a second of it, in moments of 50 ms, reaches -40 dB; one click is no speech. Noise that is
/// the same all the time stays as quiet as it is.
package struct LevelSurvey {
    /// What is below 16 bits of it, or of a recording that is not quiet, stays as it is.
    private let mostGain: Float
    private var sum = 0.0
    private var squares = 0.0
    private var count = 0
    /// Mean squares of the loudest moments, the quietest of them first.
    private var loudest = [Float](repeating: 0, count: LevelSurvey.moments)
    /// How many moments were so many dB below full scale; the last one takes what is quieter.
    private var levels = [Int](repeating: 0, count: 201)

    /// 50 ms at 16 kHz: longer than a click, shorter than a syllable.
    private static let moment = 800
    private static let moments = 5
    /// -40 dB and -20 dB relative to full scale, as mean squares: what is not quiet, and what quiet speech is brought to. Its peaks
    /// are some 15 dB above that.
    private static let (usual, wanted): (Float, Float) = (1e-4, 1e-2)

    /// - Parameter sampleFormat: of the recording: the steps of 16 bits may be brought to -50 dB and no further, or the noise that they are
    ///   would be all there is.
    package init(of sampleFormat: SampleFormat) {
        let step: Float =
            switch sampleFormat {
            case .u8: 0x1p-7
            case .s16le: 0x1p-15
            case .s24le: 0x1p-23
            case .s32le, .f32le, .f64le: 0x1p-24
            }
        mostGain = max(1, 0.00316 / step)
    }

    /// Takes samples at 16000 Hz, full scale ±1.
    package mutating func hear(_ samples: Span<Float>) {
        var start = 0
        while start < samples.count {
            let end = min(start + LevelSurvey.moment - count, samples.count)
            for index in start..<end {
                let sample = Double(samples[index])
                sum += sample
                squares += sample * sample
            }
            count += end - start
            start = end
            if count == LevelSurvey.moment { endMoment() }
        }
    }

    private mutating func endMoment() {
        // An offset is not heard.
        let mean = sum / Double(LevelSurvey.moment)
        let power = Float(max(0, squares / Double(LevelSurvey.moment) - mean * mean))
        if power > loudest[0] {
            loudest[0] = power
            loudest.sort()
        }
        levels[min(max(Int(-LevelSurvey.decibels(power)), 0), levels.count - 1)] += 1
        (sum, squares, count) = (0, 0, 0)
    }

    /// Whether more samples change nothing.
    package var isSettled: Bool { loudest[0] >= LevelSurvey.usual }

    /// What to multiply the samples with, 1 if they are loud enough or nothing at all.
    package var gain: Float {
        // Of a recording of less than a quarter of a second there is nothing better than its loudest moment.
        let power = loudest[0] > 0 ? loudest[0] : loudest[LevelSurvey.moments - 1]
        guard power > 0, power < LevelSurvey.usual, dynamics(of: power) >= LevelSurvey.leastDynamics else { return 1 }
        return min((LevelSurvey.wanted / power).squareRoot(), mostGain)
    }

    /// dB between a power and what is louder than a tenth of all moments.
    private func dynamics(of power: Float) -> Float {
        var rest = levels.reduce(0, +) / 10
        for level in levels.indices.reversed() {
            rest -= levels[level]
            if rest < 0 { return LevelSurvey.decibels(power) + Float(level) }
        }
        return 0
    }

    /// A power relative to full scale.
    private static func decibels(_ power: Float) -> Float { 10 * log10(max(power, 1e-30)) }

    /// dB. Speech has pauses and soft sounds, some 20 dB below its vowels and more; a room's noise differs by less from moment to moment.
    private static let leastDynamics: Float = 10
}
