import Glibc
import Plugins
import POSIX
import Program

/// What signals do to the program (vt(7)): a first SIGINT in a pipeline does nothing, for the words that were spoken are still to come.
final class Ending: Sendable {
    /// Stops reading and typing.
    let cancellation: Cancellation
    private let state = Monitor<(interrupts: Int, signal: CInt?)>((0, nil))

    private init() throws(SystemError) {
        cancellation = try Cancellation()
    }

    static func watch() throws(SystemError) -> Ending {
        let ending = try Ending()
        let readsPipe = isPipe(STDIN_FILENO)
        try Signals.watch([SIGINT, SIGTERM, SIGHUP]) { signal in ending.note(signal, readsPipe: readsPipe) }
        return ending
    }

    /// The signal to end by; nil to go on to the end of the input.
    var signal: CInt? { state.note { $0.signal } }

    private func note(_ signal: CInt, readsPipe: Bool) {
        let isRepeated = state.note { state in
            if signal == SIGINT {
                state.interrupts += 1
                if readsPipe, state.interrupts == 1 { return false }
            }
            if state.signal != nil { return true }
            state.signal = signal
            cancellation.cancel()
            return false
        }
        // Asked a third time: what is being typed is on the disk already.
        if isRepeated { Signals.endProcess(by: signal) }
    }

    private static func isPipe(_ descriptor: CInt) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT)
    }
}
