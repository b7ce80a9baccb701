import Glibc
import Harness
import Testing

/// A person's work is never overwritten.
@Suite struct TranscribeOwnWork {
    private let test: TranscribeHome

    init() throws {
        test = try TranscribeHome()
        try makeDirectories("\(test.home.files)/films")
        try test.write(Tone.file(seconds: 0.5), to: "films/a.wav")
    }

    private var files: String { test.home.files }

    private func transcribe(_ arguments: String...) throws -> Result {
        let fixed = ["-r", "films", "--output-dir", "films", "--format", "srt", "--strip-extension"]
        return try run(test.command(fixed + arguments), home: test.home)
    }

    private func correct() throws -> String {
        let corrected = try text(of: "\(files)/films/a.srt").replacing("bytes", with: "BYTES")
        try write(corrected.utf8, to: "\(files)/films/a.srt")
        return corrected
    }

    @Test(arguments: [["--resume"], ["--resume", "--prompt", "x"], []]) func correctionsStay(options: [String]) throws {
        #expect(try transcribe("-q").status == 0)
        let corrected = try correct()
        let result = try run(
            test.command(
                ["-r", "films", "--output-dir", "films", "--format", "srt", "--strip-extension", "--report", "report"]
                    + options), home: test.home)
        #expect(result.status == 0, "\(result)")
        #expect(try text(of: "\(files)/films/a.srt") == corrected)
        let isNew = options != ["--resume"]
        #expect(entries(of: "\(files)/films").contains("a.new.srt") == isNew)
        #expect(result.errors.contains("films/a.new.srt") == isNew, "\(result)")
        #expect(try text(of: "\(files)/report").contains("a.new.srt") == isNew)
    }

    @Test func overwriteIsAskedFor() throws {
        #expect(try transcribe("-q").status == 0)
        let corrected = try correct()
        #expect(try transcribe("--overwrite").status == 0)
        #expect(try text(of: "\(files)/films/a.srt") != corrected)
        #expect(entries(of: "\(files)/films") == [".vt-records", "a.srt", "a.wav"])
    }

    /// The time of the recording says nothing about what is in it; what is in it does.
    @Test func aTouchedRecordingIsNotTranscribedAgain() throws {
        #expect(try transcribe("-q").status == 0)
        utimensat(
            AT_FDCWD, "\(files)/films/a.wav", [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)], 0)
        #expect(try transcribe("--resume", "--dry-run").text.hasPrefix("complete\t"))
        #expect(try transcribe("--resume").errors == "vt-transcribe: 0 transcribed, 1 complete before\n")
        var other = Tone.file(seconds: 0.5)
        other[other.count - 1] ^= 1
        try test.write(other, to: "films/a.wav")
        #expect(try transcribe("--resume", "--dry-run").text.hasPrefix("transcribe\t"))
    }

    @Test(arguments: ["out.txt", "out", "./sub.d/out"]) func aNamedFileStaysToo(name: String) throws {
        try makeDirectories("\(files)/sub.d")
        let path = "\(files)/\(name)"
        let keepsNotes = try run(.shell("touch x; setfattr -n user.x -v 1 x 2>/dev/null"), home: test.home).status == 0
        for _ in 0..<2 { #expect(try test.transcribe("-o", name, "films/a.wav").status == 0) }
        #expect(try text(of: path) == "bytes 16000\n")
        try write("mine\n".utf8, to: path)
        let result = try test.transcribe("-o", name, "films/a.wav")
        #expect(result.status == 0)
        #expect(try text(of: path) == "mine\n")
        let other = name == "out.txt" ? "out.new.txt" : "\(name).new"
        #expect(try text(of: "\(files)/\(other)") == "bytes 16000\n")
        #expect(result.errors.contains(other), "\(result)")
        try test.write(Tone.file(seconds: 0.25), to: "films/b.wav")
        #expect(try test.transcribe("-o", name, "films/b.wav").status == 0)
        if keepsNotes { #expect(try text(of: "\(files)/\(other)") == "bytes 8000\n", "what vt has made is replaced") }
        #expect(try test.transcribe("--overwrite", "-o", name, "films/b.wav").status == 0)
        #expect(try text(of: path) == "bytes 8000\n")
    }

    @Test func aReportReplacesNothingButReports() throws {
        try write("notes\n".utf8, to: "\(files)/notes")
        let result = try test.transcribe("films/a.wav", "--report", "notes")
        #expect(result.status == 73 && result.errors.contains("notes"), "\(result)")
        #expect(try text(of: "\(files)/notes") == "notes\n")
        for _ in 0..<2 { #expect(try test.transcribe("films/a.wav", "--report", "report").status == 0) }
        #expect(try text(of: "\(files)/report").split(separator: "\n").count == 1)
    }

    @Test func itIsForFiles() throws {
        #expect(try test.transcribe("--overwrite", "films/a.wav").status == 64)
    }
}
