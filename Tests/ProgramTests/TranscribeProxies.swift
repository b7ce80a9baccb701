import Glibc
import Harness
import Testing
import Text

/// The way to a service may lead through a proxy, and its certificate may be an authority's of one's own: as curl's users know it.
@Suite(.enabled(if: CloudHome.isPossible, "needs python3 and openssl")) struct TranscribeProxies {
    /// A name that only the proxy can make an address of.
    private static let host = "speech.example"
    private let test: TranscribeHome
    private let certificate: Certificate
    private let server: SpeechServer

    init() throws {
        test = try TranscribeHome()
        certificate = try Certificate(for: "DNS:\(Self.host),DNS:localhost")
        server = try SpeechServer("json", certificate: certificate)
    }

    private var url: String { "https://\(Self.host):\(server.port)" }

    private func transcribe(_ environment: [String: String?], url: String? = nil) throws -> Result {
        let command = Command(
            "vt-transcribe", ["--no-gate", "--engine", "openai", "--base-url", "\(url ?? self.url)/v1"],
            environment: ["SSL_CERT_FILE": certificate.path, "VT_API_KEY": CloudHome.key, "VT_LOG": "debug"]
                .merging(environment) { $1 })
        return try run(command, input: .bytes(Tone.stream(seconds: 0.5)), home: test.home)
    }

    @Test(arguments: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
    func aProxyIsUsed(variable: String) throws {
        let proxy = try ConnectProxy(to: server)
        let result = try transcribe([variable: "http://127.0.0.1:\(proxy.port)"])
        #expect(result.text == CloudHome.text + "\n", "\(result)")
        let request = try #require(try proxy.requests.first)
        #expect(request["target"]?.string == "\(Self.host):\(server.port)")
        #expect(request["headers"]?["authorization"] == nil, "the key is the service's")
        #expect(try server.requests(1).first?["headers"]?["authorization"]?.string == "Bearer \(CloudHome.key)")
    }

    @Test func socks() throws {
        let proxy = try ConnectProxy(to: server)
        #expect(try transcribe(["ALL_PROXY": "socks5h://127.0.0.1:\(proxy.port)"]).text == CloudHome.text + "\n")
        #expect(try proxy.requests.first?["target"]?.string == "\(Self.host):\(server.port)")
    }

    @Test func aProxyThatSpeaksTLSItself() throws {
        let proxy = try ConnectProxy(to: server, certificate: certificate)
        #expect(try transcribe(["HTTPS_PROXY": "https://localhost:\(proxy.port)"]).text == CloudHome.text + "\n")
    }

    @Test(arguments: ["NO_PROXY", "no_proxy"], ["speech.example", ".example", "*"])
    func hostsWithoutAProxy(variable: String, value: String) throws {
        let proxy = try ConnectProxy(to: server)
        let result = try transcribe(["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)", variable: value])
        #expect(result.status == 75, "\(result)")
        #expect(result.errors.contains("Could not resolve host: \(Self.host)"), "\(result)")
        #expect(try proxy.requests.isEmpty)
    }

    @Test func thisMachineNeedsNone() throws {
        let dead = "http://127.0.0.1:1"
        let result = try transcribe(
            ["HTTPS_PROXY": dead, "ALL_PROXY": dead], url: "https://localhost:\(server.port)")
        #expect(result.text == CloudHome.text + "\n", "\(result)")
    }

    /// The password of a proxy is in no message, at no level.
    @Test func nameAndPassword() throws {
        let proxy = try ConnectProxy(to: server, "--credentials", "turing:pass%word")
        let result = try transcribe(["HTTPS_PROXY": "http://turing:pass%25word@127.0.0.1:\(proxy.port)"])
        #expect(result.text == CloudHome.text + "\n", "\(result)")
        #expect(!result.errors.contains("pass"))
        let wrong = try transcribe(["HTTPS_PROXY": "http://turing:secret@127.0.0.1:\(proxy.port)"])
        #expect(wrong.status == 77, "\(wrong)")
        #expect(wrong.errors.contains("\(url): the proxy 127.0.0.1:\(proxy.port) refuses to connect (407); "))
        #expect(wrong.errors.hasSuffix("hint: look at name and password in HTTPS_PROXY\n"), "\(wrong)")
        let none = try transcribe(["https_proxy": "127.0.0.1:\(proxy.port)"])
        #expect(none.status == 77)
        #expect(none.errors.contains("hint: put name and password into https_proxy: http://NAME:"), "\(none)")
        for result in [wrong, none] { #expect(!result.errors.contains("secret") && !result.errors.contains("turing")) }
        #expect(test.kept.count == 2)
    }

    /// The password goes out in no way that the proxy does not offer, and the message says which those are.
    @Test(arguments: [
        ("Negotiate", "it wants Negotiate", "hint: name and password are no help there"),
        ("NTLM", "it wants NTLM", "look at name and password"),
    ]) func aProxyThatWantsAnotherWay(ways: String, words: String, hint: String) throws {
        let proxy = try ConnectProxy(to: server, "--offer", ways)
        let result = try transcribe(["HTTPS_PROXY": "http://turing:secret@127.0.0.1:\(proxy.port)"])
        #expect(result.status == 77, "\(result)")
        #expect(result.errors.contains(words) && result.errors.contains(hint), "\(result)")
        let sent = try proxy.requests.compactMap { $0["headers"]?["proxy-authorization"]?.string }
        #expect(sent.allSatisfy { !$0.hasPrefix("Basic") }, "\(sent)")
    }

    @Test(arguments: [("403", CInt(69), 1), ("502", 75, 3), ("503", 75, 3)])
    func aProxyThatRefuses(answer: String, status: CInt, tries: Int) throws {
        let proxy = try ConnectProxy(to: server, "--refuse", answer)
        let result = try transcribe(["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"])
        #expect(result.status == status, "\(result)")
        #expect(result.errors.contains("the proxy 127.0.0.1:\(proxy.port) refuses to connect (\(answer)); the rec"))
        #expect(try proxy.requests.count == tries)
        #expect(test.kept.count == 1)
    }

    @Test(arguments: [
        ("http://turing:secret@127.0.0.1:1", CInt(75), "Failed to connect to 127.0.0.1 port 1"),
        ("http://turing:secret@no-such-proxy.invalid", 75, "Could not resolve proxy: no-such-proxy.invalid"),
        ("gopher://turing:secret@127.0.0.1:1", 78, "Unsupported proxy scheme for 'gopher://****@127.0.0.1:1'"),
        ("http://turing:secret@:::", 78, "Unsupported proxy syntax in 'http://****@:::'"),
    ])
    func aProxyThatIsNone(value: String, status: CInt, words: String) throws {
        let result = try transcribe(["HTTPS_PROXY": value])
        #expect(result.status == status, "\(result)")
        #expect(result.errors.contains(words), "\(result)")
        #expect(!result.errors.contains("secret"))
        if status == 75 { #expect(result.errors.contains("hint: HTTPS_PROXY says that the way there is through the ")) }
        #expect(test.kept.count == 1)
    }

    @Test(arguments: ["SSL_CERT_FILE", "CURL_CA_BUNDLE"]) func aFileOfCertificates(variable: String) throws {
        var environment: [String: String?] = ["SSL_CERT_FILE": nil]
        environment[variable] = certificate.path
        let result = try transcribe(environment, url: "https://localhost:\(server.port)")
        #expect(result.text == CloudHome.text + "\n", "\(result)")
    }

    @Test func aFolderOfCertificates() throws {
        let folder = test.home.directory("authorities")
        try makeDirectories(folder)
        let hash = try run("openssl", "x509", "-noout", "-hash", "-in", certificate.path).text.dropLast()
        try write(try contents(of: certificate.path), to: "\(folder)/\(hash).0")
        let url = "https://localhost:\(server.port)"
        let result = try transcribe(["SSL_CERT_FILE": nil, "SSL_CERT_DIR": folder], url: url)
        #expect(result.text == CloudHome.text + "\n", "\(result)")
        #expect(try transcribe(["SSL_CERT_FILE": nil], url: url).status == 69)
    }

    /// `CURL_CA_BUNDLE` comes first, as the `curl` program has it.
    @Test func theFirstOfTwoFilesCounts() throws {
        let other = try Certificate()
        let result = try transcribe(["CURL_CA_BUNDLE": other.path], url: "https://localhost:\(server.port)")
        #expect(result.status == 69, "\(result)")
    }
}
