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
                while let count = try? readOnce(descriptor, into: byte), count == 1 {
                    let signal = CInt(byte[0])
                    handling.note { _ in handler(signal) }
                }
            }
        }.detach()
    }

    /// One handler at a time, and none while something is being made that it must know of.
    private static let handling = Monitor<Void>(())

    /// Lets signals wait while something is made and noted that a handler removes: a file under its temporary name.
    ///
    /// - Parameter body: short; it does not call this function again, nor does a handler.
    package static func deferred<Made, Failure: Error>(_ body: () throws(Failure) -> Made) throws(Failure) -> Made {
        var made: Made?
        try handling.note { _ throws(Failure) in made = try body() }
        guard let made else { preconditionFailure("made nothing, and threw nothing") }
        return made
    }

    /// Ends the process by a signal, so that a shell loop around it stops too.
    package static func endProcess(by signal: CInt) -> Never {
        SignalPipe.endProcess(by: signal)
    }

    /// Makes a write to a closed pipe (EPIPE), or beyond the size that files may have (EFBIG), an error instead of the end, for a
    /// program that has something to save.
    package static func surviveFailedWrites() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }
}
