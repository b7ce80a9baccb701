/// What partial results of an utterance promise, and what is made of a later result that would break the promise.
///
/// The policy is LocalAgreement-2 (Macháček, Dabre, Bojar: Turning Whisper into Real-Time Transcription System, 2023): what two results
/// in a row have in common at their beginning is taken to be right. The last of it is held back: a model that hears half a word
/// guesses the same other word twice.
struct Agreement {
    /// Words that two results agree on and that are not promised yet.
    private static let heldBack = 1

    private var last: [String] = []
    private(set) var promised: [String] = []

    /// Takes the next result of an utterance that goes on.
    ///
    /// - Returns: what to show, and how many Unicode scalars of it will not change.
    mutating func partial(_ text: String) -> (text: String, stable: Int) {
        var words = Agreement.words(of: text)
        let common = zip(words, last).prefix { $0 == $1 }.count - Agreement.heldBack
        last = words
        if words.starts(with: promised) {
            if common > promised.count { promised = Array(words.prefix(common)) }
        } else {
            words = kept(words)
        }
        return (words.joined(), promised.reduce(0) { $0 + $1.unicodeScalars.count })
    }

    /// Ends the utterance.
    ///
    /// - Returns: its text, which begins with what was promised, and whether it would have begun with something else.
    mutating func final(_ text: String) -> (text: String, isBent: Bool) {
        let words = Agreement.words(of: text)
        let isBroken = !words.starts(with: promised)
        let result = isBroken ? kept(words) : words
        self = Agreement()
        return (result.joined(), isBroken)
    }

    /// What was promised, and what follows on it in another result: behind the words that are most like those promised.
    private func kept(_ words: [String]) -> [String] {
        let limit = min(words.count, promised.count + 4)
        let (ours, theirs) = (promised.map(Agreement.sound), words.prefix(limit).map(Agreement.sound))
        // The edit distance of all that was promised to each beginning of the other.
        var distance = Array(0...limit)
        for (row, word) in ours.enumerated() {
            var diagonal = distance[0]
            distance[0] = row + 1
            for column in theirs.indices {
                let replaced = diagonal + (theirs[column] == word ? 0 : 1)
                diagonal = distance[column + 1]
                distance[column + 1] = min(replaced, distance[column] + 1, diagonal + 1)
            }
        }
        let best = distance.indices.min {
            (distance[$0], abs($0 - promised.count)) < (distance[$1], abs($1 - promised.count))
        }
        return promised + words.dropFirst(best ?? limit)
    }

    /// A word as it is heard: without case and punctuation.
    private static func sound(_ word: String) -> String {
        word.filter { $0.isLetter || $0.isNumber }.lowercased()
    }

    /// The words of a text, each but the first with one space before it; in scripts that have no spaces each character is one.
    static func words(of text: String) -> [String] {
        var result: [String] = []
        var isBehindSpace = false
        var goesOn = false
        for character in text {
            if character.isWhitespace {
                (isBehindSpace, goesOn) = (true, false)
                continue
            }
            let standsAlone = character.unicodeScalars.first.map(isUnspaced) ?? false
            if goesOn, !standsAlone {
                result[result.count - 1].append(character)
            } else {
                result.append((isBehindSpace && !result.isEmpty ? " " : "") + String(character))
            }
            (isBehindSpace, goesOn) = (false, !standsAlone)
        }
        return result
    }

    /// Whether it is of a script without spaces: Thai, Lao, Khmer, Burmese, kana, Chinese characters and what goes with them.
    private static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3000...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xF900...0xFAFF, 0xFF00...0xFFEF, 0x20000...0x3FFFF:
            true
        default: false
        }
    }
}
