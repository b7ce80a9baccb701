import Testing

@testable import Models

@Suite struct Vocabularies {
    /// Merges as they are learned from a text: the most frequent pair of neighbours first.
    private func learned(from words: [String], _ count: Int) -> (tokens: [[UInt8]], merges: [([UInt8], [UInt8])]) {
        var tokens = (UInt8.min...UInt8.max).map { [$0] }
        var merges: [([UInt8], [UInt8])] = []
        var texts = words.map { $0.utf8.map { [$0] } }
        for _ in 0..<count {
            var counts: [[[UInt8]]: Int] = [:]
            for text in texts {
                for (one, next) in zip(text, text.dropFirst()) { counts[[one, next], default: 0] += 1 }
            }
            let best = counts.max {
                ($0.value, $1.key.lexical) < ($1.value, $0.key.lexical)
            }
            guard let pair = best?.key else { break }
            merges.append((pair[0], pair[1]))
            tokens.append(pair[0] + pair[1])
            texts = texts.map { merged($0, (pair[0], pair[1])) }
        }
        return (tokens, merges)
    }

    private func merged(_ text: [[UInt8]], _ pair: ([UInt8], [UInt8])) -> [[UInt8]] {
        var result: [[UInt8]] = []
        for part in text {
            if let last = result.last, last == pair.0, part == pair.1 {
                result[result.count - 1] = last + part
            } else {
                result.append(part)
            }
        }
        return result
    }

    /// Words with blanks before them, some with letters of several bytes.
    private let words: [String] = {
        var dice = Dice(3)
        let syllables = ["to", "be", "not", "en", "er", "ing", "tion", "ß", "é", "漢", "♪", "a", "ee"]
        return (0..<400).map { _ in
            (dice(2) == 0 ? " " : "") + (0...dice(4)).map { _ in syllables[dice(syllables.count)] }.joined()
        }
    }()

    @Test func mergesAreFoundAgain() {
        let (tokens, merges) = learned(from: words, 200)
        #expect(merges.count == 200)
        let pairs = BytePairs(tokens)
        #expect(
            pairs.merges == merges.map { "\(BytePairs.printable($0.0)) \(BytePairs.printable($0.1))" })
        for word in words + ["unseen words", " tobeornot", "\u{0}\u{FF}", ""] {
            let expected = merges.reduce(word.utf8.map { [$0] }) { merged($0, $1) }
            #expect(pairs.encode(Array(word.utf8)) == expected)
        }
    }

    @Test func bytesAreWrittenAsGPT2DoesIt() {
        #expect(BytePairs.printable(Array(" to".utf8)) == "Ġto")
        #expect(BytePairs.printable(Array("\n".utf8)) == "Ċ")
        #expect(BytePairs.printable(Array("ß".utf8)) == "ÃŁ")
        #expect(BytePairs.printable([0x00, 0x20, 0x7F, 0xA0, 0xAD]) == "ĀĠġłŃ")
        #expect(Set((UInt8.min...UInt8.max).map { BytePairs.printable([$0]) }).count == 256)
    }

    @Test func tokensThatAreNoSpeech() {
        let bytes = (UInt8.min...UInt8.max).map { [$0] }
        let more =
            [" -", " '", " (", "((", "(a", " [", "--", " ♪"].map { Array($0.utf8) } + [Array("♪".utf8.prefix(2))]
        let numbers = BytePairs(bytes + more).nonSpeech
        let signs = "\"#()*+/:;<=>@[\\]^_`{|}~".utf8.map { Int32($0) }
        // Of a note of music that is not one token, its first token: the blank, or the first two bytes.
        let expected = signs + [32, 256, 257, 258, 259, 261, 262, 264]
        #expect(Set(numbers).isSuperset(of: expected))
        #expect(!numbers.contains(260))
        #expect(!numbers.contains { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
        #expect(numbers == numbers.sorted())
    }

    /// Numbers of OpenAI's tokenizers.
    @Test(arguments: [
        (51864, 50256, 50357, 50362), (51865, 50257, 50358, 50363), (51866, 50257, 50359, 50364),
    ])
    func tokensOfWhisper(size: Int, endOfText: Int, translate: Int, noTimestamps: Int) {
        let tokens = WhisperTokens(vocabularySize: size)
        #expect(tokens.endOfText == endOfText)
        #expect(tokens.start == endOfText + 1)
        #expect(tokens.translate == translate)
        #expect(tokens.transcribe == translate + 1)
        #expect(tokens.noTimestamps == noTimestamps)
        #expect(tokens.endOfText + tokens.names.count == size)
        func name(_ number: Int) -> String { tokens.names[number - endOfText] }
        #expect(name(endOfText) == "<|endoftext|>")
        #expect(name(tokens.start) == "<|startoftranscript|>")
        #expect(name(tokens.start + 1) == "<|en|>")
        #expect(name(tokens.translate - 1) == (size == 51866 ? "<|yue|>" : "<|su|>"))
        #expect(name(tokens.translate) == "<|translate|>")
        #expect(name(tokens.transcribe) == "<|transcribe|>")
        #expect(name(tokens.startOfModel) == "<|startoflm|>")
        #expect(name(tokens.previous) == "<|startofprev|>")
        #expect(name(tokens.noSpeech) == "<|nospeech|>")
        #expect(name(tokens.noTimestamps) == "<|notimestamps|>")
        #expect(name(tokens.noTimestamps + 1) == "<|0.00|>")
        #expect(tokens.names.last == "<|30.00|>")
        #expect(Set(tokens.names).count == tokens.names.count)
    }
}

extension [[UInt8]] {
    /// Something to order pairs by.
    fileprivate var lexical: String { map { $0.map { String($0) }.joined(separator: ",") }.joined(separator: ";") }
}
