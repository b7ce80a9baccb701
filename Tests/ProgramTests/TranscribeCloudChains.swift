import Harness
import Testing
import Text

/// Services that take over from each other, and from them this machine.
@Suite(.enabled(if: CloudHome.isPossible, "needs python3 and openssl")) struct TranscribeCloudChains {
    private let certificate: Certificate
    private let test: TranscribeHome

    init() throws {
        certificate = try Certificate()
        test = try TranscribeHome()
    }

    /// Says where the services are, and asks them in turn.
    private func transcribe(
        _ engines: String, _ servers: [String: SpeechServer], _ arguments: [String] = [],
        input: Input = .bytes(Tone.stream(seconds: 2))
    ) throws -> Result {
        var text = ""
        for (name, server) in servers {
            text += "[provider.\(name)]\nbase_url = \"\(server.url)/v1\"\nupload_format = \"wav\"\n"
        }
        try test.write(Array(text.utf8), to: "config.toml")
        let command = Command(
            "vt-transcribe", ["--no-gate", "--config", "config.toml", "--engine", engines] + arguments,
            environment: ["SSL_CERT_FILE": certificate.path, "VT_API_KEY": CloudHome.key])
        return try run(command, input: input, home: test.home)
    }

    private func server(_ behaviours: String...) throws -> SpeechServer {
        try SpeechServer(behaviours, certificate: certificate)
    }

    /// Bytes of samples in each request.
    ///
    /// - Parameter count: how many are waited for.
    private func samples(_ server: SpeechServer, _ count: Int = 1) throws -> [Int] {
        try server.requests(count).indices.map { index in
            let file = try server.audio(ofRequest: index + 1)
            let data = try #require(file.firstRange(of: Array("data".utf8)))
            return file.count - data.upperBound - 4
        }
    }

    @Test func theSecondServiceDoesIt() throws {
        let first = try server("status:503,retry-after-ms=10")
        let second = try server("json:from the second")
        let result = try transcribe("openai,mine,fake", ["openai": first, "mine": second])
        #expect(result.text == "from the second\n", "\(result)")
        #expect(result.status == 0)
        #expect(try samples(first, 2) == [64000, 64000], "it is asked once more, and no more")
        #expect(try samples(second) == [64000])
        #expect(
            result.errors
                == "vt-transcribe: openai can't do it now (503): this is a 503; going on with mine\n")
        #expect(test.kept.isEmpty)
    }

    @Test func thisMachineIsTheLast() throws {
        let first = try server("unauthorized")
        let second = try server("no-json")
        let result = try transcribe("openai,mine,fake", ["openai": first, "mine": second])
        #expect(result.text == "bytes 64000\n", "\(result)")
        #expect(result.status == 0)
        #expect(result.errors.contains("going on with mine\nhint: look at the key in VT_API_KEY"), "\(result)")
        #expect(result.errors.contains("cut off or garbled: “{\"text\": \"go forw”; going on with fake"))
        #expect(try samples(first) + samples(second) == [64000, 64000])
    }

    /// A service that asks for a longer pause than the others take is passed over.
    @Test func nobodyWaitsForAServiceWhileThereIsAnother() throws {
        let first = try server("status:429,Retry-After=4")
        let result = try transcribe("openai,fake", ["openai": first])
        #expect(result.text == "bytes 64000\n", "\(result)")
        #expect(try samples(first).count == 1)
    }

    /// What one has said stays said; the next one hears what comes after it.
    @Test func textThatIsOutIsNotRepeated() throws {
        let first = try server("sse-turn:1.25")
        let second = try server("json:and the rest")
        let result = try transcribe(
            "openai,mine", ["openai": first, "mine": second], ["--option", "stream=true"])
        #expect(result.text == "the beginning\nand the rest\n", "\(result)")
        #expect(result.errors.contains("going on with mine from 1.25 s on"), "\(result)")
        #expect(try samples(second) == [24000])
    }

    @Test func whenAllFailTheStatusIsTheOneThatHelpsMost() throws {
        let first = try server("unauthorized")
        let second = try server("status:503,x-should-retry=false")
        let result = try transcribe(
            "openai,mine,fake", ["openai": first, "mine": second], ["--option", "mode=missing"])
        #expect(result.status == 75, "\(result)")
        #expect(result.errors.contains("no engine gave the text: openai refused the credentials (401)"), "\(result)")
        #expect(try test.onlyKeptAudio() == Tone.stream(seconds: 2))
    }

    /// While it is spoken: the first fails in the middle, and the second hears all of it.
    @Test func aRecordingThatGoesOnWhileItHappens() throws {
        let first = try server("early:401")
        let second = try server("json:all of it")
        try test.write(
            Array(
                """
                [provider.openai]
                base_url = "\(first.url)/v1"
                upload_format = "wav"
                [provider.mine]
                base_url = "\(second.url)/v1"
                upload_format = "wav"
                """.utf8), to: "config.toml")
        let command = Command(
            "vt-transcribe", ["--no-gate", "--config", "config.toml", "--engine", "openai,mine"],
            environment: ["SSL_CERT_FILE": certificate.path, "VT_API_KEY": CloudHome.key])
        let program = try start(command, input: .open, home: test.home)
        program.write(Tone.stream(seconds: 1))
        try program.waitForErrors(containing: "going on with mine")
        try second.wait(for: "head")
        program.write(Tone.samples(seconds: 1))
        program.closeInput()
        #expect(try program.finish().text == "all of it\n")
        #expect(try samples(second) == [64000])
    }
}
