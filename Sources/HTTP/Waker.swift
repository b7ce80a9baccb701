internal import Glibc
internal import POSIX
internal import Synchronization

/// Wakes a thread that polls: a pipe with at most one byte in it.
final class Waker: Sendable {
    private let pipe: Pipe
    private let isAwake = Atomic(false)

    init() throws(SystemError) {
        pipe = try Descriptor.pipe()
    }

    /// Readable from `wake` to `clear`.
    var descriptor: CInt { pipe.reading.number }

    /// From any thread.
    func wake() {
        guard !isAwake.exchange(true, ordering: .sequentiallyConsistent) else { return }
        var byte: UInt8 = 1
        _ = unsafe write(pipe.writing.number, &byte, 1)
    }

    /// By the thread that is woken, before it looks at what there is to do.
    func clear() {
        guard isAwake.load(ordering: .sequentiallyConsistent) else { return }
        var byte: UInt8 = 0
        // A byte that is still on its way is waited for: its writer has won the exchange, and writes at once.
        _ = unsafe read(pipe.reading.number, &byte, 1)
        isAwake.store(false, ordering: .sequentiallyConsistent)
    }
}
