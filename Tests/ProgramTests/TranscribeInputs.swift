import Glibc
import Harness
import Testing

@Suite struct TranscribeInputs {
    private let test: TranscribeHome

    init() throws {
        test = try TranscribeHome()
    }

    @Test func aPipeAFileAndAFIFOSayTheSame() throws {
        let audio = Tone.file(seconds: 0.5)
        try test.write(audio, to: "a.wav")
        mkfifo("\(test.home.files)/fifo", 0o600)
        let results = [
            try test.transcribe(input: .bytes(audio)), try test.transcribe("-", input: .bytes(audio)),
            try test.transcribe(input: .file("\(test.home.files)/a.wav")), try test.transcribe("a.wav"),
            try run(.shell("cat a.wav > fifo & vt-transcribe --no-gate --engine fake fifo"), home: test.home),
            try test.transcribe("--raw", input: .bytes(Tone.samples(seconds: 0.5))),
            try test.transcribe(
                "--raw", "--rate", "8000", "--channels", "2", input: .bytes(Tone.samples(seconds: 0.5))),
        ]
        for result in results {
            #expect(result.text == "bytes 16000\n", "\(result)")
            #expect(result.status == 0, "\(result)")
            #expect(result.errors.isEmpty, "\(result)")
        }
        #expect(entries(of: test.home.pending).isEmpty)
    }

    struct Bad: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: [UInt8]
        let status: CInt
        var errors = ""
        var text = ""

        init(_ name: String, _ bytes: [UInt8], _ status: CInt, errors: String = "", text: String = "") {
            (testDescription, self.bytes, self.status, self.errors, self.text) = (name, bytes, status, errors, text)
        }
    }

    @Test(arguments: [
        Bad("empty", [], 65, errors: "empty"),
        Bad("half a header", Array(Tone.header().prefix(30)), 65, errors: "header is cut off"),
        Bad("text", Array("Dear diary,\n".utf8), 65, errors: "looks like text"),
        Bad("samples without a header", Tone.samples(seconds: 0.1), 65, errors: "--raw"),
        Bad("FLAC", Array("fLaC".utf8) + [UInt8](repeating: 0, count: 100), 65, errors: "FLAC"),
        Bad(
            "truncated", Tone.header(dataSize: 32000) + Tone.samples(seconds: 0.5), 0, errors: "truncated",
            text: "bytes 16000\n"),
        Bad("half a sample", Tone.stream(seconds: 0.5) + [1], 0, errors: "no whole frame", text: "bytes 16000\n"),
        Bad(
            "sox's unknown length", Tone.header(dataSize: 0x7FFF_F000) + Tone.samples(seconds: 0.5), 0,
            text: "bytes 16000\n"),
        Bad("length 0 on a pipe", Tone.header(dataSize: 0) + Tone.samples(seconds: 0.5), 0, text: "bytes 16000\n"),
    ])
    func badAudioFromAPipe(bad: Bad) throws {
        let result = try test.transcribe(input: .bytes(bad.bytes))
        #expect(result.status == bad.status, "\(result)")
        #expect(result.errors.contains(bad.errors), "\(result)")
        #expect(result.text == bad.text, "\(result)")
        #expect(entries(of: test.home.pending).isEmpty, "what is no recording is not kept")
    }

    @Test func aHeaderAloneIsSilence() throws {
        for input in [Tone.header(), Tone.header(dataSize: 0), Tone.header() + Tone.silence(seconds: 1)] {
            let result = try test.transcribe(mode: "hears-nothing", input: .bytes(input))
            #expect(result.status == 1, "\(result)")
            #expect(result.text.isEmpty)
            #expect(entries(of: test.home.pending).isEmpty)
        }
    }

    @Test func strictlyATruncationFails() throws {
        try test.write(Tone.header(dataSize: 32000) + Tone.samples(seconds: 0.5), to: "a.wav")
        let result = try test.transcribe("--strict", "a.wav")
        #expect(result.status == 65, "\(result)")
        #expect(result.errors.contains("truncated"))
    }

    @Test(arguments: [("nosuch.wav", 66, "No such file"), (".", 66, "folder"), ("/dev/null/x", 66, "Not a directory")])
    func whatCannotBeOpened(path: String, status: CInt, words: String) throws {
        let result = try test.transcribe(path)
        #expect(result.status == status, "\(result)")
        #expect(result.errors.contains(words), "\(result)")
    }

    @Test func aClosedStandardInputIsNotEmptyAudio() throws {
        let result = try test.transcribe(input: .closed)
        #expect(result.status == 74, "\(result)")
        #expect(result.errors.contains("standard input"))
    }

    @Test func severalFilesAreNamed() throws {
        for name in ["a.wav", "b c.wav"] { try test.write(Tone.file(seconds: 0.25), to: name) }
        let lines = try test.transcribe("a.wav", "b c.wav")
        #expect(lines.text == "a.wav\tbytes 8000\nb c.wav\tbytes 8000\n")
        let objects = try test.transcribe("--format", "jsonl", "a.wav", "b c.wav").text.split(separator: "\n")
        #expect(objects.count == 2)
        #expect(objects.last?.hasPrefix(#"{"file":"b c.wav","event":"final","#) == true)
    }

    /// PEERS: a batch that failed ended with 0.
    @Test(
        arguments: [
            (["a.wav", "no.wav"], 2), (["no.wav", "a.wav"], 2), (["no.wav", "none.wav"], 66), (["no.wav", "text"], 2),
            (["text", "text"], 65), (["a.wav", "a.wav"], 0),
        ] as [([String], CInt)])
    func aBatchTellsWhatFailed(files: [String], status: CInt) throws {
        try test.write(Tone.file(seconds: 0.25), to: "a.wav")
        try test.write(Array("hello\n".utf8), to: "text")
        let result = try run(test.command(files), home: test.home)
        #expect(result.status == status, "\(result)")
        #expect(result.text.split(separator: "\n").count == files.filter { $0 == "a.wav" }.count, "the others are done")
        for file in files where file != "a.wav" { #expect(result.errors.contains("vt-transcribe: \(file)")) }
    }

    @Test func aTerminalIsNoAudio() throws {
        let terminal = try Terminal("vt-transcribe --engine fake", home: test.home)
        #expect(try terminal.finish() == [64])
        #expect(terminal.screen.contains("hint: "))
    }

    @Test(arguments: [
        ["--format", "mp3"], ["--format", "events"], ["--events", "--format", "txt"], ["--format", "srt", "a", "b"],
        ["--events", "a", "b"], ["-", "-"], ["--option", "mode"], ["--option", "=x"], ["--option", "other=1", "a.wav"],
        ["--engine", "a,,b"], ["--engine", "Bad Name"], ["--rate", "8000"], ["--raw", "--rate", "0"],
        ["--pending", "a/b"],
        ["--pending", "--list-pending"], ["--list-engines", "a.wav"], ["--pending-id", "../x"], ["--pending", "--raw"],
        ["--pending-id", "x", "--no-keep"], ["--timeout", "soon"], ["--nosuch"],
    ])
    func usage(arguments: [String]) throws {
        try test.write(Tone.file(seconds: 0.1), to: "a.wav")
        let result = try run(test.command(arguments), home: test.home)
        #expect(result.status == 64, "\(result)")
        #expect(result.errors.hasPrefix("vt-transcribe: "), "\(result)")
        #expect(result.text.isEmpty)
    }
}
