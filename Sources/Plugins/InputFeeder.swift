internal import Glibc
internal import POSIX

/// Writes a child's standard input on a thread of its own, from a closure.
final class InputFeeder: @unchecked Sendable {
    // The descriptor and the closure are used by the thread alone until it is joined; `state` is shared.
    private var input: Descriptor?
    private let feed: (UnsafeMutableRawBufferPointer) throws -> Int?
    private var rest: Descriptor?
    private var hasReachedEnd = false
    private let stopping: Cancellation
    private let progress: Pipe
    /// Gets `given` each time that the child has read all of it; nil if nobody wants to know.
    private var told: Descriptor?
    private var tells: Descriptor?
    /// How often the source gave something, and how much of that is known to be read.
    private var (given, read) = (0, 0)
    private let state = Monitor(State())

    struct State {
        /// Nothing is written any more: the source has ended, or the child reads no more.
        var hasEnded = false
        /// Since when the child has not accepted what was there for it; nil while we wait for the source.
        var blockedSince: ContinuousClock.Instant?
        /// What the source threw.
        var failure: (any Error)?
    }

    /// - Parameter tellsReading: whether `readDescriptor` tells when the child has read what it was given.
    init(
        _ input: consuming Descriptor, tellsReading: Bool = false,
        feed: @escaping (UnsafeMutableRawBufferPointer) throws -> Int?
    ) throws(SystemError) {
        self.input = consume input
        self.feed = feed
        stopping = try Cancellation()
        progress = try Descriptor.pipe()
        guard tellsReading else { return }
        let ends = try Descriptor.pipe().release()
        told = Descriptor(owning: ends.reading)
        tells = Descriptor(owning: ends.writing)
    }

    /// Becomes readable each time that the child has read all that it was given; nil if nobody wants to know.
    var readDescriptor: CInt? { told?.number }

    /// Becomes readable when nothing is written any more.
    var endDescriptor: CInt { progress.reading.number }

    var current: State { state.read { $0 } }

    func start() throws(SystemError) -> Thread {
        try Thread("child-input") {
            // Signals are for the program's own threads; and SIGPIPE, blocked, stays pending on this thread and goes with it,
            // where otherwise a child that closes its input would end the program. The write fails with EPIPE.
            var everySignal = sigset_t()
            sigfillset(&everySignal)
            pthread_sigmask(SIG_BLOCK, &everySignal, nil)
            self.run()
        }
    }

    /// Makes the thread end soon; join it then.
    func stop() {
        stopping.cancel()
    }

    private func run() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer {
            buffer.deallocate()
            let hasFailed = state.read { $0.failure != nil }
            if !hasFailed { input = nil }
            state.note {
                $0.hasEnded = true
                $0.blockedSince = nil
            }
            var byte: UInt8 = 0
            _ = write(progress.writing.number, &byte, 1)
            // The child is stopped for a failure; it must not take that for the end of what there was for it.
            if hasFailed {
                _ = try? waitUntilReady(stopping.descriptor, for: CInt(POLLIN))
                input = nil
            }
        }
        while !stopping.isCancelled {
            do {
                guard let count = try feed(buffer) else {
                    tellReading()
                    continue
                }
                if count == 0 {
                    watchRest()
                    return
                }
                guard try deliver(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return }
                given += 1
                tellReading(within: InputFeeder.readingTime)
            } catch {
                state.note { $0.failure = error }
                return
            }
        }
    }

    /// A child that waits for its input has read it by then; what it reads later is noticed when the source has nothing.
    private static let readingTime = Duration.milliseconds(20)

    private func tellReading(within limit: Duration = .zero) {
        guard let tells = tells?.number, read < given, let number = input?.number else { return }
        let deadline = ContinuousClock.now + limit
        var unread: CInt = 0
        while ioctl(number, UInt(FIONREAD), &unread) == 0, unread > 0 {
            if stopping.isCancelled || ContinuousClock.now >= deadline { return }
            usleep(100)
        }
        read = given
        _ = write(tells, &read, MemoryLayout<Int>.size)
    }

    /// How often the source had given something when the child had read all of it; for who sees `readDescriptor` readable.
    func takeReading() -> Int? {
        guard let number = told?.number else { return nil }
        var count = 0
        return Glibc.read(number, &count, MemoryLayout<Int>.size) == MemoryLayout<Int>.size ? count : nil
    }

    /// At the end of the source, before the end of the pipe: a second reading end, which shows afterwards what the child has
    /// left unread. Not before: as long as somebody could read, writing to a child that has closed its input would not fail.
    private func watchRest() {
        guard let number = input?.number else { return }
        rest = try? Descriptor.open("/proc/self/fd/\(number)", O_RDONLY | O_NONBLOCK)
        hasReachedEnd = true
    }

    /// Whether the child has read everything, to the end of the source. Ask when the thread has been joined and the child is gone.
    var childHasReadAll: Bool {
        guard hasReachedEnd else { return false }
        guard let number = rest?.number else { return true }
        var unread: CInt = 0
        return ioctl(number, UInt(FIONREAD), &unread) != 0 || unread == 0
    }

    /// - Returns: false when the child reads no more, or when it is time to stop.
    private func deliver(_ bytes: UnsafeRawBufferPointer) throws -> Bool {
        guard let number = input?.number else { return false }
        var rest = bytes
        while !rest.isEmpty {
            let count = write(number, rest.baseAddress, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                state.note { $0.blockedSince = nil }
                continue
            }
            switch errno {
            case EINTR: continue
            case EPIPE: return false
            case EAGAIN:
                state.note { if $0.blockedSince == nil { $0.blockedSince = .now } }
                var entries = [
                    pollfd(fd: number, events: CShort(POLLOUT), revents: 0),
                    pollfd(fd: stopping.descriptor, events: CShort(POLLIN), revents: 0),
                ]
                try retrying("poll") { poll(&entries, 2, -1) }
                if entries[1].revents != 0 { return false }
            case let code: throw SystemError(code: code, call: "write")
            }
        }
        return true
    }
}
