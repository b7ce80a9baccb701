internal import CPOSIX
internal import Glibc

/// Whether what was written has been read, and by whom it is seen to.
package enum Delivery {
    package enum State: Equatable, Sendable {
        /// It has been read, or it is not known who reads.
        case done
        /// Somebody may read it still.
        case unread
        /// Nobody will read it: the reader is gone.
        case lost
    }

    /// Looks at a pipe or a socket by its writing end.
    package static func state(of descriptor: CInt) -> State {
        guard vt_unread(descriptor) > 0 else { return .done }
        var entry = pollfd(fd: descriptor, events: 0, revents: 0)
        guard unsafe poll(&entry, 1, 0) > 0, CInt(entry.revents) & (POLLERR | POLLHUP) != 0 else { return .unread }
        // It may have read it all before it went.
        return vt_unread(descriptor) > 0 ? .lost : .done
    }

    /// Waits for a moment: a reader that has nothing else to do is that fast.
    package static func settle(_ descriptor: CInt, atMost limit: Duration) -> State {
        let deadline = ContinuousClock.now + limit
        var pause: useconds_t = 50
        while true {
            let state = state(of: descriptor)
            if state != .unread || ContinuousClock.now >= deadline { return state }
            usleep(pause)
            pause = min(2 * pause, 1000)
        }
    }

    /// Leaves a process behind that removes files when what was written has been read.
    ///
    /// - Parameters:
    ///   - paths: stay if the reader ends first, or does not read for so long.
    ///   - descriptors: stay open as long as that process waits.
    ///   - message: for standard error if the reader ends first.
    /// - Returns: whether there is such a process.
    package static func leaveBehind(
        watching output: CInt, removing paths: [String], holding descriptors: [CInt], seconds: Int, message: String
    ) -> Bool {
        let pointers: [UnsafePointer<CChar>?] =
            unsafe paths.map { path in unsafe UnsafePointer(strdup(path)) } + [nil]
        defer { unsafe pointers.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
        let held = descriptors.sorted()
        return unsafe vt_see_delivered(output, pointers, held, CInt(held.count), CInt(seconds), message) == 0
    }
}
