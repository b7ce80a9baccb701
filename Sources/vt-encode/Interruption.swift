internal import Glibc
internal import POSIX
internal import Program

/// How this program meets SIGINT, SIGTERM and SIGHUP (vt(7), "Signals").
///
/// Ctrl-C reaches a whole pipeline: the recorder ends its stream, and this program goes on to that end. SIGTERM and SIGHUP on a
/// pipe end the input here, so that the audio so far is a whole file. A file that is read is there still: reading it is
/// just given up, as everything is at a second signal.
final class Interruption: Sendable {
    private struct State {
        var wasInterrupted = false
        var caught: CInt?
        var unfinished: UnfinishedFile?
    }

    private let state = Monitor(State())
    private let isReadingFile: Bool
    private let ending: CInt

    init(of input: EncodeInput) throws(SystemError) {
        isReadingFile = input.isRegularFile
        ending = input.endingDescriptor
        try Signals.watch([SIGINT, SIGTERM, SIGHUP]) { [self] in meet($0) }
    }

    /// Notes what is removed, or kept, when a signal ends the program.
    func watch(_ output: EncodeOutput) {
        let unfinished = output.unfinished
        state.note { $0.unfinished = unfinished }
    }

    /// Ends the program by the signal that brought the end of the input forward.
    func endIfCaught() {
        if let signal = state.read(\.caught) { Signals.endProcess(by: signal) }
    }

    private func meet(_ signal: CInt) {
        enum Reaction {
            case goOn
            case endInput
            case end
        }
        let reaction: Reaction = state.note { state in
            if isReadingFile || state.caught != nil { return .end }
            if signal == SIGINT, !state.wasInterrupted {
                state.wasInterrupted = true
                return .goOn
            }
            if state.wasInterrupted, signal == SIGINT { return .end }
            state.caught = signal
            return .endInput
        }
        switch reaction {
        case .goOn: Log.info("interrupted: going on to the end of the input; once more ends it")
        case .endInput: try? writeAll(ending, [0])
        case .end:
            state.read(\.unfinished)?.leave()
            Signals.endProcess(by: signal)
        }
    }
}
