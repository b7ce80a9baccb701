import Testing

@testable import Typing

@Suite struct WaylandLayoutTests {
    private func scalars(_ text: String) -> ArraySlice<Unicode.Scalar> { Array(text.unicodeScalars)[...] }

    @Test func `characters stand on keys that print something only`() {
        var layout = WaylandLayout()
        let text = scalars("αβγδεζηθικλμνξοπρστυφχψω abcdefghijklmnopqrstuv")
        #expect(layout.prepare(text) == .init(count: text.count, isNew: true, reuses: false))
        for scalar in text where scalar != " " {
            #expect(layout.code(of: scalar).map(WaylandLayout.printing.contains) == true)
        }
        #expect(layout.code(of: " ") == 57 && layout.code(of: "\r") == 28)
        #expect(Set(layout.codes.values).count == layout.codes.count, "one key for each")
    }

    @Test func `a key changes only if there is no other, and what the text needs stays`() {
        var layout = WaylandLayout()
        _ = layout.prepare(scalars("abc"))
        let before = layout.codes
        #expect(!layout.prepare(scalars("cab ba")).isNew)
        #expect(layout.prepare(scalars("abcd")) == .init(count: 4, isNew: true, reuses: false))
        for (scalar, code) in before { #expect(layout.codes[scalar] == code) }
        let many = String(String.UnicodeScalarView((0..<60).compactMap { Unicode.Scalar(0x4E00 + $0) }))
        #expect(layout.prepare(scalars("a" + many)) == .init(count: 47, isNew: true, reuses: true))
        #expect(layout.codes["a"] == before["a"], "it is wanted still")
        #expect(layout.codes["d"] == nil)
    }

    @Test func `what Chromium cuts is refused, and nothing was typed`() {
        #expect(throws: Never.self) { try WaylandLayout.check("日本語 \u{FFFF}") }
        #expect { try WaylandLayout.check("a 😀") } throws: { ($0 as? TypingError)?.isUntouched == true }
    }

    @Test func `the keymap is XKB's, with a key above all others`() {
        var layout = WaylandLayout()
        _ = layout.prepare(scalars("aЖ"))
        let keymap = String(decoding: layout.keymap.dropLast(), as: UTF8.self)
        #expect(layout.keymap.last == 0)
        #expect(keymap.contains("<K2> = 10;\n") && keymap.contains("key <K2> { [ U0061 ] };\n"))
        #expect(keymap.contains("key <K3> { [ U0416 ] };\n"))
        #expect(keymap.contains("<K110> = 118;\n<LAST> = 255;\n"))
    }
}
