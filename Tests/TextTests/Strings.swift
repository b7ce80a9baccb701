import Testing
import Text

@Suite struct Strings {
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("Grüße 漢字 🎉", "Grüße 漢字 🎉"), ("a\nb\tc\u{B}d\u{C}e\rf", "a b c d e f"),
        ("\u{1B}[31mred\u{1B}[0m", "[31mred[0m"), ("\u{9B}31m\u{7F}\u{80}", "31m"),
        ("a\u{85}b\u{2028}c\u{2029}d", "a b c d"),
        ("\u{202E}abc\u{202C}\u{2066}\u{2069}\u{200E}\u{200F}\u{61C}", "abc"), ("\0a\u{7}\u{8}", "a"),
        ("👩‍👩‍👧 e\u{301}", "👩‍👩‍👧 e\u{301}"), ("\r\n", "  "),
    ])
    func controlsAreGoneAndTheRestStays(text: String, expected: String) {
        #expect(text.sanitized == expected)
        #expect(text.sanitized.sanitized == expected)
    }

    @Test func everyScalarIsAnswered() {
        for value in UInt32(0)...0x2100 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = String(scalar)
            let properties = scalar.properties
            let acts = properties.generalCategory == .control || properties.isBidiControl
            let separates = properties.isWhitespace && (acts || value == 0x2028 || value == 0x2029)
            #expect(text.sanitized == (separates ? " " : acts ? "" : text), "U+\(String(value, radix: 16))")
            #expect(String(jsonQuoted: text.jsonQuoted[...]) == text)
        }
    }

    @Test func invalidUTF8IsReplaced() {
        #expect(
            String(decoding: [0x61, 0xFF, 0xC3, 0x62, 0xED, 0xA0, 0x80] as [UInt8], as: UTF8.self).sanitized
                == "a\u{FFFD}\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}")
    }

    @Test(arguments: [
        ("a\"b\\c/d", #""a\"b\\c/d""#), ("\n\r\t\u{8}\u{0}", #""\n\r\t\u0008\u0000""#),
        ("\u{7F}\u{9F}\u{202E}", #""\u007f\u009f\u202e""#), ("ü🎉", "\"ü🎉\""), ("", "\"\""),
    ])
    func quotes(text: String, json: String) {
        #expect(text.jsonQuoted == json)
        #expect(String(jsonQuoted: json[...]) == text)
    }

    @Test(arguments: [
        "", "\"", "x", "\"a", "a\"", "\"a\"b", "\"\\\"", "\"\\u123\"", "\"\\u12g4\"", "\"\\u+123\"", "\"\\a\"",
        "\"\n\"", "\"\t\"",
        " \"a\"", "\"\\u１２３４\"",
    ])
    func whatIsNoJSONString(source: String) {
        #expect(String(jsonQuoted: source[...]) == nil)
    }

    @Test(arguments: [
        (#""\ud800""#, "\u{FFFD}"), (#""\udc00x""#, "\u{FFFD}x"), (#""\ud83c\udf89""#, "🎉"),
        (#""\ud83cx""#, "\u{FFFD}x"), (#""\b\f\/""#, "\u{8}\u{C}/"), (#""\uD83C\uDF89""#, "🎉"),
    ])
    func escapes(source: String, text: String) {
        #expect(String(jsonQuoted: source[...]) == text)
    }

    @Test(
        arguments: [
            (0, 3, "0.000"), (1.5, 3, "1.500"), (0.0004, 3, "0.000"), (0.0005, 3, "0.001"), (59.9999, 2, "60.00"),
            (12.3456789, 6, "12.345679"), (7.5, 0, "8"), (-1, 3, "0.000"), (.nan, 3, "0.000"),
            (.infinity, 1, "1000000000.0"),
            (-.infinity, 1, "0.0"), (1e9, 6, "1000000000.000000"), (0.1 + 0.2, 3, "0.300"), (1e-300, 2, "0.00"),
            (86400.05, 2, "86400.05"),
        ] as [(Double, Int, String)])
    func decimals(seconds: Double, places: Int, text: String) {
        #expect(decimal(seconds, places: places) == text)
    }
}
