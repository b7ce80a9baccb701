internal import CICU

/// Where a line may end inside a word of a script that has no spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese.
package enum LineBreaks {
    /// Cuts a word where lines may end: by ICU (Unicode Standard Annex 14, `lb=strict`, and its dictionaries) if it is installed,
    /// else by the rules of Chinese and Japanese typesetting alone (JIS X 4051).
    ///
    /// - Parameter word: without spaces.
    /// - Returns: its pieces, in order; joined they are the word.
    package static func pieces(of word: some StringProtocol) -> [String] {
        let units = Array(word.utf16)
        guard units.count > 1 else { return [String(word)] }
        return piecesByICU(units) ?? piecesByRules(word)
    }

    private static func piecesByICU(_ units: [UInt16]) -> [String]? {
        guard units.count < Int32.max else { return nil }
        var ends = [Int32](repeating: 0, count: units.count)
        let count = unsafe vt_icu_line_ends(units, Int32(units.count), &ends)
        guard count > 0 else { return nil }
        var start = 0
        var pieces: [String] = []
        for end in ends[..<Int(count)].map(Int.init) where end > start && end <= units.count {
            pieces.append(String(decoding: units[start..<end], as: UTF16.self))
            start = end
        }
        if start < units.count { pieces.append(String(decoding: units[start...], as: UTF16.self)) }
        return pieces
    }

    /// Without a dictionary only Chinese and Japanese are broken: a break inside a Thai word is worse than a long line.
    static func piecesByRules(_ word: some StringProtocol) -> [String] {
        var pieces: [String] = []
        var last: Character?
        for character in word {
            if let last, !mayBreak(between: last, and: character) {
                pieces[pieces.count - 1].append(character)
            } else {
                pieces.append(String(character))
            }
            last = character
        }
        return pieces
    }

    private static func mayBreak(between first: Character, and second: Character) -> Bool {
        guard isIdeographic(first) || isIdeographic(second) else { return false }
        return !neverEndsLine.contains(first) && !neverBeginsLine.contains(second)
    }

    private static func isIdeographic(_ character: Character) -> Bool {
        switch character.unicodeScalars.first?.value ?? 0 {
        case 0x3000...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0xFF00...0xFFEF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }

    /// JIS X 4051, "line-end prohibition": opening brackets, and marks that belong to what follows.
    private static let neverEndsLine: Set<Character> = [
        "(", "[", "{", "〔", "〈", "《", "「", "『", "【", "〘", "〖", "〝", "‘", "“", "（", "［", "｛", "｟", "«", "$", "£", "¥",
        "￥", "＄", "＃", "#",
    ]

    /// JIS X 4051, "line-start prohibition": closing brackets, stops, small kana, and marks that belong to what is before.
    private static let neverBeginsLine: Set<Character> = [
        ")", "]", "}", "〕", "〉", "》", "」", "』", "】", "〙", "〗", "〟", "’", "”", "）", "］", "｝", "｠", "»", "、", "。", ",",
        ".", "，", "．", "・",
        ":", ";", "：", "；", "?", "!", "？", "！", "‼", "⁇", "⁈", "⁉", "…", "‥", "ー", "々", "〻", "ゝ", "ゞ", "ヽ", "ヾ", "〜",
        "～", "ぁ", "ぃ", "ぅ", "ぇ",
        "ぉ", "っ", "ゃ", "ゅ", "ょ", "ゎ", "ゕ", "ゖ", "ァ", "ィ", "ゥ", "ェ", "ォ", "ッ", "ャ", "ュ", "ョ", "ヮ", "ヵ", "ヶ", "%", "％",
        "‰", "℃", "°", "／", "/",
    ]
}
