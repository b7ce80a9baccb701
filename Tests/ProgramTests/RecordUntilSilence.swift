import Glibc
import Harness
import Testing

/// What a microphone hears: real speech in a quiet room.
private enum Heard {
    /// Samples of uniform noise, the same on every machine.
    static func noise(_ seconds: Double, amplitude: Int) -> [UInt8] {
        var state: UInt32 = 7
        return (0..<Int(seconds * 16000)).flatMap { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            let sample = Int16(Int(state >> 16) % (2 * amplitude + 1) - amplitude)
            return [UInt8(truncatingIfNeeded: sample), UInt8(truncatingIfNeeded: sample >> 8)]
        }
    }

    static let room = noise(2, amplitude: 10)
    /// "go forward ten meters", from 0.5 to 2.2 s of 2.9 s.
    static let sentence = (try? contents(of: Speech.goForward)) ?? []
    static let spoken = room + sentence + room + room
}

/// A home whose microphone hears something, with the weights of whoever runs the tests.
private func home(hearing samples: [UInt8], speed: Int = 1, withWeights: Bool = true) throws -> Home {
    let home = try Home()
    try home.addMicrophone(hearing: samples, speed: speed)
    if withWeights { try Vad.installWeights(in: home) }
    return home
}

@Suite(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata"))
struct RecordUntilSilence {
    @Test(arguments: Vad.detectors, ["--until-silence", "--until-silence=500ms"])
    func endsByItselfAfterTheSpeech(_ detector: String, _ option: String) throws {
        let silence = option.hasSuffix("500ms") ? 0.5 : 1.2
        let result = try run(
            Command("vt-record", ["--raw", option, "--detector", detector]), home: home(hearing: Heard.spoken))
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.hasSuffix("\(silence == 0.5 ? "500ms" : "1.2s") of silence: the recording ends\n"))
        // All of it, from the first sample on.
        #expect(Heard.spoken.starts(with: result.output))
        // The sentence ends 2.2 s after its begin, give or take what the detectors make of its last sound.
        let end = Double(result.output.count) / 32000 - silence
        #expect((4.0...4.6).contains(end), "\(end)")
    }

    @Test func aTimeMayStandBesideIt() throws {
        let home = try home(hearing: Heard.spoken)
        let one = try run("vt-record", "--raw", "--until-silence", "300ms", "--quiet", home: home)
        let other = try run("vt-record", "--raw", "--until-silence=300ms", home: home)
        #expect(one.status == 0 && one.output == other.output)
        #expect(one.errors == "")
    }

    @Test func aPauseThatIsShorterDoesNotEndIt() throws {
        let twice = Heard.sentence + Heard.sentence + Heard.room
        let result = try run("vt-record", "--raw", "--until-silence=1.5s", home: home(hearing: twice))
        #expect(result.status == 0, "\(result)")
        // Between the sentences lie 1.2 s.
        #expect(result.output.count > 2 * Heard.sentence.count)
    }

    @Test(arguments: [
        (["--no-speech-timeout", "1s"], 32000), (["--no-speech-timeout=1500ms", "--until-silence"], 48000),
    ])
    func withoutSpeechItEndsWithOne(_ options: [String], _ bytes: Int) throws {
        let noise = Heard.noise(4, amplitude: 500)
        let home = try home(hearing: noise)
        let result = try run(Command("vt-record", ["--raw"] + options), home: home)
        #expect(result.status == 1, "\(result)")
        #expect(result.output == Array(noise.prefix(bytes)))
        #expect(result.errors.contains("vt-record: no speech in 1"))
        // What was recorded was recorded.
        let file = try run(Command("vt-record", ["-o", "x.wav"] + options), home: home)
        #expect(file.status == 1)
        #expect(try contents(of: "\(home.files)/x.wav").count == 80 + bytes)
    }

    @Test func tenSecondsIsAllThatItWaitsForSpeechUnlessToldTo() throws {
        // At ten times the speed.
        let home = try home(hearing: Heard.noise(10, amplitude: 300), speed: 10)
        let result = try run("vt-record", "--raw", "--until-silence", home: home)
        #expect(result.status == 1, "\(result)")
        #expect(result.output.count == 320_000)
        #expect(result.errors.contains("no speech in 10s"))
    }

    @Test(arguments: Vad.detectors) func theWordThatTriggersIsNotCut(_ detector: String) throws {
        let result = try run(
            "vt-record", "--raw", "--wait-for-speech", "--until-silence", "--detector", detector,
            home: home(hearing: Heard.spoken))
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("waiting for speech from default"))
        #expect(result.errors.contains(" s: recording\n"))
        let start = try #require(position(of: result.output, in: Heard.spoken))
        // It begins with the room; "go" is heard from 2.5 s on.
        #expect(start > 16000)
        #expect(start < Int(2.3 * 16000))
        #expect(start + result.output.count / 2 > Int(4.2 * 16000))
    }

    @Test func theBundledEngineUnderstandsAllOfIt() throws {
        let home = try home(hearing: Heard.spoken)
        let result = try run(
            .shell(
                "vt-record --wait-for-speech --until-silence --quiet | "
                    + "vt-transcribe --option jsgf=\(Speech.directory)/goforward.gram"), home: home)
        #expect(result.status == 0, "\(result)")
        #expect(result.text == "go forward ten meters\n")
    }

    @Test(arguments: ["0s", "200ms", "1s", "5s"]) func thePreRollIsWhatIsAskedForAsFarAsThereIsAny(_ time: String)
        throws
    {
        let result = try run(
            "vt-record", "--raw", "--wait-for-speech", "--pre-roll", time, "--duration", "1s",
            home: home(hearing: Heard.spoken))
        #expect(result.status == 0, "\(result)")
        // --duration counts from where the recording begins.
        #expect(result.output.count == 32000)
        let start = try #require(position(of: result.output, in: Heard.spoken))
        let match = try #require(result.errors.firstMatch(of: /speech at ([0-9.]+) s/))
        let speech = try #require(Double(match.1))
        // Of five seconds there are only those before the speech.
        let lengths: [String: Double] = ["0s": 0, "200ms": 0.2, "1s": 1, "5s": speech]
        let wanted = try #require(lengths[time])
        let found: Double = speech - Double(start) / 16000
        #expect(abs(found - wanted) < 0.011)
    }

    @Test(arguments: [
        ["--rate", "48000", "--channels", "2", "--sample-format", "f32le"],
        ["--rate", "8000", "--sample-format", "u8"],
        ["--rate", "44100", "--sample-format", "s24le"],
    ])
    func inAnyFormat(_ format: [String]) throws {
        let home = try home(hearing: Heard.spoken)
        let result = try run(
            Command("vt-record", ["--wait-for-speech", "--until-silence=400ms", "-o", "x.wav"] + format), home: home)
        #expect(result.status == 0, "\(result)")
        let found = try Vad.run("segments", "\(home.files)/x.wav")
        let segments = Vad.segments(found.text)
        let (first, last) = (try #require(segments.first?[0]), try #require(segments.last?[1]))
        #expect((0.3...0.7).contains(first), "\(found)")
        #expect((1.3...2.0).contains(last - first), "\(found)")
    }

    @Test func nothingIsWrittenBeforeSomebodySpeaks() throws {
        let home = try home(hearing: Heard.noise(20, amplitude: 200))
        let recording = try start(Command("vt-record", ["--wait-for-speech"]), home: home)
        try recording.waitForErrors(containing: "waiting for speech")
        pause(.milliseconds(700))
        // A header, so that who reads it can prepare.
        #expect(recording.output.count == 44)
        recording.signal(SIGINT)
        let result = try recording.finish()
        #expect(result.status == 1, "\(result)")
        #expect(result.output.count == 44)
    }

    @Test func withoutSpeechNoFileIsLeft() throws {
        let home = try home(hearing: Heard.noise(3, amplitude: 200))
        let result = try run(
            "vt-record", "--wait-for-speech", "--no-speech-timeout", "1s", "-o", "x.wav", home: home)
        #expect(result.status == 1, "\(result)")
        #expect(entries(of: home.files) == [])
    }

    @Test func aSignalEndsItAsEverWhereThereIsARecording() throws {
        let recording = try start(
            Command("vt-record", ["--raw", "--until-silence"]), home: home(hearing: Heard.noise(20, amplitude: 200)))
        try recording.waitForOutput("half a second") { _ in recording.output.count > 16000 }
        recording.signal(SIGINT)
        #expect(try recording.finish().status == 0)
    }

    @Test func waitingTakesNoMemory() throws {
        // At eight times the speed: four seconds, and then 56 more, which are 1.8 MB.
        let recording = try start(
            Command("vt-record", ["--raw", "--wait-for-speech", "--detector", "energy"]),
            home: home(hearing: [], speed: 8))
        try recording.waitForErrors(containing: "waiting for speech")
        pause(.milliseconds(500))
        let early = try recording.peakMemory
        pause(.milliseconds(7000))
        #expect(try recording.peakMemory < early + 1 << 20)
        recording.signal(SIGINT)
        let result = try recording.finish()
        #expect(result.status == 1, "\(result.errors)")
    }

    @Test func withoutWeightsItSaysSoOnceAndListensAllTheSame() throws {
        let home = try home(hearing: Heard.spoken, withWeights: false)
        let result = try run("vt-record", "--raw", "--until-silence=300ms", home: home)
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.split(separator: "\n").filter { $0.hasPrefix("hint: ") }.count == 1)
        #expect(result.errors.contains("the silero detector is not installed\nhint: vt-models install silero"))
        let asked = try run("vt-record", "--raw", "--until-silence", "--detector", "silero", home: home)
        #expect(asked.status == 69)
        #expect(asked.output == [])
    }

    @Test(arguments: [
        ["--until-silence=100ms"], ["--until-silence=soon"], ["--pre-roll", "1s"], ["--detector", "energy"],
        ["--no-speech-timeout", "0s"], ["--wait-for-speech", "--pre-roll", "1h"], ["--until-silence", "soon"],
    ])
    func nonsenseIsAUsageError(_ options: [String]) throws {
        let result = try run(Command("vt-record", options), home: home(hearing: []))
        #expect(result.status == 64, "\(result)")
        #expect(result.output == [])
        #expect(result.errors.contains("\nhint: "))
    }

    @Test(.enabled(if: PulseAudioDaemon.isInstalled, "needs PulseAudio"))
    func throughASoundServer() throws {
        let server = try PulseAudioDaemon()
        let recording = try start(
            Command("vt-record", ["--raw", "--wait-for-speech", "--until-silence", "--detector", "energy"]),
            home: server.home)
        try recording.waitForErrors(containing: "waiting for speech from default")
        let player = try server.play(Speech.goForward)
        let result = try recording.finish()
        #expect(try player.finish().status == 0)
        #expect(result.status == 0, "\(result)")
        // Half a second, the sentence's 1.7 s, and the silence.
        #expect((3.0...3.8).contains(Double(result.output.count) / 32000), "\(result.output.count)")
    }

    /// The frame of a recording at which another was taken from it.
    private func position(of part: [UInt8], in whole: [UInt8]) -> Int? {
        guard part.count > 3200 else { return nil }
        return stride(from: 0, through: whole.count - part.count, by: 2).first { start in
            whole[start] == part[0] && whole[start..<start + part.count].elementsEqual(part)
        }.map { $0 / 2 }
    }
}
