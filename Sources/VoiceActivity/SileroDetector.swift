internal import SileroKernel
internal import SileroKernelAVX2

/// The published Silero network for 16 kHz (silero-vad 6.2.3), computed here.
///
/// Its probabilities are those of onnxruntime with the published `silero_vad.onnx`, to about 2e-6.
@safe package final class SileroDetector: Detector {
    /// The instructions that it is computed with.
    package enum Kernel: String, Sendable, CaseIterable {
        case baseline
        case avx2

        /// Whether this processor has them.
        package var isSupported: Bool { self == .baseline || processorHasAVX2 }

        /// The fastest that this processor has.
        package static var best: Kernel { Kernel.avx2.isSupported ? .avx2 : .baseline }
    }

    package let kernel: Kernel
    private let weights: SileroWeights
    private let workspace: SileroWorkspace

    /// - Parameters:
    ///   - weights: may be shared with others.
    ///   - kernel: one that this processor supports.
    package init(_ weights: SileroWeights, kernel: Kernel = .best) {
        precondition(kernel.isSupported, "this processor has no \(kernel.rawValue)")
        self.weights = weights
        self.kernel = kernel
        unsafe workspace = SileroWorkspace.allocate()
    }

    deinit {
        unsafe workspace.deallocate()
    }

    package func probability(of window: Span<Float>) -> Float {
        precondition(window.count == DetectionWindow.length, "a window has 512 samples")
        let samples = unsafe workspace.samples + 64
        unsafe window.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            unsafe samples.update(from: base, count: DetectionWindow.length)
        }
        let result: Float
        #if arch(x86_64)
            result =
                switch kernel {
                case .baseline: unsafe Baseline.advance(weights.tensors, workspace)
                case .avx2: unsafe AVX2.advance(weights.tensors, workspace)
                }
        #else
            result = unsafe Baseline.advance(weights.tensors, workspace)
        #endif
        if result.isNaN {
            // Samples that are no sound, infinite or NaN, would stay in the state for ever. Every value of the state
            // enters the result, so this catches them all.
            reset()
            return 0
        }
        return result
    }

    package func reset() {
        unsafe workspace.clear()
    }
}
