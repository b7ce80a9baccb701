internal import Audio

/// Cuts a recording into parts at its pauses, while it is read: no sample is lost, none comes twice.
///
/// A part may end from `earliest` on, and ends at `longest` at the latest. Between the two the best pause so far is taken: at first
/// only one of half a second, towards the end a tenth of one is good enough. Samples are held back there for as long as the
/// pause that they may be in is judged. Where nobody listens for speech, or nobody pauses, the quietest place serves.
final class PartCutter {
    /// Samples of a part at least and at most, but for the last one.
    struct Rules: Equatable {
        let earliest: Int
        let longest: Int

        /// - Parameter seconds: the most that a part may hold.
        init(longest seconds: Double) {
            let samples = seconds * Double(AudioFormat.speech.sampleRate)
            longest = max(Int(min(samples, 1e15)), 2 * PartCutter.quietLength)
            // The larger the choice the better the pause; the larger the parts the fewer.
            earliest = longest - min(longest / 5, PartCutter.mostChoice)
        }
    }

    private let source: any SpeechSource
    private let rules: Rules
    /// Read, and not given away: from `position` on.
    private var held: [Int16] = []
    private var heldStart = 0
    /// Samples of the recording that were given away.
    private(set) var position = 0
    private var hasEnded = false
    /// Where the part that goes on begins, and ends once that is known.
    private var partStart = 0
    private(set) var cut: Int?
    private var quiet = QuietPlaces()
    /// Places behind which the source leaves out a long silence, from `position` on.
    private var pauses: [Int] = []
    private let block: UnsafeMutableBufferPointer<Int16>

    /// Two minutes.
    private static let mostChoice = 120 * 16000
    /// Five seconds: what a last resort can choose from.
    private static let reach = 5 * 16000
    /// 64 ms: what is read at once where a part may end.
    private static let step = 1024
    /// Half a second, and a tenth: what is a pause at first, and what is one at last.
    private static let (longPause, shortPause) = (8000, 1600)
    /// 100 ms: a quiet place; and 30 ms: its quietest, where the cut is.
    private static let (quietLength, quietCut) = (1600, 480)

    init(_ source: any SpeechSource, _ rules: Rules) {
        self.source = source
        self.rules = rules
        block = .allocate(capacity: 4096)
    }

    deinit {
        block.deallocate()
    }

    /// Begins the next part. The one before was read to its end, or is given up.
    ///
    /// - Parameter isCancelled: asked while nothing comes.
    /// - Returns: nil where the recording has ended.
    func nextPart(isCancelled: () -> Bool) throws -> Part? {
        if let cut {
            try skip(to: cut)
            partStart = cut
            self.cut = nil
        } else if position > partStart {
            return nil
        }
        if heldCount == 0, !hasEnded, partStart > 0 {
            // Whether there is another part is known when there is another sample.
            while try !fetch(within: .milliseconds(100)), !hasEnded {
                if isCancelled() { throw EngineError(.cancelled, "given up") }
            }
        }
        return heldCount == 0 && hasEnded ? nil : Part(self, start: partStart)
    }

    private func skip(to sample: Int) throws {
        while position < sample {
            guard let count = try read(into: block, within: .milliseconds(100)) else { continue }
            if count == 0 { return }
        }
    }

    private var heldCount: Int { held.count - heldStart }

    /// Gives samples of the part that goes on.
    ///
    /// - Returns: samples given; 0 at the part's end; nil where nothing came in time.
    fileprivate func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        let deadline = ContinuousClock.now + patience
        while true {
            let end = position + heldCount
            let limit = cut ?? (hasEnded ? end : max(position, givable(end)))
            if limit > position {
                pauses.removeAll { $0 <= position }
                return give(into: buffer, upTo: min(limit, pauses.first ?? limit))
            }
            if cut != nil || hasEnded { return 0 }
            let rest = max(deadline - .now, .zero)
            guard try fetch(within: rest) || hasEnded else { return nil }
            if cut == nil { judge() }
        }
    }

    /// What may be given away although it is not known where the part ends.
    private func givable(_ end: Int) -> Int {
        let earliest = partStart + rules.earliest
        if end <= earliest { return end }
        return max(earliest, end - PartCutter.reach)
    }

    private func give(into buffer: UnsafeMutableBufferPointer<Int16>, upTo limit: Int) -> Int {
        let count = min(buffer.count, limit - position, heldCount)
        for index in 0..<count { buffer[index] = held[heldStart + index] }
        heldStart += count
        position += count
        if heldStart == held.count {
            held.removeAll(keepingCapacity: true)
            heldStart = 0
        } else if heldStart > PartCutter.reach {
            held.removeFirst(heldStart)
            heldStart = 0
        }
        return count
    }

    /// Reads what is next of the recording.
    ///
    /// - Returns: whether there was anything.
    private func fetch(within patience: Duration) throws -> Bool {
        let end = position + heldCount
        let untilChoice = partStart + rules.earliest - end
        // Never past the last place where the part may end.
        let room = untilChoice > 0 ? min(untilChoice, block.count) : PartCutter.step
        let wanted = UnsafeMutableBufferPointer(rebasing: block[..<min(room, max(1, partStart + rules.longest - end))])
        guard let count = try source.read(into: wanted, within: patience) else {
            if source.isAtPause, pauses.last != end { pauses.append(end) }
            return false
        }
        if count == 0 {
            hasEnded = true
        } else {
            held.append(contentsOf: wanted[..<count])
            quiet.add(UnsafeBufferPointer(rebasing: wanted[..<count]))
        }
        return count > 0
    }

    // MARK: Where to cut

    /// Looks whether the part ends in what was read.
    private func judge() {
        let end = position + heldCount
        let (earliest, longest) = (partStart + rules.earliest, partStart + rules.longest)
        guard end > earliest else { return }
        let progress = Double(end - earliest) / Double(max(1, longest - earliest))
        let isLast = end >= longest
        let wanted =
            PartCutter.longPause - Int(Double(PartCutter.longPause - PartCutter.shortPause) * min(1, progress))
        let choice = max(earliest, position)..<end
        let speech = source.speech(in: choice)
        if let speech, let pause = longestPause(speech, in: choice), isLast || pause.count >= wanted,
            let place = quiet.quietest(PartCutter.quietCut, in: pause), quiet.isRoom(place, length: PartCutter.quietCut)
        {
            // A detector hears the beginning of a word a little late: what it calls a pause may have the word's in it.
            cut = place.middle
            return
        }
        if speech != nil, !isLast { return }
        guard let place = quiet.quietest(PartCutter.quietLength, in: choice) else {
            if isLast { cut = end }
            return
        }
        // Without a detector a place that is much more quiet than what is around it is taken for a pause.
        guard isLast || quiet.isSilent(place, length: PartCutter.quietLength, in: choice) else { return }
        let around = (place.middle - PartCutter.quietLength / 2)..<(place.middle + PartCutter.quietLength / 2)
        cut = quiet.quietest(PartCutter.quietCut, in: around.clamped(to: choice))?.middle ?? place.middle
    }

    /// The longest stretch without speech; also one that still goes on.
    private func longestPause(_ speech: [Range<Int>], in choice: Range<Int>) -> Range<Int>? {
        var longest: Range<Int>?
        var last = choice.lowerBound
        for next in speech.map(\.lowerBound) + [choice.upperBound] {
            let pause = last..<max(last, next)
            if pause.count > longest?.count ?? 0 { longest = pause }
            last = speech.first { $0.lowerBound == next }?.upperBound ?? last
        }
        return longest.flatMap { $0.count >= 2 ? $0 : nil }
    }

    // MARK: Again

    fileprivate func restart(at sample: Int) throws {
        try source.restart(at: sample)
        held.removeAll(keepingCapacity: true)
        heldStart = 0
        position = sample
        hasEnded = false
        quiet = QuietPlaces(from: sample)
        pauses = []
    }

    fileprivate func speech(in range: Range<Int>) -> [Range<Int>]? { source.speech(in: range) }
    fileprivate var isSpeechCertain: Bool { source.isSpeechCertain }
    fileprivate var isAtPause: Bool { pauses.first == position }

    /// A part, to be read by one engine.
    final class Part: SpeechSource {
        /// Its first sample, counted in the recording.
        let start: Int
        private let cutter: PartCutter

        fileprivate init(_ cutter: PartCutter, start: Int) {
            self.cutter = cutter
            self.start = start
        }

        func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
            try cutter.read(into: buffer, within: patience)
        }

        func restart(at sample: Int) throws { try cutter.restart(at: start + sample) }

        func speech(in range: Range<Int>) -> [Range<Int>]? {
            cutter.speech(in: (range.lowerBound + start)..<(range.upperBound + start))?.map {
                ($0.lowerBound - start)..<($0.upperBound - start)
            }
        }

        var isSpeechCertain: Bool { cutter.isSpeechCertain }
        var isAtPause: Bool { cutter.isAtPause }

        /// Behind the last sample of it that was read.
        var end: Int { cutter.position }

        /// Whether there is more of the recording behind it; known once it was read to its end.
        var isCut: Bool { cutter.cut != nil }
    }
}
