internal import Glibc
package import POSIX
internal import Synchronization

/// A request to stop that one thread makes and others wait for; once made it stays made.
package final class Cancellation: Sendable {
    private let pipe: Pipe
    private let wasRequested = Atomic(false)

    package init() throws(SystemError) {
        pipe = try Descriptor.pipe()
    }

    /// Asks whoever watches to stop. From any thread, any number of times.
    package func cancel() {
        guard !wasRequested.exchange(true, ordering: .sequentiallyConsistent) else { return }
        // One byte into an empty pipe neither blocks nor fails.
        var byte: UInt8 = 1
        _ = write(pipe.writing.number, &byte, 1)
    }

    package var isCancelled: Bool {
        wasRequested.load(ordering: .sequentiallyConsistent)
    }

    /// Becomes readable when the request is made and stays so: to be polled, never read.
    package var descriptor: CInt {
        pipe.reading.number
    }
}
