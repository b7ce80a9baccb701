import Glibc
import Harness
import Testing
import Text

@Suite struct TranscribeOutputs {
    private let test: TranscribeHome
    private let audio = Tone.file(seconds: 0.5)

    init() throws {
        test = try TranscribeHome()
        try test.write(audio, to: "a.wav")
    }

    @Test(arguments: [
        ("txt", "bytes 16000\n"), ("srt", "1\n00:00:00,000 --> 00:00:01,000\nbytes 16000\n\n"),
        ("vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nbytes 16000\n\n"),
        ("tsv", "start\tend\ttext\n0\t1000\tbytes 16000\n"),
        (
            "json",
            #"{"text":"bytes 16000","segments":[{"id":0,"start":0.000,"end":1.000,"text":"bytes 16000"}]}"# + "\n"
        ),
        ("jsonl", #"{"event":"final","start":0.000,"end":1.000,"text":"bytes 16000"}"# + "\n"),
    ])
    func eachFormat(format: String, expected: String) throws {
        let result = try test.transcribe("--format", format, "a.wav")
        #expect(result.text == expected)
        #expect(result.status == 0)
    }

    @Test(arguments: ["srt", "vtt", "tsv"])
    func timesAreNotInvented(format: String) throws {
        let result = try test.transcribe("--format", format, "a.wav", mode: "timeless")
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains(format) && result.errors.contains("fake"), "\(result)")
    }

    /// PEERS: no flush when piped.
    @Test(arguments: [("--format=txt", "hello\n"), ("--events", "partial\thel\nfinal start=0.000 end=1.000\thello\n")])
    func whatIsFinalIsWrittenAtOnce(option: String, expected: String) throws {
        let program = try test.start(option, mode: "at-once")
        program.write(Tone.header() + Tone.samples(seconds: 0.1))
        try program.waitForOutput("the first utterance") { $0 == expected }
        program.closeInput()
        #expect(try program.finish().status == 0)
    }

    @Test func whatActsOnATerminalIsRemoved() throws {
        #expect(try test.transcribe("a.wav", mode: "controls").text == "a[2Jbc\u{FFFD}d\n")
    }

    @Test func aFileGetsItsNameWhenItIsComplete() throws {
        #expect(try test.transcribe("-o", "out.txt", "a.wav").status == 0)
        #expect(try text(of: "\(test.home.files)/out.txt") == "bytes 16000\n")
        #expect(try test.transcribe("-o", "none.txt", "a.wav", mode: "refuses").status == 75)
        #expect(entries(of: test.home.files).filter { $0.hasPrefix("none") }.isEmpty)
        let result = try test.transcribe("-o", "nosuch/out.txt", "a.wav")
        #expect(result.status == 73, "\(result)")
    }

    @Test func anInterruptedFileLeavesNothing() throws {
        let program = try test.start("-o", "out.txt", "a.wav", mode: "hangs", input: .none)
        try eventually("the unfinished file") { entries(of: test.home.files).contains { $0.hasPrefix("out.txt.") } }
        try eventually("the engine") { !program.stragglers.isEmpty }
        program.signal(SIGTERM)
        #expect(try program.finish().ending == .signalled(SIGTERM))
        #expect(entries(of: test.home.files).filter { $0.hasPrefix("out.txt") }.isEmpty)
    }

    @Test func anEngineThatOthersMayWriteIsRefused() throws {
        chmod("\(test.home.plugins)/vt-transcribe-fake", 0o777)
        let result = try test.transcribe("a.wav")
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("others"))
        #expect(try test.bare("--list-engines").text.contains("refused"))
    }

    @Test func enginesAreListedAndNotRun() throws {
        let script = "#!/bin/sh\ntouch '\(test.home.files)/was-run'\n"
        try test.home.addPlugin("vt-transcribe-other", script)
        let lines = try test.bare("--list-engines").text.split(separator: "\n")
        // Nobody has asked it what it is.
        #expect(lines.contains("fake\t\(test.home.plugins)/vt-transcribe-fake\t\t\t\t\t"))
        #expect(lines.contains { $0.hasPrefix("other\t") })
        #expect(lines.contains { $0.hasPrefix("pocketsphinx\t") }, "the bundled one")
        #expect(!entries(of: test.home.files).contains("was-run"))
    }

    @Test func anEngineThatDoesNotExist() throws {
        let result = try test.bare("--engine", "nosuch", "a.wav")
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("nosuch"))
    }
}
