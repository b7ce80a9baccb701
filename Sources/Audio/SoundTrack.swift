/// A sound track of a file that can have several.
package struct SoundTrack: Equatable, Sendable {
    /// Counted from 1 among the sound tracks.
    package let number: Int
    /// As the file says it, `eng` or `en`; nil where it doesn't.
    package var language: String?
    package var title: String?
    /// As ffmpeg calls it: `aac`.
    package var codec: String
    /// Whether the file says that this is the one to play.
    package var isDefault: Bool
    /// Whether there is a decoder for it.
    package var isDecodable: Bool

    /// Its place among all streams of the file.
    package var stream = 0
    /// In seconds, as its own header says.
    package var duration: Double?

    package init(number: Int, language: String?, codec: String, isDefault: Bool, isDecodable: Bool, stream: Int) {
        self.number = number
        self.language = language
        self.codec = codec
        self.isDefault = isDefault
        self.isDecodable = isDecodable
        self.stream = stream
    }

    /// What people call it: its title, its language, or its number.
    package var name: String { title ?? language ?? "track \(number)" }

    /// `2 (eng, aac, "Commentary", default)`.
    package var description: String {
        let facts = [
            language, codec, title.map { "“\($0)”" }, isDefault ? "default" : nil,
            isDecodable ? nil : "can't be decoded",
        ].compactMap(\.self)
        return "\(number) (\(facts.joined(separator: ", ")))"
    }
}

/// Which sound track of a file is wanted.
package enum TrackChoice: Equatable, Sendable {
    /// The one that is marked as the default, unless it is silent and another is not.
    case standard
    /// Each of them, by itself.
    case all
    /// Counted from 1 among the sound tracks.
    case number(Int)
    /// The first in a language: `eng`, `en`.
    case language(String)

    /// - Parameter text: `all`, a number from 1 on, or a language's code; nil comes back for anything else.
    package init?(_ text: String) {
        if text == "all" {
            self = .all
        } else if let number = Int(text) {
            guard number > 0 else { return nil }
            self = .number(number)
        } else {
            guard (2...16).contains(text.utf8.count), text.utf8.allSatisfy({ $0.isLetter || $0 == UInt8(ascii: "-") })
            else { return nil }
            self = .language(text.lowercased())
        }
    }

    /// The track of a file that is meant; nil where it has none such.
    package func track(of tracks: [SoundTrack]) -> SoundTrack? {
        switch self {
        case .standard, .all: tracks.first { $0.isDefault && $0.isDecodable } ?? tracks.first(where: \.isDecodable)
        case .number(let number): tracks.first { $0.number == number }
        case .language(let language):
            tracks.first { Language.isSame($0.language, language) && $0.isDecodable }
                ?? tracks.first { Language.isSame($0.language, language) }
        }
    }

    /// What `init` takes.
    package var argument: String? {
        switch self {
        case .standard: nil
        case .all: "all"
        case .number(let number): String(number)
        case .language(let language): language
        }
    }

    /// As a message says it.
    package var description: String {
        switch self {
        case .standard: "the default track"
        case .all: "all tracks"
        case .number(let number): "track \(number)"
        case .language(let language): "track in the language \(language)"
        }
    }
}

extension UInt8 {
    fileprivate var isLetter: Bool { (0x41...0x5A).contains(self & 0xDF) }
}

/// Codes of languages: containers have three letters of ISO 639-2, people two of ISO 639-1.
enum Language {
    /// Whether a file's code means the language that is asked for.
    static func isSame(_ code: String?, _ wanted: String) -> Bool {
        guard let code else { return false }
        return main(code) == main(wanted)
    }

    private static func main(_ code: String) -> String {
        let main = code.lowercased().split(separator: "-").first.map(String.init) ?? ""
        return twoLetters[main] ?? main
    }

    /// Bibliographic and terminological codes of ISO 639-2, and what they are in ISO 639-1.
    private static let twoLetters: [String: String] = {
        let rows =
            "afr af|ara ar|bel be|ben bn|bul bg|cat ca|chi zho zh|cze ces cs|dan da|dut nld nl|eng en|est et|fin fi|fre fra fr|"
            + "ger deu de|gre ell el|heb he|hin hi|hrv hr|hun hu|ice isl is|ind id|ita it|jpn ja|kor ko|lav lv|lit lt|"
            + "mac mkd mk|may msa ms|nor no|nob nb|nno nn|per fas fa|pol pl|por pt|rum ron ro|rus ru|slo slk sk|slv sl|"
            + "spa es|srp sr|swe sv|tam ta|tel te|tha th|tur tr|ukr uk|urd ur|vie vi|wel cym cy"
        var result: [String: String] = [:]
        for row in rows.split(separator: "|") {
            let codes = row.split(separator: " ").map(String.init)
            for code in codes.dropLast() { result[code] = codes.last }
        }
        return result
    }()
}
