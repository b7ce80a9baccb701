/// One instruction set, as the kernels see it.
///
/// The kernels are written once, generic over this, and compiled once for each set, in a module with that set's flags.
/// They hold nothing but pointers and SIMD values: a container's generic code, compiled with AVX and merged by the linker with
/// the baseline's, would run on processors that lack it.
@usableFromInline package protocol Arithmetic {
    /// As wide as a register, so that eight sums fit beside weights and inputs.
    associatedtype Vector: SIMD where Vector.Scalar == Float

    /// `sum + a * b` for each lane, rounded once or twice.
    static func multiplyAdd(_ sum: Vector, _ a: Float, _ b: Vector) -> Vector

    /// The larger of the value and 0, for each lane.
    ///
    /// Here, since comparing is one instruction for a type that is known, and a loop over lanes in generic code.
    static func rectify(_ value: Vector) -> Vector

    /// `a + b` for each lane.
    static func add(_ a: Vector, _ b: Vector) -> Vector
}
