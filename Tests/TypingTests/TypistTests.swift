import Testing

@testable import Typing

/// Writes down what it is given; fails while told to.
private final class Notebook: Driver {
    var delivered: [String] = []
    var failure: TypingError?
    /// How many times it can deliver.
    var limit = Int.max

    func prepare() {}
    func deliver(_ text: String) throws(TypingError) {
        if let failure { throw failure }
        if delivered.count == limit { throw TypingError(.driverFailed, "enough") }
        delivered.append(text)
    }
    func finish() {}
}

@Suite struct TypistTests {
    private let notebook = Notebook()

    private func typist(
        keys: KeyPolicy = [], prefix: String = "", suffix: String = "", lost: @escaping (String) -> Void = { _ in }
    )
        -> Typist
    {
        Typist(
            driver: notebook, store: nil, keys: keys, prefix: prefix, suffix: suffix, report: { _ in }, lastResort: lost
        )
    }

    private func line(_ text: String, isTerminated: Bool = true) -> UtteranceReader.Line {
        .init(text: text, isTerminated: isTerminated, isContinuation: false)
    }

    @Test func `a space precedes every utterance but the first`() {
        let typist = typist()
        for text in ["one", "", "  ", "two", " three ", "four\r"] { typist.type(line(text)) }
        #expect(notebook.delivered == ["one", " two", " three ", "four"])
    }

    @Test func `prefix and suffix are under the same rule as the text`() {
        let typist = typist(prefix: "<", suffix: ">\n")
        typist.type("a")
        typist.type("b")
        #expect(notebook.delivered == ["<a> ", "<b> "])
    }

    @Test func `with --keys enter the lines arrive as they are`() {
        let typist = typist(keys: .enter)
        for text in ["ls -l", "", "echo hi\r"] { typist.type(line(text)) }
        typist.type(line("rest", isTerminated: false))
        #expect(notebook.delivered.joined() == "ls -l\r\recho hi\rrest")
    }

    @Test func `nothing is left out and nothing tried again where it can't get better`() {
        var lost: [String] = []
        let typist = typist { lost.append($0) }
        notebook.failure = TypingError(.noFocus, "no window")
        typist.type("a")
        notebook.failure = nil
        typist.type("b")
        notebook.failure = TypingError(.timedOut, "hangs")
        typist.type("c")
        notebook.failure = nil
        typist.type("d")
        #expect(notebook.delivered == ["b"])
        #expect(lost == ["a", "c", "d"])
        #expect(typist.undelivered == 3)
    }

    @Test func `a long utterance goes in pieces, and what was typed of it is not kept`() throws {
        let words = (0..<300).map { "wörd\($0) " }.joined()
        var lost: [String] = []
        let typist = typist { lost.append($0) }
        notebook.limit = 3
        typist.type(words)
        #expect(notebook.delivered.count == 3)
        #expect(notebook.delivered.allSatisfy { $0.count <= 400 && $0.last == " " }, "cut behind a word")
        #expect(notebook.delivered.joined() + lost.joined() == words)
    }

    @Test(arguments: [
        ("", 4, [""]), ("one two", 4, ["one ", "two"]), ("one two", 7, ["one two"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("a bcdefgh", 4, ["a ", "bcde", "fgh"]), ("👩‍👩‍👧e\u{301}👍🏽ab", 2, ["👩‍👩‍👧e\u{301}", "👍🏽a", "b"]),
        ("a   b", 2, ["a ", "  ", "b"]),
    ]) func `pieces end with words, and never in a grapheme`(text: String, length: Int, expected: [String]) {
        #expect(text.pieces(of: length) == expected)
        #expect(text.pieces(of: length).joined() == text)
    }

    @Test func `many different characters go to wtype in pieces between characters`() throws {
        let text = String(String.UnicodeScalarView((0..<900).compactMap { Unicode.Scalar(0x4E00 + $0) })) + "e\u{301}👩‍👧"
        let runs = WtypeDriver.runs(text)
        #expect(runs.joined() == text)
        #expect(runs.allSatisfy { Set($0.unicodeScalars).count <= 12 })
        #expect(WtypeDriver.runs("").isEmpty)
    }
}
