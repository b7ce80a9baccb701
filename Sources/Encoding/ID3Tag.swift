internal import Audio

/// What an ID3v2 tag says (id3.org, versions 2.2 to 2.4): title, date and comment of it.
enum ID3Tag {
    /// Goes past a tag.
    ///
    /// - Parameter input: at `ID3`.
    /// - Returns: what it says in its first 64 KiB; nil where the input ends in it.
    static func read(from input: ReadAhead) throws(AudioError) -> AudioTags? {
        let head = Array(try input.peek(10))
        guard head.count == 10 else {
            _ = try input.skip(head.count)
            return nil
        }
        let size = synchsafe(head[6...])
        let body = try input.peek(min(10 + size, ReadAhead.capacity))
        let tags = parse(Array(body.dropFirst(10)), version: head[3], flags: head[5])
        // A footer repeats the header at the end.
        return try input.skip(10 + size + (head[5] & 0x10 != 0 ? 10 : 0)) ? tags : nil
    }

    /// A tag of version 2.4, its texts in UTF-8; empty where there is nothing to say.
    static func bytes(_ tags: AudioTags) -> [UInt8] {
        func size(_ count: Int) -> [UInt8] { (0..<4).map { UInt8(count >> (21 - 7 * $0) & 0x7F) } }
        var frames: [UInt8] = []
        for (id, text, prefix) in [
            ("TIT2", tags.title, "\u{3}"), ("TDRC", tags.date, "\u{3}"), ("COMM", tags.comment, "\u{3}und\0"),
        ] {
            guard let text else { continue }
            let content = Array((prefix + text).utf8)
            frames += Array(id.utf8) + size(content.count) + [0, 0] + content
        }
        return frames.isEmpty ? [] : Array("ID3".utf8) + [4, 0, 0] + size(frames.count) + frames
    }

    private static func synchsafe(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.prefix(4).reduce(0) { $0 << 7 | Int($1 & 0x7F) }
    }

    private static func parse(_ body: [UInt8], version: UInt8, flags: UInt8) -> AudioTags {
        var tags = AudioTags()
        var body = body[...]
        // Versions before 2.4 hide every 0xFF 00 in the whole tag.
        if flags & 0x80 != 0, version < 4 { body = resynchronised(body)[...] }
        if flags & 0x40 != 0 {
            let size = version >= 4 ? synchsafe(body) : bigEndian32(body) + 4
            body = body.dropFirst(size)
        }
        let (idLength, headLength) = version == 2 ? (3, 6) : (4, 10)
        while body.count > headLength, body[body.startIndex] != 0 {
            let id = String(decoding: body.prefix(idLength), as: UTF8.self)
            let sizeBytes = body.dropFirst(idLength)
            let size =
                version == 2
                ? sizeBytes.prefix(3).reduce(0) { $0 << 8 | Int($1) }
                : version >= 4 ? synchsafe(sizeBytes) : bigEndian32(sizeBytes)
            let content = body.dropFirst(headLength).prefix(size)
            body = body.dropFirst(headLength).dropFirst(size)
            switch id {
            case "TIT2", "TT2": tags.title = text(content)
            case "TDRC", "TYER", "TYE": tags.date = text(content)
            case "COMM", "COM": tags.comment = tags.comment ?? comment(content)
            case "TXXX", "TXX": tags.comment = tags.comment ?? foreignComment(content)
            default: break
            }
        }
        return tags
    }

    private static func resynchronised(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var previous: UInt8 = 0
        for byte in bytes {
            if !(previous == 0xFF && byte == 0) { result.append(byte) }
            previous = byte
        }
        return result
    }

    /// An encoding byte and a text; several texts are separated by zeros, and the first is taken.
    private static func text(_ content: ArraySlice<UInt8>) -> String? {
        guard let encoding = content.first else { return nil }
        return decode(content.dropFirst(), encoding).first.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// An encoding byte, a language of three letters, a description, a zero, and the text.
    private static func comment(_ content: ArraySlice<UInt8>) -> String? {
        guard content.count > 4, let encoding = content.first else { return nil }
        let parts = decode(content.dropFirst(4), encoding)
        // Descriptions name comments that programs left for themselves (iTunNORM).
        guard parts.count > 1, parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        return parts[1]
    }

    /// A comment as ffmpeg writes it: an encoding byte, the description `comment`, a zero, and the text.
    private static func foreignComment(_ content: ArraySlice<UInt8>) -> String? {
        guard let encoding = content.first else { return nil }
        let parts = decode(content.dropFirst(), encoding)
        guard parts.count > 1, parts[0].lowercased() == "comment", !parts[1].isEmpty else { return nil }
        return parts[1]
    }

    /// Texts between zeros: ISO 8859-1, UTF-16 with a byte order mark, UTF-16 big endian, or UTF-8.
    private static func decode(_ bytes: ArraySlice<UInt8>, _ encoding: UInt8) -> [String] {
        switch encoding {
        case 0:
            return bytes.split(separator: 0, omittingEmptySubsequences: false).map { part in
                String(String.UnicodeScalarView(part.map { Unicode.Scalar($0) }))
            }
        case 1, 2:
            var units: [UInt16] = []
            var isLittle = false
            var texts: [String] = []
            var at = bytes.startIndex
            while at + 1 < bytes.endIndex {
                let (first, second) = (UInt16(bytes[at]), UInt16(bytes[at + 1]))
                at += 2
                if units.isEmpty, encoding == 1, first == 0xFF && second == 0xFE || first == 0xFE && second == 0xFF {
                    isLittle = first == 0xFF
                    continue
                }
                let unit = isLittle ? second << 8 | first : first << 8 | second
                if unit == 0 {
                    texts.append(String(decoding: units, as: UTF16.self))
                    units = []
                } else {
                    units.append(unit)
                }
            }
            return texts + [String(decoding: units, as: UTF16.self)]
        default:
            return bytes.split(separator: 0, omittingEmptySubsequences: false).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
    }
}
