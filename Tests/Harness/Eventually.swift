internal import Glibc

/// Why the harness gave up. Its description is made to be read in a test's output.
package struct HarnessError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Waits until a condition holds.
///
/// - Parameters:
///   - what: what is waited for, for the message.
///   - deadline: the longest wait. Generous: a test that passes never waits for it.
///   - detail: more for the message, asked only when it is needed.
///   - condition: asked every few milliseconds.
/// - Throws: `HarnessError` after the deadline, and whatever the condition throws.
package func eventually(
    _ what: String, within deadline: Duration = .seconds(20), detail: () -> String = { "" },
    _ condition: () throws -> Bool
) throws {
    let end = ContinuousClock.now + deadline
    while try !condition() {
        if ContinuousClock.now >= end {
            let more = detail()
            throw HarnessError("not within \(deadline): \(what)" + (more.isEmpty ? "" : "\n\(more)"))
        }
        usleep(3000)
    }
}

/// Lets time pass where passing time is the point (pacing, "nothing happens for so long"): never to wait for something.
package func pause(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    var wanted = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    var rest = timespec()
    while nanosleep(&wanted, &rest) < 0, errno == EINTR { wanted = rest }
}
