/// `exp(x)` for each lane, within 2 units in the last place; x is between -87 and 88.
///
/// Range reduction by ln 2 in two parts and the polynomial of Cephes' `expf`.
@inlinable @inline(__always)
func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
    // Adding 1.5 × 2²³ rounds to an integer and leaves it in the low bits.
    let magic = SIMD8<Float>(repeating: 0x1.8p23)
    let shifted = x * Float(1.442_695_04) + magic
    let n = shifted - magic
    let r = (x - n * Float(0.693_359_375)) - n * Float(-2.121_944_4e-4)
    var y = SIMD8<Float>(repeating: 1.987_569_15e-4)
    y = y * r + Float(1.398_199_95e-3)
    y = y * r + Float(8.333_451_9e-3)
    y = y * r + Float(4.166_579_6e-2)
    y = y * r + Float(1.666_666_55e-1)
    y = y * r + Float(5.000_000_1e-1)
    y = y * (r * r) + r + Float(1)
    // The integer's low 8 bits, moved into the exponent; the rest of the magic number is shifted out.
    let exponent = unsafe unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &<< SIMD8(repeating: 23)
    return unsafe unsafeBitCast(
        unsafeBitCast(y, to: SIMD8<UInt32>.self) &+ exponent, to: SIMD8<Float>.self)
}

/// The logistic function `1 / (1 + exp(-x))` for each lane.
@inlinable @inline(__always)
func logistic(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let bounded = x.replacing(with: -80, where: x .< -80).replacing(with: 80, where: x .> 80)
    return SIMD8(repeating: 1) / (exponential(-bounded) + Float(1))
}

/// `tanh(x)` for each lane, to about 1e-7 absolutely.
@inlinable @inline(__always)
func hyperbolicTangent(_ x: SIMD8<Float>) -> SIMD8<Float> {
    logistic(x + x) * Float(2) - Float(1)
}
