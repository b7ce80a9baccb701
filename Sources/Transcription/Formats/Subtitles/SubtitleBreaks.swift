/// Breaks an utterance into subtitles, and a subtitle into lines: where a sentence or a clause ends, or a speaker pauses.
struct SubtitleBreaks {
    private let tokens: [SubtitleTokens.Token]
    private let rules: SubtitleRules
    /// Columns up to a token, spaces included.
    private let columns: [Int]
    /// How well each token ends a line, which is asked often.
    private let endings: [SubtitleTokens.Ending]

    init(_ tokens: SubtitleTokens, _ rules: SubtitleRules) {
        self.tokens = tokens.tokens
        self.rules = rules
        var columns = [0]
        for token in tokens.tokens {
            columns.append(columns[columns.count - 1] + token.columns + (token.isSpaced ? 1 : 0))
        }
        self.columns = columns
        endings = tokens.tokens.map(\.ending)
    }

    /// The subtitles: the breaks that cost least in all (Knuth and Plass, 1981, break paragraphs so).
    func cues(speaker: String?) -> [SubtitleCue] {
        if tokens.isEmpty { return [] }
        // The least cost of the tokens up to one, and where its last subtitle begins.
        var best: [(cost: Double, start: Int)] = [(0, 0)]
        for end in 1...tokens.count {
            var chosen = (cost: Double.infinity, start: end - 1)
            for start in stride(from: end - 1, through: 0, by: -1) {
                let range = start..<end
                // One token alone is always possible.
                if range.count > 1, !fits(range) { break }
                let cost = best[start].cost + self.cost(of: range)
                if cost < chosen.cost { chosen = (cost, start) }
            }
            best.append(chosen)
        }
        var cues: [SubtitleCue] = []
        var end = tokens.count
        while end > 0 {
            let range = best[end].start..<end
            cues.append(
                SubtitleCue(
                    start: tokens[range.lowerBound].start, end: tokens[end - 1].end, lines: lines(of: range),
                    speaker: speaker, width: width(range)))
            end = range.lowerBound
        }
        return cues.reversed()
    }

    private func width(_ range: Range<Int>) -> Int {
        columns[range.upperBound] - columns[range.lowerBound] - (tokens[range.lowerBound].isSpaced ? 1 : 0)
    }

    private func length(_ range: Range<Int>) -> Int {
        tokens[range.upperBound - 1].end - tokens[range.lowerBound].start
    }

    private func pause(before token: Int) -> Int { tokens[token].start - tokens[token - 1].end }

    private func fits(_ range: Range<Int>) -> Bool {
        guard width(range) <= rules.lineLength * rules.lines, length(range) <= SubtitleRules.longest else {
            return false
        }
        guard range.dropFirst().allSatisfy({ pause(before: $0) < SubtitleRules.longPause }) else { return false }
        return breaks(of: range) != nil
    }

    /// What a subtitle costs: 1 for itself, more where it ends badly, is shown too briefly to be read, or holds little.
    private func cost(of range: Range<Int>) -> Double {
        var cost = 1.0
        if range.upperBound < tokens.count {
            let rest = pause(before: range.upperBound)
            switch endings[range.upperBound - 1] {
            case .sentence: break
            case .clause: cost += 0.5
            case .word: cost += rest >= 300 ? 0.6 : 1.2
            }
        }
        // A sentence that ends in the middle of it.
        for index in range.dropFirst() where endings[index - 1] == .sentence { cost += 0.6 }
        let seconds = max(0.2, Double(length(range)) / 1000)
        let speed = Double(width(range)) / seconds
        if speed > SubtitleRules.readingSpeed { cost += min(1, (speed - SubtitleRules.readingSpeed) / 20) }
        let fullness = Double(width(range)) / Double(rules.lineLength)
        if fullness < 0.35 { cost += 0.35 - fullness }
        return cost
    }

    // MARK: Lines

    /// Where lines begin; nil where they don't suffice.
    private func breaks(of range: Range<Int>) -> [Int]? {
        if width(range) <= rules.lineLength { return [] }
        if rules.lines == 1 { return nil }
        if rules.lines == 2 {
            var best: (cost: Double, place: Int)?
            for place in range.dropFirst() {
                let (first, second) = (width(range.lowerBound..<place), width(place..<range.upperBound))
                guard first <= rules.lineLength, second <= rules.lineLength else { continue }
                // Lines of a length, the second rather the longer one; better behind a comma than before the last word.
                let difference = Double(first - second)
                var cost = abs(difference) / Double(rules.lineLength) + (difference > 0 ? 0.1 : 0)
                cost += [0.0, 0.15, 0.5][endings[place - 1].rawValue]
                if cost < best?.cost ?? .infinity { best = (cost, place) }
            }
            return best.map { [$0.place] }
        }
        // More than two are filled from the top.
        var places: [Int] = []
        var start = range.lowerBound
        for index in range where width(start..<(index + 1)) > rules.lineLength && index > start {
            places.append(index)
            start = index
        }
        return places.count < rules.lines ? places : nil
    }

    private func lines(of range: Range<Int>) -> [String] {
        let starts = [range.lowerBound] + (breaks(of: range) ?? []) + [range.upperBound]
        return zip(starts, starts.dropFirst()).map { start, end in
            tokens[start..<end].enumerated().reduce(into: "") { line, token in
                if token.offset > 0, token.element.isSpaced { line += " " }
                line += token.element.text
            }
        }
    }
}
