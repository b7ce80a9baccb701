/// Speech that several texts share, in their order, by their lengths: where nobody says when each of them was said.
struct SharedSpeech {
    /// Seconds, in order and apart.
    private let spans: [ClosedRange<Double>]
    /// Seconds of speech in front of each span, and in all of them.
    private let sums: [Double]

    /// A text whose share ends so near to a pause, as a part of the share, ends there.
    private static let reach = 0.3

    /// - Parameter spans: where somebody speaks, in seconds; not empty.
    init(_ spans: [ClosedRange<Double>]) {
        self.spans = spans
        sums = spans.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.upperBound - $1.lowerBound) }
    }

    /// - Parameter lengths: characters of each text.
    /// - Returns: the share of each, in seconds.
    func shares(_ lengths: [Int]) -> [ClosedRange<Double>] {
        guard let total = sums.last, !spans.isEmpty else { return [] }
        let all = Double(max(1, lengths.reduce(0) { $0 + max(1, $1) }))
        var (sum, last) = (0.0, 0.0)
        return lengths.map { length in
            let share = total * Double(max(1, length)) / all
            sum += share
            var end = min(total, sum)
            if let pause = sums.min(by: { abs($0 - sum) < abs($1 - sum) }),
                abs(pause - sum) <= SharedSpeech.reach * share
            {
                end = pause
            }
            end = max(last, end)
            defer { last = end }
            return time(at: last, isEnd: false, atMost: time(at: end, isEnd: true))...time(at: end, isEnd: true)
        }
    }

    /// Where so much of the speech is over: at a pause, behind it for a beginning and before it for an end.
    private func time(at position: Double, isEnd: Bool, atMost limit: Double = .infinity) -> Double {
        let index = spans.indices.last { isEnd ? sums[$0] < position : sums[$0] <= position } ?? 0
        return min(limit, spans[index].upperBound, spans[index].lowerBound + position - sums[index])
    }
}
