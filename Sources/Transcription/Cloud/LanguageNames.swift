/// What Whisper calls languages, and their tags.
enum LanguageNames {
    /// The tag of a language that a provider names in either way; nil where it is neither.
    ///
    /// - Parameter name: a tag, or the name in lower case as `verbose_json` has it.
    static func tag(_ name: String?) -> String? {
        guard let name, !name.isEmpty else { return nil }
        if let tag = tags[name.lowercased()] { return tag }
        // A tag as it is: letters and digits with hyphens, the first part of two or three letters.
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard (2...3).contains(parts[0].count), parts.allSatisfy({ (1...8).contains($0.count) }),
            name.utf8.allSatisfy({ $0 == 0x2D || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) })
        else { return nil }
        return name
    }

    /// https://github.com/openai/whisper, whisper/tokenizer.py.
    private static let tags: [String: String] = {
        let list = """
            english en chinese zh german de spanish es russian ru korean ko french fr japanese ja portuguese pt turkish tr \
            polish pl catalan ca dutch nl arabic ar swedish sv italian it indonesian id hindi hi finnish fi vietnamese vi \
            hebrew he ukrainian uk greek el malay ms czech cs romanian ro danish da hungarian hu tamil ta norwegian no \
            thai th urdu ur croatian hr bulgarian bg lithuanian lt latin la maori mi malayalam ml welsh cy slovak sk \
            telugu te persian fa latvian lv bengali bn serbian sr azerbaijani az slovenian sl kannada kn estonian et \
            macedonian mk breton br basque eu icelandic is armenian hy nepali ne mongolian mn bosnian bs kazakh kk \
            albanian sq swahili sw galician gl marathi mr punjabi pa sinhala si khmer km shona sn yoruba yo somali so \
            afrikaans af occitan oc georgian ka belarusian be tajik tg sindhi sd gujarati gu amharic am yiddish yi lao lo \
            uzbek uz faroese fo pashto ps turkmen tk nynorsk nn maltese mt sanskrit sa luxembourgish lb myanmar my \
            tibetan bo tagalog tl malagasy mg assamese as tatar tt hawaiian haw lingala ln hausa ha bashkir ba javanese jw \
            sundanese su cantonese yue
            """
        let words = list.split(separator: " ").map(String.init)
        var result: [String: String] = [:]
        for index in stride(from: 0, to: words.count - 1, by: 2) { result[words[index]] = words[index + 1] }
        return result
    }()
}
