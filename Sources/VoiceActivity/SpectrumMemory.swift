internal import Glibc
internal import SileroKernel

/// The window and the twiddle factors of the transform, which no file needs to hold.
@safe final class SpectrumMemory: Sendable {
    let tables: SpectrumTables
    // Sendable: never written to after init.
    private nonisolated(unsafe) let base: UnsafeMutablePointer<Float>

    /// Where, in floats, tables begin behind the window; and how many there are.
    private static let (stages, joins, count) = (256, 384, 640)

    init() {
        let raw = UnsafeMutableRawPointer.allocate(byteCount: SpectrumMemory.count * 4, alignment: 64)
        let table = unsafe raw.bindMemory(to: Float.self, capacity: SpectrumMemory.count)
        unsafe table.initialize(repeating: 0, count: SpectrumMemory.count)
        func put(_ at: Int, _ turns: Double) {
            unsafe table[at] = Float(cos(2 * Double.pi * turns))
            unsafe table[at + 1] = Float(-sin(2 * Double.pi * turns))
        }
        for n in 0..<256 { unsafe table[n] = Float(0.5 - 0.5 * cos(2 * Double.pi * Double(n) / 256)) }
        for power in 1...3 {
            let at = SpectrumMemory.stages + (power - 1) * 2
            for p in 0..<16 { put(at + p * 6, Double(p * power) / 64) }
            for p in 0..<4 { put(at + (16 + p) * 6, Double(p * power) / 16) }
        }
        for k in 0..<64 {
            put(SpectrumMemory.joins + 2 * k, Double(k) / 128)
            put(SpectrumMemory.joins + 128 + 2 * k, Double(k) / 256)
        }
        unsafe base = table
        unsafe tables = SpectrumTables(
            window: table, stages: table + SpectrumMemory.stages, joins: table + SpectrumMemory.joins)
    }

    deinit {
        unsafe base.deallocate()
    }
}
