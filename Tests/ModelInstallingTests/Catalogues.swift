import Glibc
import Harness
import ModelInstalling
import Models
import Testing

/// What can be installed.
@Suite struct Catalogues {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory("vt-catalogue")
    }

    private func read(_ texts: String...) throws -> Catalogue {
        var paths: [String] = []
        for (index, text) in texts.enumerated() {
            let path = folder("\(index).toml")
            try write(text.utf8, to: path)
            paths.append(path)
        }
        return try Catalogue(reading: paths)
    }

    private func problem(_ text: String) -> InstallingError? {
        do {
            _ = try read(text)
            return nil
        } catch {
            return error as? InstallingError
        }
    }

    static let shipped = "\(BuiltPrograms.packageDirectory)/Sources/vt-models/models.toml"

    @Test func vtsOwnNamesWhatItPromises() throws {
        let catalogue = try Catalogue(reading: [Self.shipped])
        for name in [
            "parakeet-tdt-0.6b-v3", "parakeet-tdt-0.6b-v2", "parakeet-tdt_ctc-110m", "parakeet-unified-en-0.6b",
            "nemotron-speech-streaming-en-0.6b", "nemotron-3.5-asr-streaming-0.6b", "moonshine-streaming-tiny",
            "moonshine-streaming-small", "moonshine-streaming-medium", "whisper-tiny.en", "whisper-base",
            "whisper-small", "whisper-large-v3-turbo", "canary-180m-flash", "sensevoice-small",
        ] {
            let model = try #require(catalogue[name], "\(name)")
            #expect(model.task == .recognition)
            #expect(model.size ?? 0 > 1_000_000 && model.sha256 != nil && !model.licence.isEmpty, "\(name)")
            #expect(!model.languages.isEmpty && model.wordErrors != nil && !model.wordErrorsOn.isEmpty, "\(name)")
            #expect(model.address().hasPrefix("https://") && model.rank < InstalledModel.unranked, "\(name)")
            #expect(!model.summary.isEmpty && !model.family.isEmpty, "\(name)")
            // Who is to be named is named.
            if model.licence.hasPrefix("CC-BY") { #expect(model.attribution != nil, "\(name)") }
        }
        #expect(catalogue.models.filter { $0.task == .diarization }.count == 1)
        #expect(Set(catalogue.models.map(\.rank)).count >= catalogue.models.count - 1)
    }

    @Test(arguments: [
        ("en", "parakeet-tdt_ctc-110m"), ("en-GB", "parakeet-tdt_ctc-110m"), ("de", "canary-180m-flash"),
        ("pl", "parakeet-tdt-0.6b-v3"), ("ja", "sensevoice-small"), ("sw", "whisper-small"),
    ]) func oneIsRecommendedForALanguage(_ language: String, _ name: String) throws {
        let catalogue = try Catalogue(reading: [Self.shipped])
        #expect(catalogue.recommended(for: language)?.name == name)
        #expect(catalogue.recommended(for: "tlh") == nil)
    }

    @Test func aLaterFileReplacesAndAdds() throws {
        let catalogue = try read(
            """
            [[model]]
            name = "a"
            url = "https://example.org/a.gguf"
            size = 10
            [[model]]
            name = "b"
            repository = "who/what"
            revision = "0123abcd"
            file = "b-Q8_0.gguf"
            """,
            """
            [[model]]
            name = "a"
            summary = "mine"
            url = "file:///srv/a.gguf"
            streams = true
            word_errors = 3
            [[model]]
            name = "c"
            url = "http://127.0.0.1:1/c.bin"
            """)
        #expect(catalogue.models.map(\.name) == ["a", "b", "c"])
        #expect(catalogue["a"]?.summary == "mine" && catalogue["a"]?.size == nil && catalogue["a"]?.streams == true)
        #expect(catalogue["a"]?.wordErrors == 3)
        #expect(catalogue["b"]?.address() == "https://huggingface.co/who/what/resolve/0123abcd/b-Q8_0.gguf")
        #expect(
            catalogue["b"]?.address(mirror: "http://127.0.0.1:99/hub/")
                == "http://127.0.0.1:99/hub/who/what/resolve/0123abcd/b-Q8_0.gguf")
        #expect(catalogue["c"]?.address(mirror: "https://mirror.example") == "https://mirror.example/c.bin")
    }

    @Test func filesThatAreMissingAreLeftOut() throws {
        #expect(try Catalogue(reading: [folder("none"), folder("none/below")]).models == [])
    }

    @Test(arguments: [
        ("model = 1", "model is unknown"), ("[[models]]\nname = \"a\"", "models is unknown"),
        ("[[model]]\nurl = \"https://x/y\"", "model 1 has no name"),
        ("[[model]]\nname = \"a/b\"\nurl = \"https://x/y\"", "“a/b” cannot be the name"),
        ("[[model]]\nname = \"a\"", "a: url, or repository, revision and file, are missing"),
        ("[[model]]\nname = \"a\"\nrepository = \"x/y\"", "a: repository needs revision and file"),
        ("[[model]]\nname = \"a\"\nurl = \"ftp://x/y\"", "a: url is an address"),
        ("[[model]]\nname = \"a\"\nurl = \"https://x/y\"\nsha256 = \"12\"", "a: sha256 has 64"),
        ("[[model]]\nname = \"a\"\nurl = \"https://x/y\"\nsize = -1", "a: size is a whole number"),
        ("[[model]]\nname = \"a\"\nurl = \"https://x/y\"\nsize = \"1\"", "a: size is a whole number"),
        ("[[model]]\nname = \"a\"\nurl = \"https://x/y\"\nlanguages = \"en\"", "a: languages is a list"),
        ("[[model]]\nname = \"a\"\nurl = \"https://x/y\"\nlanguages = [\"e n\"]", "a: languages are tags"),
        ("[[model]]\nname = \"a\"\nurl = \"https://x/y\"\ntask = \"vad\"", "a: task is recognition or diarization"),
        ("[[model]]\nname = \"a\"\nurl = \"https://x/y\"\nsummary = \"a\\u001B[2J\"", "a: summary holds a control"),
        (
            "[[model]]\nname = \"a\"\nrepository = \"../x\"\nrevision = \"1\"\nfile = \"f\"",
            "a: repository “../x” cannot"
        ),
        (
            "[[model]]\nname = \"a\"\nurl = \"https://x/y\"\n[[model]]\nname = \"a\"\nurl = \"https://x/y\"",
            "a: is there"
        ),
        ("[[model]]\nname = \"a\"\nurl = \"https://x/y\"\nlicense = \"MIT\"", "a: license is unknown"),
        ("[[model]\n", "0.toml:1: "),
    ]) func whatIsWrongIsSaid(_ text: String, _ expected: String) throws {
        let error = try #require(problem(text))
        #expect(error.code == .catalogue)
        #expect(error.message.hasPrefix(folder("0.toml")) && error.message.contains(expected), "\(error)")
        #expect(error.hint != nil)
    }

    @Test func aMisspeltKeyHasAHint() {
        let error = problem("[[model]]\nname = \"a\"\nurl = \"https://x/y\"\nlicense = \"MIT\"")
        #expect(error?.hint == "did you mean licence?")
    }

    @Test func whatOthersMayChangeIsRefused() throws {
        try write("".utf8, to: folder("open.toml"))
        chmod(folder("open.toml"), 0o666)
        #expect(throws: InstallingError.self) { try Catalogue(reading: [folder("open.toml")]) }
        #expect(throws: InstallingError.self) { try Catalogue(reading: [folder.path]) }
        #expect(throws: InstallingError.self) { try Catalogue(reading: ["/dev/zero"]) }
    }
}
