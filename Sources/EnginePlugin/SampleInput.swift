internal import Glibc
package import POSIX

/// Samples from a descriptor: mono s16le, as the host writes them on standard input.
package struct SampleInput {
    private let descriptor: CInt
    private var bytes: [UInt8] = []
    package private(set) var hasEnded = false

    package init(_ descriptor: CInt = STDIN_FILENO) {
        self.descriptor = descriptor
    }

    /// Bytes that were read and not taken.
    package var waiting: Int { bytes.count }

    /// Whether the input ended with half a sample.
    package var endedInMidSample: Bool { hasEnded && bytes.count % 2 == 1 }

    /// Reads once, and waits for something to read.
    ///
    /// - Parameter count: bytes at most.
    package mutating func read(upTo count: Int) throws(SystemError) {
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
    package mutating func take() -> [Int16] {
        let count = bytes.count / 2
        let samples = (0..<count).map { index in
            Int16(bitPattern: UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8)
        }
        bytes.removeFirst(2 * count)
        return samples
    }
}
