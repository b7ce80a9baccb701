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
        } else if let kind = AudioError.lookalike(bytes) ?? AudioError.frame(bytes) {
            self.init(.notAudio, name, "is no WAV; it looks like \(kind)", hint: convert)
        } else if AudioError.isText(bytes) {
            self.init(.notAudio, name, "is no audio; it looks like text")
        } else {
            self.init(.notAudio, name, "is no WAV", hint: raw)
        }
    }

    /// Whether a file that begins so is of another kind than audio: an archive, a picture, a program, text.
    ///
    /// - Parameter bytes: its first bytes, a dozen at least.
    package static func isSomethingElse(_ bytes: [UInt8]) -> Bool {
        lookalike(bytes) != nil || isText(bytes)
    }

    /// Nobody knows what it is.
    ///
    /// - Parameters:
    ///   - name: what was read.
    ///   - wasAskedFFmpeg: whether there was an ffmpeg to ask.
    package init(unknown name: String, wasAskedFFmpeg: Bool) {
        let ways =
            wasAskedFFmpeg ? "neither vt nor ffmpeg knows" : "vt does not know, and ffmpeg is not installed to ask"
        self.init(
            .notAudio, name, "is no WAV, and nothing else that sounds: \(ways) what its first bytes are",
            hint: "if these are samples without a header, say --raw with their rate, channels and format")
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
        return nil
    }

    /// The codec of which a frame begins so: MPEG audio, with a bit rate and a sample rate that there are, or AAC's ADTS.
    private static func frame(_ bytes: [UInt8]) -> String? {
        guard bytes.count >= 4, bytes[0] == 0xFF, bytes[1] & 0xE0 == 0xE0 else { return nil }
        if bytes[1] & 0xF6 == 0xF0 { return "AAC" }
        let isMPEG = bytes[1] & 0x18 != 0x08 && bytes[1] & 0x06 != 0
        return isMPEG && (1..<15).contains(bytes[2] >> 4) && bytes[2] >> 2 & 3 != 3 ? "MP3" : nil
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
