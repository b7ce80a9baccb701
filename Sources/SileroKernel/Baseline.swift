internal import CSileroKernel

/// What every processor of the architecture has: SSE2 on x86-64, NEON on ARM64.
package enum Baseline: Arithmetic {
    package typealias Vector = SIMD4<Float>

    @inline(__always)
    package static func multiplyAdd(_ sum: Vector, _ a: Float, _ b: Vector) -> Vector {
        vt_multiply_add_4(sum, a, b)
    }

    @inline(__always)
    package static func rectify(_ value: Vector) -> Vector {
        value.replacing(with: 0, where: value .< 0)
    }

    @inline(__always)
    package static func add(_ a: Vector, _ b: Vector) -> Vector { vt_add_4(a, b) }

    /// One window through the network, see `advance`.
    package static func advance(_ tensors: borrowing SileroTensors, _ workspace: SileroWorkspace) -> Float {
        unsafe SileroKernel.advance(Baseline.self, tensors, workspace)
    }
}

/// Whether this processor, and the system on it, can run what is compiled for AVX2 and FMA.
package var processorHasAVX2: Bool { vt_processor_has_avx2_and_fma() }
