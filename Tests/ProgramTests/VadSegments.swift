import Glibc
import Harness
import Testing

@Suite(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata"))
struct VadSegments {
    @Test(arguments: Vad.detectors) func aPipeAndAFileAreTheSame(_ detector: String) throws {
        let audio = try contents(of: Vad.chapter)
        let file = try Vad.run("segments", "--detector", detector, Vad.chapter)
        #expect(file.status == 0 && file.errors == "", "\(file)")
        let segments = Vad.segments(file.text)
        #expect(!segments.isEmpty && segments.allSatisfy { $0.count == 2 && $0[0] < $0[1] && $0[1] <= 7.1 })
        for result in [
            try Vad.run("segments", "--detector", detector, input: .bytes(audio)),
            try Vad.run("segments", "--detector", detector, "-", input: .bytes(audio)),
            try Vad.run("segments", "--detector", detector, "--raw", input: .bytes(Array(audio.dropFirst(44)))),
        ] { #expect(result.text == file.text, "\(result)") }
    }

    @Test func formatsSayTheSame() throws {
        let tsv = try Vad.run("segments", Vad.card)
        let (start, end) = ("\(tsv.text.split(separator: "\t")[0])", "\(tsv.text.split(separator: "\t")[1].dropLast())")
        let object = "{\"start\":\(start),\"end\":\(end)}"
        #expect(try Vad.run("segments", "--format", "json", Vad.card).text == "[\n\(object)\n]\n")
        #expect(try Vad.run("segments", "--format", "jsonl", Vad.card).text == "\(object)\n")
        let samples = Vad.segments(try Vad.run("segments", "--samples", Vad.card).text)
        #expect(try abs(samples[0][0] / 16000 - #require(Double(start))) < 0.001)
    }

    @Test(arguments: Vad.detectors) func silenceIsStatus1(_ detector: String) throws {
        let silence = [UInt8](repeating: 0, count: 64000)
        for (format, expected) in [("tsv", ""), ("json", "[]\n"), ("jsonl", "")] {
            let result = try Vad.run(
                "segments", "--detector", detector, "--raw", "--format", format, input: .bytes(silence))
            #expect(result.status == 1 && result.text == expected && result.errors == "", "\(result)")
        }
    }

    /// The pipe gets no more than a second of silence and what ends 100 ms behind the beginning of the sound.
    @Test(arguments: Vad.detectors) func speechIsReportedWithin100Milliseconds(_ detector: String) throws {
        let data = try Vad.data(Vad.card)
        let arguments = ["segments", "--raw", "--events", "--detector", detector]
        let program = try start(Command("vt-vad", Vad.with(arguments)), input: .open)
        let soundBegins = 3200
        program.write([UInt8](repeating: 0, count: 32000))
        program.write(data[..<((soundBegins + 1600) * 2)])
        try program.waitForOutput("the beginning") { $0.contains("speech start=1.") }
        #expect(!program.text.contains("segment"))
        program.write(data[((soundBegins + 1600) * 2)...])
        program.closeInput()
        let result = try program.finish()
        #expect(result.text.contains("\nsegment start=1.") && result.status == 0, "\(result)")
    }

    @Test func probabilitiesAreALineForEachWindow() throws {
        let result = try Vad.run("probabilities", Vad.card)
        let lines = Vad.segments(result.text)
        // 56040 samples.
        #expect(lines.count == 110 && lines[109][0] == 3.488, "\(result)")
        #expect(lines.allSatisfy { (0...1).contains($0[1]) } && lines.contains { $0[1] > 0.9 })
    }

    @Test func anyRateAndChannelsAreHeard() throws {
        guard Tool.isInstalled("sox") else { return }
        let home = try Home()
        let expected = Vad.segments(try Vad.run("segments", Vad.chapter).text)
        for (name, options) in [
            ("8 kHz, mu-law-like telephone", ["-r", "8000"]),
            ("48 kHz stereo, 24 bit", ["-r", "48000", "-c", "2", "-b", "24"]),
            ("44.1 kHz, float", ["-r", "44100", "-e", "float", "-b", "32"]),
        ] {
            _ = try run(Command("sox", [Vad.chapter] + options + ["other.wav"]), home: home)
            let found = Vad.segments(try Vad.run("segments", "\(home.files)/other.wav", home: home).text)
            #expect(abs(found[0][0] - expected[0][0]) < 0.1, "\(name)")
            #expect(abs((found.last?[1] ?? 0) - (expected.last?[1] ?? 0)) < 0.25, "\(name)")
        }
    }

    @Test func theEnergyDetectorStandsInWithOneHint() throws {
        let result = try run("vt-vad", "segments", Vad.card)
        #expect(result.status == 0)
        #expect(
            result.errors.split(separator: "\n").count == 2
                && result.errors.contains("\nhint: vt-models install silero"))
        #expect(try result.text == Vad.run("segments", "--detector", "energy", Vad.card).text)
        #expect(try run("vt-vad", "--quiet", "segments", Vad.card).errors == "")
    }

    @Test(arguments: [
        // The chapter as it is; all of it as one segment, which is longer than what is held; silence without end.
        (["trim"], 1.0), (["trim", "--min-silence", "1m"], 1.0), (["segments"], 0.0), (["gate"], 0.0),
    ]) func memoryDoesNotGrow(_ arguments: [String], _ loudness: Double) throws {
        // Half an hour, faster than real time: most of it would be held if anything were.
        let home = try Home()
        let audio = try Vad.data(Vad.chapter).map { loudness == 0 ? 0 : $0 }
        let program = try start(
            Command("vt-vad", arguments + ["--raw", "--detector", "energy"]), input: .open,
            output: .file("\(home.files)/out"), home: home)
        for _ in 0..<250 { #expect(program.write(audio)) }
        #expect(try program.peakMemory < 24 << 20)
        program.closeInput()
        #expect(try program.finish(within: .seconds(120)).status == (loudness == 0 ? 1 : 0))
        if loudness > 0 { #expect(try contents(of: "\(home.files)/out").count > audio.count * 100) }
    }
}
