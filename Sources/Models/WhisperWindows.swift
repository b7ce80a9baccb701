internal import Glibc
internal import POSIX

/// Files of Whisper's weights for shorter recordings.
///
/// Whisper's encoder always works on one window of audio, 30 s long, however short the recording is. With a shorter window, the
/// positions cut to it and all other weights as they are, the same words come in a fraction of the time, of audio that fits.
package enum WhisperWindows {
    /// Seconds of the model's own window.
    static let fullLength = 30
    /// Seconds of the shorter ones: most utterances of dictation last less than 10 s.
    private static let lengths = [10]
    /// The encoder's positions, one for two frames of 10 ms.
    static let positionsPerSecond = 50
    static let framesPerSecond = 100
    /// The name of the tensor that is cut.
    static let positions = "enc.pos_emb.weight"

    /// Writes the files for shorter recordings beside the weights of a model, and turns weights in whisper.cpp's format into GGUF, which
    /// can be mapped: then several processes share them.
    ///
    /// - Parameter model: its folder and file are read; its windows, file and size are set. A model of another family stays as it is.
    /// - Returns: whether the weights are in another file now, so that an old checksum is not theirs.
    /// - Throws: `ModelFileError` if the weights are damaged, or a file can't be written.
    @discardableResult
    package static func add(to model: inout InstalledModel) throws(ModelFileError) -> Bool {
        let file: MappedFile
        do throws(SystemError) {
            file = try MappedFile(model.path)
        } catch {
            throw ModelFileError(.unreadable, model.path, error.reason)
        }
        var windows: [InstalledModel.Window] = []
        switch try ModelFormat(of: file) {
        case .whisperBin:
            let weights = try WhisperBin(file)
            for seconds in lengths {
                windows.append(try write(try weights.gguf(window: seconds), seconds, in: model))
            }
            let whole = "model.gguf"
            try write(try weights.gguf(window: fullLength), to: "\(model.folder)/\(whole)")
            _ = unsafe unlink(model.path)
            model.file = whole
            model.size = size(of: model.path)
            model.windows = windows
            return true
        case .gguf:
            let weights = try GGUF(file)
            guard weights.architecture == "whisper", weights.integer("stt.frontend.chunk_length") == fullLength,
                weights.isMeasured
            else { return false }
            for seconds in lengths {
                windows.append(try write(try shortened(weights, to: seconds), seconds, in: model))
            }
            model.windows = windows
            return false
        }
    }

    /// The same weights with a shorter window.
    private static func shortened(_ weights: GGUF, to seconds: Int) throws(ModelFileError) -> GGUFWriter {
        let numbers: [String: Int] = [
            "stt.whisper.encoder.max_source_positions": seconds * positionsPerSecond,
            "stt.frontend.chunk_length": seconds, "stt.frontend.n_samples": seconds * 16000,
            "stt.frontend.nb_max_frames": seconds * framesPerSecond,
        ]
        var writer = GGUFWriter()
        for entry in weights.entries {
            if let number = numbers[entry.key] {
                writer.add(entry.key, UInt32(number))
            } else {
                writer.add(entry)
            }
        }
        for tensor in weights.tensors {
            var tensor = tensor
            if tensor.name == positions {
                guard tensor.dimensions.count == 2, tensor.dimensions[1] == fullLength * positionsPerSecond,
                    tensor.type == GGUF.float32
                else {
                    throw ModelFileError(.damaged, weights.file.path, "its positions are not those of Whisper")
                }
                tensor.dimensions[1] = seconds * positionsPerSecond
                tensor.place = tensor.place.prefix(tensor.place.count * seconds / fullLength)
            }
            writer.addTensor(
                tensor.name, tensor.dimensions, type: tensor.type, .part(of: weights.file, tensor.place))
        }
        return writer
    }

    private static func write(
        _ writer: GGUFWriter, _ seconds: Int, in model: InstalledModel
    ) throws(ModelFileError) -> InstalledModel.Window {
        let window = InstalledModel.Window(seconds: seconds, file: "window-\(seconds).gguf")
        try write(writer, to: model.path(of: window))
        return window
    }

    private static func write(_ writer: GGUFWriter, to path: String) throws(ModelFileError) {
        do throws(SystemError) {
            try writer.write(to: path)
        } catch {
            _ = unsafe unlink(path)
            throw ModelFileError(.unwritable, path, error.reason)
        }
    }

    private static func size(of path: String) -> Int {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}

/// The formats of files that hold a model.
package enum ModelFormat: Sendable {
    case gguf
    /// Whisper as whisper.cpp stores it.
    case whisperBin

    /// Tells it by the first bytes.
    ///
    /// - Throws: `ModelFileError` for anything else.
    init(of file: MappedFile) throws(ModelFileError) {
        let head = unsafe file.withBytes(in: 0..<min(4, file.size)) { unsafe Array($0) }
        if head == GGUF.magic {
            self = .gguf
        } else if head == GGUFWriter.bytes(WhisperBin.magic) {
            self = .whisperBin
        } else {
            throw ModelFileError(.notAModel, file.path, "it is not a model: neither GGUF nor a .bin of whisper.cpp")
        }
    }

    /// Looks at a file without loading it.
    ///
    /// - Returns: what it is.
    /// - Throws: `ModelFileError` if it can't be read, is not a model, or is damaged or cut off as far as its head tells.
    package static func check(_ path: String) throws(ModelFileError) -> ModelFormat {
        let file: MappedFile
        do throws(SystemError) {
            file = try MappedFile(path)
        } catch {
            throw ModelFileError(
                .unreadable, path, error.code == EINVAL ? "it is not a file with a model" : error.reason)
        }
        let format = try ModelFormat(of: file)
        switch format {
        case .gguf: _ = try GGUF(file)
        case .whisperBin: _ = try WhisperBin(file)
        }
        return format
    }
}
