import Glibc
import Harness
import Testing

/// Every input is accounted for: what is passed over in folders is counted, and named where that is asked for.
@Suite struct TranscribePassedOver {
    private let test: TranscribeHome

    init() throws {
        test = try TranscribeHome()
        try makeDirectories("\(test.home.files)/in")
    }

    private func add(_ names: String...) throws {
        for name in names { try test.write(Array("nothing that anybody could hear".utf8), to: "in/\(name)") }
    }

    @Test func whatHoldsNoAudioIsCountedByItsKind() throws {
        try test.write(Tone.file(seconds: 0.25), to: "in/a.wav")
        try add("cover.jpg", "back.jpg", "film.xyz", "README", "a.wav.srt", ".vt.lock", ".notes.swp", ".DS_Store")
        mkfifo("\(test.home.files)/in/fifo.wav", 0o600)
        let result = try test.transcribe("-r", "in")
        #expect(result.status == 0 && result.text == "in/a.wav\tbytes 8000\n", "\(result)")
        #expect(
            result.errors.contains(
                "passed over: 4 without audio (2 .jpg, 1 .xyz, 1 no extension), 1 not a regular file"),
            "\(result)")
        let named = try test.transcribe("-r", "in", "--output-dir", "out", environment: ["VT_LOG": "info"])
        for name in ["cover.jpg", "film.xyz", "README", "a.wav.srt", "fifo.wav"] {
            #expect(named.errors.contains("in/\(name) is passed over"), "\(named)")
        }
        #expect(try test.transcribe("-r", "in", "-q").errors.isEmpty)
    }

    @Test(arguments: [[], ["--output-dir", "out"], ["--dry-run"]]) func nothingAtAllIsAFailure(options: [String]) throws
    {
        try add("film.xyz")
        let result = try run(test.command(["-r", "in"] + options), home: test.home)
        #expect(result.status == 66 && result.output.isEmpty, "\(result)")
        #expect(result.errors.contains("no audio") && result.errors.contains("1 .xyz"), "\(result)")
    }

    /// There is nothing yet; the next run has it.
    @Test(
        arguments: [
            "talk.wav.part", "talk.wav.crdownload", "talk.wav.filepart", "talk.wav.tmp", "talk.wav.!ut", "talk.wav.!qB",
            "talk.wav.download", "talk.partial", ".talk.wav.aB3xYz", "~syncthing~talk.wav.tmp",
            ".syncthing.talk.wav.tmp",
            "talk.webm.part-Frag3", "talk.wav.opdownload",
        ])
    func unfinishedTransfersWait(name: String) throws {
        try test.write(Tone.file(seconds: 0.25), to: "in/\(name)")
        let result = try test.transcribe("-r", "in", "--output-dir", "out")
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("1 not complete"), "\(result)")
        #expect(entries(of: "\(test.home.files)/out").isEmpty)
        // One that is named is what was asked for.
        #expect(try test.transcribe("in/\(name)").text == "bytes 8000\n")
    }

    /// What a list says in another encoding: PowerShell's, and an editor's.
    @Test(arguments: ["utf-16le", "utf-16be", "utf-8"]) func listsWithAByteOrderMark(encoding: String) throws {
        for name in ["ü 𝄞.wav", "b.wav"] { try test.write(Tone.file(seconds: 0.25), to: name) }
        let text = "\u{FEFF}ü 𝄞.wav" + (encoding == "utf-8" ? "\nb.wav" : "\r\nb.wav\r\n")
        let units = Array(text.utf16)
        let list: [UInt8] =
            switch encoding {
            case "utf-16le": units.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
            case "utf-16be": units.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
            default: Array(text.utf8)
            }
        let result = try test.transcribe("--files-from", "-", input: .paced(list, bytesPerSecond: 2000))
        #expect(result.text == "ü 𝄞.wav\tbytes 8000\nb.wav\tbytes 8000\n", "\(result)")
    }

    @Test(arguments: [10, 12, 14, 16]) func tooFewDescriptorsNameTheInput(limit: Int) throws {
        try test.write(Tone.file(seconds: 0.25), to: "a.wav")
        let result = try run(
            .shell("ulimit -n \(limit); vt-transcribe --no-gate --engine fake a.wav"), home: test.home)
        #expect(result.status != 0, "\(result)")
        #expect(result.errors.contains("a.wav: ") && result.errors.contains("Too many open files"), "\(result)")
    }
}
