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

    /// What containers and services are given, where nobody can change the mode.
    @Test func aFileThatNobodyMayWriteIsSomebodysDecision() throws {
        let folder = try TemporaryDirectory()
        var warnings: [String] = []
        func read(_ mode: mode_t, owner: uid_t? = nil) throws -> String? {
            let path = folder("key-\(mode)-\(owner ?? geteuid())")
            try write("k2", to: path, mode: mode)
            if let owner { try #require(chown(path, owner, owner) == 0) }
            return try KeySource.file(path).key(for: "acme", environment: { _ in nil }, warn: { warnings.append($0) })?
                .withValue { $0 }
        }
        #expect(try read(0o400) == "k2" && read(0o440) == "k2")
        #expect(warnings.isEmpty)
        #expect(try read(0o444) == "k2")
        #expect(warnings.count == 1 && warnings[0].hasSuffix("can be read by everybody on this machine"), "\(warnings)")
        for mode: mode_t in [0o640, 0o644, 0o604, 0o660] { #expect(throws: EngineError.self) { try read(mode) } }
        if geteuid() == 0 { #expect(throws: EngineError.self) { try read(0o400, owner: 12345) } }
    }

    /// systemd.exec(5): a service's own folder, whose files have an access control list.
    @Test func systemdsCredentials() throws {
        let folder = try TemporaryDirectory()
        try write("k5", to: folder("openai"), mode: 0o644)
        #expect(throws: EngineError.self) { try read(.file(folder("openai"))) }
        setenv("CREDENTIALS_DIRECTORY", folder.path, 1)
        defer { unsetenv("CREDENTIALS_DIRECTORY") }
        #expect(try read(.file(folder("openai"))) == "k5")
        // A link out of it leads to somebody else's.
        let other = try TemporaryDirectory()
        try write("k6", to: other("key"), mode: 0o644)
        symlink(other("key"), folder("link"))
        #expect(throws: EngineError.self) { try read(.file(folder("link"))) }
    }

    @Test(arguments: [
        ("\"k1\"", "k1"), ("'k1'", "k1"), ("\"k1", "\"k1"), ("OPENAI_API_KEY=k1", "k1"),
        ("export VT_API_KEY='k1'", "k1"),
        ("abc=def", "abc=def"), ("ABCD==", "ABCD=="), ("A_B=", "A_B="), ("k=", "k="),
    ]) func quotesAndNamesAreNoKey(line: String, key: String) throws {
        let folder = try TemporaryDirectory()
        try write(line + "\n", to: folder("key"), mode: 0o600)
        #expect(try read(.file(folder("key"))) == key)
        if !line.contains("_") { #expect(try read(.environment("K"), environment: ["K": line]) == key) }
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
        "http://10.0.0.1/v1", "http://192.168.1.20:8000/v1", "http://172.31.0.9/v1", "http://speaches.lan/v1",
        "http://whisper:8000/v1", "http://[fd00::1]/v1", "http://nas.local/v1",
    ]) func aPrivateAddressMayGetItOnPurpose(url: String) throws {
        let error = #expect(throws: EngineError.self) {
            _ = try ProviderService(.compatible(isNear: false), baseURL: url) { _ in "k" }
        }
        #expect(error?.hint?.contains("--key-over-http") == true)
        let service = try ProviderService(.compatible(isNear: false), baseURL: url, permitsPlain: true) { _ in "k" }
        #expect(service.permitsSecretsInPrivate)
    }

    @Test(arguments: ["http://example.org/v1", "http://8.8.8.8/v1", "http://172.32.0.1/v1", "http://[2001:db8::1]/v1"])
    func aPublicOneNeverDoes(url: String) {
        let error = #expect(throws: EngineError.self) {
            _ = try ProviderService(.compatible(isNear: false), baseURL: url, permitsPlain: true) { _ in "k" }
        }
        #expect(error?.code == .noPermission)
    }

    @Test func headersAreSecrets() throws {
        var headers = ExtraHeaders()
        try headers.add(line: "CF-Access-Client-Secret:  s3cr3t-value ")
        try headers.add(line: "X-Two: one two")
        #expect("\(headers.headers)" == "[CF-Access-Client-Secret: ****, X-Two: ****]")
        let service = try ProviderService(.compatible(isNear: true), baseURL: "http://127.0.0.1:1", headers: headers) {
            _ in "k"
        }
        let request = try service.uploadRequest(.wav, isLive: true, settings: EngineSettings())
        #expect(request.headers.map(\.name) == ["Authorization", "CF-Access-Client-Secret", "X-Two"])
        let failure = service.explain(
            Response(head: ResponseHead(status: 403), body: Array("no s3cr3t-value here".utf8)), to: [])
        #expect(failure.error.message.hasSuffix("no **** here"), "\(failure.error.message)")
        // They are protected like keys, and one says who the user is.
        #expect(throws: EngineError.self) {
            _ = try ProviderService(.compatible(isNear: false), baseURL: "http://example.org", headers: headers) { _ in
                nil
            }
        }
        try headers.add(line: "authorization: Basic abc")
        let other = try ProviderService(.compatible(isNear: true), baseURL: "http://127.0.0.1:1", headers: headers) {
            _ in "k"
        }
        #expect(try other.uploadRequest(.wav, isLive: true, settings: EngineSettings()).headers.count == 3)
    }

    @Test(arguments: [
        "", "secret", ": secret", "a b: secret", "X:", "X: secret\r\nY: z", "Host: secret", "Content-Type: secret",
    ])
    func whatIsNoHeaderIsRefusedWithoutItsValue(line: String) {
        var headers = ExtraHeaders()
        let error = #expect(throws: EngineError.self) { try headers.add(line: line) }
        #expect(error?.code == .usage && error?.message.contains("secret") == false)
    }

    @Test func headersMayStandInAFile() throws {
        let folder = try TemporaryDirectory()
        try write("# for the gateway\n\nX-One: 1\nX-Two: 2\r\n", to: folder("headers"), mode: 0o600)
        var headers = ExtraHeaders()
        try headers.add(file: folder("headers"))
        #expect(headers.headers.map(\.value) == ["1", "2"])
        try write("X: 1", to: folder("open"), mode: 0o644)
        let error = #expect(throws: EngineError.self) { try headers.add(file: folder("open")) }
        #expect(error?.code == .noPermission)
    }

    @Test(arguments: [
        "ftp://x/", "example.org", "https://user:secret@example.org/", "https://x/#secret", "https://", "http://a b/",
    ])
    func badAddressesAreRefusedWithoutTheirSecrets(_ url: String) {
        let error = #expect(throws: EngineError.self) {
            _ = try ProviderService(.compatible(isNear: false), baseURL: url) { _ in nil }
        }
        #expect(error?.code == .usage && error?.message.contains("secret") == false)
    }
}
