/// How much of a text a subtitle shows at once, and for how long.
///
/// The numbers are those of Netflix's "Timed Text Style Guide: General Requirements" and its English template (2 lines of 42
/// characters, 20 characters a second, 5/6 s to 7 s, two frames between subtitles).
package struct SubtitleRules: Equatable, Sendable {
    /// Columns of a line; a character of Chinese, Japanese or Korean takes two.
    package var lineLength: Int
    /// Lines at once.
    package var lines: Int

    package init(lineLength: Int = 42, lines: Int = 2) {
        self.lineLength = lineLength
        self.lines = lines
    }

    /// Columns that can be read in a second.
    static let readingSpeed = 20.0
    /// Milliseconds that a subtitle stays, and between two.
    static let (shortest, longest, gap) = (833, 7000, 83)
    /// A pause of so many milliseconds between two words is never bridged.
    static let longPause = 2000
}

/// A subtitle.
struct SubtitleCue: Equatable {
    /// Milliseconds from the beginning of the recording.
    var start: Int
    var end: Int
    var lines: [String]
    var speaker: String?
    /// Columns of all of it.
    var width: Int
}

extension Character {
    /// Columns that it takes: 2 where East Asian Width (Unicode Standard Annex 11) is wide, 0 for what is put over another.
    var columns: Int {
        guard let scalar = unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        case 0x200B...0x200F, 0xFE00...0xFE0F: return 0
        default: return 1
        }
    }

    /// Whether a line may end behind it without a space: in scripts that have none between words.
    var standsAlone: Bool {
        guard let scalar = unicodeScalars.first else { return false }
        switch scalar.value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3041...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
            0xF900...0xFAFF, 0x20000...0x3FFFD:
            return true
        default: return false
        }
    }
}

extension StringProtocol {
    /// Columns that it takes.
    var columns: Int { reduce(0) { $0 + $1.columns } }
}
