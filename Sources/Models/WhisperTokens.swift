internal import Text

/// The tokens of Whisper's vocabulary that are not words: they stand behind those, in the order of OpenAI's whisper/tokenizer.py.
struct WhisperTokens {
    let endOfText: Int
    let start: Int
    let translate: Int
    let transcribe: Int
    let startOfModel: Int
    let previous: Int
    let noSpeech: Int
    let noTimestamps: Int
    /// All of them, `endOfText` first; the times of 0 to 30 s come last.
    let names: [String]

    /// - Parameter vocabularySize: 51864 for English alone, 51865 and more for several languages.
    init(vocabularySize: Int) {
        let isMultilingual = vocabularySize >= 51865
        // One language more came with large-v3.
        let languages = WhisperTokens.languages.prefix(isMultilingual ? vocabularySize - 51766 : 99)
        endOfText = isMultilingual ? 50257 : 50256
        start = endOfText + 1
        translate = start + languages.count + 1
        transcribe = translate + 1
        startOfModel = translate + 2
        previous = translate + 3
        noSpeech = translate + 4
        noTimestamps = translate + 5
        var names = ["<|endoftext|>", "<|startoftranscript|>"] + languages.map { "<|\($0)|>" }
        names += ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"]
        names += ["<|notimestamps|>"]
        names += (0...1500).map { "<|\(decimal(Double($0) / 50, places: 2))|>" }
        self.names = Array(names.prefix(vocabularySize - endOfText))
    }

    static let languages = [
        "en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt", "tr", "pl", "ca", "nl", "ar", "sv", "it", "id", "hi",
        "fi", "vi", "he", "uk", "el", "ms", "cs", "ro", "da", "hu", "ta", "no", "th", "ur", "hr", "bg", "lt", "la",
        "mi", "ml", "cy", "sk", "te", "fa", "lv", "bn", "sr", "az", "sl", "kn", "et", "mk", "br", "eu", "is", "hy",
        "ne", "mn", "bs", "kk", "sq", "sw", "gl", "mr", "pa", "si", "km", "sn", "yo", "so", "af", "oc", "ka", "be",
        "tg", "sd", "gu", "am", "yi", "lo", "uz", "fo", "ht", "ps", "tk", "nn", "mt", "sa", "lb", "my", "bo", "tl",
        "mg", "as", "tt", "haw", "ln", "ha", "ba", "jw", "su", "yue",
    ]
}
