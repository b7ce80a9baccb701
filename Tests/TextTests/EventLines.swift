import Testing
import Text

@Suite struct EventLines {
    @Test(arguments: [
        EventLine("final", [.init("start", "0.120"), .init("end", "2.500")], text: "hello world"),
        EventLine("status"),
        EventLine("final", text: "tabs become spaces, this one stays: \"quoted\" \\ and = are text"),
        EventLine("word", [.init("speaker", "Anna Müller"), .init("empty", ""), .init("q", "a\"b\\c")], text: "Grüße"),
        EventLine("x-1.y_Z", [.init("tab", "a\tb\nc\r"), .init("control", "\u{0}\u{1B}[31m\u{9B}\u{7F}")]),
        EventLine("final", [.init("bidi", "\u{202E}evil\u{2066}"), .init("lines", "\u{2028}\u{2029}")], text: "漢字 🎉"),
        EventLine("final", [.init("surrogates", "🎉𝄞")], text: " leading and trailing "),
    ])
    func whatIsWrittenIsReadBack(event: EventLine) throws {
        let line = event.line
        #expect(line.hasSuffix("\n"))
        #expect(line.dropLast().utf8.allSatisfy { $0 == 9 || $0 >= 0x20 && $0 != 0x7F })
        #expect(line.utf8.count { $0 == 9 } == 1)
        #expect(EventLine(parsing: line.dropLast()) == event)
    }

    @Test func hostileTextCannotBeginALineOrActOnATerminal() {
        let event = EventLine("final", text: "one\ntwo\tthree\u{1B}]0;title\u{7}\u{85}\u{9B}31m\u{202E}x\0\r\nend")
        #expect(event.line == "final\tone two three]0;title 31mx  end\n")
    }

    @Test(arguments: [
        "", " ", "\t", "=", "9verb\tx", "Verb\tx", " final\tx", "final a\tx", "final =1\tx", "final 1=1\tx",
        "final a=\"x\tb", "final a=\"x\"y\tb", "final a=\"\\x\"\tb", "final a=\"\\u12\"\tb", "final a=\"\\\tb",
        "final a=b\"c\tx", "final a=ü\tx", "fin\u{0}al\tx", "final a=\u{1}\tx", "final a=\"\u{1}\"\tx",
        "final a=\"\\\"\t",
    ])
    func whatIsNoEvent(line: String) {
        #expect(EventLine(parsing: line) == nil)
    }

    @Test func whatOthersMayWrite() {
        #expect(EventLine(parsing: "final") == EventLine("final"))
        #expect(EventLine(parsing: "final  a=1   b=\tx\ty")?.attributes == [.init("a", "1"), .init("b", "")])
        #expect(EventLine(parsing: "final  a=1   b=\tx\ty")?.text == "x\ty")
        #expect(EventLine(parsing: "final\thi\r")?.text == "hi")
        #expect(EventLine(parsing: "final a=1 a=2\t")?["a"] == "1")
        #expect(EventLine(parsing: "final a=\"\\ud83c\\udf89 \\ud800 \\/\"\t")?["a"] == "🎉 \u{FFFD} /")
        // A letter that joins the TAB into one Character is still behind it.
        #expect(EventLine(parsing: "final\t\u{301}x")?.text == "\u{301}x")
        #expect(EventLine(parsing: "final a=\"\u{301}\"\tx")?["a"] == "\u{301}")
    }

    @Test func anyBytesAreAnsweredAndWhatIsAcceptedIsStable() {
        var state: UInt64 = 42
        func dice(_ sides: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % sides
        }
        let pieces = [
            "final", " ", "\t", "=", "\"", "\\", "\\u", "d83c", "a", "Z9", "\u{0}", "\r", "ü", "\u{301}", "🎉",
            "\u{202E}",
        ]
        var accepted = 0
        for _ in 0..<20_000 {
            let line = (0..<dice(12)).map { _ in pieces[dice(pieces.count)] }.joined()
            let whole = dice(2) == 0 ? line : "final " + line
            guard let event = EventLine(parsing: whole) else { continue }
            accepted += 1
            // The text is cleaned when it is written; from then on nothing changes any more.
            let again = EventLine(parsing: event.line.dropLast())
            #expect(again?.verb == event.verb)
            #expect(again?.attributes == event.attributes)
            #expect(again?.line == event.line)
        }
        #expect(accepted > 100)
    }

    @Test func aLongLineTakesNoLongTime() {
        let attributes = String(repeating: "a=1 ", count: 100_000)
        #expect(EventLine(parsing: "final \(attributes)\tx")?.attributes.count == 100_000)
        let quoted = "\"" + String(repeating: "\\u0041é", count: 100_000) + "\""
        #expect(EventLine(parsing: "final a=\(quoted)\tx")?["a"]?.utf8.count == 300_000)
    }
}
