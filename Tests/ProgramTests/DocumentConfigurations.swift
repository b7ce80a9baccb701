import Glibc
import Harness
import Testing
import Text

/// The configurations that the manual shows are used: with servers of the tests' own where they name a service.
@Suite(.enabled(if: CloudHome.isPossible, "needs python3 and openssl")) struct DocumentConfigurations {
    /// Displays of a page that are configurations.
    private func examples(of page: String) -> [String] {
        DocumentExample.all.filter { $0.document == "man/\(page)" }.map(\.script)
            .filter { $0.contains("[provider.") || $0.contains("[profile.") }
    }

    /// A home with a configuration, and a password store that knows every key.
    private func home(_ text: String) throws -> Home {
        let home = try Home()
        let folder = home.directory("config/vt")
        try makeDirectories(folder)
        try write(text.utf8, to: "\(folder)/config.toml")
        let keys = "\(home.path)/.config/vt"
        try makeDirectories(keys)
        for name in ["openai", "groq"] {
            try write(CloudHome.key.utf8, to: "\(keys)/\(name).key")
            chmod("\(keys)/\(name).key", 0o600)
        }
        try makeDirectories(home.directory("stubs"))
        try writeScript("\(home.directory("stubs"))/pass", "#!/bin/sh\necho '\(CloudHome.key)'\n")
        return home
    }

    private func run(_ arguments: [String], in home: Home, input: Input = .none) throws -> Result {
        let path = try #require(home.environment["PATH"])
        return try Harness.run(
            Command(
                arguments[0], Array(arguments.dropFirst()),
                // Nothing leaves this machine, whatever is in a page.
                environment: ["PATH": "\(home.directory("stubs")):\(path)", "HTTPS_PROXY": "http://127.0.0.1:1"]),
            input: input, home: home)
    }

    @Test func thereAreSome() {
        #expect(examples(of: "vt.toml.5").count == 1)
        #expect(!examples(of: "vt-cloud.7").isEmpty)
    }

    /// The first service is not to be had here, and the server of one's own goes on; with its model, its format and its options.
    @Test func theCompleteFile() throws {
        let server = try SpeechServer("json")
        let text = examples(of: "vt.toml.5")[0].replacing("http://127.0.0.1:8080", with: server.url)
        let home = try home(text)
        let result = try run(
            ["vt-transcribe", "--no-gate"], in: home, input: .bytes(Tone.stream(seconds: 0.5)))
        #expect(result.text == CloudHome.text + "\n", "\(result)")
        #expect(result.errors.contains("https://api.openai.com: Failed to connect to 127.0.0.1 port 1"), "\(result)")
        #expect(result.errors.contains("going on with home"))
        let request = try #require(try server.requests(1).first)
        for field in [#"["model","large-v3"]"#, #"["language","en"]"#, #"["beam_size","5"]"#, "PipeWire, Ada Lovelace"]
        {
            #expect(request["fields"]?.line.contains(field) == true, "\(field): \(request["fields"]?.line ?? "")")
        }
        #expect(request["file"]?["name"]?.string == "voice.wav")

        let shown = try run(["vt-transcribe", "--profile", "subtitles", "--show-config"], in: home).text
        #expect(shown.contains("engine = \"groq\"") && shown.contains("timestamps = \"word\""), "\(shown)")
        #expect(shown.contains("key_file = \"\(home.path)/.config/vt/groq.key\""), "\(shown)")
        let record = try run(["vt-record", "--profile", "german", "--show-config"], in: home).text
        #expect(record.contains("recorder = \"pulse\"") && record.contains("until_silence = \"1.5s\""), "\(record)")
        let typed = try run(
            ["vt-type", "--profile", "german", "--driver", "print"], in: home, input: .text("eins\nzwei\n"))
        #expect(typed.text == "eins \nzwei \n", "the key Enter, which a printer writes as a line feed: \(typed)")
    }

    @Test func theServicesPage() throws {
        for text in examples(of: "vt-cloud.7") {
            let home = try home(text)
            let shown = try run(["vt-transcribe", "--engine", "openai", "--show-config"], in: home)
            #expect(shown.status == 0, "\(shown)")
            #expect(shown.text.contains("key_"), "\(shown)")
            // What it names is asked for, and not to be had here; nothing is lost.
            let result = try run(
                ["vt-transcribe", "--no-gate", "--engine", "openai"], in: home, input: .bytes(Tone.stream(seconds: 0.1))
            )
            #expect(result.status == 75, "\(result)")
            #expect(
                result.errors.contains("https://api.openai.com: Failed to connect to 127.0.0.1 port 1"), "\(result)")
        }
    }
}
