internal import Glibc
internal import POSIX

/// Wakes a thread that waits in poll(2), and never makes the one that rings wait.
struct Bell: ~Copyable, Sendable {
    private let pipe: Pipe

    private init(pipe: consuming Pipe) {
        self.pipe = pipe
    }

    static func make() throws(SystemError) -> Bell {
        let pipe = try Descriptor.pipe()
        // A full pipe has rung already.
        try retrying("fcntl") { fcntl(pipe.reading.number, F_SETFL, O_NONBLOCK) }
        try retrying("fcntl") { fcntl(pipe.writing.number, F_SETFL, O_NONBLOCK) }
        return Bell(pipe: pipe)
    }

    /// Readable once it has rung.
    var descriptor: CInt { pipe.reading.number }

    func ring() {
        unsafe withUnsafeBytes(of: UInt8(0)) { _ = unsafe write(pipe.writing.number, $0.baseAddress, 1) }
    }

    /// Waits until it has rung, and leaves it so.
    func peek(milliseconds: Int) {
        _ = try? waitUntilReady(descriptor, for: POLLIN, milliseconds: milliseconds)
    }

    /// Waits until it has rung, and makes it ready to ring again.
    ///
    /// - Parameter milliseconds: the longest wait; nil waits without end.
    func wait(milliseconds: Int?) {
        _ = try? waitUntilReady(descriptor, for: POLLIN, milliseconds: milliseconds)
        unsafe withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { scrap in
            _ = unsafe read(descriptor, scrap.baseAddress, scrap.count)
        }
    }
}
