#if arch(x86_64)
    internal import CSileroKernel
    package import SileroKernel

    /// 256-bit vectors and fused multiplication and addition. Only for processors that have both.
    package enum AVX2: Arithmetic {
        package typealias Vector = SIMD8<Float>

        @inline(__always)
        package static func multiplyAdd(_ sum: Vector, _ a: Float, _ b: Vector) -> Vector {
            vt_multiply_add_8(sum, a, b)
        }

        @inline(__always)
        package static func rectify(_ value: Vector) -> Vector {
            value.replacing(with: 0, where: value .< 0)
        }

        @inline(__always)
        package static func add(_ a: Vector, _ b: Vector) -> Vector { vt_add_8(a, b) }

        /// One window through the network, see `SileroKernel.advance`.
        package static func advance(_ tensors: borrowing SileroTensors, _ workspace: SileroWorkspace) -> Float {
            unsafe SileroKernel.advance(AVX2.self, tensors, workspace)
        }
    }
#endif
