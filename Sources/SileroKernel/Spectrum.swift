/// Magnitudes of the short-time Fourier transform: 4 frames of 256 samples, 128 apart, under a Hann window.
///
/// Lanes are frames: 4 of them twice, for the even and the odd half of a transform of 128 complex points that stands for one of
/// 256 real ones. So no value ever moves between lanes until the halves are joined.
///
/// - Parameters:
///   - samples: [640].
///   - magnitudes: [129 bins][4 frames].
@inlinable @inline(__always)
func transform(_ tables: borrowing SpectrumTables, _ workspace: SileroWorkspace) {
    let samples = unsafe workspace.samples
    let room = unsafe UnsafeMutableRawPointer(workspace.transform).assumingMemoryBound(to: SIMD8<Float>.self)
    let (re, im) = unsafe (room, room + 64)
    let (re2, im2) = unsafe (room + 128, room + 192)

    // Window, and transpose 4 frames of 4 samples: the real parts are samples 0 and 2, the imaginary ones 1 and 3.
    for n in 0..<64 {
        let at = n &* 4
        let window = unsafe vector4(tables.window + at)
        let frames = unsafe SIMD16(
            lowHalf: SIMD8(
                lowHalf: vector4(samples + at) * window, highHalf: vector4(samples + (at &+ 128)) * window),
            highHalf: SIMD8(
                lowHalf: vector4(samples + (at &+ 256)) * window, highHalf: vector4(samples + (at &+ 384)) * window))
        let (even, odd) = (frames.evenHalf, frames.oddHalf)
        unsafe re[n] = SIMD8(lowHalf: even.evenHalf, highHalf: even.oddHalf)
        unsafe im[n] = SIMD8(lowHalf: odd.evenHalf, highHalf: odd.oddHalf)
    }

    // 64 complex points by three stages of radix 4 (Stockham: in order at the end).
    for p in 0..<16 {
        let w = unsafe tables.stages + p &* 6
        unsafe butterfly(re + p, im + p, 16, re2 + p &* 4, im2 + p &* 4, 1, w)
    }
    for p in 0..<4 {
        let w = unsafe tables.stages + (16 &+ p) &* 6
        for q in 0..<4 {
            unsafe butterfly(
                re2 + (q &+ p &* 4), im2 + (q &+ p &* 4), 16, re + (q &+ p &* 16), im + (q &+ p &* 16), 4, w)
        }
    }
    for q in 0..<16 {
        unsafe lastButterfly(re + q, im + q, re2 + q, im2 + q)
    }
    unsafe magnitudes(tables, re2, im2, workspace)
}

@inlinable @inline(__always)
func vector4(_ at: UnsafePointer<Float>) -> SIMD4<Float> {
    unsafe UnsafeRawPointer(at).loadUnaligned(as: SIMD4<Float>.self)
}

/// One butterfly of radix 4 with its three twiddle factors.
@inlinable @inline(__always)
func butterfly(
    _ re: UnsafeMutablePointer<SIMD8<Float>>, _ im: UnsafeMutablePointer<SIMD8<Float>>, _ stride: Int,
    _ toRe: UnsafeMutablePointer<SIMD8<Float>>, _ toIm: UnsafeMutablePointer<SIMD8<Float>>, _ toStride: Int,
    _ w: UnsafePointer<Float>
) {
    let (ar, ai) = unsafe (re[0], im[0])
    let (br, bi) = unsafe (re[stride], im[stride])
    let (cr, ci) = unsafe (re[2 &* stride], im[2 &* stride])
    let (dr, di) = unsafe (re[3 &* stride], im[3 &* stride])
    let (sumR, sumI) = (ar + cr, ai + ci)
    let (differenceR, differenceI) = (ar - cr, ai - ci)
    let (otherR, otherI) = (br + dr, bi + di)
    // i (b - d)
    let (turnedR, turnedI) = (di - bi, br - dr)
    unsafe toRe[0] = sumR + otherR
    unsafe toIm[0] = sumI + otherI
    let (x1r, x1i) = (differenceR - turnedR, differenceI - turnedI)
    let (x2r, x2i) = (sumR - otherR, sumI - otherI)
    let (x3r, x3i) = (differenceR + turnedR, differenceI + turnedI)
    unsafe toRe[toStride] = x1r * w[0] - x1i * w[1]
    unsafe toIm[toStride] = x1r * w[1] + x1i * w[0]
    unsafe toRe[2 &* toStride] = x2r * w[2] - x2i * w[3]
    unsafe toIm[2 &* toStride] = x2r * w[3] + x2i * w[2]
    unsafe toRe[3 &* toStride] = x3r * w[4] - x3i * w[5]
    unsafe toIm[3 &* toStride] = x3r * w[5] + x3i * w[4]
}

/// The last stage's butterfly: its twiddle factors are 1.
@inlinable @inline(__always)
func lastButterfly(
    _ re: UnsafeMutablePointer<SIMD8<Float>>, _ im: UnsafeMutablePointer<SIMD8<Float>>,
    _ toRe: UnsafeMutablePointer<SIMD8<Float>>, _ toIm: UnsafeMutablePointer<SIMD8<Float>>
) {
    let (ar, ai) = unsafe (re[0], im[0])
    let (br, bi) = unsafe (re[16], im[16])
    let (cr, ci) = unsafe (re[32], im[32])
    let (dr, di) = unsafe (re[48], im[48])
    let (sumR, sumI) = (ar + cr, ai + ci)
    let (differenceR, differenceI) = (ar - cr, ai - ci)
    let (otherR, otherI) = (br + dr, bi + di)
    let (turnedR, turnedI) = (di - bi, br - dr)
    unsafe toRe[0] = sumR + otherR
    unsafe toIm[0] = sumI + otherI
    unsafe toRe[16] = differenceR - turnedR
    unsafe toIm[16] = differenceI - turnedI
    unsafe toRe[32] = sumR - otherR
    unsafe toIm[32] = sumI - otherI
    unsafe toRe[48] = differenceR + turnedR
    unsafe toIm[48] = differenceI + turnedI
}

/// Joins the halves to 128 complex points, those to the 129 bins of 256 real ones, and takes magnitudes.
@inlinable @inline(__always)
func magnitudes(
    _ tables: borrowing SpectrumTables, _ re: UnsafeMutablePointer<SIMD8<Float>>,
    _ im: UnsafeMutablePointer<SIMD8<Float>>, _ workspace: SileroWorkspace
) {
    let zr = unsafe UnsafeMutableRawPointer(workspace.spectrum).assumingMemoryBound(to: SIMD4<Float>.self)
    let zi = unsafe zr + 128
    let result = unsafe UnsafeMutableRawPointer(workspace.magnitudes).assumingMemoryBound(to: SIMD4<Float>.self)
    for k in 0..<64 {
        let (c, s) = unsafe (tables.joins[2 &* k], tables.joins[2 &* k &+ 1])
        let (r, i) = unsafe (re[k], im[k])
        let oddR = r.highHalf * c - i.highHalf * s
        let oddI = r.highHalf * s + i.highHalf * c
        unsafe zr[k] = r.lowHalf + oddR
        unsafe zi[k] = i.lowHalf + oddI
        unsafe zr[k &+ 64] = r.lowHalf - oddR
        unsafe zi[k &+ 64] = i.lowHalf - oddI
    }
    unsafe result[0] = magnitude(zr[0] + zi[0], SIMD4(repeating: 0))
    unsafe result[128] = magnitude(zr[0] - zi[0], SIMD4(repeating: 0))
    unsafe result[64] = magnitude(zr[64], zi[64])
    for k in 1..<64 {
        let (c, s) = unsafe (tables.joins[128 &+ 2 &* k], tables.joins[128 &+ 2 &* k &+ 1])
        let (ar, ai) = unsafe (zr[k], zi[k])
        let (br, bi) = unsafe (zr[128 &- k], zi[128 &- k])
        let (evenR, evenI) = ((ar + br) * Float(0.5), (ai - bi) * Float(0.5))
        let (oddR, oddI) = ((ai + bi) * Float(0.5), (br - ar) * Float(0.5))
        let turnedR = oddR * c - oddI * s
        let turnedI = oddR * s + oddI * c
        unsafe result[k] = magnitude(evenR + turnedR, evenI + turnedI)
        unsafe result[128 &- k] = magnitude(evenR - turnedR, evenI - turnedI)
    }
}

@inlinable @inline(__always)
func magnitude(_ re: SIMD4<Float>, _ im: SIMD4<Float>) -> SIMD4<Float> {
    (re * re + im * im).squareRoot()
}
