import Glibc
import Harness
import Testing

/// The gate in front of a service: nothing of a silent recording leaves the machine, and of another only what is spoken.
@Suite(
    .enabled(
        if: Speech.isInstalled && SpeechServer.isInstalled, "needs pocketsphinx-testdata, python3 and openssl"))
struct TranscribeGateAndCloud {
    private let home: Home

    init() throws {
        home = try Home()
        try Vad.installWeights(in: home)
    }

    private func command(_ server: SpeechServer, _ arguments: [String], log: String = "warning") -> Command {
        let options = ["--engine", "groq", "--base-url", "\(server.url)/v1", "--raw", "--upload-format", "wav"]
        return Command(
            "vt-transcribe", options + arguments, environment: ["VT_API_KEY": "made-up", "VT_LOG": log])
    }

    private static func silence(_ seconds: Double) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<Int(seconds * 16000)).flatMap { _ in
            let sample = Int16.random(in: -16...16, using: &generator)
            return [UInt8(truncatingIfNeeded: sample), UInt8(truncatingIfNeeded: sample >> 8)]
        }
    }

    /// "go forward ten meters" is said from 0.5 to 2.2 s of 2.8.
    private static func talk() throws -> [UInt8] {
        let speech = try contents(of: Speech.goForward)
        return silence(3) + speech + silence(3) + speech + silence(3)
    }

    @Test(arguments: Vad.detectors)
    func ofSilenceNothingIsAsked(detector: String) throws {
        let server = try SpeechServer("json:Thank you for watching!")
        let silence = Self.silence(3)
        try write(silence, to: "\(home.files)/quiet.raw")
        for result in [
            try run(command(server, ["--detector", detector]), input: .bytes(silence), home: home),
            try run(command(server, ["--detector", detector, "quiet.raw"]), home: home),
            try run(command(server, ["--detector", detector, "quiet.raw", "quiet.raw"]), home: home),
        ] {
            #expect(result.status == 1, "\(result)")
            #expect(result.text.isEmpty && result.errors.isEmpty, "\(result)")
        }
        #expect(entries(of: home.pending).filter { $0.hasSuffix(".audio") }.isEmpty)
        // Without the gate it is; so the server has met nothing before.
        let asked = try run(command(server, ["--no-gate", "quiet.raw"]), home: home)
        #expect(asked.text == "Thank you for watching!\n", "\(asked)")
        #expect(try server.requests(1).count == 1)
    }

    /// A service that cannot be reached is no failure where nobody speaks.
    @Test func aServiceThatIsAwayIsNotMissed() throws {
        let server = try SpeechServer("json")
        server.stop()
        let silent = try run(command(server, []), input: .bytes(Self.silence(2)), home: home)
        #expect(silent.status == 1, "\(silent)")
        #expect(silent.errors.isEmpty, "\(silent)")
        #expect(entries(of: home.pending).filter { $0.hasSuffix(".audio") }.isEmpty)
    }

    /// While nobody speaks the ready connection waits, and not a byte of a request is sent.
    @Test func theConnectionWaitsForTheFirstWord() throws {
        let server = try SpeechServer("json")
        let program = try start(command(server, []), input: .open, home: home)
        program.write(Self.silence(4))
        pause(.milliseconds(500))
        #expect(try server.requests.isEmpty)
        program.write(try contents(of: Speech.goForward))
        program.closeInput()
        let result = try program.finish()
        #expect(result.text == "go forward ten meters\n", "\(result)")
        #expect(try server.requests(1).count == 1)
    }

    @Test(arguments: Vad.detectors, [true, false])
    func pausesAreNotSentAndTimesComeBack(detector: String, isFile: Bool) throws {
        let talk = try Self.talk()
        // What is sent begins 0.3 s before the first "go"; the second one is 2.2 s behind it, give or take what detectors hear.
        let server = try SpeechServer("segments:0-0.1-Thanks for watching!;0.3-1.9-go forward;2.6-4.1-ten meters")
        let options = ["--detector", detector, "--timestamps", "segment", "--events"]
        try write(talk, to: "\(home.files)/talk.raw")
        let result = try run(
            command(server, options + (isFile ? ["talk.raw"] : []), log: "info"), input: isFile ? .none : .bytes(talk),
            home: home)
        #expect(result.status == 0, "\(result)")
        let requests = try server.requests(1)
        #expect(requests.count == 1)
        let audio = try server.audio(ofRequest: 1)
        // A header, then what both sentences, their surroundings and half a second of pause take: 14.6 s were recorded.
        let sent = Double(audio.count - 44) / 32000
        #expect((4.0...6.0).contains(sent), "\(sent) s")
        // All of it is the recording's, and each sentence is in it once.
        let spoken = try contents(of: Speech.goForward)[20000..<66000]
        #expect(audio.firstRange(of: spoken) != nil)
        #expect(Array(audio[(audio.firstRange(of: spoken)?.upperBound ?? 0)...]).firstRange(of: spoken) != nil)

        let finals = result.text.split(separator: "\n").filter { $0.hasPrefix("final ") }
        #expect(finals.count == 2, "\(result)")
        let starts = finals.compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix("start=") }.flatMap { Double($0.dropFirst(6)) }
        }
        try #require(starts.count == 2)
        #expect((3.2...3.8).contains(starts[0]), "\(result)")
        // 3 s, the recording, 3 s, and 0.5 s: not 2.6.
        #expect((8.6...9.8).contains(starts[1]), "\(result)")
        #expect(!result.text.contains("Thanks"))
        #expect(result.errors.contains("dropped “Thanks for watching!”"), "\(result)")
    }
}
