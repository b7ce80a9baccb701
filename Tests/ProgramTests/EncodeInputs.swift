import Harness
import Testing

/// What vt-encode refuses, and how it says so.
@Suite struct EncodeInputs {
    let home: Home

    init() throws {
        home = try Home()
        try write(Tone.file(seconds: 1), to: "\(home.files)/a.wav")
    }

    @Test(
        arguments: [
            ([], 64, "say the format"), (["-o", "a.xyz", "a.wav"], 64, "names no format"),
            (["-f", "aac"], 64, "aac"), (["-f", "wav", "--bitrate", "32k", "a.wav"], 64, "means nothing to wav"),
            (["-f", "opus", "--bitrate", "1k", "a.wav"], 64, "6000 to 510000"),
            (["-f", "opus", "--bitrate", "fast", "a.wav"], 64, "fast"),
            (["-f", "opus", "--complexity", "11", "a.wav"], 64, "0 to 10"),
            (["-f", "mp3", "--complexity", "1", "a.wav"], 64, "means nothing to mp3"),
            (["-f", "flac", "--page", "40ms", "a.wav"], 64, "--page is for opus"),
            (["-f", "opus", "--page", "30ms", "a.wav"], 64, "multiple of 20ms"),
            (["-f", "opus", "--page", "2s", "a.wav"], 64, "multiple of 20ms"),
            (["-f", "mp3", "--rate", "44000", "a.wav"], 64, "44100"),
            (["-f", "opus", "--channels", "3", "a.wav"], 64, "at most 2 channels"),
            (["-f", "opus", "--sample-format", "s16le", "a.wav"], 64, "doesn't store samples"),
            (["-f", "wav", "--rate", "1", "a.wav"], 64, "1000 to 768000"),
            (["-f", "wav", "nowhere.wav"], 66, "nowhere.wav: No such file"), (["-f", "wav", "."], 66, "is a folder"),
            (["-f", "wav", ""], 64, "needs a name"), (["a.wav", "-o", "nowhere/a.flac"], 73, "cannot create"),
            (["a.wav", "-f", "wav", "-o", ""], 64, "needs a name"),
        ] as [([String], CInt, String)]) func statuses(arguments: [String], status: CInt, message: String) throws
    {
        let result = try run(Command("vt-encode", arguments), home: home)
        #expect(result.status == status, "\(result)")
        #expect(result.errors.contains(message), "\(result)")
        #expect(result.text == "")
        #expect(entries(of: home.files) == ["a.wav"])
    }

    @Test func noAudioLeavesNoFile() throws {
        for bytes in [Array("text\n".utf8), [], [UInt8](repeating: 7, count: 100_000)] {
            let result = try run("vt-encode", "-o", "b.flac", input: .bytes(bytes), home: home)
            #expect(result.status == 65, "\(result)")
            #expect(entries(of: home.files) == ["a.wav"])
        }
    }

    @Test(arguments: ["flac", "opus", "vorbis", "mp3"]) func whatCanBeDecodedIsKept(format: String) throws {
        // To a pipe: the length is not known.
        let whole = try run("vt-encode", "-f", format, input: .bytes(Tone.stream(seconds: 8)), home: home).output
        for arguments in [[], ["--quiet"]] {
            let result = try run(
                Command("vt-encode", ["-o", "b.wav"] + arguments),
                input: .bytes(Array(whole.prefix(whole.count * 3 / 4 + 1))),
                home: home)
            #expect(result.status == 65, "\(result)")
            // Said once.
            #expect(result.errors.split(separator: "\n").count == 1 && result.errors.contains("truncated"), "\(result)")
            let kept = try contents(of: "\(home.files)/b.wav").count
            #expect((32000 * 4...32000 * 7).contains(kept), "\(kept)")
        }
    }

    @Test func aTruncatedWAVIsWarnedAbout() throws {
        let cut = Array(Tone.file(seconds: 2).dropLast(1000))
        let result = try run("vt-encode", "-f", "flac", input: .bytes(cut), home: home)
        #expect(result.status == 0)
        #expect(result.errors.contains("truncated"), "\(result)")
        let strict = try run("vt-encode", "-f", "flac", "--strict", "-o", "b.flac", input: .bytes(cut), home: home)
        #expect(strict.status == 65, "\(strict)")
        #expect(try run("vt-encode", "-f", "wav", "b.flac", home: home).output.count == 44 + 64000 - 1000)
    }

    @Test func rawIsDescribedByTheOptions() throws {
        let samples = Tone.samples(seconds: 1)
        let result = try run(
            "vt-encode", "--raw", "--rate", "8000", "--channels", "2", "-f", "wav", input: .bytes(samples), home: home)
        #expect(result.status == 0)
        #expect(result.output.dropFirst(44).elementsEqual(samples))
        #expect(Array(result.output[22..<28]) == [2, 0, 0x40, 0x1F, 0, 0])
    }

    @Test func aTerminalIsRefused() throws {
        let reading = try Terminal("vt-encode -f wav >out", home: home)
        #expect(try reading.finish() == [64])
        let writing = try Terminal("vt-encode -f wav a.wav", home: home)
        #expect(try writing.finish() == [64])
    }

    @Test func severalChannelsAreMixedWithAWarning() throws {
        let samples = [UInt8](repeating: 0, count: 12 * 16000)
        let six = try run(
            "vt-encode", "--raw", "--channels", "6", "-f", "wav", input: .bytes(samples), home: home
        ).output
        let result = try run("vt-encode", "-f", "opus", input: .bytes(six), home: home)
        #expect(result.status == 0)
        #expect(result.errors.contains("6 channels are mixed to 2"), "\(result)")
        let asked = try run("vt-encode", "-f", "opus", "--channels", "1", input: .bytes(six), home: home)
        #expect(asked.errors == "", "\(asked)")
    }
}
