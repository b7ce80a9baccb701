import Glibc
import Harness
import Testing

@Suite(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata"))
struct VadAudio {
    /// Two recordings with a second of silence before, between and behind.
    private func conversation() throws -> [UInt8] {
        let silence = [UInt8](repeating: 0, count: 32000)
        return try silence + Vad.data(Vad.card) + silence + Vad.data(Vad.chapter) + silence
    }

    @Test(arguments: Vad.detectors) func trimPassesExactlyTheSegments(_ detector: String) throws {
        let audio = try conversation()
        let list = try Vad.run("segments", "--samples", "--raw", "--detector", detector, input: .bytes(audio))
        let expected = Vad.segments(list.text).flatMap { audio[Int($0[0]) * 2..<Int($0[1]) * 2] }
        let raw = try Vad.run("trim", "--raw", "--detector", detector, input: .bytes(audio))
        #expect(raw.output == expected && raw.status == 0)
        #expect(expected.count < audio.count - 80000)
        let wav = try Vad.run("trim", "--detector", detector, input: .bytes(Tone.header() + audio))
        #expect(wav.output == Tone.header() + expected)
    }

    @Test func trimKeepsTheFormatOfTheInput() throws {
        guard Tool.isInstalled("sox") else { return }
        let home = try Home()
        let made = try run(
            Command("sox", [Vad.card, "-r", "44100", "-c", "2", "-e", "float", "-b", "32", "in.wav"]), home: home)
        try #require(made.status == 0, "\(made)")
        let result = try Vad.run("trim", "in.wav", home: home)
        try write(result.output, to: "\(home.files)/out.wav")
        let format = try run(
            Command(
                "ffprobe",
                ["-v", "error", "-show_entries", "stream=sample_rate,channels,codec_name", "-of", "csv=p=0", "out.wav"]),
            home: home)
        #expect(format.text == "pcm_f32le,44100,2\n" || !Tool.isInstalled("ffprobe"))
        let whole = try contents(of: "\(home.files)/in.wav")
        let part = Array(result.output.suffix(4096))
        #expect(result.output.count > 1_000_000 && result.output.count < whole.count)
        #expect(whole.firstRange(of: part) != nil)
    }

    @Test(arguments: [["--max-speech", "1s"], ["--max-speech", "2s", "--cut-at-last-pause"], ["--padding", "400ms"]])
    func splitAndTrimAgree(_ options: [String]) throws {
        let home = try Home()
        let audio = try conversation()
        let list = try run(
            Command("vt-vad", Vad.with(["split", "--raw"] + options + ["parts"])), input: .bytes(audio), home: home)
        #expect(list.status == 0, "\(list)")
        let names = list.text.split(separator: "\n").map { $0.split(separator: "\t")[2] }
        #expect(names.map { String($0.dropFirst(6)) } == entries(of: "\(home.files)/parts").sorted())
        #expect(names.allSatisfy { $0.wholeMatch(of: /parts\/00h00m\d\d\.\d{3}s\.wav/) != nil })
        let parts = try names.flatMap { name -> [UInt8] in
            let file = try contents(of: "\(home.files)/\(name)")
            return Array(file[(try #require(file.firstRange(of: Array("data".utf8))).upperBound + 4)...])
        }
        let trimmed = try run(Command("vt-vad", Vad.with(["trim", "--raw"] + options)), input: .bytes(audio))
        #expect(parts == trimmed.output)
    }

    @Test(arguments: Vad.detectors) func gatePassesAllOrNothing(_ detector: String) throws {
        let audio = try conversation()
        let open = try Vad.run("gate", "--raw", "--detector", detector, input: .bytes(audio))
        #expect(open.output == audio && open.status == 0)
        let shorter = try Vad.run("gate", "--raw", "--detector", detector, "--pre-roll", "200ms", input: .bytes(audio))
        #expect(shorter.output.count < audio.count - 16000 && audio.suffix(shorter.output.count) == shorter.output[...])
        #expect(shorter.output.count > audio.count - 48000)
        let silence = Tone.header() + Tone.silence(seconds: 3)
        let closed = try Vad.run("gate", "--detector", detector, input: .bytes(silence))
        #expect(closed.output == [] && closed.status == 1 && closed.errors == "", "\(closed)")
    }

    @Test func trimOfSilenceIsAnEmptyStream() throws {
        let result = try Vad.run("trim", input: .bytes(Tone.header() + Tone.silence(seconds: 1)))
        #expect(result.output == Tone.header() && result.status == 1)
    }

    @Test func ctrlCOnAPipeGoesOnToItsEnd() throws {
        let audio = try conversation()
        let program = try start(Command("vt-vad", Vad.with(["segments", "--raw", "--events"])), input: .open)
        program.write(audio[..<64000])
        try program.waitForOutput("the beginning") { $0.contains("speech") }
        program.signal(SIGINT)
        program.write(audio[64000...])
        program.closeInput()
        let result = try program.finish()
        #expect(result.status == 0, "\(result)")
        #expect(try result.text == Vad.run("segments", "--raw", "--events", input: .bytes(audio)).text)
    }

    @Test(arguments: [[SIGINT, SIGINT], [SIGTERM], [SIGHUP]]) func otherSignalsEndIt(_ signals: [CInt]) throws {
        let home = try Home()
        let program = try start(
            Command("vt-vad", Vad.with(["split", "--raw", "parts"])), input: .open, home: home)
        program.write(try conversation()[..<96000])
        try eventually("an unfinished file") { entries(of: "\(home.files)/parts").contains { $0.hasSuffix(".part") } }
        for signal in signals {
            program.signal(signal)
            usleep(50000)
        }
        #expect(try program.finish().ending == .signalled(signals[0]))
        #expect(entries(of: "\(home.files)/parts").isEmpty)
    }
}
