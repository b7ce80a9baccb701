import Glibc
import Harness
import Models
import Testing

/// Which models are installed, and which one is used.
@Suite struct Stores {
    private let home: TemporaryDirectory

    init() throws {
        home = try TemporaryDirectory("vt-models-test")
    }

    private func install(_ name: String, _ about: String, in folder: String = "own") throws {
        let path = home("\(folder)/local/\(name)")
        try makeDirectories(path)
        try write("file model.gguf\n\(about)".utf8, to: path + "/about")
    }

    private var store: ModelStore { ModelStore(directories: [home("own"), home("shared")]) }

    @Test func nothingIsNothing() {
        #expect(store.models() == [])
        #expect(store.best() == nil && store.defaultName == nil && store.diarizer == nil)
    }

    @Test func theUsersOwnHidesTheSharedOne() throws {
        try install("a", "family one\n")
        try install("a", "family two\n", in: "shared")
        try install("b", "family three\n", in: "shared")
        try install(".c.123", "family four\n")
        #expect(store.models().map(\.family) == ["one", "three"])
        #expect(store.model(named: "b")?.path == home("shared/local/b/model.gguf"))
        for name in ["../local/a", "", ".c.123", "default", "a/b"] { #expect(store.model(named: name) == nil) }
    }

    @Test func theBestOfThoseThatUnderstandIsUsed() throws {
        try install("english", "languages en\nrank 10\n")
        try install("german", "languages de fr\nrank 20\n")
        try install("all", "rank 30\n")
        try install("speakers", "task diarization\nrank 1\n")
        #expect(store.best()?.name == "english")
        #expect(store.best(for: ["de-AT"])?.name == "german")
        #expect(store.best(for: ["en", "de"])?.name == "all")
        #expect(store.diarizer?.name == "speakers")
        try write("german\n".utf8, to: home("own/local/default"))
        #expect(store.best()?.name == "german")
        // The choice is no help if it does not understand.
        #expect(store.best(for: ["en"])?.name == "english")
        try write("gone\n".utf8, to: home("own/local/default"))
        #expect(store.best()?.name == "english" && store.defaultName == "gone")
    }

    @Test func whatIsWrittenDownIsReadAgain() throws {
        var model = InstalledModel(name: "m", folder: "/f", file: "model.bin")
        model.family = "whisper"
        model.languages = ["en", "pt-BR"]
        model.size = 77_000_000
        model.sha256 = String(repeating: "0a", count: 32)
        model.licence = "NVIDIA Open Model License"
        model.source = "https://example.org/a b"
        model.wordErrors = 2.4
        model.wordErrorsOn = "LibriSpeech test-clean"
        model.streams = true
        model.rank = 7
        model.windows = [.init(seconds: 10, file: "window-10.gguf")]
        #expect(InstalledModel(name: "m", folder: "/f", about: model.about) == model)
        #expect(InstalledModel(name: "m", folder: "/f", about: "family whisper\n") == nil)
        #expect(InstalledModel(name: "m", folder: "/f", about: "file ../model.gguf\n") == nil)
    }
}
