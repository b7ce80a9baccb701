@inlinable @inline(__always)
func load<A: Arithmetic>(_: A.Type, _ at: UnsafePointer<Float>) -> A.Vector {
    unsafe UnsafeRawPointer(at).load(as: A.Vector.self)
}

@inlinable @inline(__always)
func storeRectified<A: Arithmetic>(_: A.Type, _ value: A.Vector, _ at: UnsafeMutablePointer<Float>) {
    unsafe UnsafeMutableRawPointer(at).storeBytes(of: A.rectify(value), as: A.Vector.self)
}

/// The weights of so many output channels from `output` on, in a convolution's order.
@inlinable @inline(__always)
func weights(_ layer: UnsafePointer<Float>, _ inputs: Int, at output: Int) -> UnsafePointer<Float> {
    unsafe layer + (output / 16 &* inputs &* 48 &+ output % 16)
}

/// The first layer: 129 bins to 128 channels, kernel 3, step 1, then the rectifier.
///
/// Two vectors of channels at 4 steps each: 8 sums.
@inlinable @inline(__always)
func encode0<A: Arithmetic>(_: A.Type, _ tensors: borrowing SileroTensors, _ workspace: SileroWorkspace) {
    let lanes = A.Vector.scalarCount
    var output = 0
    while output < 128 {
        var (wa, wb) = unsafe (
            weights(tensors.encoder0.weight, 129, at: output),
            weights(tensors.encoder0.weight, 129, at: output &+ lanes)
        )
        var x = unsafe UnsafePointer(workspace.magnitudes)
        var a0 = unsafe load(A.self, tensors.encoder0.bias + output)
        var (a1, a2, a3) = (a0, a0, a0)
        var b0 = unsafe load(A.self, tensors.encoder0.bias + (output &+ lanes))
        var (b1, b2, b3) = (b0, b0, b0)
        for _ in 0..<129 {
            let x0 = unsafe x[0]
            let x1 = unsafe x[1]
            let x2 = unsafe x[2]
            let x3 = unsafe x[3]
            var w = unsafe load(A.self, wa)
            a1 = A.multiplyAdd(a1, x0, w)
            a2 = A.multiplyAdd(a2, x1, w)
            a3 = A.multiplyAdd(a3, x2, w)
            w = unsafe load(A.self, wb)
            b1 = A.multiplyAdd(b1, x0, w)
            b2 = A.multiplyAdd(b2, x1, w)
            b3 = A.multiplyAdd(b3, x2, w)
            w = unsafe load(A.self, wa + 16)
            a0 = A.multiplyAdd(a0, x0, w)
            a1 = A.multiplyAdd(a1, x1, w)
            a2 = A.multiplyAdd(a2, x2, w)
            a3 = A.multiplyAdd(a3, x3, w)
            w = unsafe load(A.self, wb + 16)
            b0 = A.multiplyAdd(b0, x0, w)
            b1 = A.multiplyAdd(b1, x1, w)
            b2 = A.multiplyAdd(b2, x2, w)
            b3 = A.multiplyAdd(b3, x3, w)
            w = unsafe load(A.self, wa + 32)
            a0 = A.multiplyAdd(a0, x1, w)
            a1 = A.multiplyAdd(a1, x2, w)
            a2 = A.multiplyAdd(a2, x3, w)
            w = unsafe load(A.self, wb + 32)
            b0 = A.multiplyAdd(b0, x1, w)
            b1 = A.multiplyAdd(b1, x2, w)
            b2 = A.multiplyAdd(b2, x3, w)
            unsafe x += 4
            unsafe wa += 48
            unsafe wb += 48
        }
        let to = unsafe workspace.encoded0 + output
        unsafe storeRectified(A.self, a0, to)
        unsafe storeRectified(A.self, b0, to + lanes)
        unsafe storeRectified(A.self, a1, to + 128)
        unsafe storeRectified(A.self, b1, to + (128 &+ lanes))
        unsafe storeRectified(A.self, a2, to + 256)
        unsafe storeRectified(A.self, b2, to + (256 &+ lanes))
        unsafe storeRectified(A.self, a3, to + 384)
        unsafe storeRectified(A.self, b3, to + (384 &+ lanes))
        output &+= 2 &* lanes
    }
}

/// The second layer: 128 channels to 64, kernel 3, step 2, 4 steps to 2, then the rectifier.
///
/// Two vectors of channels at 2 steps each, the middle tap apart: 8 sums.
@inlinable @inline(__always)
func encode1<A: Arithmetic>(_: A.Type, _ tensors: borrowing SileroTensors, _ workspace: SileroWorkspace) {
    let lanes = A.Vector.scalarCount
    let zero = A.Vector(repeating: 0)
    var output = 0
    while output < 64 {
        var (wa, wb) = unsafe (
            weights(tensors.encoder1.weight, 128, at: output),
            weights(tensors.encoder1.weight, 128, at: output &+ lanes)
        )
        var x = unsafe UnsafePointer(workspace.encoded0)
        var a0 = unsafe load(A.self, tensors.encoder1.bias + output)
        var b0 = unsafe load(A.self, tensors.encoder1.bias + (output &+ lanes))
        var (a1, b1) = (a0, b0)
        var (c0, c1, d0, d1) = (zero, zero, zero, zero)
        for _ in 0..<128 {
            let x0 = unsafe x[0]
            let x1 = unsafe x[128]
            let x2 = unsafe x[256]
            let x3 = unsafe x[384]
            // Steps -1, 0, 1 and 1, 2, 3; -1 is padding.
            a1 = unsafe A.multiplyAdd(a1, x1, load(A.self, wa))
            b1 = unsafe A.multiplyAdd(b1, x1, load(A.self, wb))
            let middleA = unsafe load(A.self, wa + 16)
            let middleB = unsafe load(A.self, wb + 16)
            c0 = A.multiplyAdd(c0, x0, middleA)
            d0 = A.multiplyAdd(d0, x0, middleB)
            c1 = A.multiplyAdd(c1, x2, middleA)
            d1 = A.multiplyAdd(d1, x2, middleB)
            let lastA = unsafe load(A.self, wa + 32)
            let lastB = unsafe load(A.self, wb + 32)
            a0 = A.multiplyAdd(a0, x1, lastA)
            b0 = A.multiplyAdd(b0, x1, lastB)
            a1 = A.multiplyAdd(a1, x3, lastA)
            b1 = A.multiplyAdd(b1, x3, lastB)
            unsafe x += 1
            unsafe wa += 48
            unsafe wb += 48
        }
        let to = unsafe workspace.encoded1 + output
        unsafe storeRectified(A.self, A.add(a0, c0), to)
        unsafe storeRectified(A.self, A.add(b0, d0), to + lanes)
        unsafe storeRectified(A.self, A.add(a1, c1), to + 64)
        unsafe storeRectified(A.self, A.add(b1, d1), to + (64 &+ lanes))
        output &+= 2 &* lanes
    }
}

/// `bias + matrix · x`, of a matrix [outputs / 32, inputs, 32].
///
/// Four vectors of outputs, even and odd inputs apart: 8 sums.
///
/// - Parameter rectified: whether negative results become 0.
@inlinable @inline(__always)
func multiply<A: Arithmetic>(
    _: A.Type, _ layer: (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>), outputs: Int, inputs: Int,
    _ input: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>, rectified: Bool
) {
    let lanes = A.Vector.scalarCount
    let zero = A.Vector(repeating: 0)
    var output = 0
    while output < outputs {
        var w = unsafe layer.weight + (output / 32 &* inputs &* 32 &+ output % 32)
        let bias = unsafe layer.bias + output
        var a = unsafe load(A.self, bias)
        var b = unsafe load(A.self, bias + lanes)
        var c = unsafe load(A.self, bias + 2 &* lanes)
        var d = unsafe load(A.self, bias + 3 &* lanes)
        var (e, f, g, h) = (zero, zero, zero, zero)
        var x = unsafe input
        for _ in 0..<inputs / 2 {
            let (x0, x1) = unsafe (x[0], x[1])
            a = unsafe A.multiplyAdd(a, x0, load(A.self, w))
            b = unsafe A.multiplyAdd(b, x0, load(A.self, w + lanes))
            c = unsafe A.multiplyAdd(c, x0, load(A.self, w + 2 &* lanes))
            d = unsafe A.multiplyAdd(d, x0, load(A.self, w + 3 &* lanes))
            e = unsafe A.multiplyAdd(e, x1, load(A.self, w + 32))
            f = unsafe A.multiplyAdd(f, x1, load(A.self, w + (32 &+ lanes)))
            g = unsafe A.multiplyAdd(g, x1, load(A.self, w + (32 &+ 2 &* lanes)))
            h = unsafe A.multiplyAdd(h, x1, load(A.self, w + (32 &+ 3 &* lanes)))
            unsafe x += 2
            unsafe w += 64
        }
        let to = unsafe result + output
        (a, b, c, d) = (A.add(a, e), A.add(b, f), A.add(c, g), A.add(d, h))
        if rectified {
            (a, b, c, d) = (A.rectify(a), A.rectify(b), A.rectify(c), A.rectify(d))
        }
        let raw = UnsafeMutableRawPointer(to)
        unsafe raw.storeBytes(of: a, as: A.Vector.self)
        unsafe (raw + 4 &* lanes).storeBytes(of: b, as: A.Vector.self)
        unsafe (raw + 8 &* lanes).storeBytes(of: c, as: A.Vector.self)
        unsafe (raw + 12 &* lanes).storeBytes(of: d, as: A.Vector.self)
        output &+= 4 &* lanes
    }
}
