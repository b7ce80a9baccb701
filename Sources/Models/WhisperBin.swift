internal import Glibc

/// A model of Whisper as whisper.cpp stores it (`ggml-*.bin`), read so that it can be written as GGUF.
///
/// The layout is that of whisper.cpp's models/convert-pt-to-ggml.py: a magic number, eleven numbers, the mel filters, the vocabulary,
/// and the tensors.
struct WhisperBin {
    static let magic: UInt32 = 0x6767_6D6C

    let file: MappedFile
    private var vocabularySize = 0
    private var audioPositions = 0
    private var audioWidth = 0
    private var audioHeads = 0
    private var audioLayers = 0
    private var textPositions = 0
    private var textWidth = 0
    private var textHeads = 0
    private var textLayers = 0
    private var melBins = 0
    private var filters = 0..<0
    private var filterWidth = 0
    private var tokens: [[UInt8]] = []
    private var tensors: [GGUF.Tensor] = []

    /// - Throws: `ModelFileError` if the file is not of this format, is damaged, or ends too early.
    init(_ file: MappedFile) throws(ModelFileError) {
        self.file = file
        do throws(ByteCursor.Ended) {
            try read()
        } catch {
            throw ModelFileError(.damaged, file.path, "it is cut off or damaged")
        }
        guard tensors.count == WhisperBin.tensorCount(audioLayers, textLayers), audioPositions == 1500 else {
            throw ModelFileError(.damaged, file.path, "it is cut off: tensors of the model are missing")
        }
        let positions = tensors.filter { WhisperBin.name(of: $0.name) == WhisperWindows.positions }
        guard WhisperBin.vocabularySizes.contains(vocabularySize),
            tokens.count >= WhisperTokens(vocabularySize: vocabularySize).endOfText,
            positions.count == 1, positions[0].dimensions.count == 2, positions[0].dimensions[1] == audioPositions
        else {
            throw ModelFileError(.damaged, file.path, "its vocabulary or its positions are not those of Whisper")
        }
    }

    private mutating func read() throws(ByteCursor.Ended) {
        var cursor = ByteCursor(file)
        guard try cursor.integer(UInt32.self) == WhisperBin.magic else { throw ByteCursor.Ended() }
        var numbers: [Int] = []
        for _ in 0..<11 { numbers.append(Int(try cursor.integer(Int32.self))) }
        guard numbers.prefix(10).allSatisfy({ (1...1 << 20).contains($0) }) else { throw ByteCursor.Ended() }
        (vocabularySize, audioPositions, audioWidth) = (numbers[0], numbers[1], numbers[2])
        (audioHeads, audioLayers, textPositions) = (numbers[3], numbers[4], numbers[5])
        (textWidth, textHeads, textLayers, melBins) = (numbers[6], numbers[7], numbers[8], numbers[9])
        guard Int(try cursor.integer(Int32.self)) == melBins else { throw ByteCursor.Ended() }
        filterWidth = try cursor.count(UInt32.self)
        filters = try cursor.skip(melBins * filterWidth * 4)
        for _ in 0..<(try cursor.count(UInt32.self)) {
            tokens.append(try cursor.bytes(try cursor.count(UInt32.self)))
        }
        while cursor.position < file.size {
            let rank = try cursor.count(UInt32.self)
            let nameLength = try cursor.count(UInt32.self)
            let type = try cursor.integer(UInt32.self)
            guard (1...4).contains(rank), nameLength <= 256 else { throw ByteCursor.Ended() }
            var dimensions: [Int] = []
            var elements = 1
            for _ in 0..<rank {
                let size = try cursor.count(UInt32.self)
                let (product, isTooMuch) = elements.multipliedReportingOverflow(by: size)
                guard !isTooMuch, product < 1 << 56 else { throw ByteCursor.Ended() }
                elements = product
                dimensions.append(size)
            }
            let name = String(decoding: try cursor.bytes(nameLength), as: UTF8.self)
            guard let size = GGUF.bytes(of: elements, type) else { throw ByteCursor.Ended() }
            tensors.append(GGUF.Tensor(name: name, dimensions: dimensions, type: type, place: try cursor.skip(size)))
        }
    }

    /// Those of OpenAI's models: English alone, several languages, and one language more since large-v3.
    private static let vocabularySizes = 51864...51866

    /// Tensors of a whole model: 15 of each layer of the encoder, 24 of the decoder, and 11 beside them.
    private static func tensorCount(_ audioLayers: Int, _ textLayers: Int) -> Int {
        15 * audioLayers + 24 * textLayers + 11
    }

    private var isMultilingual: Bool { vocabularySize >= 51865 }

    /// As GGUF, with the names and keys that libtranscribe reads (its scripts/convert-whisper.py).
    ///
    /// - Parameter seconds: the length of its window; 30 is the model's own.
    /// - Throws: `ModelFileError` for a tensor of a name that is not known.
    func gguf(window seconds: Int) throws(ModelFileError) -> GGUFWriter {
        var writer = GGUFWriter()
        addHead(to: &writer, seconds)
        addVocabulary(to: &writer)
        for tensor in tensors {
            guard let name = WhisperBin.name(of: tensor.name) else {
                throw ModelFileError(.damaged, file.path, "its tensor “\(tensor.name)” is not one of Whisper's")
            }
            // The biases of convolutions have a dimension of one, which is left out there.
            let isBias = name.hasPrefix("enc.conv.") && name.hasSuffix(".bias")
            var dimensions = isBias ? [tensor.dimensions.reduce(1, *)] : tensor.dimensions
            var place = tensor.place
            if name == WhisperWindows.positions {
                dimensions[1] = seconds * WhisperWindows.positionsPerSecond
                place = place.prefix(place.count * seconds / WhisperWindows.fullLength)
            }
            writer.addTensor(name, dimensions, type: tensor.type, .part(of: file, place))
        }
        writer.addTensor(
            "frontend.mel_filterbank", [filterWidth, melBins], type: GGUF.float32, .part(of: file, filters))
        let window = (0..<400).map { Float(0.5 - 0.5 * cos(2 * Double.pi * Double($0) / 400)) }
        writer.addTensor(
            "frontend.window", [400], type: GGUF.float32,
            .bytes(window.flatMap { GGUFWriter.bytes($0.bitPattern) }))
        return writer
    }

    private func addHead(to writer: inout GGUFWriter, _ seconds: Int) {
        writer.add("general.architecture", "whisper")
        writer.add("general.languages", languages)
        let sizes: [(String, Int)] = [
            ("encoder.n_layers", audioLayers), ("encoder.d_model", audioWidth), ("encoder.n_heads", audioHeads),
            ("encoder.ffn_dim", 4 * audioWidth), ("encoder.num_mel_bins", melBins),
            ("encoder.max_source_positions", seconds * WhisperWindows.positionsPerSecond),
            ("decoder.n_layers", textLayers), ("decoder.d_model", textWidth), ("decoder.n_heads", textHeads),
            ("decoder.ffn_dim", 4 * textWidth), ("decoder.max_target_positions", textPositions),
            ("decoder.vocab_size", vocabularySize),
        ]
        for (key, value) in sizes { writer.add("stt.whisper." + key, UInt32(value)) }
        for part in ["encoder", "decoder"] { writer.add("stt.whisper.\(part).activation", "gelu") }
        writer.add("stt.whisper.tie_word_embeddings", true)
        writer.add("stt.whisper.decoder.tie_word_embeddings", true)
        writer.add("stt.whisper.decoder.scale_embedding", false)
        writer.add("stt.variant", variant)
        let names: [(String, String)] = [
            ("type", "mel"), ("window", "hann_periodic"), ("normalize", "whisper_logmel"), ("pad_mode", "reflect"),
            ("mel_norm", "slaney"),
        ]
        for (key, value) in names { writer.add("stt.frontend." + key, value) }
        let numbers: [(String, Int)] = [
            ("num_mels", melBins), ("sample_rate", 16000), ("n_fft", 400), ("win_length", 400), ("hop_length", 160),
            ("chunk_length", seconds), ("n_samples", seconds * 16000),
            ("nb_max_frames", seconds * WhisperWindows.framesPerSecond),
        ]
        for (key, value) in numbers { writer.add("stt.frontend." + key, UInt32(value)) }
        writer.add("stt.frontend.center", true)
        writer.add("stt.capability.lang_detect", isMultilingual)
        writer.add("stt.capability.translate", isMultilingual)
        writer.add("stt.capability.timestamps", true)
    }

    private func addVocabulary(to writer: inout GGUFWriter) {
        let special = WhisperTokens(vocabularySize: vocabularySize)
        let pairs = BytePairs(Array(tokens.prefix(special.endOfText)))
        var names = pairs.tokens.map(BytePairs.printable)
        names += special.names.dropFirst(names.count - special.endOfText)
        writer.add("tokenizer.ggml.model", "gpt2")
        writer.add("tokenizer.ggml.pre", "gpt2")
        writer.add("tokenizer.ggml.tokens", names)
        let types = names.indices.map { Int32($0 < pairs.tokens.count ? 1 : 3) }
        writer.add("tokenizer.ggml.token_type", types)
        writer.add("tokenizer.ggml.merges", pairs.merges)
        for key in ["bos", "eos", "padding"] { writer.add("tokenizer.ggml.\(key)_token_id", UInt32(special.endOfText)) }
        let numbers: [(String, Int)] = [
            ("decoder_start_token_id", special.start), ("sot_token_id", special.start),
            ("no_timestamps_token_id", special.noTimestamps), ("prev_sot_token_id", special.previous),
            ("transcribe_token_id", special.transcribe), ("translate_token_id", special.translate),
        ]
        for (key, value) in numbers { writer.add("stt.whisper." + key, UInt32(value)) }
        let suppressed = [
            special.start, special.translate, special.transcribe, special.startOfModel, special.previous,
            special.noSpeech,
        ]
        writer.add("stt.whisper.suppress_tokens", pairs.nonSpeech + suppressed.map { Int32($0) })
        writer.add("stt.whisper.begin_suppress_tokens", [220, Int32(special.endOfText)])
    }

    private var languages: [String] {
        isMultilingual ? Array(WhisperTokens.languages.prefix(vocabularySize - 51766)) : ["en"]
    }

    private var variant: String {
        let size =
            switch (audioLayers, textLayers) {
            case (4, _): "tiny"
            case (6, _): "base"
            case (12, _): "small"
            case (24, _): "medium"
            case (32, 4): "large-v3-turbo"
            default: melBins == 128 ? "large-v3" : "large"
            }
        return "whisper-\(size)\(isMultilingual ? "" : ".en")"
    }

    /// A tensor's name in GGUF; nil for one that is not known.
    private static func name(of name: String) -> String? {
        if let fixed = fixedNames[name] { return fixed }
        let parts = name.split(separator: ".")
        guard parts.count > 3, parts[1] == "blocks", let layer = Int(parts[2]) else { return nil }
        let rest = parts[3...].dropLast().joined(separator: ".")
        let isEncoder = parts[0] == "encoder"
        guard let renamed = (isEncoder ? encoderNames : decoderNames)[rest], let last = parts.last else { return nil }
        return "\(isEncoder ? "enc" : "dec").blocks.\(layer).\(renamed).\(last)"
    }

    private static let fixedNames = [
        "encoder.positional_embedding": WhisperWindows.positions,
        "encoder.conv1.weight": "enc.conv.0.weight", "encoder.conv1.bias": "enc.conv.0.bias",
        "encoder.conv2.weight": "enc.conv.1.weight", "encoder.conv2.bias": "enc.conv.1.bias",
        "encoder.ln_post.weight": "enc.final_norm.weight", "encoder.ln_post.bias": "enc.final_norm.bias",
        "decoder.positional_embedding": "dec.pos_emb.weight",
        "decoder.token_embedding.weight": "dec.token_embd.weight",
        "decoder.ln.weight": "dec.final_norm.weight", "decoder.ln.bias": "dec.final_norm.bias",
    ]
    private static let encoderNames = [
        "attn_ln": "norm_attn", "attn.query": "attn.q", "attn.key": "attn.k", "attn.value": "attn.v",
        "attn.out": "attn.out", "mlp_ln": "norm_ffn", "mlp.0": "ffn.fc1", "mlp.2": "ffn.fc2",
    ]
    private static let decoderNames = [
        "attn_ln": "norm_self", "attn.query": "self_attn.q", "attn.key": "self_attn.k",
        "attn.value": "self_attn.v", "attn.out": "self_attn.out", "cross_attn_ln": "norm_cross",
        "cross_attn.query": "cross_attn.q", "cross_attn.key": "cross_attn.k", "cross_attn.value": "cross_attn.v",
        "cross_attn.out": "cross_attn.out", "mlp_ln": "norm_ffn", "mlp.0": "ffn.fc1", "mlp.2": "ffn.fc2",
    ]
}
