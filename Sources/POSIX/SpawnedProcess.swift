internal import CPOSIX
package import Glibc

/// A child process in a group of its own, from its start until it has been reaped.
///
/// Not by swift-subprocess: that one is asynchronous all through, and hangs as soon as callers that wait for
/// it occupy the threads of the concurrency pool, as many as the machine has cores; our programs are threads over
/// blocking calls.
package struct SpawnedProcess: ~Copyable {
    /// Its number, and its group's. Both stay its own until `reap`.
    package let number: pid_t
    /// Becomes readable when the process has exited; nil where the kernel has none to give (before 5.3).
    private let handle: Descriptor?

    /// To be polled; nil where the end can only be asked for.
    package var descriptor: CInt? {
        switch handle {
        case .none: nil
        case .some(let handle): handle.number
        }
    }

    /// Starts a program: signals at their defaults, none blocked, no descriptor but 0, 1 and 2.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - arguments: with the program's name first.
    ///   - environment: entries `NAME=value`, bytes without a terminating zero.
    ///   - directory: where it starts; nil is the caller's.
    ///   - descriptors: what becomes its 0, 1 and 2.
    ///   - endsWithCaller: it gets SIGTERM when the calling thread is gone, as it is after SIGKILL.
    /// - Throws: `SystemError` with what the child met before the program ran, for example ENOENT.
    package init(
        _ path: String, arguments: [String], environment: [[UInt8]], directory: String?,
        input: CInt, output: CInt, errors: CInt, endsWithCaller: Bool = false
    ) throws(SystemError) {
        let argumentPointers: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
        let environmentPointers: [UnsafeMutablePointer<CChar>?] =
            unsafe environment.map { entry in unsafe entry.withUnsafeBytes { unsafe copyString($0) } } + [nil]
        defer { unsafe (argumentPointers + environmentPointers).forEach { unsafe free($0) } }
        // Inherited from a careless parent, "ignore" would have the kernel reap our children before we can ask how they ended.
        if SignalPipe.isIgnored(SIGCHLD) { signal(SIGCHLD, SIG_DFL) }
        var number: pid_t = -1
        var code: CInt = 0
        // A file just written may be open for writing in somebody's fork for an instant more.
        for attempt in 0..<20 {
            if attempt > 0 { usleep(5000) }
            code = unsafe vt_spawn(
                &number, path, argumentPointers, environmentPointers, directory, [input, output, errors],
                endsWithCaller ? SIGTERM : 0)
            if code != ETXTBSY { break }
        }
        guard code == 0 else { throw SystemError(code: code, call: "execve", subject: path) }
        self.number = number
        let opened = vt_pidfd_open(number)
        handle = opened >= 0 ? Descriptor(owning: opened) : nil
    }

    /// Whether it has exited; it stays a zombie then, so that its number is still its own.
    package var hasExited: Bool {
        var information = unsafe siginfo_t()
        guard unsafe waitid(P_PID, id_t(number), &information, WEXITED | WNOHANG | WNOWAIT) == 0 else { return false }
        return unsafe information.si_signo == SIGCHLD
    }

    /// Sends a signal to the whole group.
    package func signalGroup(_ signal: CInt) {
        kill(-number, signal)
    }

    /// Waits for the end, and frees the number.
    ///
    /// - Returns: as waitpid(2).
    package consuming func reap() -> CInt {
        var status: CInt = 0
        while unsafe waitpid(number, &status, 0) < 0, errno == EINTR {}
        return status
    }
}

/// A C string of these bytes, from malloc.
private func copyString(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<CChar>? {
    guard let copy = unsafe malloc(bytes.count + 1)?.assumingMemoryBound(to: CChar.self) else { return nil }
    if let base = bytes.baseAddress { unsafe memcpy(copy, base, bytes.count) }
    unsafe copy[bytes.count] = 0
    return unsafe copy
}
