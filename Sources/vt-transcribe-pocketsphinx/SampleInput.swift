import POSIX

/// Samples from a descriptor, mono s16le.
struct SampleInput {
    private let descriptor: CInt
    private var bytes: [UInt8] = []
    private(set) var hasEnded = false

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Bytes that were read and not taken.
    var waiting: Int { bytes.count }

    /// Whether the input ended with half a sample.
    var endedInMidSample: Bool { hasEnded && bytes.count % 2 == 1 }

    /// Reads once.
    mutating func read(upTo count: Int) throws(SystemError) {
        var failure: SystemError?
        let chunk = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, size in
            do throws(SystemError) {
                size = try unsafe readOnce(
                    descriptor, into: UnsafeMutableRawBufferPointer(buffer), name: "standard input")
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        if chunk.isEmpty { hasEnded = true }
        bytes += chunk
    }

    /// Takes the whole samples that were read.
    mutating func take() -> [Int16] {
        let count = bytes.count / 2
        let samples = (0..<count).map { index in
            Int16(bitPattern: UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8)
        }
        bytes.removeFirst(2 * count)
        return samples
    }
}
