import Glibc
import Harness
import Testing
import VoiceActivity

/// vt-transcribe listens before it asks an engine.
@Suite(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata"))
struct TranscribeGate {
    private let test: TranscribeHome

    /// An engine that leaves a mark when it is started, for whatever operation.
    init() throws {
        test = try TranscribeHome()
        try Vad.installWeights(in: test.home)
        try test.home.addPlugin(
            "vt-transcribe-marks",
            """
            #!/bin/sh
            echo "$1" >>"\(test.home.files)/mark"
            case $1 in
            describe) printf 'vt-plugin 1\\ninput s16le\\noption text what it says\\noption pause p\\n' ;;
            transcribe-v1)
                count=$(wc -c)
                printf '%b' "$VT_OPTION_TEXT"
                printf 'final\\tbytes %s\\n' "$count" ;;
            *) exit 64 ;;
            esac
            """)
    }

    private var isMarked: Bool { access("\(test.home.files)/mark", F_OK) == 0 }

    private func transcribe(_ arguments: String..., input: Input = .none, log: String = "warning") throws -> Result {
        try run(
            Command("vt-transcribe", ["--engine", "marks", "--raw"] + arguments, environment: ["VT_LOG": log]),
            input: input, home: test.home)
    }

    /// Bytes that the engine got, from what it said.
    private func sent(_ result: Result) -> Int {
        result.text.split(separator: "\n").last.flatMap { Int($0.split(separator: " ").last ?? "") } ?? -1
    }

    private static func silence(_ seconds: Double) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        // A quiet room: -70 dB.
        return (0..<Int(seconds * 16000)).flatMap { _ in
            let sample = Int16.random(in: -16...16, using: &generator)
            return [UInt8(truncatingIfNeeded: sample), UInt8(truncatingIfNeeded: sample >> 8)]
        }
    }

    @Test(arguments: Vad.detectors)
    func noEngineIsStartedForSilence(detector: String) throws {
        let silence = Self.silence(3)
        try test.write(silence, to: "quiet.raw")
        for result in [
            try transcribe("--detector", detector, input: .bytes(silence)),
            try transcribe("--detector", detector, "quiet.raw"),
            try transcribe("--detector", detector, "quiet.raw", "quiet.raw"),
        ] {
            #expect(result.status == 1, "\(result)")
            #expect(result.text.isEmpty)
        }
        #expect(!isMarked)
        #expect(test.kept.isEmpty)
        #expect(try transcribe("--no-gate", input: .bytes(silence)).text == "bytes 96000\n")
        #expect(isMarked)
    }

    @Test func aKeptRecordingOfSilenceIsDeletedUnasked() throws {
        let program = try start(
            Command("vt-transcribe", ["--engine", "marks", "--raw", "--pending-id", "quiet"]), input: .open,
            home: test.home)
        program.write(Self.silence(2))
        try eventually("the recording") { test.keptBytes == 64000 }
        program.signal(SIGTERM)
        #expect(try program.finish().ending == .signalled(SIGTERM))
        #expect(test.kept == ["quiet"])
        #expect(!isMarked)
        #expect(try test.bare("--pending").status == 1)
        #expect(!isMarked)
        #expect(test.kept.isEmpty)
    }

    @Test(arguments: Vad.detectors)
    func silenceAroundSpeechIsNotSent(detector: String) throws {
        let speech = try contents(of: Speech.goForward)
        let input = Self.silence(3) + speech + Self.silence(3) + speech + Self.silence(3)
        let all = sent(try transcribe("--no-gate", input: .bytes(input)))
        #expect(all == input.count)
        let gated = try transcribe("--detector", detector, input: .bytes(input))
        // "go forward ten meters" takes 1.7 s of its 2.8.
        #expect((2 * 54000..<2 * 90000).contains(sent(gated)), "\(gated)")
    }

    @Test func timesAreThoseOfTheRecordingAndTextWithoutSpeechIsDropped() throws {
        let speech = try contents(of: Speech.goForward)
        let input = Self.silence(3) + speech + Self.silence(3)
        // What is sent begins with 0.3 s of silence.
        let said =
            "final start=0 end=0.1\\tthanks for watching\\nfinal start=0.3 end=1.8\\tgo\\nfinal start=60 end=61\\tten meters\\n"
        let result = try transcribe("--events", "--option", "text=\(said)", input: .bytes(input), log: "info")
        let go = try #require(result.text.split(separator: "\n").first { $0.hasSuffix("\tgo") })
        let start = try #require(go.split(separator: " ")[1].split(separator: "=").last.flatMap { Double($0) })
        #expect((3.2...3.8).contains(start), "\(result)")
        #expect(!result.text.contains("thanks"))
        #expect(result.errors.contains("dropped “thanks for watching”"), "\(result)")
        // A time behind the end of the audio is no silence.
        #expect(result.text.contains("\tten meters\n"), "\(result)")
        #expect(result.errors.contains("2 of the 2 times of 2."), "\(result)")
        // Of a recording that is deleted this is all that is left: said without being asked.
        #expect(result.errors.contains("vt-transcribe: marks: dropped"), "\(result)")
    }

    @Test func aLoopIsFlagged() throws {
        let said = "final start=0.3 end=1.8\\tgo on go on go on go on\\n"
        let lines = try transcribe("--format", "jsonl", "--option", "text=\(said)", Speech.goForward).text
        #expect(lines.split(separator: "\n").first?.contains("\"repeated\":\"yes\"") == true, "\(lines)")
    }

    /// The engine runs while the speaker still speaks, and a pause ends no recording.
    @Test func speechPassesOnWhileItComes() throws {
        let program = try start(
            Command("vt-transcribe", ["--engine", "marks", "--raw", "--no-keep"]), input: .open, home: test.home)
        program.write(Self.silence(1))
        program.write(try contents(of: Speech.goForward))
        try eventually("the engine runs") { isMarked }
        program.write(Self.silence(5))
        program.closeInput()
        #expect(try program.finish().status == 0)
    }

    /// An engine that stands by, and says so when it is started and when it is stopped; `mode` says how it fares.
    private func addStandby() throws {
        try test.home.addPlugin(
            "vt-transcribe-standby",
            """
            #!/bin/sh
            mark="\(test.home.files)/standby"
            case $1 in
            describe) printf 'vt-plugin 1\\ninput s16le\\nstandby yes\\noption mode m\\n' ;;
            transcribe-v1)
                trap 'echo stopped >>"$mark"; exit 143' TERM
                echo started >>"$mark"
                [ "$VT_OPTION_MODE" != missing ] || { printf 'error\\tno model\\n'; exit 69; }
                exec 3<&0
                { printf 'final\\tbytes %s\\n' "$(wc -c <&3)"; } &
                wait $! ;;
            *) exit 64 ;;
            esac
            """)
        // Before it has described itself nobody knows that it stands by; what it says is kept once its file is 2 s old.
        try eventually("the description is kept") {
            let asked = Command("vt-transcribe", ["--engine", "standby", "--no-gate", "--raw", Speech.goForward])
            let result = try run(asked, home: test.home)
            #expect(result.status == 0, "\(result)")
            return !entries(of: test.home.directory("cache/vt/plugins")).isEmpty
        }
        unlink("\(test.home.files)/standby")
    }

    private var standbyMarks: String {
        ((try? contents(of: "\(test.home.files)/standby")).map { String(decoding: $0, as: UTF8.self) } ?? "")
    }

    private func startStandby(_ options: String...) throws -> RunningProgram {
        try start(
            Command("vt-transcribe", ["--engine", "standby", "--raw"] + options), input: .open, home: test.home)
    }

    @Test(arguments: Vad.detectors)
    func anEngineThatStandsByIsReadyWhenSomebodySpeaks(detector: String) throws {
        try addStandby()
        let program = try startStandby("--detector", detector)
        // Before a single sample has come.
        try eventually("the engine stands by") { standbyMarks == "started\n" }
        program.write(Self.silence(1))
        program.write(try contents(of: Speech.goForward))
        program.write(Self.silence(1))
        program.closeInput()
        let result = try program.finish()
        #expect(result.status == 0, "\(result)")
        #expect((54000..<90000).contains(sent(result)), "\(result)")
        #expect(standbyMarks == "started\n")
        #expect(test.kept.isEmpty)
    }

    @Test(arguments: Vad.detectors, ["", "missing"])
    func whereNobodySpeaksAnEngineThatStoodByLeavesNothing(detector: String, mode: String) throws {
        try addStandby()
        let program = try startStandby("--detector", detector, "--option", "mode=\(mode)")
        try eventually("the engine stands by") { standbyMarks == "started\n" }
        program.write(Self.silence(2))
        program.closeInput()
        let result = try program.finish()
        #expect(result.status == 1, "\(result)")
        #expect(result.text.isEmpty && result.errors.isEmpty, "\(result)")
        #expect(standbyMarks == (mode.isEmpty ? "started\nstopped\n" : "started\n"))
        #expect(test.kept.isEmpty)
        // Of a file it is known soon enough whether somebody speaks in it.
        unlink("\(test.home.files)/standby")
        try test.write(Self.silence(2), to: "quiet.raw")
        let asked = Command("vt-transcribe", ["--engine", "standby", "--raw", "quiet.raw"])
        #expect(try run(asked, home: test.home).status == 1)
        #expect(standbyMarks.isEmpty)
    }

    @Test func anEngineThatCannotStandByFailsWhenItIsNeeded() throws {
        try addStandby()
        let program = try startStandby("--option", "mode=missing")
        try eventually("the engine has tried") { standbyMarks == "started\n" }
        program.write(try contents(of: Speech.goForward))
        program.closeInput()
        let result = try program.finish()
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("no model"))
        #expect(test.kept.count == 1)
    }

    @Test func theDetectorThatWasAskedForMustBeThere() throws {
        let result = try run(
            Command("vt-transcribe", ["--detector", "silero", "--raw", Speech.goForward]), home: Home())
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("hint: "))
        #expect(try test.bare("--no-gate", "--detector", "energy").status == 64)
    }

    /// Weights that are missing or damaged: without being asked the other detector listens, and one hint says so.
    @Test(arguments: ["", "no weights", "VTSILERO and then nothing"])
    func withoutWeightsTheOtherDetectorListens(weights: String) throws {
        let other = try TranscribeHome()
        let folder = other.home.directory("data/vt/models")
        if !weights.isEmpty {
            try makeDirectories(folder)
            try write(weights.utf8, to: "\(folder)/\(SileroWeights.fileName)")
        }
        let engine = try contents(of: "\(test.home.plugins)/vt-transcribe-marks")
        try other.home.addPlugin("vt-transcribe-marks", String(decoding: engine, as: UTF8.self))
        for (input, status) in [(Speech.goForward, 0), ("quiet.raw", 1)] as [(String, CInt)] {
            try other.write(Self.silence(2), to: "quiet.raw")
            let command = Command("vt-transcribe", ["--engine", "marks", "--raw", input])
            let result = try run(command, home: other.home)
            #expect(result.status == status, "\(result)")
            let hints = result.errors.split(separator: "\n").filter { $0.hasPrefix("hint: ") }
            #expect(
                hints.count == 1
                    && hints[0].contains("vt-models install silero installs it; going on with --detector energy"))
            #expect(result.errors.contains(weights.isEmpty ? "is not installed" : SileroWeights.fileName))
        }
        let asked = Command("vt-transcribe", ["--engine", "marks", "--detector", "silero", "--raw", Speech.goForward])
        #expect(try run(asked, home: other.home).status == 69)
    }

    /// An offset, clipping, and the band and rate of a telephone hide nobody; what is no number is silence.
    @Test(arguments: Vad.detectors)
    func whatASpeakerSoundsLike(detector: String) throws {
        let speech = samples(of: try contents(of: Speech.goForward))
        let quiet = samples(of: Self.silence(2))
        func sent(_ change: (Double) -> Double) throws -> Int {
            let changed = (quiet + speech + quiet).map { Float(change(Double($0) / 32768)) }
            let bytes = changed.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
            return try self.sent(
                transcribe("--detector", detector, "--sample-format", "f32le", input: .bytes(bytes)))
        }
        let plain = try sent { $0 }
        #expect((40000..<100_000).contains(plain))
        let all = (quiet + speech + quiet).count * 2
        for (what, change) in [
            ("an offset", { $0 + 0.3 }), ("clipped", { max(-1, min(1, $0 * 8)) }),
            ("clipped by the sound card", { max(-0.05, min(0.05, $0)) }),
        ] as [(String, (Double) -> Double)] {
            let heard = try sent(change)
            #expect(heard > plain - 8000 && heard < all - 16000, "\(what): \(heard) of \(all), else \(plain)")
        }
        // Every other sample, as a stream of 8000 Hz.
        let narrow = (quiet + speech + quiet).enumerated().filter { $0.offset % 2 == 0 }.flatMap { sample in
            [UInt8(truncatingIfNeeded: sample.element), UInt8(truncatingIfNeeded: sample.element >> 8)]
        }
        let telephone = try self.sent(transcribe("--detector", detector, "--rate", "8000", input: .bytes(narrow)))
        #expect(abs(telephone - plain) < 16000, "\(telephone) and \(plain)")
    }

    @Test(arguments: Vad.detectors)
    func whatIsNoNumberIsNoSpeech(detector: String) throws {
        let strange: [Float] = [.nan, .infinity, -.infinity, 3e38, .signalingNaN]
        func bytes(_ values: some Sequence<Float>) -> [UInt8] {
            values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        }
        let nothing = bytes((0..<32000).map { [.nan, -.nan, .signalingNaN][$0 % 3] })
        let silent = try transcribe("--detector", detector, "--sample-format", "f32le", input: .bytes(nothing))
        #expect(silent.status == 1, "\(silent)")
        #expect(!isMarked)
        // Between sounds that are some it does no harm.
        let speech = samples(of: try contents(of: Speech.goForward)).map { Float($0) / 32768 }
        let damaged = speech + (0..<1600).map { strange[$0 % 5] } + speech
        let result = try transcribe("--detector", detector, "--sample-format", "f32le", input: .bytes(bytes(damaged)))
        #expect(result.status == 0, "\(result)")
        #expect(sent(result) > 2 * 40000)
    }

    private func samples(of bytes: [UInt8]) -> [Int16] {
        stride(from: 0, to: bytes.count - 1, by: 2).map {
            Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
        }
    }

    @Test func memoryDoesNotGrowWithSilence() throws {
        let program = try start(
            Command("vt-transcribe", ["--engine", "marks", "--raw", "--no-keep"]), input: .open, home: test.home)
        let minute = Self.silence(60)
        program.write(minute)
        let early = try program.peakMemory
        for _ in 0..<10 { program.write(minute) }
        #expect(try program.peakMemory < early + 4 << 20)
        program.closeInput()
        #expect(try program.finish().status == 1)
        #expect(!isMarked)
    }
}
