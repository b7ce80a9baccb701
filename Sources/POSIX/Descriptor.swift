internal import CPOSIX
package import Glibc

/// The one owner of an open file descriptor; closes it when it goes out of scope.
package struct Descriptor: ~Copyable, Sendable {
    /// The descriptor's number, valid while this value lives.
    package let number: CInt

    /// Takes over an open descriptor.
    package init(owning number: CInt) {
        self.number = number
    }

    deinit {
        Glibc.close(number)
    }

    /// Opens a file, close-on-exec.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - flags: as open(2), for example `O_WRONLY | O_CREAT`.
    ///   - mode: permission bits of a file that is created, before the umask.
    package static func open(_ path: String, _ flags: CInt, mode: mode_t = 0o666) throws(SystemError) -> Descriptor {
        let number = try retrying("open", on: path) { unsafe Glibc.open(path, flags | O_CLOEXEC, mode) }
        return Descriptor(owning: number)
    }

    /// Makes a pipe, both ends close-on-exec.
    package static func pipe() throws(SystemError) -> Pipe {
        var ends: [CInt] = [-1, -1]
        try retrying("pipe") { unsafe vt_pipe(&ends) }
        return Pipe(reading: Descriptor(owning: ends[0]), writing: Descriptor(owning: ends[1]))
    }

    /// Closes now, and reports what deferred writing failed with (a full disk on a network file system).
    package consuming func close() throws(SystemError) {
        let number = release()
        // Never again after EINTR: on Linux the descriptor is gone by then.
        if Glibc.close(number) < 0, errno != EINTR { throw SystemError(code: errno, call: "close") }
    }

    /// Gives the descriptor away; the caller closes it.
    package consuming func release() -> CInt {
        let number = self.number
        discard self
        return number
    }

    /// Another descriptor for an open file that somebody else owns, close-on-exec.
    package static func duplicate(of number: CInt) throws(SystemError) -> Descriptor {
        Descriptor(owning: try retrying("dup") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
    }

    /// Another descriptor for the same open file, close-on-exec.
    package borrowing func duplicate() throws(SystemError) -> Descriptor {
        try Descriptor.duplicate(of: number)
    }
}

/// The two ends of a pipe.
package struct Pipe: ~Copyable, Sendable {
    package var reading: Descriptor
    package var writing: Descriptor

    package init(reading: consuming Descriptor, writing: consuming Descriptor) {
        self.reading = reading
        self.writing = writing
    }

    /// Gives both ends away; the caller closes them.
    package consuming func release() -> (reading: CInt, writing: CInt) {
        (reading.release(), writing.release())
    }
}

/// Reads once, at most the buffer's size in bytes.
///
/// - Returns: bytes read; 0 at the end of the file.
/// - Throws: `SystemError`; its code is EAGAIN where the descriptor is non-blocking and nothing has come.
package func readOnce(
    _ descriptor: CInt, into buffer: UnsafeMutableRawBufferPointer, name: @autoclosure () -> String? = nil
) throws(SystemError) -> Int {
    try retrying("read", on: name()) { unsafe read(descriptor, buffer.baseAddress, buffer.count) }
}

/// Writes all of the buffer, waiting where the descriptor is non-blocking.
package func writeAll(
    _ descriptor: CInt, _ buffer: UnsafeRawBufferPointer, name: @autoclosure () -> String? = nil
) throws(SystemError) {
    var rest = unsafe buffer
    while unsafe !rest.isEmpty {
        do {
            let count = try retrying("write", on: name()) { unsafe write(descriptor, rest.baseAddress, rest.count) }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        } catch {
            guard error.code == EAGAIN else { throw error }
            _ = try waitUntilReady(descriptor, for: POLLOUT)
        }
    }
}

/// Writes bytes at a place in a file, without moving its position.
///
/// - Parameter offset: bytes from the beginning of the file. The file must not be open to append: Linux would append.
package func writeAll(
    _ descriptor: CInt, _ bytes: [UInt8], at offset: Int, name: @autoclosure () -> String? = nil
) throws(SystemError) {
    var done = 0
    while done < bytes.count {
        let rest = bytes[done...]
        done += try retrying("pwrite", on: name()) {
            unsafe rest.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset + done)) }
        }
    }
}

/// Writes bytes.
package func writeAll(
    _ descriptor: CInt, _ bytes: [UInt8], name: @autoclosure () -> String? = nil
) throws(SystemError) {
    var failure: SystemError?
    unsafe bytes.withUnsafeBytes { buffer in
        do throws(SystemError) {
            try unsafe writeAll(descriptor, buffer, name: name())
        } catch {
            failure = error
        }
    }
    if let failure { throw failure }
}

/// Writes a string's UTF-8.
package func writeAll(_ descriptor: CInt, _ text: String, name: @autoclosure () -> String? = nil) throws(SystemError) {
    var text = text
    var failure: SystemError?
    text.withUTF8 { utf8 in
        do throws(SystemError) {
            try unsafe writeAll(descriptor, UnsafeRawBufferPointer(utf8), name: name())
        } catch {
            failure = error
        }
    }
    if let failure { throw failure }
}

/// Waits for one descriptor.
///
/// - Parameters:
///   - events: as poll(2), for example `POLLIN`.
///   - milliseconds: the longest wait; nil waits without end.
/// - Returns: the events that arrived (`POLLHUP` and `POLLERR` included), 0 after the time.
package func waitUntilReady(
    _ descriptor: CInt, for events: CInt, milliseconds: Int? = nil
) throws(SystemError) -> CInt {
    var entry = pollfd(fd: descriptor, events: CShort(events), revents: 0)
    let deadline = milliseconds.map { ContinuousClock.now + .milliseconds($0) }
    // A signal does not begin the wait anew.
    let count = try retrying("poll") {
        guard let deadline else { return unsafe poll(&entry, 1, -1) }
        let (seconds, attoseconds) = max(deadline - .now, .zero).components
        // Rounded up: a wait that ends early would be asked for again, and again, for nothing.
        let rest = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return unsafe poll(&entry, 1, CInt(clamping: rest))
    }
    return count == 0 ? 0 : CInt(entry.revents)
}
