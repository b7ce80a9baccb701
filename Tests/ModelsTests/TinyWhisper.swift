@testable import Models

/// A Whisper of random weights as whisper.cpp stores it, with a vocabulary of the true size.
struct TinyWhisper {
    static let width = 4
    static let melBins = 3
    static let filterWidth = 5

    var vocabularySize = 51864
    var audioPositions = 1500
    var tokens: [[UInt8]]
    var tensors: [(name: String, dimensions: [Int], type: UInt32, data: [UInt8])]
    let filters: [UInt8]

    /// - Parameter isEnglish: whether it understands English alone.
    init(isEnglish: Bool = true) {
        vocabularySize = isEnglish ? 51864 : 51865
        var dice = Dice(5)
        filters = dice.bytes(4 * TinyWhisper.melBins * TinyWhisper.filterWidth)
        // Tokens of one byte, and then of two.
        tokens = (UInt8.min...UInt8.max).map { [$0] }
        tokens += (0..<50257 - 256).map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        let width = TinyWhisper.width
        var shapes: [(String, [Int])] = [
            ("encoder.positional_embedding", [width, 1500]),
            ("encoder.conv1.weight", [3, TinyWhisper.melBins, width]), ("encoder.conv1.bias", [1, width]),
            ("encoder.conv2.weight", [3, width, width]), ("encoder.conv2.bias", [1, width]),
            ("encoder.ln_post.weight", [width]), ("encoder.ln_post.bias", [width]),
            ("decoder.positional_embedding", [width, 8]), ("decoder.token_embedding.weight", [width, vocabularySize]),
            ("decoder.ln.weight", [width]), ("decoder.ln.bias", [width]),
        ]
        for part in ["encoder", "decoder"] {
            let attentions = part == "encoder" ? ["attn"] : ["attn", "cross_attn"]
            for attention in attentions {
                for name in ["_ln.weight", "_ln.bias", ".query.bias", ".value.bias", ".out.bias"] {
                    shapes.append(("\(part).blocks.0.\(attention)\(name)", [width]))
                }
                for name in ["query", "key", "value", "out"] {
                    shapes.append(("\(part).blocks.0.\(attention).\(name).weight", [width, width]))
                }
            }
            for (name, shape) in [
                ("mlp_ln.weight", [width]), ("mlp_ln.bias", [width]), ("mlp.0.weight", [width, 4 * width]),
                ("mlp.0.bias", [4 * width]), ("mlp.2.weight", [4 * width, width]), ("mlp.2.bias", [width]),
            ] { shapes.append(("\(part).blocks.0.\(name)", shape)) }
        }
        tensors = shapes.map { name, dimensions in
            let isHalf = dimensions.count > 1 && !name.hasSuffix("bias") && !name.hasSuffix("positional_embedding")
            return (name, dimensions, isHalf ? 1 : 0, dice.bytes(dimensions.reduce(isHalf ? 2 : 4, *)))
        }
    }

    /// The head with the vocabulary, and the tensors.
    var parts: (head: [UInt8], tensors: [[UInt8]]) {
        let width = Int32(TinyWhisper.width)
        var head = little(0x6767_6D6C as UInt32)
        // Vocabulary, audio: positions, width, heads, layers; text: positions, width, heads, layers; mel filters, type.
        for number in [
            Int32(vocabularySize), Int32(audioPositions), width, 2, 1, 8, width, 2, 1, Int32(TinyWhisper.melBins), 1,
        ] { head += little(number) }
        head += little(Int32(TinyWhisper.melBins)) + little(Int32(TinyWhisper.filterWidth)) + filters
        head += little(Int32(tokens.count))
        for token in tokens { head += little(Int32(token.count)) + token }
        return (
            head,
            tensors.map { tensor in
                var bytes = little(Int32(tensor.dimensions.count)) + little(Int32(tensor.name.utf8.count))
                bytes += little(tensor.type)
                for size in tensor.dimensions { bytes += little(Int32(size)) }
                return bytes + tensor.name.utf8 + tensor.data
            }
        )
    }

    var bytes: [UInt8] {
        let parts = parts
        return parts.head + parts.tensors.flatMap(\.self)
    }

    /// The bytes of a tensor.
    func data(_ name: String) -> [UInt8]? { tensors.first { $0.name == name }?.data }

    mutating func change(_ name: String, _ body: (inout [Int], inout [UInt8]) -> Void) {
        for index in tensors.indices where tensors[index].name == name {
            var (dimensions, data) = (tensors[index].dimensions, tensors[index].data)
            body(&dimensions, &data)
            (tensors[index].dimensions, tensors[index].data) = (dimensions, data)
        }
    }
}
