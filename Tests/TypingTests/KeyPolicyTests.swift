import Testing

@testable import Typing

@Suite struct KeyPolicyTests {
    @Test(arguments: [
        ("plain", "plain"),
        ("a\nb", "a b"), ("a\r\nb", "a b"), ("a\rb", "a b"), ("a\tb", "a b"),
        ("a\u{1B}[31mb", "a[31mb"), ("a\u{3}\u{4}b", "ab"), ("a\u{7F}b\u{9B}c", "abc"),
        ("a\u{202E}b\u{2066}c", "abc"), ("👩\u{200D}👧", "👩\u{200D}👧"), ("e\u{301}", "e\u{301}"),
    ])
    func `without --keys nothing but characters is left`(text: String, expected: String) {
        #expect(KeyPolicy().keystrokes(for: text).unicodeScalars.elementsEqual(expected.unicodeScalars))
    }

    @Test(
        arguments: [
            (KeyPolicy.enter, "a\nb", "a\rb"), (.enter, "a\r\nb", "a\rb"), (.enter, "a\r\rb", "a\r\rb"),
            (.enter, "a\n\nb", "a\r\rb"), (.enter, "a\r\n\r\nb", "a\r\rb"), (.enter, "a\n\rb", "a\r\rb"),
            (.enter, "a\t\u{1B}b", "a b"), (.tab, "a\tb\n", "a\tb "), (.escape, "\u{1B}:q\n", "\u{1B}:q "),
            ([.enter, .tab, .escape], "\u{1B}\t\n\u{3}", "\u{1B}\t\r"),
        ] as [(KeyPolicy, String, String)])
    func `what --keys allows is pressed, once each`(keys: KeyPolicy, text: String, expected: String) {
        #expect(keys.keystrokes(for: text).unicodeScalars.elementsEqual(expected.unicodeScalars))
    }

    @Test func `lists are read strictly`() {
        #expect(KeyPolicy(list: "enter,tab,escape") == [.enter, .tab, .escape])
        for list in ["", "enter,", "Enter", "return", "enter tab"] { #expect(KeyPolicy(list: list) == nil) }
    }
}
