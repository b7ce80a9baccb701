import Glibc
import Harness
import Testing
import Text
import ToneWords

/// Many recordings at a service: how fast it is asked, when a run gives up, and files that go up as they are.
@Suite(.enabled(if: SpeechServer.isInstalled, "needs python3 and openssl")) struct TranscribePace {
    private let home: Home

    init() throws {
        home = try Home()
        try makeDirectories("\(home.files)/in")
    }

    private var files: String { home.files }

    private func make(_ count: Int, seconds: Double = 0.5) throws {
        for number in 0..<count {
            try write(Tone.file(seconds: seconds + Double(number) * 0.001), to: "\(files)/in/\(100 + number).wav")
        }
    }

    private func command(_ server: SpeechServer, _ arguments: [String]) -> Command {
        Command(
            "vt-transcribe",
            ["--no-gate", "--base-url", server.url, "-r", "in", "--output-dir", "out", "--report", "report", "-q"]
                + arguments,
            environment: ["VT_API_KEY": "sk-made-up"])
    }

    private func transcribe(_ server: SpeechServer, _ arguments: String...) throws -> Result {
        try run(command(server, arguments), home: home)
    }

    private func reports() throws -> [JSONValue] {
        try text(of: "\(files)/report").split(separator: "\n").compactMap { JSONValue(parsing: String($0)) }
    }

    private func outcomes() throws -> [String: Int] {
        try reports().reduce(into: [:]) { $0[$1["outcome"]?.string ?? "", default: 0] += 1 }
    }

    /// However often it says that it is too much, nobody gives up.
    @Test func aServiceThatIsAskedTooMuchIsAskedLess() throws {
        try make(16)
        let refusal = "status:429,retry-after-ms=50"
        let server = try SpeechServer(refusal, refusal, "json", refusal, refusal, refusal, "json")
        let result = try transcribe(server, "-j", "8")
        #expect(result.status == 0, "\(result)")
        #expect(try outcomes() == ["done": 16])
        #expect(try server.requests(21).count == 21)
    }

    /// A wait that no clock can count is a long one, and nobody waits for it: neither this recording nor the others.
    @Test(arguments: ["Retry-After=99999999999999999999", "Retry-After=1e30", "retry-after-ms=1e25", "Retry-After=1e9"])
    func whoWantsToBeLeftAloneForEverIsLeftAlone(header: String) throws {
        try make(6)
        let server = try SpeechServer("status:429,\(header)")
        let result = try transcribe(server, "-j", "2")
        #expect(result.status == 75, "\(result)")
        #expect(
            try reports().allSatisfy { $0["error"]?.string?.contains("it asks for a pause of") == true }, "\(result)")
        #expect(try server.requests.count <= 2)
    }

    @Test(arguments: ["Retry-After=-1e30", "retry-after-ms=-1e300"]) func aWaitThatIsOverIsNoWait(header: String) throws
    {
        try make(2)
        let server = try SpeechServer("status:429,\(header)", "json")
        #expect(try transcribe(server, "-j", "2").status == 0)
    }

    @Test func connectionsAreUsedAgain() throws {
        try make(12)
        let server = try SpeechServer("json")
        #expect(try transcribe(server, "-j", "3").status == 0)
        let connections = Set(try server.requests(12).compactMap { $0["connection"]?.integer })
        #expect(connections.count <= 3, "\(connections)")
    }

    @Test func noMoreAudioIsSentThanIsAllowed() throws {
        try make(8, seconds: 1)
        let server = try SpeechServer("json")
        let result = try transcribe(server, "--max-audio", "3.5s", "-j", "1")
        #expect(result.status == 2, "\(result)")
        #expect(try server.requests(3).count == 3)
        #expect(try outcomes() == ["done": 3, "not tried": 5])
        #expect(try reports().last?["status"]?.integer == 75)
        // What is left is for another run.
        let more = try transcribe(server, "--resume")
        #expect(more.status == 0, "\(more)")
        #expect(try server.requests(8).count == 8)
        #expect(try outcomes() == ["done": 5, "complete": 3])
    }

    @Test func aCapOnRequestsIsKept() throws {
        try make(4)
        let server = try SpeechServer("json")
        let program = try start(command(server, ["--requests-per-minute", "2", "-j", "4"]), home: home)
        _ = try server.requests(2)
        try eventually("two are done") { entries(of: "\(files)/out").filter { $0.hasSuffix(".txt") }.count == 2 }
        // The third waits for a minute; a signal ends that.
        program.signal(SIGINT)
        #expect(try program.finish().ending == .signalled(SIGINT))
        #expect(try server.requests.count == 2)
    }

    /// Who answers may be on the same machine, and comes first.
    @Test(arguments: [("1", 0), ("2", 10)] as [(String, CInt)]) func manyAtOnceComeBehindOthers(
        jobs: String, steps: CInt
    ) throws {
        try make(3)
        let server = try SpeechServer("json")
        let program = try start(command(server, ["--requests-per-minute", "2", "-j", jobs]), home: home)
        // The third waits for a minute.
        try eventually("two are done") { entries(of: "\(files)/out").filter { $0.hasSuffix(".txt") }.count == 2 }
        let fields = try text(of: "/proc/\(program.pid)/stat").split(separator: ")").last?.split(separator: " ")
        let own = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        #expect(fields?[16] == "\(min(own + steps, 19))")
        program.signal(SIGTERM)
        _ = try program.finish()
    }

    /// Also where one recording alone makes more of them.
    @Test func aCapOnRequestsHoldsForTheParts() throws {
        try make(1, seconds: 6)
        let server = try SpeechServer("json")
        let program = try start(
            Command(
                "vt-transcribe",
                [
                    "--no-gate", "--base-url", server.url, "--part-length", "2s", "--requests-per-minute", "2",
                    "in/100.wav",
                ],
                environment: ["VT_API_KEY": "sk-made-up"]),
            home: home)
        try program.waitForOutput("two parts") { $0.split(separator: "\n").count == 2 }
        program.signal(SIGINT)
        #expect(try program.finish().ending == .signalled(SIGINT))
        #expect(try server.requests.count == 2)
    }

    /// A hundred thousand requests in vain would be a hundred thousand requests.
    @Test func aRefusedKeyIsTriedOnce() throws {
        try make(20)
        let server = try SpeechServer("unauthorized")
        let result = try transcribe(server, "-j", "1")
        #expect(result.status == 77, "\(result)")
        #expect(try server.requests.count == 1)
        #expect(try outcomes() == ["failed": 1, "not tried": 19])
        #expect(try reports().last?["error"]?.string?.contains("credentials") == true)
    }

    @Test func aServerThatIsGoneIsNotedOnce() throws {
        try make(20)
        let server = try SpeechServer("json")
        server.stop()
        try write(
            "[provider.a]\nbase_url = \"\(server.url)\"\n[provider.b]\nbase_url = \"\(server.url)\"\n".utf8,
            to: "\(files)/config.toml")
        // In a chain nobody waits long.
        let result = try run(
            Command(
                "vt-transcribe",
                [
                    "--config", "config.toml", "--no-gate", "--engine", "a,b", "-r", "in", "--output-dir", "out",
                    "--report", "report",
                    "-j", "2", "--progress", "none",
                ]), home: home)
        #expect(result.status == 75, "\(result)")
        let outcomes = try outcomes()
        #expect(outcomes["failed"] ?? 0 <= 7 && outcomes["not tried"] ?? 0 >= 13, "\(outcomes)")
        #expect(result.errors.contains("in a row have failed"), "\(result)")
    }

    // MARK: Files as they are

    /// Made by ffmpeg and sox, of a tone; each goes up byte for byte.
    @Test(
        .enabled(if: Tool.isInstalled("ffmpeg"), "needs ffmpeg"),
        arguments: [
            ("mp3", "libmp3lame", "audio/mpeg", "voice.mp3"), ("flac", "flac", "audio/flac", "voice.flac"),
            ("ogg", "libopus", "audio/ogg", "voice.ogg"), ("ogg", "libvorbis", "audio/ogg", "voice.ogg"),
            ("wav", "pcm_s16le", "audio/wav", "voice.wav"),
        ])
    func aFileOfAKnownKindGoesUpAsItIs(format: String, codec: String, type: String, name: String) throws {
        try write(Tone.file(seconds: 1), to: "\(files)/tone.wav")
        let made = try run(
            Command("ffmpeg", ["-v", "error", "-i", "tone.wav", "-c:a", codec, "in/a.\(format)"]), home: home)
        try #require(made.status == 0, "\(made)")
        let server = try SpeechServer("json")
        let result = try transcribe(server)
        #expect(result.status == 0, "\(result)")
        let request = try #require(try server.requests(1).first)
        #expect(request["file"]?["name"]?.string == name && request["file"]?["type"]?.string == type, "\(request.line)")
        #expect(request["headers"]?["content-length"] != nil, "its length is known")
        #expect(try server.audio(ofRequest: 1) == contents(of: "\(files)/in/a.\(format)"))
        #expect(try reports()[0]["attempts"]?.integer == 1)
    }

    @Test func anotherFormatIsMadeWhereItIsWanted() throws {
        try make(1)
        let server = try SpeechServer("json")
        #expect(try transcribe(server, "--upload-format", "flac").status == 0)
        #expect(try server.audio(ofRequest: 1).starts(with: "fLaC".utf8))
    }

    /// A WAV of other samples, one that does not say its length, one that is damaged: nothing that every server understands.
    @Test(.enabled(if: Tool.isInstalled("sox"), "needs sox")) func whatNotEveryServerUnderstandsIsPackedAnew() throws {
        try write(Tone.file(seconds: 1), to: "\(files)/tone.wav")
        _ = try run(
            .shell(
                "sox tone.wav -b 24 in/24.wav; cat tone.wav | sox -t wav - -t wav - > in/stream.wav; head -c 20000 tone.wav > in/cut.wav"
            ), home: home)
        let server = try SpeechServer("json")
        let result = try transcribe(server, "-j", "1")
        #expect(result.status == 0, "\(result)")
        let sizes = try server.requests(3).compactMap { $0["audio"]?["size"]?.integer }
        let originals = try ["24", "cut", "stream"].map { try contents(of: "\(files)/in/\($0).wav").count }
        #expect(sizes.count == 3 && !sizes.contains(originals[0]) && sizes[1] != originals[1], "\(sizes) \(originals)")
    }

    @Test func aServerThatDoesNotLikeTheFileGetsItPackedAnew() throws {
        try make(1)
        let server = try SpeechServer("status:415", "json")
        let result = try transcribe(server, "--upload-format", "wav")
        #expect(result.status == 65 || result.status == 0, "what is packed on purpose is not packed again: \(result)")
        let other = try SpeechServer("status:415", "json")
        #expect(try transcribe(other).status == 0)
        #expect(try other.requests(2).count == 2)
        #expect(try reports()[0]["attempts"]?.integer == 2)
    }

    /// The gate decides first: without speech there is no request, and with long silence it is the rest that goes.
    @Test func silenceIsNotSentInFiles() throws {
        try write(Tone.header(dataSize: 96000) + Tone.silence(seconds: 3), to: "\(files)/in/1.wav")
        let loud = Tone.samples(seconds: 0.5)
        let speech = loud + Tone.silence(seconds: 3) + loud
        try write(Tone.header(dataSize: speech.count) + speech, to: "\(files)/in/2.wav")
        let dense = loud + Tone.silence(seconds: 0.5) + loud
        try write(Tone.header(dataSize: dense.count) + dense, to: "\(files)/in/3.wav")
        let server = try SpeechServer("json")
        let result = try run(
            Command(
                "vt-transcribe",
                [
                    "--detector", "energy", "--base-url", server.url, "-r", "in", "--output-dir", "out", "--report",
                    "report", "-q", "-j", "1",
                ]),
            home: home)
        #expect(result.status == 0, "\(result)")
        #expect(try outcomes() == ["no speech": 1, "done": 2])
        let sizes = try server.requests(2).compactMap { $0["audio"]?["size"]?.integer }
        #expect(sizes.count == 2)
        #expect(sizes[0] < speech.count - 64000, "two seconds less at least: \(sizes)")
        #expect(sizes[1] == dense.count + 44, "as it is: \(sizes)")
        #expect(try contents(of: "\(files)/out/1.wav.txt").isEmpty)
    }

    /// What is longer than one request may be goes in several.
    @Test func aRecordingOfMoreThanTwoMinutesGoesToAssemblyAIInParts() throws {
        let samples = ToneWords.samples((0..<450).map { (number: $0, pause: 0.4) }).withUnsafeBytes { Array($0) }
        try write(Tone.header(dataSize: samples.count) + samples, to: "\(files)/in/long.wav")
        let server = try SpeechServer("assemblyai")
        let result = try run(
            Command(
                "vt-transcribe",
                [
                    "--detector", "energy", "--engine", "assemblyai", "--base-url", server.url, "-r", "in",
                    "--output-dir", "out",
                    "--report", "report", "-q",
                ], environment: ["VT_API_KEY": "sk-made-up"]), home: home)
        #expect(result.status == 0, "\(result)")
        let requests = try server.requests(3)
        let seconds = requests.compactMap { $0["audio"]?["size"]?.integer.map { Double($0 - 44) / 32000 } }
        #expect(requests.count == 3 && seconds.allSatisfy { $0 <= 118 }, "\(seconds)")
        #expect(
            abs(seconds.reduce(0, +) - Double(samples.count) / 32000) < 1, "all of it, and nothing twice: \(seconds)")
        #expect(try reports()[0]["parts"]?.integer == 3)
    }
}
