/// The times of an answer's texts, in the order of the texts, checked as a whole.
///
/// Servers have been seen to give times in other units (mudler/LocalAI#5327), an end a quarter of a minute late with the next text
/// inverted (ggml-org/whisper.cpp#466, #975), and times behind the end of the audio (linto-ai/whisper-timestamped#6). What is plausible stays
/// as it is. A time that is wrong takes its place from its neighbours, and moves nothing behind it. Times that make no sense as a whole
/// are dropped.
struct SpokenTimes {
    private(set) var spans: [SpokenSpan]
    /// Seconds of audio; nil if nobody knows.
    private let audio: Double?
    /// Times that were said, and those of them that were wrong.
    private var said = 0
    private var wrong = 0

    /// Seconds by which clocks may differ on the end of the audio.
    private static let slack = 1.0
    /// Seconds by which a text may begin before the one in front of it.
    private static let tolerance = 0.1

    /// Checks times.
    ///
    /// - Parameters:
    ///   - spans: in the order of the texts.
    ///   - audio: seconds of it; nil if nobody knows.
    ///   - fillsGaps: whether a text that came without a time gets one between its neighbours, too, if most came with times.
    /// - Returns: the spans as they are to be believed, and what became of them.
    static func checked(
        _ spans: [SpokenSpan], within audio: Double?, fillsGaps: Bool = false
    ) -> (spans: [SpokenSpan], verdict: TimesVerdict) {
        var times = SpokenTimes(spans, audio)
        let gaps = spans.map { (start: $0.start == nil, end: $0.end == nil) }
        let verdict = times.check()
        // Of a few times no others can be told.
        if !(fillsGaps && times.said >= spans.count), verdict != .senseless {
            for (index, gap) in gaps.enumerated() {
                if gap.start { times.spans[index].start = nil }
                if gap.end { times.spans[index].end = nil }
            }
        }
        return (times.spans, verdict)
    }

    private init(_ spans: [SpokenSpan], _ audio: Double?) {
        self.spans = spans
        self.audio = audio
    }

    private var limit: Double { audio.map { $0 + max(SpokenTimes.slack, $0 / 50) } ?? .infinity }

    private mutating func check() -> TimesVerdict {
        let times = spans.flatMap { [$0.start, $0.end].compactMap(\.self) }
        said = times.count
        if times.isEmpty { return .plausible }
        var converted: TimeUnit?
        switch unit(of: times) {
        case .seconds: break
        case .other(let unit):
            converted = unit
            change { $0 * unit.seconds }
        case .none: return drop()
        }
        refuseWhatIsOutside()
        turnWhatIsInverted()
        guard refuseJumps() else { return drop() }
        refuseImpossibleEnds()
        if 2 * wrong > said { return drop() }
        fill()
        if wrong > 0 { return .repaired(wrong, of: said) }
        return converted.map { .converted($0) } ?? .plausible
    }

    private mutating func drop() -> TimesVerdict {
        for index in spans.indices { (spans[index].start, spans[index].end) = (nil, nil) }
        return .senseless
    }

    private mutating func change(_ body: (Double) -> Double?) {
        for index in spans.indices {
            spans[index].start = spans[index].start.flatMap(body)
            spans[index].end = spans[index].end.flatMap(body)
        }
    }

    // MARK: As a whole

    private enum Unit {
        case seconds
        case other(TimeUnit)
        case none
    }

    /// The unit in which the times fit the audio: seconds unless most of them can't be, then another in which all fit it well.
    private func unit(of times: [Double]) -> Unit {
        let counted = times.filter { $0 != 0 }
        // All zero, or all the same: a clock that stands still.
        guard let most = counted.max(), times.count < 3 || times.contains(where: { $0 != times[0] }) else {
            return .none
        }
        let outside = counted.count { !isInside($0) }
        if 2 * outside <= counted.count { return .seconds }
        guard let audio else { return .none }
        let fitting = TimeUnit.allCases.first { unit in
            most * unit.seconds >= audio / 4 && counted.allSatisfy { isInside($0 * unit.seconds) }
        }
        return fitting.map { .other($0) } ?? .none
    }

    private func isInside(_ time: Double) -> Bool { time >= -SpokenTimes.slack / 2 && time <= limit && time.isFinite }

    // MARK: One by one

    private mutating func refuse(_ index: Int, start: Bool = false, end: Bool = false) {
        if start, spans[index].start != nil {
            spans[index].start = nil
            wrong += 1
        }
        if end, spans[index].end != nil {
            spans[index].end = nil
            wrong += 1
        }
    }

    private mutating func refuseWhatIsOutside() {
        for index in spans.indices {
            let (start, end) = (spans[index].start, spans[index].end)
            refuse(index, start: start.map { !isInside($0) } ?? false, end: end.map { !isInside($0) } ?? false)
        }
        change { max(0, $0) }
    }

    /// A text whose end is before its beginning, and which fits between its neighbours the other way round: the two were swapped.
    private mutating func turnWhatIsInverted() {
        let inverted = spans.indices.filter { index in spans[index].times.map { $0.end < $0.start } ?? false }
        guard !inverted.isEmpty else { return }
        let pairs = spans.count { $0.times != nil }
        for index in inverted {
            guard let (start, end) = spans[index].times else { continue }
            let before = index > 0 ? spans[index - 1].times.map { max($0.start, $0.end) } : nil
            let after = index + 1 < spans.count ? spans[index + 1].times.map { min($0.start, $0.end) } : nil
            let fits =
                (before.map { end >= $0 - SpokenTimes.tolerance } ?? true)
                && (after.map { start <= $0 + SpokenTimes.tolerance } ?? true)
            guard fits || 2 * inverted.count > pairs else { continue }
            (spans[index].start, spans[index].end) = (end, start)
            wrong += 1
        }
    }

    /// A beginning that the others go past: one that jumps ahead, or back.
    ///
    /// - Returns: false if there is no order in them at all.
    private mutating func refuseJumps() -> Bool {
        for speaker in Set(spans.map(\.speaker)) {
            let own = spans.indices.filter { spans[$0].speaker == speaker && spans[$0].start != nil }
            let starts = own.map { spans[$0].start ?? 0 }
            if zip(starts, starts.dropFirst()).allSatisfy({ $1 >= $0 - SpokenTimes.tolerance }) { continue }
            let ordered = longestRise(in: starts)
            guard 3 * ordered.count >= 2 * starts.count else {
                // Texts in another order than that of their times may be right, each by itself; if they overlap they are not.
                if isFreeOfOverlaps(own) { continue }
                return false
            }
            refuseStarts(of: own)
        }
        return true
    }

    /// Refuses the beginnings that are out of the order which most beginnings and ends of these texts have.
    private mutating func refuseStarts(of indices: [Int]) {
        let times = indices.flatMap { index in
            [(spans[index].start, true), (spans[index].end, false)].compactMap { time, isStart in
                time.map { (index: index, time: $0, isStart: isStart) }
            }
        }
        let kept = Set(longestRise(in: times.map(\.time)).filter { times[$0].isStart }.map { times[$0].index })
        var last = -Double.infinity
        for (place, index) in indices.enumerated() {
            guard let start = spans[index].start else { continue }
            if kept.contains(index) {
                last = start
                continue
            }
            let next = indices[(place + 1)...].first { kept.contains($0) }.flatMap { spans[$0].start } ?? .infinity
            let isNear = start >= last - SpokenTimes.tolerance && start <= next + SpokenTimes.tolerance
            if !isNear { refuse(index, start: true) }
        }
    }

    private func isFreeOfOverlaps(_ indices: [Int]) -> Bool {
        let times = indices.compactMap { spans[$0].times }.sorted { $0.start < $1.start }
        return times.allSatisfy { $0.end >= $0.start }
            && zip(times, times.dropFirst()).allSatisfy { $1.start >= $0.end - SpokenTimes.tolerance }
    }

    /// An end before its beginning; one behind the next text's end although the same person says both; and one out of the order of
    /// the beginnings, if its own is gone.
    private mutating func refuseImpossibleEnds() {
        for index in spans.indices {
            if let (start, end) = spans[index].times {
                if end < start - SpokenTimes.tolerance {
                    refuse(index, end: true)
                } else if let next = nextTimes(behind: index), next.start >= start, next.end >= next.start,
                    end > next.end + SpokenTimes.tolerance
                {
                    refuse(index, end: true)
                }
            } else if let end = spans[index].end {
                let before = spans[..<index].last { $0.start != nil }?.start ?? 0
                let after = spans[(index + 1)...].first { $0.start != nil }?.start ?? .infinity
                if end < before || end > after + SpokenTimes.tolerance { refuse(index, end: true) }
            }
        }
    }

    /// The times of the next text of the same person that has both.
    private func nextTimes(behind index: Int) -> (start: Double, end: Double)? {
        let next = spans[(index + 1)...].first { $0.speaker == spans[index].speaker && $0.times != nil }
        return next?.times
    }

    // MARK: Neighbours

    /// Seconds in which a character is said: 15 of them in a second are usual.
    private static let secondsOfCharacter = 1.0 / 15

    /// Gives what has no time its share between the known times around it, by the lengths of the texts.
    private mutating func fill() {
        var known: [Double?] = spans.flatMap { [$0.start, $0.end] }
        func room(_ place: Int) -> Double {
            place % 2 == 0 ? Double(max(1, spans[place / 2].length)) * SpokenTimes.secondsOfCharacter : 0
        }
        var place = 0
        while place < known.count {
            guard known[place] == nil else {
                place += 1
                continue
            }
            let end = known[place...].firstIndex { $0 != nil } ?? known.count
            // Room for the texts from the known time before the first of them to the known one behind the last.
            let first = max(0, place - 1)
            let rooms = (first..<min(end, known.count - 1)).map(room)
            let wanted = rooms.reduce(0, +)
            let right = end < known.count ? known[end] : nil
            let left = min(
                place > 0 ? known[place - 1] ?? 0 : max(0, (right ?? 0) - wanted), right ?? .infinity)
            let last = max(left, right ?? min(left + wanted, max(left, audio ?? .infinity)))
            var time = left
            if place == 0 { known[0] = left }
            for (offset, room) in rooms.enumerated() where first + offset + 1 < end {
                time += wanted > 0 ? (last - left) * room / wanted : 0
                known[first + offset + 1] = time
            }
            place = end
        }
        for index in spans.indices {
            // What is out of order with its neighbours is near its own other time.
            let room = room(2 * index)
            if let start = known[2 * index], let end = known[2 * index + 1], end < start {
                if spans[index].end == nil {
                    known[2 * index + 1] = max(start, min(start + room, limit))
                } else if spans[index].start == nil {
                    known[2 * index] = max(0, end - room)
                }
            }
            (spans[index].start, spans[index].end) = (known[2 * index], known[2 * index + 1])
        }
    }
}

/// The indices of the longest part of a list that never falls (patience sorting, O(n log n)).
func longestRise(in numbers: [Double]) -> [Int] {
    // The last index of the best rise of each length, and what comes before each index in its own.
    var ends: [Int] = []
    var before = [Int?](repeating: nil, count: numbers.count)
    for (index, number) in numbers.enumerated() {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[ends[middle]] <= number { low = middle + 1 } else { high = middle }
        }
        before[index] = low > 0 ? ends[low - 1] : nil
        if low == ends.count { ends.append(index) } else { ends[low] = index }
    }
    var result: [Int] = []
    var at = ends.last
    while let index = at {
        result.append(index)
        at = before[index]
    }
    return result.reversed()
}
