internal import CPOSIX
internal import Glibc

/// Signals as bytes on a pipe, so that a thread can wait for them like for anything else.
package enum SignalPipe {
    /// Begins to catch signals; call it once for a process.
    ///
    /// - Parameters:
    ///   - signals: their numbers.
    ///   - evenIfIgnored: also those that the process inherited as ignored (a shell's `&` does that to SIGINT).
    /// - Returns: the descriptor to read from: one byte, the signal's number, for each. It stays open.
    package static func open(_ signals: [CInt], evenIfIgnored: Bool) throws(SystemError) -> CInt {
        let pipe = try Descriptor.pipe()
        let writing = pipe.writing.release()
        let reading = pipe.reading.release()
        try retrying("fcntl") { fcntl(writing, F_SETFL, O_NONBLOCK) }
        vt_signal_descriptor(writing)
        for signal in signals where evenIfIgnored || !isIgnored(signal) {
            try retrying("sigaction") { vt_catch_signal(signal) }
        }
        return reading
    }

    /// Whether the signal is ignored now, for example because the parent ignored it.
    package static func isIgnored(_ number: CInt) -> Bool {
        var action = sigaction()
        unsafe sigaction(number, nil, &action)
        return unsafe action.__sigaction_handler.sa_handler.map { unsafe unsafeBitCast($0, to: Int.self) } == 1
    }

    /// Ends the process as if the signal had never been caught, so that a shell sees it (`128 + number`).
    package static func endProcess(by number: CInt) -> Never {
        signal(number, SIG_DFL)
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, number)
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
        // To this thread: a signal to the process may go to another one, and arrive only after the line below.
        raise(number)
        // A signal that does not end a process by default: never go on.
        _exit(128 + number)
    }
}
