import Glibc
import Harness
import Testing
import Text

/// Listing, choosing, checking and removing.
@Suite(.enabled(if: ModelServer.isInstalled, "needs python3 and sha256sum")) struct ModelsUpkeep {
    private let ground: ModelsHome

    init() throws {
        ground = try ModelsHome()
        for (seed, name) in ["one", "two"].enumerated() {
            try write(ModelServer.weights(10_000, seed: UInt64(seed) + 5), to: "\(ground.home.files)/\(name).gguf")
        }
    }

    private func install(_ names: String...) throws {
        let result = try run(
            Command("vt-models", ["install", "--quiet"] + names.map { $0 + ".gguf" }), home: ground.home)
        #expect(result.status == 0, "\(result)")
    }

    @Test func theListIsForPeople() throws {
        try install("one", "two")
        let result = try ground.models()
        #expect(result.status == 0 && result.errors == "", "\(result)")
        let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines[0].contains("NAME") && lines[0].contains("LICENCE"))
        #expect(lines[1].hasPrefix("* one ") && lines[2].hasPrefix("+ two "), "\(result)")
        let tdt = try #require(lines.first { $0.contains("parakeet-tdt-0.6b-v3") })
        #expect(tdt.contains("740 MB  25 languages") && tdt.contains("1.9  CC-BY-4.0"), "\(tdt)")
        let russian = try #require(lines.first { $0.contains("gigaam") })
        #expect(russian.contains("5.4!") && russian.contains("FLEURS ru"))
        #expect(result.text.contains("as published, on LibriSpeech test-clean\n"))
        #expect(result.text.contains("silero"))
        #expect(try ground.models("list").text == result.text)
        // On a terminal no line is wider.
        let terminal = try Terminal("vt-models list", home: ground.home, size: (24, 70))
        #expect(try terminal.finish() == [0])
        #expect(terminal.screen.split(separator: "\r\n").allSatisfy { $0.count <= 70 })
        let installed = try ground.models("list", "--installed").text
        #expect(installed.contains("one") && installed.contains("two") && !installed.contains("parakeet"))
    }

    @Test func theListIsForPrograms() throws {
        try install("one")
        let lines = try ground.models("list", "--format", "jsonl").text.split(separator: "\n")
        let objects = try lines.map { try #require(JSONValue(parsing: String($0))) }
        let one = try #require(objects.first { $0["name"]?.string == "one" })
        #expect(one["state"]?.string == "installed" && one["default"]?.bool == true && one["size"]?.integer == 10_000)
        #expect(one["path"]?.string == "\(ground.local)/one/model.gguf" && one["streams"] == nil)
        let known = try #require(objects.first { $0["name"]?.string == "moonshine-streaming-tiny" })
        #expect(known["state"]?.string == "available" && known["streams"]?.bool == true)
        #expect(known["word_errors"]?.double == 4.52 && known["languages"]?.array?.count == 1)
        #expect(objects.first { $0["name"]?.string == "silero" }?["task"]?.string == "detection")
        #expect(Set(objects.compactMap { $0["name"]?.string }).count == objects.count)
    }

    @Test func oneIsTheDefault() throws {
        let none = try ground.models("default")
        #expect(none.status == 69 && none.errors.contains("hint: vt-models install"), "\(none)")
        try install("one", "two")
        #expect(try ground.models("default").text == "one\n")
        let chosen = try ground.models("default", "two")
        #expect(chosen.status == 0 && chosen.errors == "vt-models: two is used from now on if no model is named\n")
        let said = try ground.models("default")
        #expect(said.text == "two\n" && said.errors.contains("it is your choice"), "\(said)")
        #expect(try ground.models("path").text == "\(ground.local)/two/model.gguf\n")
        #expect(try ground.models("list").text.contains("\n* two "))
        let unknown = try ground.models("default", "tow")
        #expect(unknown.status == 69 && unknown.errors.contains("tow is not installed"), "\(unknown)")
        #expect(try ground.models("default", "--unset").status == 0)
        #expect(try ground.models("default").text == "one\n")
        try write("file model.gguf\ntask diarization\n".utf8, to: "\(ground.local)/two/about")
        #expect(try ground.models("default", "two").status == 64)
    }

    @Test func removedIsRemoved() throws {
        try install("one", "two")
        _ = try ground.models("default", "two")
        let removed = try ground.models("remove", "two")
        #expect(removed.errors == "vt-models: two is removed; it was your default: one is used now\n", "\(removed)")
        #expect(entries(of: ground.local) == ["one"])
        let last = try ground.models("remove", "one", "two")
        #expect(last.status == 2, "\(last)")
        #expect(last.errors.contains("one is removed\n") && last.errors.contains("two is not installed\n"))
        #expect(entries(of: ground.local) == [])
        #expect(try ground.models("remove", "one").status == 69)
    }

    @Test func damageIsFound() throws {
        try install("one", "two")
        #expect(try ground.models("verify").text == "one: sound\ntwo: sound\n")
        let path = "\(ground.local)/two/model.gguf"
        var bytes = try contents(of: path)
        bytes[5000] ^= 0x10
        try write(bytes, to: path)
        let all = try ground.models("verify")
        #expect(all.status == 2 && all.text == "one: sound\n", "\(all)")
        #expect(all.errors.contains("two/model.gguf: it is damaged: its SHA-256 is"))
        #expect(all.errors.contains("hint: vt-models install --force two"))
        #expect(try ground.models("verify", "two").status == 78)
        try write(bytes[..<9000], to: path)
        #expect(try ground.models("verify", "two").errors.contains("9000 bytes instead of 10000"))
        unlink(path)
        #expect(try ground.models("verify", "two").status == 78)
        #expect(try ground.models("verify", "three").status == 69)
    }

    @Test(
        arguments: [
            (["install", "whisper-bsae"], 64, "did you mean whisper-base?"),
            (["install", "nobody/else"], 64, "no engine nobody"),
            (["install", "local/none"], 64, "no model is called none"), (["remove"], 64, "needs the name"),
            (["list", "one"], 64, "list takes no name"), (["--vulkan"], 64, "--vulkan belongs to library"),
            (["list", "--all", "--installed"], 64, "exclude each other"), (["frobnicate"], 64, "frobnicate"),
            (["install", "a", "b", "--name", "c"], 64, "--name is for one"),
            (["path", "none"], 69, "none is not installed"),
            (["install", "--sha256", "12", "x.gguf"], 64, "64 hexadecimal digits"),
            (["install", "--language", "tlh"], 64, "no model for the language tlh"),
        ] as [([String], CInt, String)]) func whatMakesNoSense(_ arguments: [String], _ status: CInt, _ message: String)
        throws
    {
        let result = try run(Command("vt-models", arguments), home: ground.home)
        #expect(result.status == status && result.errors.contains(message), "\(result)")
        #expect(result.errors.contains("\nhint: "), "\(result)")
    }

    @Test func aBrokenCatalogueIsSaid() throws {
        try ground.catalogue("a", "url = \"https://x/y\"", "sise = 3")
        let result = try ground.models("list")
        #expect(
            result.status == 78 && result.errors.contains("config/vt/models.toml:4: a: sise is unknown"), "\(result)")
        #expect(result.errors.contains("hint: did you mean size?"))
    }
}
