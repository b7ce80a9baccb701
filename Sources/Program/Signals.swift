internal import Glibc
package import POSIX

/// How our programs meet signals (vt(7), "Signals").
package enum Signals {
    /// Calls a handler on a thread of its own for each signal that arrives.
    ///
    /// Call it once in a process, before other threads start.
    ///
    /// - Parameters:
    ///   - signals: their numbers, for example SIGINT.
    ///   - evenIfIgnored: also those inherited as ignored. `vt-record` wants that, since a shell's `&` ignores SIGINT and
    ///     the recording must be stoppable; the others honour it.
    ///   - handler: gets the number. It may block and lock; it is not a signal handler.
    package static func watch(
        _ signals: [CInt], evenIfIgnored: Bool = false, _ handler: @escaping @Sendable (CInt) -> Void
    ) throws(SystemError) {
        let descriptor = try SignalPipe.open(signals, evenIfIgnored: evenIfIgnored)
        try Thread("signals") {
            withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { byte in
                while let count = try? readOnce(descriptor, into: byte), count == 1 { handler(CInt(byte[0])) }
            }
        }.detach()
    }

    /// Ends the process by a signal, so that a shell loop around it stops too.
    package static func endProcess(by signal: CInt) -> Never {
        SignalPipe.endProcess(by: signal)
    }

    /// Makes a write to a closed pipe an error (EPIPE) instead of the end, for a program that has something to save.
    package static func surviveClosedPipes() {
        signal(SIGPIPE, SIG_IGN)
    }
}
