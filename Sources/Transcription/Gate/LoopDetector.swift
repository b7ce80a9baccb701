/// Notices a recogniser that repeats itself: the same phrase over and over, in one utterance or in one after the other.
///
/// Models like Whisper fall into such loops on noise and music (whisper.cpp issues 1507, 1949, 2755). A speaker can repeat
/// himself as well; so nothing is taken away.
package struct LoopDetector {
    /// How often a phrase comes, one right behind the other, and how many words that makes at least; "no no no no" is none.
    private static let repetitions = 4
    private static let shortest = 8
    /// Words of a phrase at most.
    private static let longestPhrase = 16

    private var lastWords: [String] = []
    private var timesSaid = 0

    package init() {}

    /// Takes the next utterance.
    ///
    /// - Parameter text: what was recognised.
    /// - Returns: whether it is a repetition.
    package mutating func isRepetition(_ text: String) -> Bool {
        let words = LoopDetector.words(of: text)
        timesSaid = words == lastWords ? timesSaid + 1 : 1
        lastWords = words
        return timesSaid >= LoopDetector.repetitions && !words.isEmpty || LoopDetector.isLoop(words)
    }

    private static func isLoop(_ words: [String]) -> Bool {
        for length in 1...longestPhrase where words.count >= max(shortest, length * repetitions) {
            // A word that is the one a phrase's length before it goes on with the repetition.
            var run = 0
            for index in length..<words.count {
                run = words[index] == words[index - length] ? run + 1 : 0
                if run + length >= max(shortest, length * repetitions) { return true }
            }
        }
        return false
    }

    /// Words without punctuation, in lower case; in scripts that don't separate them, characters.
    private static func words(of text: String) -> [String] {
        let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
        return isASCII ? wordsOfASCII(text) : wordsOfUnicode(text)
    }

    /// The same of text in which every byte is a character: most of it is.
    private static func wordsOfASCII(_ text: String) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        func end() {
            if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
            word.removeAll(keepingCapacity: true)
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): word.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): word.append(byte | 0x20)
            case UInt8(ascii: "'"): break
            default: end()
            }
        }
        end()
        return words
    }

    private static func wordsOfUnicode(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        func isAlone(_ character: Character) -> Bool {
            // Thai to Khmer; kana, ideographs, Hangul's neighbours; ideographs beyond.
            character.unicodeScalars.first.map {
                (0x0E00...0x17FF).contains($0.value) || (0x3040...0x9FFF).contains($0.value) || $0.value >= 0x20000
            } ?? false
        }
        for character in text {
            if character.isLetter || character.isNumber {
                if isAlone(character) {
                    words.append(String(character))
                } else {
                    word += character.lowercased()
                }
            } else if character != "'", character != "’", !word.isEmpty {
                words.append(word)
                word = ""
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
