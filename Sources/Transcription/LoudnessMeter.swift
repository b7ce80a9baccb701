internal import Glibc

/// Finds the loudest moment of a recording.
struct LoudnessMeter {
    /// 50 ms at 16 kHz: longer than a click, shorter than a syllable.
    private static let window = 800

    private var squares: UInt64 = 0
    private var count = 0
    private var largest: UInt64 = 0

    mutating func add(_ samples: UnsafeBufferPointer<Int16>) {
        var rest = samples[...]
        while !rest.isEmpty {
            let part = rest.prefix(LoudnessMeter.window - count)
            // A square fits into 32 bits: of these the compiler makes several at once.
            for index in part.indices {
                let sample = Int32(samples[index])
                squares &+= UInt64(UInt32(bitPattern: sample &* sample))
            }
            count += part.count
            rest = rest.dropFirst(part.count)
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
