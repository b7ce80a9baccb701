internal import Glibc

/// Finds the loudest moment of a recording.
struct LoudnessMeter {
    /// 50 ms at 16 kHz: longer than a click, shorter than a syllable.
    private static let window = 800

    private var squares: UInt64 = 0
    private var count = 0
    private var largest: UInt64 = 0

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
                (squares, count) = (0, 0)
            }
        }
    }

    /// In dB relative to full scale. A last, shorter window counts as if silence followed.
    var loudest: Double {
        let mean = Double(max(largest, squares)) / Double(LoudnessMeter.window)
        return 10 * log10(mean / (32768 * 32768))
    }
}
