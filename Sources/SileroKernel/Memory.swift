/// What the transform needs, aligned to 64 bytes.
@unsafe @frozen @usableFromInline package struct SpectrumTables: Sendable {
    // Sendable: nothing writes to them.
    /// Periodic Hann window: [256].
    @usableFromInline package nonisolated(unsafe) var window: UnsafePointer<Float>
    /// Twiddle factors of the 64-point transform: [16 + 4][3 pairs of cosine and minus sine].
    @usableFromInline package nonisolated(unsafe) var stages: UnsafePointer<Float>
    /// `exp(-2πik / 128)`, [64] pairs; then `exp(-2πik / 256)`, [64] pairs.
    @usableFromInline package nonisolated(unsafe) var joins: UnsafePointer<Float>

    package init(window: UnsafePointer<Float>, stages: UnsafePointer<Float>, joins: UnsafePointer<Float>) {
        unsafe self.window = window
        unsafe self.stages = stages
        unsafe self.joins = joins
    }
}

/// The network's weights, in the order in which the kernels read them (scripts/install-model writes it).
///
/// Every pointer is aligned to 64 bytes.
@unsafe @frozen @usableFromInline package struct SileroTensors: Sendable {
    // Sendable: nothing writes to them.
    @usableFromInline package nonisolated(unsafe) var tables: SpectrumTables
    /// [8, 129, 3, 16] and [128].
    @usableFromInline package nonisolated(unsafe) var encoder0:
        (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>)
    /// [4, 128, 3, 16] and [64].
    @usableFromInline package nonisolated(unsafe) var encoder1:
        (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>)
    /// [2, 128, 32] and [64].
    @usableFromInline package nonisolated(unsafe) var encoder2:
        (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>)
    /// [4, 64, 32] and [128].
    @usableFromInline package nonisolated(unsafe) var encoder3:
        (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>)
    /// [16, 256, 32] and [512]; gates in the order input, forget, cell, output.
    @usableFromInline package nonisolated(unsafe) var recurrence:
        (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>)
    /// [128] and [1].
    @usableFromInline package nonisolated(unsafe) var output: (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>)

    package init(
        tables: SpectrumTables,
        encoder0: (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>),
        encoder1: (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>),
        encoder2: (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>),
        encoder3: (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>),
        recurrence: (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>),
        output: (weight: UnsafePointer<Float>, bias: UnsafePointer<Float>)
    ) {
        unsafe self.tables = tables
        unsafe self.encoder0 = encoder0
        unsafe self.encoder1 = encoder1
        unsafe self.encoder2 = encoder2
        unsafe self.encoder3 = encoder3
        unsafe self.recurrence = recurrence
        unsafe self.output = output
    }
}

/// Where in one block of floats, aligned to 64 bytes, a stream's state and the layers' values lie.
@unsafe @frozen @usableFromInline package struct SileroWorkspace {
    @usableFromInline package var base: UnsafeMutablePointer<Float>

    private static let count = 5856

    /// Memory for a stream that begins; the caller deallocates it.
    package static func allocate() -> SileroWorkspace {
        let raw = unsafe UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
        return unsafe SileroWorkspace(base: raw.initializeMemory(as: Float.self, repeating: 0, count: count))
    }

    private init(base: UnsafeMutablePointer<Float>) {
        unsafe self.base = base
    }

    /// Makes it that of a stream that begins.
    package func clear() {
        unsafe base.update(repeating: 0, count: SileroWorkspace.count)
    }

    package func deallocate() {
        unsafe base.deallocate()
    }

    /// 64 samples of context, 512 new ones, 64 that mirror the end: [640].
    @inlinable package var samples: UnsafeMutablePointer<Float> { unsafe base }
    /// Input of the recurrence: 128 from the encoder, then 128 of hidden state.
    @inlinable package var joined: UnsafeMutablePointer<Float> { unsafe base + 640 }
    /// Cell state: [128].
    @inlinable package var cell: UnsafeMutablePointer<Float> { unsafe base + 896 }
    /// Gates before their activation: [512].
    @inlinable package var gates: UnsafeMutablePointer<Float> { unsafe base + 1024 }
    /// Magnitudes of the spectrum: [129 bins][4 frames], with room up to 544.
    @inlinable package var magnitudes: UnsafeMutablePointer<Float> { unsafe base + 1536 }
    /// Output of the first layer: [4 steps][128].
    @inlinable package var encoded0: UnsafeMutablePointer<Float> { unsafe base + 2080 }
    /// Output of the second layer: [2 steps][64].
    @inlinable package var encoded1: UnsafeMutablePointer<Float> { unsafe base + 2592 }
    /// Output of the third layer: [64].
    @inlinable package var encoded2: UnsafeMutablePointer<Float> { unsafe base + 2720 }
    // From here on the transform: 64 values of 8 lanes each, four times, and the joined 128 of 4 lanes, twice.
    /// Real parts, imaginary parts, and the same again for the stage after: [4][64][8].
    @inlinable package var transform: UnsafeMutablePointer<Float> { unsafe base + 2784 }
    /// [2][128][4], behind the transform.
    @inlinable package var spectrum: UnsafeMutablePointer<Float> { unsafe base + 4832 }
}
