/// What partial results of an utterance show and promise, and what is made of a later result that would break the promise.
///
/// The policy is LocalAgreement (Macháček, Dabre, Bojar: Turning Whisper into Real-Time Transcription System, 2023): what results have in
/// common at their beginning is taken to be right. Two in a row are not enough here, since they hear almost the same audio: a word is
/// promised once it has been the same for two seconds of audio. On 190 clips of Whisper tiny.en, with a result every 0.5 s, 1 % of the
/// words that were promised came out otherwise in the end (32 clips of 190 had one with two results in a row, 4 with two seconds).
struct Agreement {
    /// How long a word has to stay the same: samples at 16000 Hz.
    private static let age = 32000
    /// Words at the end that are neither promised nor shown: the last one is heard by half. A model guesses at it, and ends it with a point.
    private static let heldBack = 1
    /// Words that are shown behind those that two results in a row agree on.
    private static let guesses = 2

    private var last: [String] = []
    /// For each word of the last result, the audio at whose end it first was what it is, behind the same words.
    private var since: [Int] = []
    private(set) var promised: [String] = []

    /// Takes the next result of an utterance that goes on.
    ///
    /// - Parameters:
    ///   - end: where the audio ends that it is of, in samples.
    ///   - isWhole: whether nobody seems to speak there: then the last word is whole.
    /// - Returns: what to show, and how many Unicode scalars of it will not change.
    mutating func partial(_ text: String, upTo end: Int, isWhole: Bool = false) -> (text: String, stable: Int) {
        let words = Agreement.words(of: text)
        let common = zip(words, last).prefix(while: Agreement.isSame).count
        let alike = zip(words, last).prefix { Agreement.sound($0) == Agreement.sound($1) }.count
        since = since.prefix(common) + Array(repeating: end, count: words.count - common)
        last = words
        let certain = since.dropLast(Agreement.heldBack).prefix { end - $0 >= Agreement.age }.count
        let isKept = keepsPromise(words)
        if isKept, certain > promised.count { promised = Array(words.prefix(certain)) }
        var shown = isKept ? words : kept(words)
        if !isWhole {
            shown = Array(
                shown.prefix(max(promised.count, min(words.count - Agreement.heldBack, alike + Agreement.guesses))))
            if shown.count > promised.count, let word = shown.popLast().map(Agreement.withoutPoint) {
                if !word.allSatisfy(\.isWhitespace) { shown.append(word) }
            }
        }
        return (shown.joined(), promised.reduce(0) { $0 + $1.unicodeScalars.count })
    }

    /// Takes what a stream has understood of an utterance that goes on.
    ///
    /// - Parameters:
    ///   - text: all of it.
    ///   - committed: what the library thinks will stay, which need not be the beginning of the text any more.
    /// - Returns: what to show, and how many Unicode scalars of it will not change.
    mutating func partial(_ text: String, committed: String) -> (text: String, stable: Int) {
        let words = Agreement.words(of: text)
        // What it is certain of and still says. The last word may go on: it commits parts of words.
        let certain = zip(words.dropLast(), Agreement.words(of: committed)).prefix(while: Agreement.isSame).count
        let isKept = keepsPromise(words)
        if isKept, certain > promised.count { promised = Array(words.prefix(certain)) }
        let shown = isKept ? words : kept(words)
        return (shown.joined(), promised.reduce(0) { $0 + $1.unicodeScalars.count })
    }

    /// Ends the utterance.
    ///
    /// - Returns: its text, which begins with what was promised, and whether it would have begun with something else.
    mutating func final(_ text: String) -> (text: String, isBent: Bool) {
        let words = Agreement.words(of: text)
        let isBroken = !keepsPromise(words)
        let result = isBroken ? kept(words) : words
        self = Agreement()
        return (result.joined(), isBroken)
    }

    private func keepsPromise(_ words: [String]) -> Bool { words.starts(with: promised, by: Agreement.isSame) }

    /// Whether they have the same scalars, which is what is promised: an é is the same text in two ways.
    private static func isSame(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }

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
        // Of equals the one that ends with the word that was promised last: that word must not come twice.
        func rank(_ count: Int) -> (Int, Int, Int) {
            let endsAlike = count > 0 && theirs[count - 1] == ours.last
            return (distance[count], endsAlike ? 0 : 1, abs(count - promised.count))
        }
        let best = distance.indices.min { rank($0) < rank($1) }
        return promised + words.dropFirst(best ?? limit)
    }

    /// A word without the punctuation that is a guess as long as more may follow.
    private static func withoutPoint(_ word: String) -> String {
        var word = word
        while let last = word.last, last.isPunctuation, word.count > 1 { word.removeLast() }
        return word
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
