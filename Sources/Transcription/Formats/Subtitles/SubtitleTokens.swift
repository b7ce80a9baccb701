internal import Text

/// The words of an utterance as subtitles break them, each with its time.
struct SubtitleTokens {
    struct Token: Equatable {
        let text: String
        let columns: Int
        /// Whether a space is in front of it.
        let isSpaced: Bool
        /// Milliseconds.
        var start: Int
        var end: Int

        /// How well a line, or a subtitle, may end behind it.
        var ending: Ending {
            let closing: Set<Character> = ["\"", "'", ")", "]", "”", "’", "»", "」", "』", "）"]
            guard let last = text.last(where: { !closing.contains($0) }) else { return .word }
            if [".", "?", "!", "…", "。", "！", "？", "؟", "।"].contains(last) { return .sentence }
            return [",", ";", ":", "–", "—", "、", "，", "；", "：", "،"].contains(last) ? .clause : .word
        }
    }

    enum Ending: Int {
        case sentence
        case clause
        case word
    }

    private(set) var tokens: [Token]

    /// - Parameters:
    ///   - text: of the utterance.
    ///   - words: of the utterance, with times as far as they are known; they need not be spelt as in the text.
    ///   - span: milliseconds of the utterance.
    init(_ text: String, _ words: [Word], in span: ClosedRange<Int>) {
        tokens = SubtitleTokens.split(text).map {
            Token(text: $0.text, columns: $0.text.columns, isSpaced: $0.isSpaced, start: -1, end: -1)
        }
        takeTimes(of: words, in: span)
        fillTimes(in: span)
    }

    private static func split(_ text: String) -> [(text: String, isSpaced: Bool)] {
        var result: [(text: String, isSpaced: Bool)] = []
        for word in text.split(whereSeparator: \.isWhitespace) {
            guard word.contains(where: \.standsAlone) else {
                result.append((String(word), true))
                continue
            }
            for (index, piece) in LineBreaks.pieces(of: word).enumerated() { result.append((piece, index == 0)) }
        }
        return result
    }

    // MARK: Times

    /// Gives each token the time of its word. Where a text and its words differ, those that are alike on both sides do.
    private mutating func takeTimes(of words: [Word], in span: ClosedRange<Int>) {
        let timed = words.filter { $0.start != nil && $0.end != nil }
        guard !timed.isEmpty else { return }
        // A word may be several tokens, as a phrase is in scripts without spaces; letters are what both have.
        var letters: [(letter: Character, word: Int)] = []
        for (index, word) in timed.enumerated() {
            for letter in word.text.comparable { letters.append((letter, index)) }
        }
        var at = 0
        for index in tokens.indices {
            let wanted = Array(tokens[index].text.comparable)
            guard let first = wanted.first else { continue }
            // Not far away, or one odd word would cost the times of all that follow.
            let reach = min(letters.count, at + 40)
            guard
                let found = (at..<max(at, reach)).first(where: { place in
                    letters[place].letter == first
                        && place + wanted.count <= letters.count
                        && zip(letters[place...], wanted).allSatisfy { $0.letter == $1 }
                })
            else { continue }
            let (from, to) = (timed[letters[found].word], timed[letters[found + wanted.count - 1].word])
            tokens[index].start = SubtitleTokens.milliseconds(from.start, in: span)
            tokens[index].end = max(tokens[index].start, SubtitleTokens.milliseconds(to.end, in: span))
            at = found + wanted.count
        }
        shareWords()
    }

    /// Several tokens of one word share its time by their letters.
    private mutating func shareWords() {
        var index = 0
        while index < tokens.count {
            var end = index + 1
            while end < tokens.count, tokens[index].start >= 0, tokens[end].start == tokens[index].start,
                tokens[end].end == tokens[index].end
            {
                end += 1
            }
            if end - index > 1 { spread(index..<end, from: tokens[index].start, to: tokens[index].end) }
            index = end
        }
    }

    /// Gives what has no time its share of the time around it: an estimate, but between times that are known.
    private mutating func fillTimes(in span: ClosedRange<Int>) {
        var index = 0
        var last = span.lowerBound
        while index < tokens.count {
            if tokens[index].start >= 0 {
                tokens[index].start = max(tokens[index].start, last)
                tokens[index].end = max(tokens[index].end, tokens[index].start)
                last = tokens[index].end
                index += 1
                continue
            }
            let end = tokens[index...].firstIndex { $0.start >= 0 } ?? tokens.count
            let next = end < tokens.count ? max(tokens[end].start, last) : max(span.upperBound, last)
            spread(index..<end, from: last, to: next)
            last = next
            index = end
        }
    }

    private mutating func spread(_ range: Range<Int>, from start: Int, to end: Int) {
        let total = max(1, range.reduce(0) { $0 + max(1, tokens[$1].columns) })
        var done = 0
        for index in range {
            tokens[index].start = start + (end - start) * done / total
            done += max(1, tokens[index].columns)
            tokens[index].end = start + (end - start) * done / total
        }
    }

    private static func milliseconds(_ seconds: Double?, in span: ClosedRange<Int>) -> Int {
        Int(clamping: (seconds ?? 0) * 1000, to: span)
    }
}

extension String {
    /// Letters and digits in lower case: what a word and its spelling in a text have in common.
    fileprivate var comparable: String { lowercased().filter { $0.isLetter || $0.isNumber } }
}
