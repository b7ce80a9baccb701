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

    @Test func ofTheSameRankTheFirstByName() throws {
        try install("many", "languages en de fr\nrank 25", in: "shared")
        #expect(store.best(for: ["de"])?.name == "many")
        try install("deutsch", "languages de\nrank 25")
        #expect(store.best(for: ["de"])?.name == "deutsch")
        // One that no catalogue knows comes last.
        try install("a", "")
        #expect(store.best(for: ["de"])?.name == "deutsch")
        #expect(store.best(for: ["cy"])?.name == "a")
    }

    @Test func whatIsNoModelIsPassedOver() throws {
        try install("sound", "")
        try install(".unfinished.123", "")
        try install("has space", "")
        try makeDirectories(home("own/local/empty"))
        try makeDirectories(home("own/local/folder/about"))
        try install("broken", "window 10 ../x")
        try write("file a".utf8, to: home("own/local/file"))
        try makeDirectories(home("own/local/fifo"))
        mkfifo(home("own/local/fifo/about"), 0o600)
        #expect(store.models().map(\.name) == ["sound"])
        try write([], to: home("own/local/empty/about"))
        try write([UInt8](repeating: 0xFF, count: 200_000), to: home("own/local/empty/about"))
        #expect(store.models().map(\.name) == ["sound"])
    }

    /// A broken folder of the user's does not hide a sound one of the same name.
    @Test func aBrokenOneHidesNothing() throws {
        try install("a", "", in: "shared")
        try makeDirectories(home("own/local/a"))
        #expect(store.model(named: "a")?.folder == home("shared/local/a"))
        #expect(store.models().map(\.folder) == [home("shared/local/a")])
    }

    @Test func theUsersDefault() throws {
        try install("a", "languages en\nrank 1")
        try install("b", "languages de\nrank 2")
        try install("speakers", "task diarization")
        func choose(_ text: String, in folder: String = "own") throws {
            try makeDirectories(home("\(folder)/local"))
            try write(text.utf8, to: home("\(folder)/local/default"))
        }
        #expect(store.defaultName == nil)
        try choose("b\n")
        #expect(store.defaultName == "b")
        #expect(store.best()?.name == "b")
        #expect(store.best(for: ["de"])?.name == "b")
        #expect(store.best(for: ["en"])?.name == "a")
        for other in ["gone", "speakers"] {
            try choose(other)
            #expect(store.best()?.name == "a")
        }
        for hostile in ["", "\n\n", "../b", "/etc/passwd", ".b", "default", "-b", "b/../b"] {
            try choose(hostile)
            #expect(store.defaultName == nil)
        }
        unlink(home("own/local/default"))
        try choose("b", in: "shared")
        #expect(store.defaultName == nil)
    }

    @Test(arguments: [
        ("whisper-tiny.en", true), ("parakeet-tdt_ctc-110m", true), ("c++", true), ("A9", true), ("", false),
        (".", false), ("..", false), (".hidden", false), ("-x", false), ("a/b", false), ("/a", false), ("a b", false),
        ("a\u{0}", false), ("ü", false), ("a\nb", false), ("default", false), ("~", false), ("a:b", false),
        (String(repeating: "a", count: 100), true), (String(repeating: "a", count: 101), false),
    ])
    func namesOfModels(name: String, isOne: Bool) throws {
        #expect(ModelStore.isName(name) == isOne)
        if !isOne { #expect(store.model(named: name) == nil) }
    }

    @Test func aPathIsNotAName() throws {
        try install("a", "", in: "shared")
        #expect(store.model(named: "../local/a") == nil)
        #expect(store.model(named: "a/") == nil)
        #expect(store.model(named: home("shared/local/a")) == nil)
    }
}
