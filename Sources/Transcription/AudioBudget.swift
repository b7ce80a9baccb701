internal import POSIX

/// How much audio may be sent in all.
package final class AudioBudget: Sendable {
    /// Nothing more may be sent; what was asked for is left undone.
    package struct Exhausted: Error {}

    private struct State {
        var left: Double
        var isExhausted = false
    }

    private let state: Monitor<State>

    /// - Parameter seconds: of audio.
    package init(seconds: Double) {
        state = Monitor(State(left: seconds))
    }

    /// Takes some of it, before it is sent.
    ///
    /// What is too much ends it for all: smaller recordings that would still fit would jump the queue.
    ///
    /// - Throws: `Exhausted`.
    package func take(seconds: Double) throws(Exhausted) {
        let isThere = state.note { state in
            guard !state.isExhausted, seconds <= state.left else {
                state.isExhausted = true
                return false
            }
            state.left -= seconds
            return true
        }
        if !isThere { throw Exhausted() }
    }
}
