/// One channel of a recording without what it has of the others: in a call or a meeting each person's microphone hears the others too,
/// and their words would be transcribed twice.
///
/// Another channel leaks into this one as a copy of itself that is quieter and comes a little later. How much quieter and how much
/// later is found by correlating both in moments in which the other one dominates (20 ms with at least four times the energy), summed
/// up over some seconds, as echo cancellers do before they adapt. The copy is subtracted, and moments of which it explains nearly all
/// are muted. What both people say at the same time stays.
@safe final class CrossTalk {
    private let channels: Int
    private let target: Int
    /// Frames worked on at once, a quarter of a second, and of a moment.
    private let block: Int
    private let moment: Int
    /// The correlation is taken of the mean of so many frames.
    private let decimation: Int
    /// Means by which a copy may come later: 40 ms.
    private let longestDelay: Int

    /// For each channel the end of the last blocks, for the delays, then the block that fills.
    private var samples: [[Float]]
    private var filled = 0
    private var leaks: [Leak]
    /// What is ready, and how much of it was taken.
    private var ready: [Float] = []
    private var taken = 0
    /// How much of the moment before was let through, 0 to 1.
    private var lastPass: Float = 1

    /// What is known of another channel's copy in this one.
    private struct Leak {
        /// Products at each delay, and the squares of both channels, over the moments in which the other one dominates.
        var products: [Double]
        var here = 0.0
        var there = 0.0
        var moments = 0.0
        /// In frames; nil if there is no copy.
        var delay: Int?
        /// Of the copy's amplitude.
        var gain: Float = 0
    }

    /// How much of the sums is left after a block: half of them is of the last 3.3 s.
    private static let memory = 0.95
    /// The other one dominates a moment with so many times the energy.
    private static let dominance: Float = 4
    /// A correlation that is no accident: speech with other speech, at the best of all delays, stays below.
    private static let certain = 0.35
    /// A vowel is like another one: it takes so many moments to tell.
    private static let enough = 8.0
    /// What a copy explains of a moment, at least one part of so many, is all that there is.
    private static let explained: Float = 2.5

    /// - Parameters:
    ///   - channels: two or more.
    ///   - target: the one that is wanted, counted from 0.
    ///   - sampleRate: frames a second, in hertz.
    init(channels: Int, target: Int, sampleRate: Int) {
        self.channels = channels
        self.target = target
        decimation = max(1, sampleRate / 16000)
        moment = max(1, sampleRate / 50 / decimation) * decimation
        block = moment * 12
        longestDelay = sampleRate / 25 / decimation
        let length = longestDelay * decimation + block
        samples = [[Float]](repeating: [Float](repeating: 0, count: length), count: channels)
        let unknown = Leak(products: [Double](repeating: 0, count: longestDelay + 1))
        leaks = [Leak](repeating: unknown, count: channels)
        ready.reserveCapacity(block)
    }

    private var history: Int { longestDelay * decimation }

    /// Room for frames that can be pushed now.
    var room: Int { ready.isEmpty ? block - filled : 0 }

    /// Takes frames.
    ///
    /// - Parameters:
    ///   - source: interleaved.
    ///   - frames: at most `room`.
    func push(_ source: UnsafePointer<Float>, frames: Int) {
        for channel in 0..<channels {
            for frame in 0..<frames {
                samples[channel][history + filled + frame] = unsafe source[frame * channels + channel]
            }
        }
        filled += frames
        if filled == block { work() }
    }

    /// Nothing follows.
    func finish() {
        if filled > 0 { work() }
    }

    /// Gives what is ready.
    ///
    /// - Returns: samples given; 0 if more frames have to come first.
    func take(into output: UnsafeMutableBufferPointer<Float>) -> Int {
        let count = min(output.count, ready.count - taken)
        for index in 0..<count { unsafe output[index] = ready[taken + index] }
        taken += count
        if taken == ready.count {
            ready.removeAll(keepingCapacity: true)
            taken = 0
        }
        return count
    }

    private func work() {
        for other in 0..<channels where other != target { learn(other) }
        subtract()
        // The end becomes the history of the next.
        for channel in 0..<channels {
            for index in 0..<history { samples[channel][index] = samples[channel][index + filled] }
        }
        filled = 0
    }

    /// Finds out how another channel leaks into this one.
    private func learn(_ other: Int) {
        let here = means(of: target)
        let there = means(of: other)
        let (size, past) = (moment / decimation, longestDelay)
        leaks[other].here *= CrossTalk.memory
        leaks[other].there *= CrossTalk.memory
        leaks[other].moments *= CrossTalk.memory
        for delay in 0...past { leaks[other].products[delay] *= CrossTalk.memory }
        unsafe here.withUnsafeBufferPointer { here in
            unsafe there.withUnsafeBufferPointer { there in
                for start in stride(from: past, to: past + filled / decimation - size + 1, by: size) {
                    let (energyHere, energyThere) = unsafe (
                        CrossTalk.product(here, start, here, start, size),
                        CrossTalk.product(there, start, there, start, size)
                    )
                    guard energyThere > CrossTalk.dominance * energyHere, energyHere > 0 else { continue }
                    leaks[other].here += Double(energyHere)
                    leaks[other].there += Double(energyThere)
                    leaks[other].moments += 1
                    for delay in 0...past {
                        unsafe leaks[other].products[delay] += Double(
                            CrossTalk.product(here, start, there, start - delay, size))
                    }
                }
            }
        }
        let leak = leaks[other]
        let scale = (leak.here * leak.there).squareRoot()
        let best = leak.products.indices.max { abs(leak.products[$0]) < abs(leak.products[$1]) } ?? 0
        if leak.moments >= CrossTalk.enough, scale > 0, abs(leak.products[best]) > CrossTalk.certain * scale {
            leaks[other].delay = best * decimation
            leaks[other].gain = Float(leak.products[best] / leak.there)
        } else {
            leaks[other].delay = nil
        }
    }

    /// A channel at the lower rate, its history in front.
    private func means(of channel: Int) -> [Float] {
        if decimation == 1 { return samples[channel] }
        let count = (history + filled) / decimation
        return (0..<count).map { index in
            var sum: Float = 0
            for frame in 0..<decimation { sum += samples[channel][index * decimation + frame] }
            return sum / Float(decimation)
        }
    }

    /// Gives the block without the copies.
    private func subtract() {
        for start in stride(from: 0, to: filled, by: moment) {
            let end = min(start + moment, filled)
            let range = history + start..<history + end
            var output = Array(samples[target][range])
            let before = CrossTalk.energy(output)
            var copies: Float = 0
            for other in 0..<channels where other != target {
                guard let delay = leaks[other].delay else { continue }
                let gain = leaks[other].gain
                var without = output
                var copy: Float = 0
                for index in without.indices {
                    let sample = gain * samples[other][range.lowerBound + index - delay]
                    copy += sample * sample
                    without[index] -= sample
                }
                copies += copy
                // In what is quieter than the copy should be there is none.
                if CrossTalk.energy(without) < CrossTalk.energy(output) { output = without }
            }
            let pass: Float = copies > 0 && before < CrossTalk.explained * copies ? 0 : 1
            let step = (pass - lastPass) / Float(output.count)
            for index in output.indices { ready.append(output[index] * (lastPass + step * Float(index + 1))) }
            lastPass = pass
        }
    }

    private static func energy(_ samples: [Float]) -> Float { samples.reduce(0) { $0 + $1 * $1 } }

    /// The sum of products of so many samples.
    private static func product(
        _ first: UnsafeBufferPointer<Float>, _ start: Int, _ second: UnsafeBufferPointer<Float>, _ other: Int,
        _ count: Int
    ) -> Float {
        var sums = SIMD8<Float>.zero
        var index = 0
        while index + 8 <= count {
            var (left, right) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
            for lane in 0..<8 {
                unsafe left[lane] = first[start &+ index &+ lane]
                unsafe right[lane] = second[other &+ index &+ lane]
            }
            sums += left * right
            index += 8
        }
        var sum = sums.sum()
        while index < count {
            unsafe sum += first[start &+ index] * second[other &+ index]
            index += 1
        }
        return sum
    }
}
