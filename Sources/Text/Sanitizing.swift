extension String {
    /// The text without the characters that could act on a terminal, a log or a window.
    ///
    /// C0 and C1 controls, DEL, and the characters that reorder text (Unicode's Bidi_Control) are removed; line feed,
    /// tab and the other white space controls become one space, so that words do not run together. What was invalid UTF-8 is
    /// U+FFFD already, since a `String` holds nothing else.
    package var sanitized: String {
        guard utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return self }
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x09...0x0D, 0x85, 0x2028, 0x2029: result.append(" ")
            case 0..<0x20, 0x7F..<0xA0: continue
            case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: continue
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
