/// Takes a stream one window further.
///
/// The architecture is that of the published 16 kHz network (silero-vad 6.2.3, `tinygrad_model.py`): spectrum, four
/// convolutions, an LSTM cell, one output.
///
/// - Parameters:
///   - tensors: the weights.
///   - workspace: the stream's state, with 512 new samples behind its 64 of context.
/// - Returns: the probability that the window holds speech.
@inlinable @inline(__always)
package func advance<A: Arithmetic>(
    _: A.Type, _ tensors: borrowing SileroTensors, _ workspace: SileroWorkspace
) -> Float {
    let samples = unsafe workspace.samples
    unsafe mirror(samples)
    unsafe transform(tensors.tables, workspace)
    unsafe encode0(A.self, tensors, workspace)
    unsafe encode1(A.self, tensors, workspace)
    unsafe multiply(
        A.self, tensors.encoder2, outputs: 64, inputs: 128, workspace.encoded1, into: workspace.encoded2,
        rectified: true)
    unsafe multiply(
        A.self, tensors.encoder3, outputs: 128, inputs: 64, workspace.encoded2, into: workspace.joined,
        rectified: true)
    unsafe multiply(
        A.self, tensors.recurrence, outputs: 512, inputs: 256, workspace.joined, into: workspace.gates,
        rectified: false)

    let gates = unsafe UnsafeRawPointer(workspace.gates).assumingMemoryBound(to: SIMD8<Float>.self)
    let cell = unsafe UnsafeMutableRawPointer(workspace.cell).assumingMemoryBound(to: SIMD8<Float>.self)
    let hidden = unsafe UnsafeMutableRawPointer(workspace.joined + 128).assumingMemoryBound(to: SIMD8<Float>.self)
    let output = unsafe UnsafeRawPointer(tensors.output.weight).assumingMemoryBound(to: SIMD8<Float>.self)
    var sum = SIMD8<Float>(repeating: 0)
    for k in 0..<16 {
        let input = unsafe logistic(gates[k]) * hyperbolicTangent(gates[32 &+ k])
        let kept = unsafe logistic(gates[16 &+ k]) * cell[k]
        unsafe cell[k] = kept + input
        let state = unsafe logistic(gates[48 &+ k]) * hyperbolicTangent(kept + input)
        unsafe hidden[k] = state
        sum += unsafe state.replacing(with: 0, where: state .< 0) * output[k]
    }
    let result = unsafe sum.sum() + tensors.output.bias[0]
    unsafe remember(samples)
    return logistic(SIMD8(repeating: result))[0]
}

/// Magnitudes of the spectrum of the window that the workspace holds, [129 bins][4 frames], for detectors without a network.
package func analyse(_ tables: borrowing SpectrumTables, _ workspace: SileroWorkspace) {
    unsafe mirror(workspace.samples)
    unsafe transform(tables, workspace)
    unsafe remember(workspace.samples)
}

/// Continues the window by its mirrored end; the last sample itself is not repeated.
@inlinable @inline(__always)
func mirror(_ samples: UnsafeMutablePointer<Float>) {
    for n in 0..<64 { unsafe samples[576 &+ n] = unsafe samples[574 &- n] }
}

/// Makes the end of the window the context of the next.
@inlinable @inline(__always)
func remember(_ samples: UnsafeMutablePointer<Float>) {
    for n in 0..<64 { unsafe samples[n] = unsafe samples[512 &+ n] }
}
