/// The smallest model of Whisper for English that a file of whisper.cpp's can hold: a layer each, and zeros for weights.
package enum WhisperWeights {
    /// - Parameters:
    ///   - vocabulary: tokens; 51864 are those of English.
    ///   - positions: the dimensions of the encoder's positions.
    package static func bin(vocabulary: Int = 51864, positions: [Int] = [4, 1500]) -> [UInt8] {
        var bytes: [UInt8] = []
        func add(_ numbers: Int...) {
            for number in numbers {
                for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
            }
        }
        add(0x6767_6D6C, vocabulary, 1500, 4, 1, 1, 8, 4, 1, 1, 2, 1)
        // Mel filters: two of three values.
        add(2, 3)
        bytes += [UInt8](repeating: 0, count: 2 * 3 * 4)
        // The tokens that are words: first the bytes, then any two letters and more.
        let words = max(0, vocabulary - 1608)
        add(words)
        for number in 0..<words {
            let token = number < 256 ? [UInt8(number)] : Array("~\(String(number, radix: 36))".utf8)
            add(token.count)
            bytes += token
        }
        func tensor(_ name: String, _ dimensions: [Int]) {
            add(dimensions.count, name.utf8.count, 0)
            for dimension in dimensions { add(dimension) }
            bytes += name.utf8
            bytes += [UInt8](repeating: 0, count: dimensions.reduce(4, *))
        }
        tensor("encoder.positional_embedding", positions)
        for name in ["encoder.conv1", "encoder.conv2"] {
            tensor(name + ".weight", [3, 2, 4])
            tensor(name + ".bias", [1, 4])
        }
        for name in ["encoder.ln_post", "decoder.ln"] {
            for end in ["weight", "bias"] { tensor("\(name).\(end)", [4]) }
        }
        tensor("decoder.positional_embedding", [4, 8])
        tensor("decoder.token_embedding.weight", [4, 2])
        for (part, attentions) in [("encoder", ["attn"]), ("decoder", ["attn", "cross_attn"])] {
            let block = part + ".blocks.0."
            for attention in attentions {
                tensor("\(block)\(attention)_ln.weight", [4])
                tensor("\(block)\(attention)_ln.bias", [4])
                for name in ["query", "value", "out"] {
                    tensor("\(block)\(attention).\(name).weight", [4, 4])
                    tensor("\(block)\(attention).\(name).bias", [4])
                }
                // Keys have no bias.
                tensor("\(block)\(attention).key.weight", [4, 4])
            }
            for name in ["mlp_ln", "mlp.0", "mlp.2"] {
                tensor("\(block)\(name).weight", [4])
                tensor("\(block)\(name).bias", [4])
            }
        }
        return bytes
    }
}
