import Glibc
import Harness
import Models
import Testing

/// whisper.cpp's files become GGUF when they are installed; one that is not as it should be is refused.
@Suite struct WhisperFiles {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory("vt-whisper")
    }

    private func add(_ bytes: [UInt8]) throws -> InstalledModel {
        try write(bytes, to: folder("model.bin"))
        var model = InstalledModel(name: "m", folder: folder.path, file: "model.bin")
        try WhisperWindows.add(to: &model)
        return model
    }

    @Test func aWholeOneIsTurned() throws {
        let model = try add(WhisperWeights.bin())
        #expect(model.file == "model.gguf" && model.windows.map(\.seconds) == [10])
        #expect(entries(of: folder.path) == ["model.gguf", "window-10.gguf"])
        #expect(try contents(of: folder("model.gguf")).count == model.size)
    }

    /// None of them ends the program.
    @Test(arguments: [
        WhisperWeights.bin(vocabulary: 100), WhisperWeights.bin(vocabulary: 51000),
        WhisperWeights.bin(positions: [6000]), WhisperWeights.bin(positions: [4, 100]),
        WhisperWeights.bin(positions: [2, 2, 1500]), Array(WhisperWeights.bin().dropLast(1)),
        Array(WhisperWeights.bin().prefix(5000)), Array(WhisperWeights.bin().prefix(4)),
    ]) func aDamagedOneIsRefused(_ bytes: [UInt8]) throws {
        #expect(throws: ModelFileError.self) { try add(bytes) }
    }
}
