import Glibc
import Harness
import Testing
import Text

/// Recordings of several channels, and quiet ones, with a real recogniser and a real detector.
@Suite(.enabled(if: PocketSphinx.isInstalled, "needs pocketsphinx-en-us and pocketsphinx-testdata"))
struct TranscribeChannels {
    private let test: TranscribeHome

    init() throws {
        test = try TranscribeHome()
        try Vad.installWeights(in: test.home)
    }

    /// Samples of 16 bits, full scale ±1.
    private func phrase() throws -> [Float] {
        let bytes = try PocketSphinx.samples("goforward.raw")
        return stride(from: 0, to: bytes.count - 1, by: 2).map {
            Float(Int16(truncatingIfNeeded: Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8)) / 32768
        }
    }

    private func little(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }

    /// A WAV of 32-bit floats at 16000 Hz.
    private func wave(_ channels: [[Float]]) -> [UInt8] {
        let count = UInt32(channels.count)
        let data = channels[0].indices.flatMap { frame in channels.flatMap { little($0[frame].bitPattern, 4) } }
        return Array("RIFF".utf8) + little(UInt32(data.count) + 36, 4) + Array("WAVEfmt ".utf8) + little(16, 4)
            + little(3, 2) + little(count, 2) + little(16000, 4) + little(64000 * count, 4) + little(4 * count, 2)
            + little(32, 2) + Array("data".utf8) + little(UInt32(data.count), 4) + data
    }

    /// The agent speaks, then the customer, each at his own microphone, which hears the other one as well.
    private func call(crossTalk: Float = 0) throws -> [UInt8] {
        let phrase = try phrase()
        let silence = [Float](repeating: 0, count: phrase.count)
        let (agent, customer) = (phrase + silence, silence + phrase)
        func heard(_ own: [Float], _ other: [Float]) -> [Float] { zip(own, other).map { $0 + crossTalk * $1 } }
        return wave([heard(agent, customer), heard(customer, agent)])
    }

    private func transcribe(_ arguments: String..., input: Input = .none) throws -> Result {
        try run(
            Command("vt-transcribe", ["--engine", "pocketsphinx"] + arguments), input: input, home: test.home,
            within: .seconds(120))
    }

    private static let words = "go forward ten meters"

    /// 0, -20 and -10 dB of what the other microphone hears.
    @Test(arguments: [0, 0.1, 0.316] as [Float])
    func eachChannelIsASpeaker(crossTalk: Float) throws {
        let call = try call(crossTalk: crossTalk)
        try test.write(call, to: "call.wav")
        let expected = "left: \(Self.words)\nright: \(Self.words)\n"
        #expect(try transcribe("--channels", "each", "\(test.home.files)/call.wav").text == expected)
        #expect(try transcribe("--channels", "each", input: .bytes(call)).text == expected)
    }

    @Test func speakersHaveNamesAndWordsTheirTimes() throws {
        let result = try transcribe(
            "--channels", "each", "--speaker-name", "Anna", "--events", input: .bytes(try call()))
        let finals = try result.events().filter { $0.verb == "final" }
        #expect(finals.map { $0["speaker"] } == ["Anna", "right"])
        let starts = finals.compactMap { $0["start"].flatMap { Double($0) } }
        try #require(starts.count == 2)
        // Each phrase begins 0.46 s into its recording of 2.79 s.
        #expect(abs(starts[0] - 0.46) < 0.15 && abs(starts[1] - 3.25) < 0.25, "\(starts)")
    }

    /// Two tracks, the second of which begins with the phrase and the first with a pause.
    @Test(.enabled(if: Tool.isInstalled("ffmpeg"), "needs ffmpeg")) func eachTrackIsASpeaker() throws {
        let phrase = try phrase()
        let silence = [Float](repeating: 0, count: phrase.count)
        try test.write(wave([silence + phrase]), to: "host.wav")
        try test.write(wave([phrase + silence]), to: "guest.wav")
        let made = try run(
            .shell(
                "cd '\(test.home.files)' && ffmpeg -v error -i host.wav -i guest.wav -map 0:a -map 1:a -c:a flac "
                    + "-metadata:s:a:0 title=Host -metadata:s:a:1 language=deu show.mkv"), home: test.home)
        #expect(made.status == 0, "\(made)")
        let expected = "deu: \(Self.words)\nHost: \(Self.words)\n"
        let show = "\(test.home.files)/show.mkv"
        #expect(try transcribe("--track", "all", show).text == expected)
        #expect(try transcribe("--track", "all", input: .file(show)).text == expected)
        let named = try transcribe("--track", "all", "--speaker-name", "Anna", show)
        #expect(named.text == "deu: \(Self.words)\nAnna: \(Self.words)\n")
        #expect(try transcribe("--track", "all", "\(test.home.files)/guest.wav").text == Self.words + "\n")
        for program in [["vt-vad", "segments"], ["vt-encode", "-f", "wav"]] {
            let refused = try run(Command(program[0], program[1...] + ["--track", "all", show]), home: test.home)
            #expect(refused.status == 64, "\(refused)")
        }
    }

    @Test func oneChannelIsTaken() throws {
        let call = try call()
        let result = try transcribe("--channels", "2", "--events", input: .bytes(call))
        let finals = try result.events().filter { $0.verb == "final" }
        #expect(finals.map(\.text) == [Self.words])
        #expect(finals.first?["start"].flatMap { Double($0) } ?? 0 > 3)
        try test.write(call, to: "call.wav")
        let missing = try transcribe("--channels", "3", "\(test.home.files)/call.wav")
        #expect(missing.status == 65)
        #expect(missing.errors.contains("has 2 channels: there is none with the number 3"), "\(missing)")
    }

    /// Behind --raw the first number says how many channels there are.
    @Test func headerlessChannels() throws {
        let bytes = try PocketSphinx.samples("goforward.raw")
        let stereo: [UInt8] = stride(from: 0, to: bytes.count - 1, by: 2).flatMap {
            [0, 0, bytes[$0], bytes[$0 + 1]]
        }
        for arguments in [["--channels", "2"], ["--channels", "2", "--channels", "2"]] {
            let result = try run(
                Command("vt-transcribe", ["--engine", "pocketsphinx", "--raw"] + arguments), input: .bytes(stereo),
                home: test.home, within: .seconds(120))
            #expect(result.text == Self.words + "\n")
        }
    }

    @Test func whatIsKeptKnowsItsChannels() throws {
        let failed = try run(
            Command(
                "vt-transcribe",
                ["--engine", "fake", "--option", "mode=refuses", "--channels", "each", "--speaker-name", "Anna"]),
            input: .bytes(try call()), home: test.home, within: .seconds(60))
        #expect(failed.status == 75, "\(failed)")
        let later = try transcribe("--pending")
        #expect(later.text.contains("\tAnna: \(Self.words)\n"), "\(later)")
        #expect(later.text.contains("\tright: \(Self.words)\n"))
        #expect(test.kept.isEmpty)
    }

    /// A wrongly wired microphone: the mean of both channels is silence.
    @Test func oppositePhasesAreHeard() throws {
        let phrase = try phrase()
        let wave = wave([phrase, phrase.map { -$0 }])
        try test.write(wave, to: "wrong.wav")
        #expect(try transcribe("\(test.home.files)/wrong.wav").text == Self.words + "\n")
        #expect(try transcribe(input: .bytes(wave)).text == Self.words + "\n")
    }

    /// Of the quieter ones not a word is left in 16 bits.
    @Test(arguments: [-50, -70, -90])
    func quietRecordingsAreHeard(decibels: Int) throws {
        let gain = Float(pow(10, Double(decibels) / 20))
        let wave = wave([try phrase().map { $0 * gain }])
        try test.write(wave, to: "quiet.wav")
        #expect(try transcribe("\(test.home.files)/quiet.wav").text == Self.words + "\n")
        #expect(try transcribe(input: .bytes(wave)).text == Self.words + "\n")
        #expect(test.kept.isEmpty)
    }

    @Test(arguments: [
        (["--channels", "two"], "--channels is mix, each, or a number from 1 to 255, not two"),
        (["--channels", "each", "--channels", "mix"], "--channels is given 2 times"),
        (["--speaker-name", "Anna"], "--speaker-name says who speaks on a channel or track"),
        (["--channels", "each", "--track", "all"], "--channels each and --track all do not go together"),
        (["--channels", "each", "--speakers"], "--channels each and --speakers do not go together"),
        (["--pending", "--channels", "each"], "--channels is known of a recording that was kept"),
    ])
    func badRequests(arguments: [String], message: String) throws {
        let result = try run(Command("vt-transcribe", arguments), home: test.home)
        #expect(result.status == 64)
        #expect(result.errors.contains(message), "\(result)")
    }
}
