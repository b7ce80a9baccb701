import Testing

@testable import LocalRecognition

/// Partial results and what they promise.
@Suite struct Agreeing {
    private static let second = 16_000

    /// What is shown of results, one a second.
    private func shown(_ texts: String...) -> [String] {
        var agreement = Agreement()
        return texts.enumerated().map { index, text in
            let partial = agreement.partial(text, upTo: (index + 1) * Agreeing.second)
            let scalars = Array(partial.text.unicodeScalars)
            return String(String.UnicodeScalarView(scalars[..<partial.stable])) + "|"
                + String(String.UnicodeScalarView(scalars[partial.stable...]))
        }
    }

    @Test func aWordIsPromisedAfterTwoSeconds() {
        #expect(
            shown(
                "To be.", "To be or not", "To be or not to", "To be or not to be", "To be or not to be that") == [
                    "|To", "|To be or", "To| be or not", "To be or not| to", "To be or not to| be",
                ])
    }

    @Test func aWordThatChangesIsPromisedLater() {
        #expect(
            shown("a b c d", "a x c d", "a x c d", "a x c d", "a x c d").map { $0.prefix { $0 != "|" } } == [
                "", "", "a", "a x c", "a x c",
            ])
    }

    @Test func theLastWordIsShownOnceItIsWhole() {
        var agreement = Agreement()
        #expect(agreement.partial("Hello wor.", upTo: 8000).text == "Hello")
        #expect(agreement.partial("Hello world.", upTo: 16_000, isWhole: true).text == "Hello world.")
        #expect(agreement.partial("", upTo: 24_000).text == "")
        #expect(agreement.partial("A -", upTo: 32_000).text == "A")
        #expect(agreement.partial("A - b c", upTo: 40_000).text == "A - b")
        #expect(agreement.partial("A - - c", upTo: 48_000).text == "A -")
    }

    @Test func aPromiseIsKeptByAnotherResult() {
        var agreement = Agreement()
        for end in 1...4 { _ = agreement.partial("I have two dogs", upTo: end * Agreeing.second) }
        #expect(agreement.promised.joined() == "I have two")
        let other = agreement.partial("I've two dogs and a cat", upTo: 5 * Agreeing.second)
        #expect(other.text == "I have two")
        #expect(other.stable == "I have two".unicodeScalars.count)
        #expect(agreement.partial("I've two dogs and a cat", upTo: 5 * Agreeing.second).text == "I have two dogs and")
        // Nothing was heard this time.
        #expect(agreement.partial("", upTo: 6 * Agreeing.second).text == "I have two")
        let final = agreement.final("I have too dogs and a cat.")
        #expect(final.text == "I have two dogs and a cat.")
        #expect(final.isBent)
        #expect(agreement.promised.isEmpty)
        // The next utterance begins anew.
        #expect(agreement.final("Yes.").text == "Yes.")
        #expect(!agreement.final("").isBent)
    }

    @Test func whatFollowsAPromiseComesOnce() {
        func final(_ text: String, after promise: String) -> String {
            var agreement = Agreement()
            for end in 1...4 { _ = agreement.partial(promise + " x", upTo: end * Agreeing.second) }
            #expect(agreement.promised.joined() == promise)
            return agreement.final(text).text
        }
        #expect(final("One two three four", after: "one two") == "one two three four")
        #expect(final("two three four", after: "one two") == "one two three four")
        #expect(final("and one two three four", after: "one two") == "one two three four")
        #expect(final("one too three", after: "one two") == "one two three")
        #expect(final("", after: "one two") == "one two")
        #expect(final("something else", after: "one two") == "one two")
    }

    @Test func stableCountsScalars() {
        // A flag of two scalars, an e with a separate accent, and a family.
        let text = "🇩🇪 e\u{301}te\u{301} 👩‍👩‍👧 x"
        var agreement = Agreement()
        var partial = (text: "", stable: 0)
        for end in 1...3 { partial = agreement.partial(text, upTo: end * Agreeing.second) }
        #expect(partial.stable == "🇩🇪 e\u{301}te\u{301} 👩‍👩‍👧".unicodeScalars.count)
        #expect(Array(partial.text.unicodeScalars.prefix(partial.stable)) == Array(text.unicodeScalars.dropLast(2)))
    }

    /// An é in two ways looks the same, and is not what was promised.
    @Test func theSameTextInOtherScalarsIsAnother() {
        var agreement = Agreement()
        for end in 1...3 { _ = agreement.partial("caf\u{E9} noir x", upTo: end * Agreeing.second) }
        let partial = agreement.partial("cafe\u{301} noir x", upTo: 4 * Agreeing.second)
        let promise = Array("caf\u{E9} noir".unicodeScalars)
        #expect(partial.stable == promise.count)
        #expect(Array(partial.text.unicodeScalars.prefix(promise.count)) == promise)
        let final = agreement.final("cafe\u{301} noir.")
        #expect(final.text.unicodeScalars.starts(with: promise))
    }

    @Test(
        arguments: [
            ("", []), ("   \n ", []), ("one", ["one"]), ("  one \n two  ", ["one", " two"]),
            ("今天 天气", ["今", "天", " 天", "气"]),
            ("Hello世界, yes", ["Hello", "世", "界", ",", " yes"]), ("が、か", ["が", "、", "か"]),
            ("か\u{3099}い", ["か\u{3099}", "い"]), ("ไทย", ["ไ", "ท", "ย"]), ("한국어 말", ["한국어", " 말"]),
            ("e\u{301}t", ["e\u{301}t"]), ("🇩🇪🇫🇷 a", ["🇩🇪🇫🇷", " a"]),
        ] as [(String, [String])])
    func wordsOfATextInAnyScript(text: String, words: [String]) {
        #expect(Agreement.words(of: text).map { Array($0.unicodeScalars) } == words.map { Array($0.unicodeScalars) })
    }

    /// Random results: what was promised stays at the beginning of all that follows, and only grows.
    @Test(arguments: 0..<30) func aPromiseIsNeverBroken(seed: Int) {
        var dice = Dice(seed)
        let vocabulary = [
            "a", "A", "a.", "the", "cat", "e\u{301}", "\u{E9}", "漢", "字", "が", "か\u{3099}", "-", "...", "🇩🇪", "don't",
            "\u{301}",
            "ไ", "\u{200D}",
        ]
        for _ in 0..<20 {
            var agreement = Agreement()
            var words: [String] = []
            var promise: [Unicode.Scalar] = []
            var end = 0
            for _ in 0..<(3 + dice(40)) {
                end += 1600 + dice(20_000)
                for _ in 0..<dice(3) { words.append(vocabulary[dice(vocabulary.count)]) }
                var heard = words
                if !heard.isEmpty, dice(3) == 0 { heard[dice(heard.count)] = vocabulary[dice(vocabulary.count)] }
                if !heard.isEmpty, dice(6) == 0 { heard.remove(at: dice(heard.count)) }
                if dice(12) == 0 { heard = [] }
                let text = heard.joined(separator: ["", " ", " ", "\n"][dice(4)])
                let partial = agreement.partial(text, upTo: end, isWhole: dice(8) == 0)
                let scalars = Array(partial.text.unicodeScalars)
                #expect(partial.stable >= promise.count && partial.stable <= scalars.count)
                #expect(scalars.starts(with: promise))
                promise = Array(scalars.prefix(partial.stable))
            }
            let final = agreement.final(words.shuffled(&dice).joined(separator: " "))
            #expect(final.text.unicodeScalars.starts(with: promise))
        }
    }
}

extension [String] {
    /// With two words exchanged, most of the time.
    fileprivate func shuffled(_ dice: inout Dice) -> [String] {
        var result = self
        if count > 1 { result.swapAt(dice(count), dice(count)) }
        return result
    }
}
