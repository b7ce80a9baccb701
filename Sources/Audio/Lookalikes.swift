extension AudioError {
    /// Says what the input is, where it is no WAV.
    ///
    /// - Parameter bytes: its first bytes, as many as came.
    init(notWAV bytes: [UInt8], name: String) {
        if bytes.isEmpty {
            self.init(
                .notAudio, name, "is empty: not even a header came",
                hint: "the program that should have written it may have failed")
            return
        }
        let starts = { (magic: String, offset: Int) in bytes.dropFirst(offset).starts(with: magic.utf8) }
        if "RIFF".utf8.starts(with: bytes) || (starts("RIFF", 0) && bytes.count < 12) {
            self.init(.truncated, name, "the WAV header is cut off")
            return
        }
        let raw = "if these are samples without a header, say --raw with their rate, channels and format"
        let convert = "convert it: ffmpeg -i FILE -f wav -"
        if starts("RIFX", 0) {
            self.init(
                .unsupported, name, "is a big-endian WAV (RIFX)", hint: "convert it: sox FILE -L out.wav")
        } else if starts("RIFF", 0) || starts("RF64", 0) || starts("BW64", 0) {
            let kind = fourCC(bytes.dropFirst(8)).filter { $0 > " " && $0 < "\u{7F}" }
            self.init(.notAudio, name, "is a RIFF file of another kind (\(kind)), no WAV", hint: convert)
        } else if let kind = AudioError.lookalike(bytes) {
            self.init(.notAudio, name, "is no WAV; it looks like \(kind)", hint: convert)
        } else if AudioError.isText(bytes) {
            self.init(.notAudio, name, "is no audio; it looks like text")
        } else {
            self.init(.notAudio, name, "is no WAV", hint: raw)
        }
    }

    /// Whether a file that begins so is of another kind than audio: an archive, a picture, a program.
    ///
    /// - Parameter bytes: its first bytes, a dozen at least.
    package static func isKnownOtherwise(_ bytes: [UInt8]) -> Bool {
        lookalike(bytes).map { $0 != "MP3" } ?? false
    }

    /// The kind of file that begins so, where we know it.
    private static func lookalike(_ bytes: [UInt8]) -> String? {
        let magics: [(String, Int, String)] = [
            ("fLaC", 0, "FLAC"), ("OggS", 0, "Ogg"), ("ID3", 0, "MP3"), ("ftyp", 4, "MP4"), ("caff", 0, "CAF"),
            ("FORM", 0, "AIFF"), (".snd", 0, "AU"), ("riff", 0, "Wave64"), ("#!AMR", 0, "AMR"),
            ("MAC ", 0, "Monkey's Audio"),
            ("wvpk", 0, "WavPack"), ("FLV", 0, "Flash video"), ("%PDF", 0, "PDF"), ("PK\u{3}\u{4}", 0, "a zip archive"),
            ("\u{7F}ELF", 0, "a program"),
        ]
        for (magic, offset, kind) in magics where bytes.dropFirst(offset).starts(with: magic.utf8) { return kind }
        if bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return "Matroska or WebM" }
        if bytes.starts(with: [0x30, 0x26, 0xB2, 0x75]) { return "WMA" }
        if bytes.starts(with: [0x1F, 0x8B]) { return "gzip" }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "a PNG picture" }
        guard bytes.count >= 2, bytes[0] == 0xFF else { return nil }
        // An MPEG frame's sync word: eleven bits, then version, layer and checksum; layer 0 is AAC's ADTS.
        switch bytes[1] & 0xF6 {
        case 0xF0: return "AAC"
        case 0xE2, 0xF2, 0xE4, 0xF4, 0xE6, 0xF6: return "MP3"
        default: return nil
        }
    }

    /// Whether the bytes are UTF-8 (the last character may be cut off) without control characters.
    private static func isText(_ bytes: [UInt8]) -> Bool {
        let whole = bytes.drop { $0 == 0 }
        guard whole.count == bytes.count else { return false }
        let allowed: Set<UInt8> = [0x09, 0x0A, 0x0C, 0x0D, 0x1B]
        guard bytes.allSatisfy({ $0 >= 0x20 || allowed.contains($0) }) else { return false }
        return String(validating: bytes.dropLast(0), as: UTF8.self) != nil
            || (1...3).contains { String(validating: bytes.dropLast($0), as: UTF8.self) != nil }
    }
}
