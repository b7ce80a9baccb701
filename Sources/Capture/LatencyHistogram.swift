internal import POSIX

/// How long things took, in classes of 0.1 ms up to one second: percentiles without keeping every value.
package struct LatencyHistogram: Sendable {
    private var counts = [UInt32](repeating: 0, count: 10_001)
    /// How many there are.
    package private(set) var count = 0
    /// The longest, in seconds.
    package private(set) var longest = 0.0

    package init() {}

    package mutating func add(nanoseconds: Int64) {
        counts[min(counts.count - 1, Int(max(0, nanoseconds)) / 100_000)] += 1
        count += 1
        longest = max(longest, Double(nanoseconds) / 1e9)
    }

    /// The time, in seconds, that a fraction of all does not exceed; rounded up to 0.1 ms. 0 where there are none.
    package func percentile(_ fraction: Double) -> Double {
        let wanted = Int((Double(count) * fraction).rounded(.up))
        var seen = 0
        for (index, count) in counts.enumerated() where count > 0 {
            seen += Int(count)
            if seen >= wanted { return index == counts.count - 1 ? longest : Double(index + 1) / 10_000 }
        }
        return 0
    }
}

/// When the device had the frames in a queue, oldest first.
///
/// A reader that is far behind is not measured for what finds no place: its latency is the queue's length, not ours.
final class LatencyMarks: Sendable {
    private struct Mark {
        var end = 0
        var stampedAt: Int64 = 0
    }

    private struct State {
        var marks = [Mark](repeating: Mark(), count: 1024)
        var first = 0
        var count = 0
    }

    private let state = Monitor(State())

    /// Notes when the device had the bytes up to a position.
    func add(end: Int, stampedAt: Int64) {
        state.note { state in
            guard state.count < state.marks.count else { return }
            let index = (state.first + state.count) % state.marks.count
            state.marks[index] = Mark(end: end, stampedAt: stampedAt)
            state.count += 1
        }
    }

    /// Takes the notes on what lies before a position.
    func take(upTo position: Int, _ body: (Int64) -> Void) {
        state.note { state in
            while state.count > 0, state.marks[state.first].end <= position {
                body(state.marks[state.first].stampedAt)
                state.first = (state.first + 1) % state.marks.count
                state.count -= 1
            }
        }
    }
}
