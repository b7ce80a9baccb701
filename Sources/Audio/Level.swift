internal import Glibc

/// How loud a block of samples is.
package struct Level: Equatable, Sendable {
    /// The largest magnitude, 0 to 1 (full scale).
    package let peak: Double
    /// The root of the mean square, 0 to 1; a full-scale sine has 0.707.
    package let rms: Double

    package init(peak: Double, rms: Double) {
        self.peak = peak
        self.rms = rms
    }

    /// In dB relative to full scale; minus infinity where every sample is 0.
    package var peakDecibels: Double { 20 * log10(peak) }
    /// In dB relative to full scale, where a full-scale sine has -3.01; minus infinity where every sample is 0.
    package var rmsDecibels: Double { 20 * log10(rms) }

    /// Measures samples of all channels together. No samples at all are silence.
    ///
    /// - Parameters:
    ///   - bytes: interleaved samples; bytes after the last whole one are ignored.
    ///   - sampleFormat: how they are stored. Floating-point samples that are not finite count as 0.
    package init(of bytes: UnsafeRawBufferPointer, in sampleFormat: SampleFormat) {
        let count = bytes.count / sampleFormat.bytes
        var peak: Float = 0
        var squares = 0.0
        unsafe withUnsafeTemporaryAllocation(of: SIMD8<Float>.self, capacity: Level.block / 8) { lanes in
            guard let vectors = lanes.baseAddress, let start = bytes.baseAddress else { return }
            let samples = unsafe UnsafeMutableRawPointer(vectors).assumingMemoryBound(to: Float.self)
            var done = 0
            while done < count {
                let size = min(Level.block, count - done)
                let padded = (size + 7) / 8
                unsafe vectors[padded - 1] = .zero
                unsafe SampleConversion.decode(
                    start + done * sampleFormat.bytes, count: size, sampleFormat: sampleFormat, into: samples)
                var (largest, sum) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
                for index in 0..<padded {
                    let vector = unsafe vectors[index]
                    let square = vector * vector
                    largest.replace(with: square, where: square .> largest)
                    sum += square
                }
                peak = max(peak, largest.max())
                squares += Double(sum.sum())
                done += size
            }
        }
        self.peak = Double(peak.squareRoot())
        rms = count == 0 ? 0 : (squares / Double(count)).squareRoot()
    }

    /// Samples summed up in single precision before the sum goes on in double; a multiple of 8.
    private static let block = 1024
}
