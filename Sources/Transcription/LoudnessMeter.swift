internal import Glibc

/// Finds the loudest moment of a recording, and how far it is from the quietest.
struct LoudnessMeter {
    /// 50 ms at 16 kHz: longer than a click, shorter than a syllable.
    private static let window = 800

    private var squares: UInt64 = 0
    private var count = 0
    private var largest: UInt64 = 0
    /// How many moments had so many dB below full scale; the last one takes what is quieter.
    private var levels = [Int](repeating: 0, count: 121)

    mutating func add(_ samples: UnsafeBufferPointer<Int16>) {
        var start = 0
        while start < samples.count {
            let end = min(start + LoudnessMeter.window - count, samples.count)
            // A square fits into 32 bits: of these the compiler makes several at once.
            var sum: UInt64 = 0
            for index in start..<end {
                let sample = Int32(samples[index])
                sum &+= UInt64(UInt32(bitPattern: sample &* sample))
            }
            squares &+= sum
            count += end - start
            start = end
            if count == LoudnessMeter.window {
                largest = max(largest, squares)
                levels[squares == 0 ? 120 : min(120, Int(-LoudnessMeter.decibels(squares)))] += 1
                (squares, count) = (0, 0)
            }
        }
    }

    /// In dB relative to full scale. A last, shorter window counts as if silence followed.
    var loudest: Double { LoudnessMeter.decibels(max(largest, squares)) }

    /// dB between the loudest moment and what is louder than a tenth of all moments.
    var dynamics: Double {
        var rest = levels.reduce(0, +) / 10
        for level in levels.indices.reversed() {
            rest -= levels[level]
            if rest < 0 { return loudest + Double(level) }
        }
        return 0
    }

    /// The level of a window with such a sum of squares, in dB relative to full scale.
    private static func decibels(_ squares: UInt64) -> Double {
        10 * log10(Double(squares) / Double(window) / (32768 * 32768))
    }
}
