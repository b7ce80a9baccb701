internal import POSIX

/// How far an installation has come, for whoever shows it. Any thread may ask.
package final class TransferProgress: Sendable {
    package struct State: Sendable {
        /// What is installed.
        package var name = ""
        /// What is done at present, for example `fetching`.
        package var step = ""
        /// Bytes that are there.
        package var done = 0
        /// Bytes that were there at the beginning.
        package var begun = 0
        /// Bytes in all; nil if nobody knows.
        package var total: Int?
        /// When this step began.
        package var since = ContinuousClock.now
    }

    private let state = Monitor(State())

    package init() {}

    package var current: State { state.read { $0 } }

    /// Begins a step.
    package func begin(_ step: String, of name: String, from done: Int = 0, total: Int? = nil) {
        state.note { $0 = State(name: name, step: step, done: done, begun: done, total: total) }
    }

    /// Says how much of it is there.
    package func advance(to done: Int, of total: Int? = nil) {
        state.note { state in
            // From the beginning again.
            if done < state.begun {
                state.begun = done
                state.since = .now
            }
            state.done = done
            if let total { state.total = total }
        }
    }

    /// Nothing is being done.
    package func end() {
        state.note { $0 = State() }
    }
}
