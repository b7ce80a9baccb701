/// The tokens of a vocabulary of byte pairs in which a token's number is also the order in which it was merged, as in GPT-2's and
/// Whisper's (the published tokenizer is tiktoken's; the algorithm is that of Sennrich, Haddow, Birch 2016).
struct BytePairs {
    /// Each token's bytes.
    let tokens: [[UInt8]]
    private let numbers: [[UInt8]: Int]

    init(_ tokens: [[UInt8]]) {
        self.tokens = tokens
        numbers = Dictionary(zip(tokens, tokens.indices), uniquingKeysWith: { first, _ in first })
    }

    /// The tokens of a text that is one word to the tokenizer.
    ///
    /// - Parameter limit: tokens from this number on are not used.
    func encode(_ text: [UInt8], below limit: Int = .max) -> [[UInt8]] {
        var parts = text.map { [$0] }
        while parts.count > 1 {
            var best: (place: Int, number: Int)?
            for place in 0..<parts.count - 1 {
                guard let number = numbers[parts[place] + parts[place + 1]], number < limit,
                    number < best?.number ?? .max
                else { continue }
                best = (place, number)
            }
            guard let best else { break }
            parts[best.place] += parts.remove(at: best.place + 1)
        }
        return parts
    }

    /// The number of a token.
    func number(of token: [UInt8]) -> Int? { numbers[token] }

    /// The two tokens that each token was merged from, in order: `LEFT RIGHT` as GGUF has them.
    var merges: [String] {
        tokens.indices.compactMap { number in
            guard tokens[number].count > 1 else { return nil }
            let parts = encode(tokens[number], below: number)
            return parts.count == 2 ? parts.map(BytePairs.printable).joined(separator: " ") : nil
        }
    }

    /// A token's bytes as GPT-2 writes them: printable ones as they are, the others as letters from U+0100 on.
    static func printable(_ token: [UInt8]) -> String {
        String(String.UnicodeScalarView(token.map { letters[Int($0)] }))
    }

    private static let letters: [Unicode.Scalar] = {
        var result: [Unicode.Scalar] = []
        var next: UInt16 = 0x100
        for byte in UInt8.min...UInt8.max {
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: result.append(Unicode.Scalar(byte))
            default:
                result.append(Unicode.Scalar(next) ?? "?")
                next += 1
            }
        }
        return result
    }()
}

extension BytePairs {
    /// The numbers of the tokens that are no speech: brackets, notes of music and the like, which Whisper's decoder leaves out.
    /// They are those of `non_speech_tokens` in OpenAI's whisper/tokenizer.py.
    var nonSpeech: [Int32] {
        let signs = "\"#()*+/:;<=>@[\\]^_`{|}~「」『』".map(String.init)
        let several = "<< >> <<< >>> -- --- -( -[ (' (\" (( )) ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪".split(separator: " ")
        let notes = "♩♪♫♬♭♮♯".map(String.init)
        var result: Set<Int> = []
        func add(_ token: [UInt8]?) {
            if let token, let number = number(of: token) { result.insert(number) }
        }
        for sign in [" -", " '"] { add(encode(Array(sign.utf8)).first) }
        for sign in signs + several.map(String.init) + notes {
            for text in [sign, " " + sign] {
                let parts = encode(Array(text.utf8))
                if parts.count == 1 || notes.contains(sign) { add(parts.first) }
            }
        }
        return result.sorted().map { Int32($0) }
    }
}
