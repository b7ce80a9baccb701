internal import POSIX

/// As many of an engine as may work at the same time, each of which keeps what it has loaded from one recording to the next.
package final class EnginePool: Sendable {
    /// How many there are at most.
    package let size: Int
    /// The engine that they all are.
    package let engine: any Engine
    private let isForMany: Bool
    private let state = Monitor(State())

    private struct State {
        var idle: [any Engine] = []
        var made = 0
    }

    /// - Parameters:
    ///   - engine: where there are many recordings, it is asked for one that keeps what it has loaded (`forBatch`) when one is
    ///     needed.
    ///   - size: 1 or more.
    ///   - isForMany: one recording alone is better served as it comes.
    package init(_ engine: any Engine, size: Int, isForMany: Bool) {
        self.engine = engine
        self.isForMany = isForMany
        self.size = max(1, size)
    }

    /// Waits for one that is free, and uses it. For any thread.
    package func withEngine<Result>(_ body: (any Engine) throws -> Result) rethrows -> Result {
        let engine = take()
        defer { state.change { $0.idle.append(engine) } }
        return try body(engine)
    }

    private func take() -> any Engine {
        while true {
            state.wait { $0.idle.isEmpty && $0.made >= size ? nil : () }
            let (engine, isToMake) = state.change { state -> ((any Engine)?, Bool) in
                // The one that was used last has what it needs in the processor's caches.
                if let engine = state.idle.popLast() { return (engine, false) }
                guard state.made < size else { return (nil, false) }
                state.made += 1
                return (nil, true)
            }
            if let engine { return engine }
            if isToMake { return isForMany ? self.engine.forBatch() : self.engine }
        }
    }

    /// Ends what they keep. Nobody uses one meanwhile.
    package func finish() {
        let idle = state.change { state in
            defer { state = State() }
            return state.idle
        }
        for engine in idle { engine.finish() }
    }
}
