internal import Text

/// A text that comes in pieces: sanitised and on one line, as `onOneLine` makes a whole text. A piece costs what it weighs, however
/// much there is already.
struct GrowingText {
    private(set) var text = ""
    /// White space at the end, which counts when more comes.
    private var gap = ""
    private var hasLineBreak = false

    mutating func add(_ piece: String) {
        var word = String.UnicodeScalarView()
        for scalar in piece.unicodeScalars {
            let isSpace =
                scalar.properties.isWhitespace || (scalar == "\u{FEFF}" && text.isEmpty && word.isEmpty)
            guard isSpace else {
                word.append(scalar)
                continue
            }
            end(&word)
            if GrowingText.breaksLines(scalar) {
                hasLineBreak = true
            } else {
                gap.unicodeScalars.append(scalar)
            }
        }
        end(&word)
    }

    private mutating func end(_ word: inout String.UnicodeScalarView) {
        if word.isEmpty { return }
        let clean = String(word).sanitized
        word = String.UnicodeScalarView()
        if clean.isEmpty { return }
        if !text.isEmpty { text += hasLineBreak ? " " : gap.sanitized }
        text += clean
        gap = ""
        hasLineBreak = false
    }

    private static func breaksLines(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A...0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}
