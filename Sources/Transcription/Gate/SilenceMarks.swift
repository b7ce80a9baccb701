/// What models write where nobody speaks: `[BLANK_AUDIO]`, `(silence)`, `[MUSIC]`.
///
/// Marks of silence are no text wherever they stand. A mark of a sound, such as music, says that nobody speaks only if there is nothing
/// but marks; in a text it stays, since subtitles have it. `[inaudible]` is about speech, and stays. What is not in brackets somebody
/// may have said. Whisper's models write them (ggml-org/whisper.cpp#1324, #2363, #2420), and dictation has typed all of them
/// (karansinghgit/speaktype#42).
enum SilenceMarks {
    /// The text without marks of silence; empty if nobody speaks by it.
    ///
    /// - Parameter text: on one line.
    static func removed(from text: String) -> String {
        guard
            text.utf8.contains(where: { openings.contains($0) })
                || text.unicodeScalars.contains(where: isNote)
        else {
            return text
        }
        var (kept, hasWords, hasMarks) = ("", false, false)
        var rest = text[...]
        while let first = rest.first {
            if let mark = mark(at: rest) {
                hasMarks = true
                rest = rest[mark.end...]
                if mark.isSilence {
                    // One of the spaces around it goes with it.
                    if kept.isEmpty || kept.last == " ", rest.first == " " { rest.removeFirst() }
                } else {
                    kept += mark.text
                }
            } else {
                hasWords = hasWords || first.isLetter || first.isNumber
                kept.append(first)
                rest.removeFirst()
            }
        }
        if !hasMarks { return text }
        guard hasWords else { return "" }
        while kept.last == " " { kept.removeLast() }
        return kept
    }

    private static let openings = Set("[(*<".utf8)

    private static func isNote(_ scalar: Unicode.Scalar) -> Bool {
        ["♪", "♫", "🎵", "🎶"].contains(scalar)
    }

    private struct Mark {
        let text: Substring
        let end: Substring.Index
        let isSilence: Bool
    }

    /// The mark that a text begins with; nil if it begins with another one, or with none.
    private static func mark(at text: Substring) -> Mark? {
        if let scalar = text.unicodeScalars.first, isNote(scalar) {
            let end = text.index(after: text.startIndex)
            return Mark(text: text[..<end], end: end, isSilence: false)
        }
        let closing: Character
        switch text.first {
        case "[": closing = "]"
        case "(": closing = ")"
        case "*": closing = "*"
        case "<": closing = ">"
        default: return nil
        }
        let inside = text.dropFirst()
        // Longer ones are no marks.
        guard let close = inside.prefix(40).firstIndex(of: closing) else { return nil }
        var name = inside[..<close].lowercased()
        name.removeAll { "|.!…♪".contains($0) }
        name = name.split { " _-".contains($0) }.joined(separator: " ")
        let isSilence = silences.contains(name)
        guard isSilence || sounds.contains(name) else { return nil }
        let end = text.index(after: close)
        return Mark(text: text[..<end], end: end, isSilence: isSilence)
    }

    /// As Whisper's models have been seen to write them, in the languages that they know best.
    private static let silences: Set<String> = [
        "blank audio", "blank", "silence", "silent", "no speech", "nospeech", "no audio", "no sound",
        "no speech detected",
        "long silence", "dead silence", "stille", "silencio", "silêncio", "silenzio", "stilte",
        "тишина", "無音", "静音", "沉默",
        "무음",
    ]

    private static let sounds: Set<String> = [
        "music", "music playing", "background music", "soft music", "upbeat music", "dramatic music",
        "musik", "musique",
        "música", "musica", "muziek", "музыка", "音楽", "音乐", "음악", "applause", "applaus",
        "applaudissements", "aplausos",
        "laughter", "noise", "background noise", "static", "typing", "keyboard clicking", "clicking",
        "click", "beep",
        "beeping", "buzzing", "wind", "wind blowing", "footsteps", "coughing", "coughs", "cough",
        "sighs", "sigh",
        "breathing", "sneezes", "clears throat", "door closes", "phone ringing", "bell", "engine", "",
    ]
}
