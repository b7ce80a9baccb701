/// What a recording says about itself; only what every format has a place for.
package struct AudioTags: Equatable, Sendable {
    package var title: String?
    /// As the file has it: a year, or `2026-11-22`.
    package var date: String?
    package var comment: String?

    package init(title: String? = nil, date: String? = nil, comment: String? = nil) {
        self.title = title
        self.date = date
        self.comment = comment
    }

    /// These, and those of the other where these have none.
    package func filled(from other: AudioTags) -> AudioTags {
        AudioTags(title: title ?? other.title, date: date ?? other.date, comment: comment ?? other.comment)
    }
}

extension AudioTags {
    /// What a WAV calls them in its `LIST` chunk of kind `INFO` ("Multimedia Programming Interface and Data Specifications
    /// 1.0", 2-14).
    private static var chunkNames: [(String, WritableKeyPath<AudioTags, String?>)] {
        [("INAM", \.title), ("ICRD", \.date), ("ICMT", \.comment)]
    }

    /// The `LIST` chunk that says them; empty where there is nothing to say.
    var listChunk: [UInt8] {
        var body = Array("INFO".utf8)
        for (name, tag) in AudioTags.chunkNames {
            guard let text = self[keyPath: tag] else { continue }
            let bytes = Array(text.utf8) + [0]
            body += Array(name.utf8) + AudioTags.size(bytes.count) + bytes
            if bytes.count % 2 == 1 { body.append(0) }
        }
        return body.count == 4 ? [] : Array("LIST".utf8) + AudioTags.size(body.count) + body
    }

    /// Reads the body of a `LIST` chunk; one of another kind says nothing.
    init(listChunk body: ArraySlice<UInt8>) {
        self.init()
        guard fourCC(body) == "INFO" else { return }
        var rest = body.dropFirst(4)
        while rest.count >= 8 {
            let size = Int(littleEndian32(rest.dropFirst(4)))
            let text = rest.dropFirst(8).prefix(size).prefix { $0 != 0 }
            if let (_, tag) = AudioTags.chunkNames.first(where: { $0.0 == fourCC(rest) }), !text.isEmpty {
                self[keyPath: tag] = String(decoding: text, as: UTF8.self)
            }
            rest = rest.dropFirst(8).dropFirst(size + size % 2)
        }
    }

    private static func size(_ count: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
    }
}
