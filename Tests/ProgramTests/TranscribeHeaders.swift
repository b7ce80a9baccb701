import Glibc
import Harness
import Testing
import Text

/// What the user adds to requests, and what a server does not take of them.
@Suite(.enabled(if: CloudHome.isPossible, "needs python3 and openssl")) struct TranscribeHeaders {
    private static let secret = "s3cr3t-0123456789"

    private func cloud(_ behaviours: String...) throws -> CloudHome { try CloudHome(behaviours, names: nil) }

    private func transcribe(_ cloud: CloudHome, _ arguments: [String], log: String = "debug") throws -> Result {
        var command = cloud.command(arguments, engine: "compatible")
        command.arguments.removeAll { $0 == "--engine" || $0 == "compatible" }
        command.environment["VT_LOG"] = log
        return try run(command, input: .bytes(Tone.stream(seconds: 0.5)), home: cloud.home)
    }

    private func header(_ name: String, _ cloud: CloudHome) throws -> String? {
        try cloud.server.requests(1).first?["headers"]?[name]?.string
    }

    private func write(_ text: String, to name: String, in cloud: CloudHome) throws {
        try Harness.write(Array(text.utf8), to: "\(cloud.home.files)/\(name)")
        chmod("\(cloud.home.files)/\(name)", 0o600)
    }

    @Test func aHeaderIsSentAndNeverShown() throws {
        let cloud = try cloud("json")
        try write("CF-Access-Client-Secret: \(Self.secret)\n", to: "headers", in: cloud)
        let result = try transcribe(cloud, ["--header", "X-Team: speech", "--header", "@headers"])
        #expect(result.status == 0, "\(result)")
        #expect(try header("x-team", cloud) == "speech")
        #expect(try header("cf-access-client-secret", cloud) == Self.secret)
        #expect(try header("authorization", cloud) == "Bearer \(CloudHome.key)")
        #expect(
            result.errors.contains("CF-Access-Client-Secret: ****") && !result.errors.contains(Self.secret), "\(result)"
        )
    }

    @Test func theConfigurationHasHeadersToo() throws {
        let cloud = try cloud("json")
        try write("X-One: \(Self.secret)\n", to: "headers", in: cloud)
        try write(
            "[provider.home]\nbase_url = \"\(cloud.url)?tier=a\"\nheaders = [\"@headers\", \"X-Two: 2\"]\n",
            to: "c.toml", in: cloud)
        let options = ["--config", "c.toml", "--engine", "home", "--no-gate"]
        let shown = try cloud.bare("--config", "c.toml", "--engine", "home", "--show-config")
        #expect(shown.text.contains("headers = [\"X-One: ****\", \"X-Two: ****\"]"), "\(shown)")
        let result = try run(
            Command("vt-transcribe", options, environment: cloud.environment), input: .bytes(Tone.stream(seconds: 0.5)),
            home: cloud.home)
        #expect(result.status == 0, "\(result)")
        #expect(try header("x-one", cloud) == Self.secret && header("x-two", cloud) == "2")
        #expect(try cloud.server.requests(1).first?["path"]?.string == "/v1/audio/transcriptions?tier=a")
    }

    /// A redirect to another host gets neither the key nor a header.
    @Test func headersStayWithTheirHost() throws {
        let other = try SpeechServer("json")
        let cloud = try cloud("redirect:http://127.0.0.2:\(other.port)/v1")
        let result = try transcribe(cloud, ["--header", "X-Secret: \(Self.secret)"])
        #expect(result.status == 69, "\(result)")
        #expect(try other.requests.isEmpty)
    }

    @Test func aHeaderDoesNotTravelInTheOpen() throws {
        let result = try run(
            Command("vt-transcribe", ["--base-url", "http://192.0.2.1/v1", "--header", "X-Secret: \(Self.secret)"]),
            input: .bytes(Tone.stream(seconds: 0.5)), home: try Home())
        #expect(result.status == 77 && result.errors.contains("a header would travel in the open"), "\(result)")
        #expect(!result.errors.contains(Self.secret))
    }

    // MARK: Fields that a server does not take

    private func fields(_ request: JSONValue) -> Set<String> {
        Set((request["fields"]?.array ?? []).compactMap { $0.array?.first?.string })
    }

    /// LocalAI hides a format that it does not know behind a 500.
    @Test func aFieldThatIsRefusedIsLeftOutOnceAndThenAtOnce() throws {
        let refusal = #"refuse:500,{"error":{"code":500,"message":"invalid response_format","type":""}}"#
        let cloud = try cloud(refusal, "json")
        let result = try transcribe(cloud, ["--format", "json"], log: "info")
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("it is asked without response_format"), "\(result)")
        let requests = try cloud.server.requests(2)
        #expect(requests.count == 2)
        #expect(fields(requests[0]).contains("response_format") && !fields(requests[1]).contains("response_format"))
        // Another run knows it.
        #expect(try transcribe(cloud, ["--format", "json"]).status == 0)
        #expect(try !fields(cloud.server.requests(3)[2]).contains("response_format"))
    }

    @Test func whatWasDemandedIsMissed() throws {
        let cloud = try cloud(#"refuse:400,{"error":{"message":"x","param":"prompt"}}"#, "json")
        let result = try transcribe(cloud, ["--prompt", "Ada"], log: "warning")
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("it is asked without --prompt"), "\(result)")
    }

    @Test func whatStaysRefusedIsNotForLater() throws {
        let cloud = try cloud(#"refuse:500,{"error":{"message":"invalid response_format"}}"#)
        let result = try transcribe(cloud, ["--format", "json"])
        #expect(result.status == 69, "\(result)")
        #expect(try cloud.server.requests.count == 2)
    }
}
