internal import Glibc
internal import POSIX
internal import Program

/// How this program meets signals (vt(7), "Signals"): Ctrl-C while a pipe is read lets it go on to the pipe's end; everything else,
/// and a second Ctrl-C, ends it.
final class Interruption: Sendable {
    private struct State {
        var isReadingPipe = false
        var wasInterrupted = false
        var temporaryPath: String?
    }

    private let state = Monitor(State())

    init() throws(SystemError) {
        try Signals.watch([SIGINT, SIGTERM, SIGHUP]) { [self] in meet($0) }
    }

    var isReadingPipe: Bool {
        get { state.read(\.isReadingPipe) }
        set { state.note { $0.isReadingPipe = newValue } }
    }

    /// The unfinished file, which does not outlive the program.
    func setTemporaryPath(_ path: String?) {
        state.note { $0.temporaryPath = path }
    }

    private func meet(_ signal: CInt) {
        state.note { state in
            if signal == SIGINT, state.isReadingPipe, !state.wasInterrupted {
                state.wasInterrupted = true
                return
            }
            if let path = state.temporaryPath { _ = unlink(path) }
            Signals.endProcess(by: signal)
        }
    }
}
