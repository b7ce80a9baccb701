import Configuration
import Glibc
import Harness
import Testing

private func file(_ text: String) throws(ConfigurationError) -> ConfigurationFile {
    try ConfigurationFile(Array(text.utf8), path: "c.toml")
}

private func configuration(_ text: String, profile: String? = nil) throws -> Configuration {
    let folder = try TemporaryDirectory()
    let path = folder("config.toml")
    try write(text, to: path)
    return try Configuration(path: path, profile: profile, environment: { _ in nil })
}

private func write(_ text: String, to path: String, mode: mode_t = 0o600) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode)
    try #require(descriptor >= 0)
    _ = text.withCString { Glibc.write(descriptor, $0, text.utf8.count) }
    fchmod(descriptor, mode)
    close(descriptor)
}

private func origin(_ found: Configuration.Found<ConfigurationTable.Value>?) -> Int? {
    if case .file(_, let line)? = found?.origin { line } else { nil }
}

@Suite struct ConfigurationFiles {
    /// What nobody means, and what would take the parser's recursion to the end of its stack.
    @Test(arguments: ["", "[", "x = {", "x = [{"]) func aKeyOfTooManyPartsIsRefused(start: String) throws {
        let end = start == "[" ? "b]" : "b = 1" + (start.contains("{") ? "}" : "") + (start.contains("[{") ? "]" : "")
        for part in ["a.", "\"a\" . ", "'b'."] {
            let error = #expect(throws: ConfigurationError.self) {
                try file("# one\n" + start + String(repeating: part, count: 100_000) + end + "\n")
            }
            #expect(
                error?.message.contains("c.toml:2: a key has more than 64 parts") == true,
                "\(String(describing: error))")
        }
    }

    /// Dots elsewhere are nobody's parts.
    @Test(arguments: [
        "\"%\"", "'%'", "\"\"\"\n%\n\"\"\"", "'''%'''", "\"\\\"%\" # %", "\"x\" # \"%", "\"x\" # '''%",
    ])
    func dotsInTextAreFree(value: String) throws {
        let dots = String(repeating: ".", count: 300)
        #expect(throws: Never.self) { try file("prompt = " + value.replacing("%", with: dots) + "\nmodel = \"m\"\n") }
    }

    private let example = """
        engine = "openai,pocketsphinx"
        language = ["en", "de"]
        temperature = 0
        speakers = true

        [provider.openai]
        model = "gpt-transcribe"
        key_command = "pass show openai"

        [provider.home]
        base_url = "http://127.0.0.1:8080/v1"
        options = { beam_size = 5, vad = true }

        [profile.fast]
        engine = "groq"
        model = "whisper-large-v3-turbo"
        """

    @Test func valuesAreFoundWithTheirLines() throws {
        let plain = try configuration(example)
        #expect(plain.engines?.value == ["openai", "pocketsphinx"])
        #expect(plain.value(.language)?.strings == ["en", "de"])
        #expect(origin(plain.value(.language)) == 2)
        #expect(plain.value(.temperature)?.number == 0)
        #expect(plain.value(.speakers)?.boolean == true)
        #expect(plain.value(.model, for: "openai")?.string == "gpt-transcribe")
        #expect(origin(plain.value(.keyCommand, for: "openai")) == 8)
        #expect(plain.value(.model, for: "groq") == nil)
        #expect(
            plain.value(.options, for: "home")?.options?.map { "\($0.key)=\($0.value)" }.sorted() == [
                "beam_size=5", "vad=true",
            ])
        #expect(plain.ownProviders == ["home"])
    }

    @Test func aProfileComesBeforeTheRest() throws {
        let fast = try configuration(example, profile: "fast")
        #expect(fast.engines?.value == ["groq"])
        #expect(fast.value(.language)?.strings == ["en", "de"])
        #expect(fast.value(.model, for: "groq")?.string == "whisper-large-v3-turbo")
        // What a table says beside its engine is nothing to another one.
        #expect(fast.value(.model, for: "deepgram") == nil)
    }

    @Test(arguments: [
        ("model =", 1, "", ""),
        ("language = \"en\"\nlangauge = \"de\"", 2, "langauge is unknown", "did you mean language?"),
        ("[profile.x]\nmdoel = \"a\"", 2, "mdoel is unknown", "did you mean model?"),
        ("[provider.x]\nlanguage = \"a\"", 2, "language is unknown", "known are"),
        ("api_key = \"sk-1234\"", 1, "api_key is unknown", "key_file"),
        ("temperature = \"hot\"", 1, "temperature is a number", ""),
        ("speakers = 1", 1, "speakers is true or false", ""),
        ("upload_format = \"opsu\"", 1, "upload_format is one of \"opus\"", ""),
        ("language = [\"en\", 3]", 1, "language is a string, or a list of strings", ""),
        ("options = { a = [1] }", 1, "options is a table", ""),
        ("profile = 3", 1, "profile is unknown", ""),
        ("[profile]\nx = 3", 2, "[profile] holds tables only", "write [profile.NAME]"),
        ("engine = [\"openai\", \"groq\"]\nkey_file = \"k\"", 2, "whose key it is", "[provider.NAME]"),
        ("key_file = \"k\"", 1, "whose key it is", ""),
        ("engine = \"a\"\nkey_file = \"k\"\nkey_command = \"c\"", 2, "key_file and key_command", ""),
        ("model = \"a\"\nmodel = \"b\"", 2, "", ""),
        ("device = \"usb\"", 1, "device is unknown here", "it belongs into [record]"),
        ("[profile.x]\nsuffix = \"a\"", 2, "suffix is unknown here", "it belongs into [type]"),
        ("[record]\ndriver = \"a\"", 2, "driver is unknown here", "it belongs into [type]"),
        ("[record]\nlanguage = \"a\"", 2, "language is unknown", "known are recorder"),
        ("[record]\ndevise = \"a\"", 2, "devise is unknown", "did you mean device?"),
        ("[record]\nuntil_silence = false", 2, "until_silence is a time such as \"1.2s\", or true", ""),
        ("[record]\ndetector = \"best\"", 2, "detector is one of \"silero\", \"energy\"", ""),
        ("[type]\ndelay = true", 2, "delay is a time", ""),
        ("[typ]\ndelay = 1", 1, "typ is unknown", "did you mean type?"),
        ("record = 3", 1, "record is unknown", ""),
    ])
    func mistakesNameTheirLine(_ text: String, _ line: Int, _ message: String, _ hint: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try file(text) }
        #expect(error?.message.hasPrefix("c.toml:\(line): \(message)") == true, "\(error?.message ?? "")")
        #expect(error?.hint?.contains(hint) != false)
        #expect(error?.message.contains("sk-1234") == false && error?.hint?.contains("sk-1234") != true)
    }

    @Test func theManualsExampleIsInOrder() throws {
        let path = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/man/vt.toml.5"
        let page = try run("cat", path).text
        let begin = try #require(page.firstRange(of: ".Bd -literal\n")?.upperBound)
        let text = String(page[begin...].split(separator: "\n.Ed").first ?? "")
        let example = try file(text)
        #expect(example.general.engines == ["openai", "home", "pocketsphinx"])
        #expect(example.profiles.keys.sorted() == ["german", "subtitles"])
        #expect(example.programs[.record]?.entries[.device]?.value == .string("yeti"))
        #expect(example.programsOfProfiles["german"]?[.type]?.entries[.keys]?.value == .strings(["enter"]))
        #expect(example.providers.keys.sorted() == ["home", "openai"])
    }

    @Test func programsHaveTablesOfTheirOwn() throws {
        let text = """
            [record]
            device = "usb"
            until_silence = true
            pre_roll = 0.5
            [type]
            driver = ["xdotool", "print"]
            options = { a = 1 }
            [profile.x.record]
            device = "headset"
            [profile.y]
            language = "de"
            """
        let plain = try configuration(text)
        #expect(plain.value(.device, in: .record)?.string == "usb")
        #expect(plain.value(.untilSilence, in: .record)?.boolean == true)
        #expect(plain.value(.preRoll, in: .record)?.string == "0.5")
        #expect(plain.value(.driver, in: .type)?.strings == ["xdotool", "print"])
        #expect(plain.value(.options, in: .type)?.options?.map(\.key) == ["a"])
        #expect(plain.value(.options, in: .record) == nil)
        let x = try configuration(text, profile: "x")
        #expect(x.value(.device, in: .record)?.string == "headset")
        #expect(origin(x.value(.device, in: .record)) == 9)
        #expect(origin(x.value(.untilSilence, in: .record)) == 3, "what the profile does not say")
        #expect(try configuration(text, profile: "y").value(.device, in: .record)?.string == "usb")
    }

    @Test func nothingAtAllCanBeAskedFor() throws {
        let none = try Configuration(path: "/dev/null", profile: nil) { $0 == "HOME" ? "/nonexistent" : nil }
        #expect(none.file == nil)
        #expect(throws: ConfigurationError.self) {
            try Configuration(path: "/dev/null", profile: "x") { _ in nil }
        }
    }

    @Test func whatIsNoTOMLIsRefused() {
        for text in ["\u{0}", "= 1", "[", "a = \"\\uD800\"", "\u{FEFF}a", String(repeating: "[", count: 5000)] {
            #expect(throws: ConfigurationError.self) { try file(text) }
        }
        #expect(throws: ConfigurationError.self) { try ConfigurationFile([0x61, 0x3D, 0x22, 0xFF, 0x22], path: "c") }
        #expect(throws: Never.self) { try file("") }
        #expect(throws: Never.self) { try file("# nothing\r\n") }
    }

    @Test func filesOfOthersAreNotHeeded() throws {
        let folder = try TemporaryDirectory()
        try write("model = \"a\"", to: folder("c"), mode: 0o666)
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration(path: folder("c"), profile: nil, environment: { _ in nil })
        }
        #expect(error?.message == "\(folder("c")): can be changed by others")
        #expect(throws: ConfigurationError.self) {
            try Configuration(path: folder("none"), profile: nil, environment: { _ in nil })
        }
        #expect(throws: ConfigurationError.self) {
            try Configuration(path: folder.path, profile: nil, environment: { _ in nil })
        }
    }

    @Test func theUsualFileNeedNotExist() throws {
        let folder = try TemporaryDirectory()
        let none = try Configuration(path: nil, profile: nil) { $0 == "XDG_CONFIG_HOME" ? folder.path : nil }
        #expect(none.file == nil && none.engines == nil)
        mkdir(folder("vt"), 0o700)
        try write("model = \"m\"", to: folder("vt/config.toml"))
        let some = try Configuration(path: nil, profile: nil) { $0 == "XDG_CONFIG_HOME" ? folder.path : nil }
        #expect(some.value(.model, for: "x")?.string == "m")
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration(path: nil, profile: "x") { $0 == "XDG_CONFIG_HOME" ? folder.path : nil }
        }
        #expect(error?.message.contains("no profile x") == true)
    }
}
