internal import Glibc
internal import Plugins
internal import POSIX
internal import Program
internal import Transcription

/// How this program meets SIGINT, SIGTERM and SIGHUP (vt(7), "Signals").
///
/// Ctrl-C reaches a whole pipeline: the recorder ends its stream, and this program goes on to that end. Everything else, and
/// Ctrl-C while a file is read or a second time, stops the engine, keeps the audio and ends by the signal.
final class Interruption: Sendable {
    /// Stops the engine when a signal says so.
    let cancellation: Cancellation

    private struct State {
        /// Inputs that are worked on: there is somebody who will notice that the engine has stopped.
        var working = 0
        /// Those of them that are pipes: the audio that is kept of each.
        var pipes: [KeptAudio] = []
        /// Whether a pipe is going to be read, from which words may be coming already.
        var expectsPipe: Bool
        var wasInterrupted = false
        var caught: CInt?
        var temporaryOutput: String?
    }

    private let state: Monitor<State>

    /// - Parameter expectsPipe: whether standard input will be read, and is a pipe: what is spoken while the engine is being
    ///   looked for counts, too.
    init(expectsPipe: Bool) throws(SystemError) {
        state = Monitor(State(expectsPipe: expectsPipe))
        cancellation = try Cancellation()
        try Signals.watch([SIGINT, SIGTERM, SIGHUP]) { [self] in meet($0) }
    }

    /// The signal that is ending the program; nil while none is.
    var caught: CInt? { state.read { $0.caught } }

    /// What is removed when a signal ends the program.
    func setTemporaryOutput(_ path: String?) {
        state.note { $0.temporaryOutput = path }
    }

    /// Notes that an input is being worked on from now on, until `end`. For any thread.
    ///
    /// - Parameter kept: the audio where it comes from a pipe; nil for a file.
    func begin(reading kept: KeptAudio?) {
        state.note {
            $0.working += 1
            if let kept { $0.pipes.append(kept) }
        }
    }

    /// Notes that an input is not being worked on any more.
    func end(reading kept: KeptAudio?) {
        state.note {
            $0.working -= 1
            $0.expectsPipe = false
            if let kept { $0.pipes.removeAll { $0 === kept } }
        }
    }

    /// Ends the program by the signal that was caught.
    func endProcess(by signal: CInt) -> Never {
        if let path = state.read(\.temporaryOutput) { unlink(path) }
        Signals.endProcess(by: signal)
    }

    private func meet(_ signal: CInt) {
        enum Reaction {
            case goOn
            case stop([KeptAudio])
            case end([KeptAudio])
        }
        let reaction: Reaction = state.note { state in
            let isAtPipe = state.working > 0 ? state.pipes.count == state.working : state.expectsPipe
            if signal == SIGINT, isAtPipe, state.caught == nil, !state.wasInterrupted {
                state.wasInterrupted = true
                return .goOn
            }
            if state.working == 0 || state.caught != nil { return .end(state.pipes) }
            state.caught = signal
            return .stop(state.pipes)
        }
        switch reaction {
        case .goOn:
            Log.info("interrupted: going on to the end of the input; once more ends it")
        case .stop(let pipes):
            cancellation.cancel()
            // Wakes whoever waits for more audio.
            for kept in pipes { kept.finish() }
        case .end(let pipes):
            for kept in pipes { kept.synchronise() }
            endProcess(by: signal)
        }
    }
}
