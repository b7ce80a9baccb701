/// Amplifies quiet speech of a recording that still grows, stretch by stretch.
///
/// How loud all of it will be nobody knows then, and noise must not be raised; but where a detector says that somebody speaks, the
/// loudest 50 ms of the stretch so far are speech. If they are below -40 dB they are brought to -20 dB; should louder ones come, the
/// gain falls over a block.
struct StretchGain {
    /// 50 ms at 16 kHz.
    private static let moment = 800
    /// Mean squares: of what is quiet, and of what it is brought to.
    private static let (usual, wanted): (Float, Float) = (1e-4, 1e-2)
    /// 40 dB: the steps of 16 bits stay below -50 dB.
    private static let most: Float = 100

    private var squares: Float = 0
    private var count = 0
    private var loudest: Float = 0
    /// What the last block ended with.
    private var last: Float?

    /// What to multiply with now.
    private var gain: Float {
        guard loudest > 0, loudest < StretchGain.usual else { return 1 }
        return min((StretchGain.wanted / loudest).squareRoot(), StretchGain.most)
    }

    /// Takes the next samples of the stretch, before they are amplified.
    mutating func hear(_ samples: UnsafeBufferPointer<Int16>) {
        for sample in samples {
            let value = Float(sample) / 32768
            squares += value * value
            count += 1
            if count == StretchGain.moment {
                loudest = max(loudest, squares / Float(count))
                (squares, count) = (0, 0)
            }
        }
    }

    /// Amplifies samples of the stretch, in order.
    mutating func apply(to samples: UnsafeMutableBufferPointer<Int16>) {
        let (first, now) = (last ?? gain, gain)
        last = now
        guard first != 1 || now != 1, !samples.isEmpty else { return }
        let step = (now - first) / Float(samples.count)
        for index in samples.indices {
            let value = Float(samples[index]) * (first + step * Float(index))
            samples[index] = Int16(min(max(value, -32768), 32767).rounded())
        }
    }
}
