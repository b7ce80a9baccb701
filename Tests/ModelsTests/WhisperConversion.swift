import Glibc
import Harness
import Testing

@testable import Models

/// whisper.cpp's files as GGUF, and GGUF with a shorter window, byte by byte.
@Suite struct WhisperConversion {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// As GGUF with a window of so many seconds.
    private func converted(_ whisper: TinyWhisper, window: Int = 30) throws -> GGUF {
        let weights = try WhisperBin(directory.map(whisper.bytes, "model.bin"))
        try weights.gguf(window: window).write(to: directory("model-\(window).gguf"))
        return try GGUF(MappedFile(directory("model-\(window).gguf")))
    }

    private func code(_ body: () throws -> Void) -> ModelFileError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? ModelFileError)?.code
        }
    }

    @Test func becomeGGUF() throws {
        let whisper = TinyWhisper()
        let file = try converted(whisper)
        #expect(file.architecture == "whisper")
        #expect(file.text("stt.variant") == "whisper-large.en")
        let numbers = [
            "stt.whisper.encoder.n_layers": 1, "stt.whisper.encoder.d_model": 4, "stt.whisper.encoder.n_heads": 2,
            "stt.whisper.encoder.ffn_dim": 16, "stt.whisper.encoder.num_mel_bins": 3,
            "stt.whisper.encoder.max_source_positions": 1500, "stt.whisper.decoder.max_target_positions": 8,
            "stt.whisper.decoder.vocab_size": 51864, "stt.frontend.chunk_length": 30, "stt.frontend.n_samples": 480_000,
            "stt.frontend.nb_max_frames": 3000, "tokenizer.ggml.eos_token_id": 50256, "stt.whisper.sot_token_id": 50257,
        ]
        for (key, number) in numbers { #expect(file.integer(key) == number, "\(key)") }
        #expect(file.entry("stt.capability.translate")?.bytes == [0])
        // Each tensor has its bytes, under its new name.
        let names = [
            "encoder.positional_embedding": "enc.pos_emb.weight", "encoder.conv1.bias": "enc.conv.0.bias",
            "encoder.conv2.weight": "enc.conv.1.weight", "encoder.ln_post.bias": "enc.final_norm.bias",
            "decoder.positional_embedding": "dec.pos_emb.weight",
            "decoder.token_embedding.weight": "dec.token_embd.weight", "decoder.ln.weight": "dec.final_norm.weight",
            "encoder.blocks.0.attn_ln.weight": "enc.blocks.0.norm_attn.weight",
            "encoder.blocks.0.attn.key.weight": "enc.blocks.0.attn.k.weight",
            "encoder.blocks.0.mlp.0.bias": "enc.blocks.0.ffn.fc1.bias",
            "decoder.blocks.0.attn_ln.bias": "dec.blocks.0.norm_self.bias",
            "decoder.blocks.0.attn.query.bias": "dec.blocks.0.self_attn.q.bias",
            "decoder.blocks.0.cross_attn_ln.weight": "dec.blocks.0.norm_cross.weight",
            "decoder.blocks.0.cross_attn.out.weight": "dec.blocks.0.cross_attn.out.weight",
            "decoder.blocks.0.mlp.2.weight": "dec.blocks.0.ffn.fc2.weight",
        ]
        for (old, new) in names {
            #expect(file.data(new) == whisper.data(old), "\(old)")
            #expect(whisper.data(old) != nil, "\(old)")
        }
        #expect(file.tensors.count == whisper.tensors.count + 2)
        #expect(Set(file.tensors.map(\.name)).count == file.tensors.count)
        #expect(file.data("frontend.mel_filterbank") == whisper.filters)
        #expect(file.tensors.first { $0.name == "enc.conv.0.bias" }?.dimensions == [4])
        #expect(file.tensors.first { $0.name == "enc.conv.0.weight" }?.dimensions == [3, 3, 4])
        // Hann's window: 0 at its beginning, 1 in its middle.
        let window = try #require(file.data("frontend.window"))
        #expect(window.count == 1600)
        #expect(Array(window[..<4]) == little(Float(0).bitPattern))
        #expect(Array(window[800..<804]) == little(Float(1).bitPattern))
    }

    @Test func ofSeveralLanguages() throws {
        let file = try converted(TinyWhisper(isEnglish: false))
        #expect(file.text("stt.variant") == "whisper-large")
        #expect(file.entry("stt.capability.translate")?.bytes == [1])
        #expect(file.integer("stt.whisper.translate_token_id") == 50358)
        #expect(file.entry("general.languages")?.bytes.starts(with: little(UInt32(8)) + little(UInt64(99))) == true)
        #expect(
            file.entry("tokenizer.ggml.tokens")?.bytes.starts(with: little(UInt32(8)) + little(UInt64(51865))) == true)
    }

    @Test func aShorterWindowHasFewerPositions() throws {
        let whisper = TinyWhisper()
        let (long, short) = (try converted(whisper), try converted(whisper, window: 10))
        #expect(short.tensors.first { $0.name == "enc.pos_emb.weight" }?.dimensions == [4, 500])
        #expect(
            short.data("enc.pos_emb.weight") == whisper.data("encoder.positional_embedding").map { Array($0[..<8000]) })
        expectOnlyTheWindowDiffers(long, short)
    }

    /// Four keys, and the encoder's positions.
    private func expectOnlyTheWindowDiffers(_ long: GGUF, _ short: GGUF) {
        let changed = [
            "stt.whisper.encoder.max_source_positions": 500, "stt.frontend.chunk_length": 10,
            "stt.frontend.n_samples": 160_000, "stt.frontend.nb_max_frames": 1000,
        ]
        #expect(short.entries.map(\.key) == long.entries.map(\.key))
        for (old, new) in zip(long.entries, short.entries) {
            if let number = changed[old.key] {
                #expect(new.typed == little(UInt32(4)) + little(UInt32(number)), "\(old.key)")
            } else {
                #expect(new.typed == old.typed, "\(old.key)")
            }
        }
        #expect(short.tensors.map(\.name) == long.tensors.map(\.name))
        for (old, new) in zip(long.tensors, short.tensors) where old.name != "enc.pos_emb.weight" {
            #expect(new.dimensions == old.dimensions && new.type == old.type, "\(old.name)")
            #expect(short.data(new.name) == long.data(old.name), "\(old.name)")
        }
    }

    /// A folder with weights, as an installation has it.
    private func installed(_ file: String) -> InstalledModel {
        InstalledModel(name: "tiny", folder: directory.path, file: file)
    }

    @Test func whisperCppsFileIsReplaced() throws {
        try write(TinyWhisper().bytes, to: directory("model.bin"))
        var model = installed("model.bin")
        #expect(try WhisperWindows.add(to: &model))
        #expect(model.file == "model.gguf")
        #expect(model.windows == [.init(seconds: 10, file: "window-10.gguf")])
        #expect(entries(of: directory.path) == ["model.gguf", "window-10.gguf"])
        #expect(try model.size == contents(of: directory("model.gguf")).count)
        expectOnlyTheWindowDiffers(
            try GGUF(MappedFile(directory("model.gguf"))), try GGUF(MappedFile(directory("window-10.gguf"))))
    }

    @Test(arguments: [32, 64]) func aGGUFFileStaysAsItIs(alignment: Int) throws {
        let original = try converted(TinyWhisper())
        // Further keys and another order are kept, too.
        var example = TinyGGUF()
        example.alignment = alignment
        example.add("general.alignment", UInt32(alignment))
        for entry in original.entries.reversed() { example.entries.append((entry.key, entry.type, entry.bytes)) }
        example.add("general.name", "Whisper")
        for tensor in original.tensors.reversed() {
            example.tensors.append(
                (tensor.name, tensor.dimensions, tensor.type, try #require(original.data(tensor.name))))
        }
        try write(example.bytes, to: directory("model.gguf"))
        var model = installed("model.gguf")
        model.size = 5
        #expect(try !WhisperWindows.add(to: &model))
        #expect(model.file == "model.gguf")
        #expect(model.size == 5)
        #expect(try contents(of: directory("model.gguf")) == example.bytes)
        let short = try GGUF(MappedFile(directory("window-10.gguf")))
        expectOnlyTheWindowDiffers(try GGUF(MappedFile(directory("model.gguf"))), short)
        #expect(short.data("enc.pos_emb.weight") == original.data("enc.pos_emb.weight").map { Array($0[..<8000]) })
    }

    @Test func anotherFamilyHasNoWindows() throws {
        try write(TinyGGUF.example().bytes, to: directory("model.gguf"))
        var model = installed("model.gguf")
        #expect(try !WhisperWindows.add(to: &model))
        #expect(model.windows.isEmpty)
        #expect(entries(of: directory.path) == ["model.gguf"])
    }

    @Test func aWindowThatCannotBeWritten() throws {
        try write(TinyWhisper().bytes, to: directory("model.bin"))
        try makeDirectories(directory("window-10.gguf"))
        var model = installed("model.bin")
        #expect(code { try WhisperWindows.add(to: &model) } == .unwritable)
        // The weights are there still.
        #expect(model.file == "model.bin")
        #expect(entries(of: directory.path).contains("model.bin"))
    }

    @Test func isCutOff() throws {
        let (head, tensors) = TinyWhisper().parts
        let whole = head + tensors.flatMap(\.self)
        #expect(try directory.problem(whole) == nil)
        for part in 0..<30 {
            #expect(
                try directory.problem(Array(whole[..<(whole.count * part / 30)]))
                    == (part == 0 ? .unreadable : .damaged))
        }
        // Between two tensors, and with one too many.
        #expect(try directory.problem(head + tensors.dropLast().flatMap(\.self)) == .damaged)
        #expect(try directory.problem(whole + (tensors.last ?? [])) == .damaged)
    }

    @Test(arguments: [100, 51863, 51867, 1 << 20, -1, 0] as [Int]) func aVocabularyOfAnotherSize(size: Int) throws {
        var whisper = TinyWhisper()
        whisper.vocabularySize = size
        #expect(try directory.problem(whisper.bytes) == .damaged)
    }

    @Test(arguments: [0, 10, 50255, 50256, 50257]) func aVocabularyThatIsCutOff(count: Int) throws {
        var whisper = TinyWhisper()
        whisper.tokens = Array(whisper.tokens.prefix(count))
        #expect(try directory.problem(whisper.bytes) == (count < 50256 ? .damaged : nil))
    }

    @Test func positionsOfAnotherShape() throws {
        for dimensions in [[6000], [2, 3000], [4, 1501], [4, 1500, 1]] {
            var whisper = TinyWhisper()
            whisper.change("encoder.positional_embedding") { shape, data in
                data = [UInt8](repeating: 1, count: dimensions.reduce(4, *))
                shape = dimensions
            }
            #expect(code { _ = try converted(whisper, window: 10) } == .damaged, "\(dimensions)")
        }
    }

    @Test func positionsThatComeTwice() throws {
        var whisper = TinyWhisper()
        whisper.tensors[1].name = "encoder.positional_embedding"
        #expect(try directory.problem(whisper.bytes) == .damaged)
    }

    @Test func aTensorOfAnotherModel() throws {
        var whisper = TinyWhisper()
        whisper.tensors[3].name = "encoder.blocks.x.attn_ln.weight"
        #expect(code { _ = try converted(whisper) } == .damaged)
    }

    /// Sizes whose product is no number.
    @Test func absurdSizes() throws {
        var (head, tensors) = TinyWhisper().parts
        let size = little(Int32(200_000))
        tensors[2] = little(Int32(4)) + little(Int32(1)) + little(Int32(0)) + size + size + size + size + [0x61]
        #expect(try directory.problem(head + tensors.flatMap(\.self)) == .damaged)
        for place in stride(from: 4, to: 4 + 44, by: 4) {
            // The last one, the type, is said again by each tensor.
            for number in [Int32.max, .min, -1, 0] where place < 44 {
                var other = head
                other.replaceSubrange(place..<place + 4, with: little(number))
                #expect(try directory.problem(other) == .damaged)
            }
        }
        head.replaceSubrange(48..<52, with: little(Int32(7)))
        #expect(try directory.problem(head + tensors.flatMap(\.self)) == .damaged)
    }

    /// Whatever bytes there are: an error, or a file that can be written as GGUF.
    @Test func damagedAnywhere() throws {
        let (head, tensors) = TinyWhisper().parts
        let rest = tensors.flatMap(\.self)
        var dice = Dice(11)
        for _ in 0..<20 {
            var (head, rest) = (head, rest)
            let bytes = [0, 0xFF, 0x7F, 0x80, UInt8(dice(256))]
            for _ in 0...dice(2) {
                if dice(3) == 0 { head[dice(112)] = bytes[dice(5)] } else { rest[dice(40)] = bytes[dice(5)] }
            }
            guard let weights = try? WhisperBin(directory.map(head + rest)) else { continue }
            _ = try? weights.gguf(window: 10)
        }
    }
}
