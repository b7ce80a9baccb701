/// Floating-point samples as a codec may be given them.
package enum FullScale {
    /// Makes 16 bits of finite samples: multiplied with a gain, rounded to the nearest, clipped.
    ///
    /// - Parameter output: room for as many.
    package static func encode(
        _ samples: UnsafeBufferPointer<Float>, gain: Float, into output: UnsafeMutablePointer<Int16>
    ) {
        guard let source = samples.baseAddress else { return }
        unsafe SampleConversion.encode(source, count: samples.count, gain: gain, into: output)
    }

    /// Brings samples into ±1; what is not finite becomes 0.
    ///
    /// - Parameter output: room for as many; may be the samples themselves.
    package static func bound(
        _ samples: UnsafePointer<Float>, count: Int, into output: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<count { unsafe output[index] = unsafe SampleConversion.bounded(samples[index]) }
    }
}

/// Loops over samples, written so that they become vector instructions: pointers, wrapping index arithmetic, selects.
enum SampleConversion {
    /// Samples as they are stored to full scale ±1.
    ///
    /// Floating-point samples that are not finite become 0, those beyond full scale are clipped.
    ///
    /// - Parameters:
    ///   - stored: `count` samples of any channels, aligned to one.
    ///   - output: room for as many.
    static func decode(
        _ stored: UnsafeRawPointer, count: Int, sampleFormat: SampleFormat, into output: UnsafeMutablePointer<Float>
    ) {
        switch sampleFormat {
        case .u8:
            let samples = unsafe stored.assumingMemoryBound(to: UInt8.self)
            unsafe fill(output, count) { unsafe (Float(samples[$0]) - 128) * 0x1p-7 }
        case .s16le:
            let samples = unsafe stored.assumingMemoryBound(to: Int16.self)
            unsafe fill(output, count) { unsafe Float(samples[$0]) * 0x1p-15 }
        case .s24le:
            let bytes = unsafe stored.assumingMemoryBound(to: UInt8.self)
            unsafe fill(output, count) {
                let at = $0 &* 3
                let (low, middle, high) = unsafe (UInt32(bytes[at]), UInt32(bytes[at &+ 1]), UInt32(bytes[at &+ 2]))
                return Float(Int32(bitPattern: low << 8 | middle << 16 | high << 24)) * 0x1p-31
            }
        case .s32le:
            let samples = unsafe stored.assumingMemoryBound(to: Int32.self)
            unsafe fill(output, count) { unsafe Float(samples[$0]) * 0x1p-31 }
        case .f32le:
            let samples = unsafe stored.assumingMemoryBound(to: Float.self)
            unsafe fill(output, count) { unsafe bounded(samples[$0]) }
        case .f64le:
            let samples = unsafe stored.assumingMemoryBound(to: Double.self)
            // A double beyond Float's range becomes infinite, and with it 0.
            unsafe fill(output, count) { unsafe bounded(Float(samples[$0])) }
        }
    }

    /// Full scale ±1 to 16 bits: multiplied with a gain, rounded to the nearest, clipped. The samples are finite.
    static func encode(
        _ samples: UnsafePointer<Float>, count: Int, gain: Float = 1, into output: UnsafeMutablePointer<Int16>
    ) {
        let scale = gain * 0x1p15
        for index in 0..<count {
            let scaled = unsafe samples[index] * scale
            let low = scaled < -32768 ? -32768 : scaled
            let clipped = low > 32767 ? 32767 : low
            // Adding 1.5 × 2²³ leaves the rounded integer in the low bits: SSE2 has no instruction that rounds.
            let bits = (clipped + 0x1.8p23).bitPattern &- Float(0x1.8p23).bitPattern
            unsafe output[index] = Int16(truncatingIfNeeded: bits)
        }
    }

    /// Full scale ±1 to samples as they are stored: rounded to the nearest, clipped. The samples are finite.
    ///
    /// - Parameter output: room for `count` samples, aligned to one.
    static func encode(
        _ samples: UnsafePointer<Float>, count: Int, sampleFormat: SampleFormat, into output: UnsafeMutableRawPointer
    ) {
        switch sampleFormat {
        case .u8:
            let target = unsafe output.assumingMemoryBound(to: UInt8.self)
            for index in 0..<count {
                unsafe target[index] = UInt8(truncatingIfNeeded: integer(samples[index], bits: 8) &+ 128)
            }
        case .s16le:
            unsafe encode(samples, count: count, into: output.assumingMemoryBound(to: Int16.self))
        case .s24le:
            let target = unsafe output.assumingMemoryBound(to: UInt8.self)
            for index in 0..<count {
                let value = unsafe integer(samples[index], bits: 24)
                for byte in 0..<3 {
                    unsafe target[index &* 3 &+ byte] = UInt8(truncatingIfNeeded: value >> (8 * byte))
                }
            }
        case .s32le:
            let target = unsafe output.assumingMemoryBound(to: Int32.self)
            for index in 0..<count { unsafe target[index] = integer(samples[index], bits: 32) }
        case .f32le:
            unsafe output.assumingMemoryBound(to: Float.self).update(from: samples, count: count)
        case .f64le:
            let target = unsafe output.assumingMemoryBound(to: Double.self)
            for index in 0..<count { unsafe target[index] = unsafe Double(samples[index]) }
        }
    }

    /// Full scale ±1 to a signed integer of so many bits.
    @inline(__always)
    private static func integer(_ sample: Float, bits: Int) -> Int32 {
        let scale = Double(sign: .plus, exponent: bits - 1, significand: 1)
        let scaled = (Double(sample) * scale).rounded()
        return Int32(min(max(scaled, -scale), scale - 1))
    }

    /// 16 bits to full scale ±1.
    static func decode(_ samples: UnsafePointer<Int16>, count: Int, into output: UnsafeMutablePointer<Float>) {
        for index in 0..<count { unsafe output[index] = unsafe Float(samples[index]) * 0x1p-15 }
    }

    @inline(__always)
    fileprivate static func bounded(_ sample: Float) -> Float {
        // False for NaN too.
        let finite = abs(sample) < .infinity ? sample : 0
        let low = finite < -1 ? -1 : finite
        return low > 1 ? 1 : low
    }

    @inline(__always)
    private static func fill(_ output: UnsafeMutablePointer<Float>, _ count: Int, _ sample: (Int) -> Float) {
        for index in 0..<count { unsafe output[index] = sample(index) }
    }
}
