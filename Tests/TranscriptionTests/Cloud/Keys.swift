import Glibc
import Harness
import HTTP
import Testing
import Text
import Transcription

private func write(_ text: String, to path: String, mode: mode_t) throws {
    let file = open(path, O_WRONLY | O_CREAT, mode)
    try #require(file >= 0)
    _ = text.withCString { Glibc.write(file, $0, text.utf8.count) }
    fchmod(file, mode)
    close(file)
}

private func read(_ source: KeySource, environment: [String: String] = [:]) throws -> String? {
    try source.key(for: "acme", environment: { environment[$0] })?.withValue { $0 }
}

private func refusal(_ source: KeySource, environment: [String: String] = [:]) -> EngineError? {
    let error = #expect(throws: EngineError.self) { try read(source, environment: environment) }
    #expect(error?.code == .noPermission)
    return error
}

@Suite struct Keys {
    @Test func aSecretShowsNowhere() {
        let secret = Secret("hunter2")
        var text = "\(secret) \([secret]) \(String(reflecting: secret)) \(Optional(secret) as Any)"
        dump(secret, to: &text)
        dump(KeySource.environment("X"), to: &text)
        #expect(!text.contains("hunter2"))
        #expect(secret.redacted(in: "ahunter2bhunter2") == "a****b****")
    }

    @Test func aVariableHoldsAKey() throws {
        #expect(try read(.environment("ACME_KEY"), environment: ["ACME_KEY": " k1\n"]) == "k1")
        #expect(refusal(.environment("ACME_KEY"))?.message == "acme needs a key")
        #expect(refusal(.environment("ACME_KEY"))?.hint?.contains("ACME_KEY") == true)
        // A line feed would be another header.
        let error = refusal(.environment("ACME_KEY"), environment: ["ACME_KEY": "a\r\nX: b"])
        #expect(error?.message.contains("ACME_KEY") == true && error?.message.contains("X: b") == false)
    }

    @Test func aFileHoldsAKeyIfNobodyElseCanReadIt() throws {
        let folder = try TemporaryDirectory()
        try write("k2\nnotes\n", to: folder("good"), mode: 0o600)
        #expect(try read(.file(folder("good"))) == "k2")
        try write("k2", to: folder("open"), mode: 0o644)
        let error = refusal(.file(folder("open")))
        #expect(error?.message == "acme: the key file \(folder("open")) can be read by others")
        #expect(error?.hint?.contains("chmod 600") == true)
        try write("", to: folder("empty"), mode: 0o600)
        #expect(refusal(.file(folder("empty")))?.message.hasSuffix("is empty") == true)
        #expect(refusal(.file(folder("none")))?.message.contains("No such file") == true)
        #expect(refusal(.file(folder.path))?.message.hasSuffix("is no regular file") == true)
    }

    @Test func aCommandPrintsAKey() throws {
        #expect(try read(.command("printf 'k3\\nnotes'")) == "k3")
        #expect(try read(.command("cat; echo k4")) == "k4", "there is no input to wait for")
        #expect(refusal(.command("echo locked >&2; exit 2"))?.message.hasSuffix("ended with status 2: locked") == true)
        #expect(refusal(.command("true"))?.message.hasSuffix("prints nothing") == true)
        #expect(refusal(.command("exit 0 # " + String(repeating: "x", count: 1000)))?.message.count ?? 0 < 300)
    }

    @Test func keysOfOthersDoNotReachTheCommand() throws {
        setenv("GROQ_API_KEY", "leak", 1)
        defer { unsetenv("GROQ_API_KEY") }
        #expect(try read(.command("echo got-$GROQ_API_KEY")) == "got-")
    }

    @Test func aKeyGoesToItsOwnHostOnly() throws {
        let variables = ["OPENAI_API_KEY": "own", "VT_API_KEY": "other"]
        func key(_ provider: String, _ url: String?) throws -> String? {
            let service = try ProviderService(try #require(Provider.named(provider)), baseURL: url) { variables[$0] }
            return try service.uploadRequest(
                service.uploadFormats[0], isLive: true, settings: EngineSettings(model: "m")
            )
            .headers.first { $0.name == "Authorization" }?.value
        }
        #expect(try key("openai", nil) == "Bearer own")
        #expect(try key("openai", "https://eu.api.openai.com/v1") == "Bearer own")
        #expect(try key("openai", "https://openai.com.evil.example/v1") == "Bearer other")
        #expect(try key("openai", "https://evilopenai.com/v1") == "Bearer other")
        #expect(try key("openai", "http://127.0.0.1:9/v1") == "Bearer other")
        #expect(try key("whisper-server", nil) == nil)
        #expect(try key("speaches", nil) == "Bearer other")
    }

    @Test func aKeyDoesNotTravelInTheOpen() throws {
        for url in ["http://example.org/v1", "http://10.0.0.1/v1", "http://localhost.example/v1"] {
            let error = #expect(throws: EngineError.self) {
                _ = try ProviderService(.compatible(isNear: false), baseURL: url) { _ in "k" }
            }
            #expect(error?.code == .noPermission && error?.message.contains("in the open") == true)
            // Without a key there is nothing to protect.
            _ = try ProviderService(.compatible(isNear: false), baseURL: url) { _ in nil }
        }
        for url in ["http://localhost:1/v1", "http://127.0.0.1/v1", "http://[::1]:8/v1"] {
            _ = try ProviderService(.compatible(isNear: true), baseURL: url) { _ in "k" }
        }
    }

    @Test(arguments: [
        "ftp://x/", "example.org", "https://user:secret@example.org/", "https://x/?key=1", "https://", "http://a b/",
    ])
    func badAddressesAreRefusedWithoutTheirSecrets(_ url: String) {
        let error = #expect(throws: EngineError.self) {
            _ = try ProviderService(.compatible(isNear: false), baseURL: url) { _ in nil }
        }
        #expect(error?.code == .usage && error?.message.contains("secret") == false)
    }
}
