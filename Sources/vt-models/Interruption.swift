internal import Glibc
internal import Plugins
internal import POSIX
internal import Program

/// How this program meets signals (vt(7), "Signals"): what is being fetched is stopped, what has come of it stays, and the program
/// ends by the signal. A second one ends it at once.
final class Interruption: Sendable {
    let cancellation: Cancellation
    private let caught = Monitor<CInt?>(nil)

    init() throws(SystemError) {
        cancellation = try Cancellation()
        try Signals.watch([SIGINT, SIGTERM, SIGHUP]) { [self] signal in
            let isFirst = caught.note { caught in
                defer { caught = caught ?? signal }
                return caught == nil
            }
            if !isFirst { Signals.endProcess(by: signal) }
            cancellation.cancel()
        }
    }

    /// Ends the program by the signal that has come, if one has.
    func endIfCaught() {
        guard let signal = caught.read(\.self) else { return }
        Signals.endProcess(by: signal)
    }
}
