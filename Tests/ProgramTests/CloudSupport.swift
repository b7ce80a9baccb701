import Harness
import Testing
import Text

/// vt-transcribe and a service on loopback, with TLS and a certificate that only these runs trust.
struct CloudHome {
    let ground: TranscribeHome
    let server: SpeechServer

    static let isPossible = SpeechServer.isInstalled
    /// Made up; nothing that is printed or kept may hold it.
    static let key = "sk-test-0123456789abcdef"
    /// What every good answer says.
    static let text = "go forward ten meters"

    /// - Parameters:
    ///   - behaviours: how each request is met; the last one stays.
    ///   - names: what the server's certificate is for; nil speaks plain http.
    init(_ behaviours: [String], names: String? = "DNS:localhost,IP:127.0.0.1") throws {
        ground = try TranscribeHome()
        server = try SpeechServer(behaviours, certificate: names.map { try Certificate(for: $0) })
    }

    init(_ behaviours: String...) throws {
        try self.init(behaviours)
    }

    var home: Home { ground.home }
    /// What `--base-url` is told.
    var url: String { "\(server.url)/v1" }

    /// What such a run has in its environment.
    var environment: [String: String?] { ["SSL_CERT_FILE": server.certificate?.path, "VT_API_KEY": Self.key] }

    /// The command; silence is sent too, since what these tests say is no speech.
    func command(_ arguments: [String], engine: String = "openai") -> Command {
        Command(
            "vt-transcribe", ["--no-gate", "--engine", engine, "--base-url", url] + arguments, environment: environment)
    }

    /// Runs it to its end, over half a second from a pipe where nothing else is said.
    func transcribe(
        _ arguments: String..., engine: String = "openai", input: Input = .bytes(Tone.stream(seconds: 0.5))
    ) throws -> Result {
        try run(command(arguments, engine: engine), input: input, home: home)
    }

    /// Runs it while somebody speaks: the input ends when the request is on its way, so that its length is not known.
    func speak(_ audio: [UInt8], _ arguments: [String] = [], engine: String = "openai") throws -> Result {
        let program = try start(command(arguments, engine: engine), input: .open, home: home)
        program.write(audio)
        try server.wait(for: "head")
        program.closeInput()
        return try program.finish()
    }

    /// Runs vt-transcribe with these arguments and nothing else, but with the key.
    func bare(_ arguments: String..., input: Input = .none, environment: [String: String?] = [:]) throws -> Result {
        let environment = self.environment.merging(environment) { $1 }
        return try run(Command("vt-transcribe", arguments, environment: environment), input: input, home: home)
    }

    /// What a run said on standard error, with `ID` for the recording's name and `URL` for where the server is.
    func messages(of result: Result) -> String {
        var text = result.errors.replacing(server.url, with: "URL")
        for id in ground.kept { text = text.replacing(id, with: "ID") }
        return text
    }
}

extension SpeechServer {
    /// Requests that it has read to their end, so far.
    var count: Int { get throws { try requests.filter { $0["number"] != nil }.count } }
}
