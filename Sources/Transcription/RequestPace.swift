internal import Glibc
package import Plugins
internal import POSIX
internal import Text

/// How fast a service is asked, by all that ask it in this process: as fast as it lets us, and no faster than the user wants.
///
/// As many requests run at once as may. A service that says that these are too many (429) gets half as many, and none before the
/// time that it names; every answer lets it be a little more again, until it is one more for each round (additive increase,
/// multiplicative decrease; Chiu and Jain, 1989).
package final class RequestPace: Sendable {
    /// What the user permits; nil is any.
    package struct Caps: Equatable, Sendable {
        /// Begun in any minute.
        package var requestsPerMinute: Int?
        /// Seconds of audio sent in any hour.
        package var audioPerHour: Double?

        package init(requestsPerMinute: Int? = nil, audioPerHour: Double? = nil) {
            self.requestsPerMinute = requestsPerMinute
            self.audioPerHour = audioPerHour
        }
    }

    private let caps: Caps
    private let most: Double
    private let state: Monitor<State>

    private struct State {
        /// Requests that may run at once; what is behind the point is on its way to the next.
        var allowed: Double
        var running = 0
        /// Nothing begins before.
        var pausedUntil: ContinuousClock.Instant?
        /// What began before was asked at the old pace: its refusal says nothing about the new one.
        var lastDecrease: ContinuousClock.Instant?
        /// Of the last minute, and of the last hour, the earliest first.
        var begun: [ContinuousClock.Instant] = []
        var sent: [(time: ContinuousClock.Instant, seconds: Double)] = []
    }

    /// - Parameter most: requests at once.
    package init(_ caps: Caps, most: Int) {
        self.caps = caps
        self.most = Double(max(1, most))
        state = Monitor(State(allowed: Double(max(1, most))))
    }

    /// The service wants to be left alone for longer than anybody waits.
    package struct Unwilling: Error {
        /// How much longer.
        package let seconds: Double
    }

    /// A request that may run.
    package struct Turn: Sendable {
        fileprivate let begun: ContinuousClock.Instant
    }

    /// Waits until another request may begin. Each turn is ended.
    ///
    /// - Parameters:
    ///   - seconds: of audio in it, as far as that is known.
    ///   - longestPause: seconds that it waits for a service that wants to be left alone.
    ///   - cancellation: ends the wait.
    ///   - onWait: told how many seconds it is before it waits for a time that the service or the user has set.
    /// - Throws: `EngineError` if it was cancelled; `Unwilling`.
    package func begin(
        seconds: Double, longestPause: Double = .infinity, _ cancellation: Cancellation?,
        onWait: (Double) throws -> Void = { _ in }
    ) throws -> Turn {
        var hasTold = false
        while true {
            if cancellation?.isCancelled == true { throw EngineError(.cancelled, "given up") }
            let now = ContinuousClock.now
            let wait: Double? = state.change { state in
                if let end = state.pausedUntil, end > now { return (end - now) / .seconds(1) }
                if let wait = delay(&state, seconds, now), wait > 0 { return wait }
                guard Double(state.running) < max(1, state.allowed.rounded(.down)) else { return 0 }
                state.running += 1
                if caps.requestsPerMinute != nil { state.begun.append(now) }
                if caps.audioPerHour != nil { state.sent.append((now, seconds)) }
                return nil
            }
            guard let wait else { return Turn(begun: now) }
            if let end = state.read({ $0.pausedUntil }), end - now > .seconds(clamping: longestPause) {
                throw Unwilling(seconds: (end - now) / .seconds(1))
            }
            if wait > 0.5, !hasTold {
                hasTold = true
                try onWait(wait)
            }
            // A turn that ends wakes; a cancellation is noticed soon.
            let running = state.read { $0.running }
            _ = state.wait(atMost: wait > 0 ? min(wait, 0.25) : 0.25) { wait == 0 && $0.running < running ? true : nil }
        }
    }

    /// Seconds until the user's caps permit another one; nil where they do.
    private func delay(_ state: inout State, _ seconds: Double, _ now: ContinuousClock.Instant) -> Double? {
        var delay: Double?
        if let most = caps.requestsPerMinute {
            state.begun.removeAll { now - $0 >= .seconds(60) }
            if state.begun.count >= most, let first = state.begun.first {
                delay = (first + .seconds(60) - now) / .seconds(1)
            }
        }
        if let most = caps.audioPerHour {
            state.sent.removeAll { now - $0.time >= .seconds(3600) }
            var sum = state.sent.reduce(seconds) { $0 + $1.seconds }
            // More than the cap in one request waits for an hour without any.
            for (time, length) in state.sent where sum > most {
                sum -= length
                delay = max(delay ?? 0, (time + .seconds(3600) - now) / .seconds(1))
            }
        }
        return delay
    }

    /// A request has been answered, or has failed for a reason that has nothing to do with its pace.
    package func end(_ turn: Turn, isAnswered: Bool) {
        state.change { state in
            state.running -= 1
            if isAnswered { state.allowed = min(most, state.allowed + 1 / state.allowed) }
        }
    }

    /// The service says that this was too much.
    ///
    /// - Parameter pause: seconds that it wants to be left alone; any number.
    package func refuse(_ turn: Turn, pause: Double) {
        let now = ContinuousClock.now
        state.change { state in
            state.running -= 1
            state.pausedUntil = max(state.pausedUntil ?? now, now + .seconds(clamping: pause))
            if let last = state.lastDecrease, turn.begun < last { return }
            state.allowed = max(1, state.allowed / 2)
            state.lastDecrease = now
        }
    }

    /// Notes audio whose length was not known when its turn began.
    package func add(seconds: Double) {
        guard caps.audioPerHour != nil else { return }
        state.change { $0.sent.append((.now, seconds)) }
    }

    /// Requests that may run at once at present.
    package var allowed: Int { max(1, Int(clamping: state.read(\.allowed).rounded(.down))) }
}
