/// Several channels as one, in which nothing that can be heard in one of them is cancelled by another.
///
/// The mean of two channels of opposite phase, as a wrongly wired microphone makes them, is silence. So every hundredth of a second
/// each channel is compared with the loudest one, and one that is its opposite is turned round. Nobody is waited for: what the last
/// windows have shown counts for the next one.
@safe final class MonoMix {
    private let channels: Int
    /// One for each channel; their sum, inverted, is `share`.
    private let weights: [Float]
    private let share: Float
    /// 1 or -1 for each channel: in the last window, and in this one.
    private var signs: (last: [Float], now: [Float])
    /// `weights` with the signs of this window.
    private var gains: [Float]
    private var isTurning = false
    /// Whether any channel was found to be another's opposite.
    private(set) var hasTurned = false

    /// Frames of a window, and those of it that have been mixed.
    private let window: Int
    private var position = 0
    /// Sums of squares, and of products with the reference channel, over the last windows.
    private var energies: [Double]
    private var products: [Double]
    private var reference: Int

    /// How much of the sums is left after a window: half of them is of the last 70 ms.
    private static let memory = 0.9
    /// Correlations at which a channel counts as the opposite, and as that no more. In between stays what was: two people, or a room
    /// in two microphones, are somewhere around 0.
    private static let (opposite, alike) = (-0.6, 0.2)
    /// Every fourth frame tells enough of how two channels go together.
    private static let step = 4

    /// - Parameters:
    ///   - channels: two or more.
    ///   - layout: where they belong, if that is known.
    ///   - sampleRate: frames a second, in hertz.
    init(channels: Int, layout: ChannelLayout?, sampleRate: Int) {
        self.channels = channels
        var weights = [Float](repeating: 1, count: channels)
        if channels > 2, let layout, layout.places.count == channels {
            weights = layout.places.map { $0?.weight ?? 1 }
        }
        if !weights.contains(where: { $0 > 0 }) { weights = [Float](repeating: 1, count: channels) }
        self.weights = weights
        share = 1 / weights.reduce(0, +)
        let ones = [Float](repeating: 1, count: channels)
        signs = (ones, ones)
        gains = weights
        window = max(MonoMix.step, sampleRate / 100 / MonoMix.step * MonoMix.step)
        energies = [Double](repeating: 0, count: channels)
        products = energies
        reference = weights.firstIndex { $0 > 0 } ?? 0
    }

    /// Mixes whole frames.
    ///
    /// - Parameters:
    ///   - source: `frames` times `channels` samples.
    ///   - mono: room for `frames` samples.
    func mix(_ source: UnsafePointer<Float>, frames: Int, into mono: UnsafeMutablePointer<Float>) {
        var done = 0
        while done < frames {
            let count = min(frames - done, window - position)
            let block = unsafe source + done * channels
            unsafe compare(block, frames: count)
            if isTurning {
                unsafe turn(block, frames: count, into: mono + done)
            } else {
                unsafe add(block, frames: count, into: mono + done)
            }
            done += count
            position += count
            if position == window { decide() }
        }
    }

    private func add(_ source: UnsafePointer<Float>, frames: Int, into mono: UnsafeMutablePointer<Float>) {
        if channels == 2, weights[0] == weights[1] {
            let (left, right) = (signs.now[0] * 0.5, signs.now[1] * 0.5)
            for frame in 0..<frames {
                unsafe mono[frame] = source[frame &* 2] * left + source[frame &* 2 &+ 1] * right
            }
            return
        }
        let (channels, share) = (channels, share)
        unsafe gains.withUnsafeBufferPointer { gains in
            for frame in 0..<frames {
                var sum: Float = 0
                for channel in 0..<channels { unsafe sum += source[frame &* channels &+ channel] * gains[channel] }
                unsafe mono[frame] = sum * share
            }
        }
    }

    /// Mixes a window in which a channel goes from one sign to the other, so that nothing clicks.
    private func turn(_ source: UnsafePointer<Float>, frames: Int, into mono: UnsafeMutablePointer<Float>) {
        for frame in 0..<frames {
            let part = Float(position + frame) / Float(window)
            var sum: Float = 0
            for channel in 0..<channels {
                let sign = signs.last[channel] + (signs.now[channel] - signs.last[channel]) * part
                unsafe sum += source[frame * channels + channel] * weights[channel] * sign
            }
            unsafe mono[frame] = sum * share
        }
    }

    /// Adds up how channels go with the reference.
    private func compare(_ source: UnsafePointer<Float>, frames: Int) {
        // Counted from the window's beginning: the result is the same in whatever pieces the frames come.
        let first = (MonoMix.step - position % MonoMix.step) % MonoMix.step
        let (channels, reference) = (channels, reference)
        unsafe energies.withUnsafeMutableBufferPointer { energies in
            unsafe products.withUnsafeMutableBufferPointer { products in
                for channel in 0..<channels {
                    var (energy, product): (Float, Float) = (0, 0)
                    for frame in stride(from: first, to: frames, by: MonoMix.step) {
                        let sample = unsafe source[frame &* channels &+ channel]
                        energy += sample * sample
                        unsafe product += sample * source[frame &* channels &+ reference]
                    }
                    unsafe energies[channel] += Double(energy)
                    unsafe products[channel] += Double(product)
                }
            }
        }
    }

    /// A window is full: finds the signs of the next.
    private func decide() {
        position = 0
        signs.last = signs.now
        for channel in 0..<channels where channel != reference && weights[channel] > 0 {
            let scale = (energies[channel] * energies[reference]).squareRoot()
            guard scale > 0 else { continue }
            let correlation = products[channel] / scale
            if correlation < MonoMix.opposite {
                signs.now[channel] = -signs.now[reference]
            } else if correlation > MonoMix.alike {
                signs.now[channel] = signs.now[reference]
            }
        }
        for channel in 0..<channels { gains[channel] = weights[channel] * signs.now[channel] }
        isTurning = signs.now != signs.last
        if isTurning { hasTurned = true }
        for channel in 0..<channels {
            energies[channel] *= MonoMix.memory
            products[channel] *= MonoMix.memory
        }
        // Another reference only if it is much louder, for what is known of this one is lost.
        var loudest = reference
        for channel in 0..<channels where weights[channel] > 0 && energies[channel] > energies[loudest] {
            loudest = channel
        }
        if energies[loudest] > 4 * energies[reference] {
            reference = loudest
            for channel in 0..<channels { products[channel] = 0 }
        }
    }
}
