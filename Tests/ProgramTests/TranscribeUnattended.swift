import Glibc
import Harness
import Testing
import Text

/// A batch that nobody watches: what is odd costs no more than itself, and is told.
@Suite struct TranscribeUnattended {
    private let test: TranscribeHome

    init() throws {
        test = try TranscribeHome()
        for name in ["a.wav", "b.wav"] { try test.write(Tone.file(seconds: 0.25), to: name) }
    }

    private var files: String { test.home.files }

    private func shell(_ script: String) throws -> Result { try run(.shell(script), home: test.home) }

    /// What `find` without `-type f` names: a FIFO that nobody writes to would hold up all the others.
    @Test func aFIFOInAListIsNotWaitedFor() throws {
        mkfifo("\(files)/fifo", 0o600)
        let result = try shell(
            "printf '%s\\n' fifo a.wav | vt-transcribe --no-gate --engine fake --files-from - --output-dir out")
        #expect(result.status == 2, "\(result)")
        #expect(result.errors.contains("fifo is no file; --output-dir is for files"), "\(result)")
        #expect(try text(of: "\(files)/out/a.wav.txt") == "bytes 8000\n")
    }

    @Test func aPipeHasNoLengthThatCouldBeCounted() throws {
        let result = try test.transcribe("--max-audio", "1h", input: .bytes(Tone.stream(seconds: 0.25)))
        #expect(result.status == 64, "\(result)")
        #expect(result.errors == "vt-transcribe: standard input is no file; --max-audio is for files\n", "\(result)")
        #expect(test.kept == [])
    }

    @Test func aListOfWindowsIsExplained() throws {
        let result = try shell("printf 'a.wav\\r\\n' | vt-transcribe --no-gate --engine fake --files-from -")
        #expect(result.status == 66, "\(result)")
        #expect(result.errors.contains("hint: its name ends with a carriage return"), "\(result)")
    }

    /// As `*.wav` in a large folder; options may be in front, behind and between.
    @Test func aLongCommandLineIsRead() throws {
        let names = Array(repeating: ["a.wav", "no\u{FC}.wav", "", "-", "b.wav"], count: 4000).flatMap(\.self)
        let result = try run(
            Command(
                "vt-transcribe",
                ["--no-gate", "--engine", "fake", "-q", "--dry-run", "first.wav"] + names + ["--format", "jsonl"]
                    + names.prefix(500)
                    + ["--", "-x.wav"] + names.prefix(300)),
            home: test.home)
        #expect(
            result.status == 64 && result.errors.contains("standard input can be read only once"), "\(result.errors)")
        let files = names.filter { $0 != "-" }
        let listed = try run(
            Command(
                "vt-transcribe",
                ["--no-gate", "--engine", "fake", "-q", "--dry-run", "a.wav"] + files + ["--format", "jsonl"]
                    + files.prefix(400) + ["--", "-x.wav"] + files.prefix(400)),
            home: test.home)
        #expect(listed.status == 2)
        let lines = listed.text.split(separator: "\n")
        #expect(lines.count == 1 + 8000 + 400, "each a.wav and b.wav")
        #expect(lines[1...].prefix(2) == ["transcribe\t0.250\ta.wav", "transcribe\t0.250\tb.wav"])
        #expect(listed.errors.split(separator: "\n").count == 8000 + 400 + 1, "those that are not there")
    }

    @Test func aCountMayStandBehindItsLetter() throws {
        let result = try test.transcribe("-j2", "a.wav", "b.wav")
        #expect(result.status == 0 && result.text == "a.wav\tbytes 8000\nb.wav\tbytes 8000\n", "\(result)")
    }

    /// Of several workers the first that cannot write says it.
    @Test func aClosedOutputIsToldOnce() throws {
        let result = try shell(
            "vt-transcribe --no-gate --engine fake -j 4 a.wav b.wav a.wav b.wav a.wav b.wav >/dev/full")
        #expect(result.status == 74, "\(result)")
        #expect(result.errors == "vt-transcribe: standard output: No space left on device (write)\n", "\(result)")
    }

    /// The engine is not asked, perhaps for money and every night again, for what can't be written then.
    @Test func aNameThatIsTooLongCostsNothing() throws {
        let name = String(repeating: "x", count: 251) + ".wav"
        try test.write(Tone.file(seconds: 0.25), to: name)
        let result = try test.transcribe(name, "a.wav", "--output-dir", "out", "--report", "report")
        #expect(result.status == 2, "\(result)")
        #expect(result.errors.contains("File name too long"), "\(result)")
        let first = try text(of: "\(files)/report").split(separator: "\n").first.flatMap {
            JSONValue(parsing: String($0))
        }
        #expect(first?["status"]?.integer == 73 && first?["attempts"]?.integer == 0, "\(String(describing: first))")
    }

    /// What can't be written is not paid for thirty times.
    @Test(.enabled(if: SmallDisk.isPossible, "needs to mount a small disk")) func aFullDiskEndsTheRun() throws {
        let disk = try SmallDisk(kibibytes: 24)
        try makeDirectories("\(files)/many")
        for number in 10..<40 { try test.write(Tone.file(seconds: 0.25), to: "many/\(number).wav") }
        let result = try test.transcribe("-r", "many", "--output-dir", disk.path, "--report", "report")
        #expect(result.status == 2, "\(result)")
        #expect(result.errors.contains("No space left on device"), "\(result)")
        #expect(result.errors.contains("what is left is not tried"), "\(result)")
        let outcomes = try text(of: "\(files)/report").split(separator: "\n").reduce(into: [:]) { counts, line in
            counts[JSONValue(parsing: String(line))?["outcome"]?.string ?? "", default: 0] += 1
        }
        #expect(outcomes["failed"] == 1 && outcomes["not tried", default: 0] > 20, "\(outcomes)")
        let texts = entries(of: disk.path).filter { $0.hasSuffix(".txt") }
        #expect(texts.count == outcomes["done"] && texts.count > 0, "\(texts)")
        for name in texts { #expect(try text(of: "\(disk.path)/\(name)") == "bytes 8000\n") }
    }

    @Test func anOutputFolderThatIsNoneEndsTheRun() throws {
        let names = (10..<30).map { "\($0).wav" }
        for name in names { try test.write(Tone.file(seconds: 0.25), to: name) }
        let result = try run(
            Command(
                "vt-transcribe",
                ["--no-gate", "--engine", "fake", "--output-dir", "a.wav", "--report", "report"] + names),
            home: test.home)
        #expect(result.status == 73, "\(result)")
        #expect(result.errors.contains("Not a directory"), "\(result)")
        let outcomes = try text(of: "\(files)/report").split(separator: "\n").compactMap {
            JSONValue(parsing: String($0))?["outcome"]?.string
        }
        #expect(outcomes == ["failed"] + Array(repeating: "not tried", count: 19), "\(outcomes)")
    }

    /// `ulimit -f`, or a file system's own limit.
    @Test func anOutputThatMayNotGrowIsAFailure() throws {
        let result = try shell("ulimit -f 0; vt-transcribe --no-gate --engine fake a.wav b.wav --output-dir out")
        #expect(result.status == 74, "\(result)")
        #expect(result.errors.contains("b.wav: out/b.wav.txt: File too large (write)"), "\(result)")
        #expect(entries(of: "\(files)/out") == [".vt-records"])
        #expect(try text(of: "\(files)/out/.vt-records").isEmpty)
    }

    /// A run that is repeated, by hand or by another program, ends as the first one.
    @Test func whatIsDamagedStaysAFailure() throws {
        let encoded = try shell(
            "vt-encode -f flac <a.wav >a.flac && head -c $(($(wc -c <a.flac) / 2)) a.flac >half.flac")
        #expect(encoded.status == 0, "\(encoded)")
        let first = try test.transcribe("half.flac", "b.wav", "--output-dir", "out", "--resume")
        #expect(first.status == 2 && first.errors.contains("half.flac: truncated"), "\(first)")
        let again = try test.transcribe("half.flac", "b.wav", "--output-dir", "out", "--resume", "--report", "report")
        #expect(again.status == 2, "\(again)")
        #expect(
            again.errors.contains("half.flac is damaged; what could be decoded was transcribed before"), "\(again)")
        let outcomes = try text(of: "\(files)/report").split(separator: "\n").compactMap {
            JSONValue(parsing: String($0))?["outcome"]?.string
        }
        #expect(outcomes == ["complete", "complete"], "it is not done again")
    }

    /// An engine that fails to say a time once is not an engine without times.
    @Test func anOddAnswerIsItsInputsAlone() throws {
        try test.home.addPlugin(
            "vt-transcribe-forgetful",
            """
            #!/bin/sh
            case $1 in
            describe) printf 'vt-plugin 1\\ninput s16le\\n' ;;
            transcribe-v1)
                case $(wc -c) in
                16000) printf 'final\\tno times\\n' ;;
                *) printf 'final start=0 end=0.2\\ttimes\\n' ;;
                esac ;;
            *) exit 64 ;;
            esac
            """)
        try test.write(Tone.file(seconds: 0.5), to: "odd.wav")
        func transcribe(_ inputs: String...) throws -> Result {
            try run(
                Command(
                    "vt-transcribe",
                    ["--no-gate", "--engine", "forgetful", "--format", "srt", "--output-dir", "out"] + inputs),
                home: test.home)
        }
        let result = try transcribe("a.wav", "odd.wav", "b.wav")
        #expect(result.status == 2, "\(result)")
        #expect(entries(of: "\(files)/out").filter { $0.hasSuffix(".srt") } == ["a.wav.srt", "b.wav.srt"], "\(result)")
        // Also if it is the first: nothing is wrong with what the user has said.
        let early = try transcribe("odd.wav", "a.wav", "b.wav")
        #expect(early.status == 2 && early.errors.contains("odd.wav: forgetful does not say when"), "\(early)")
    }

    @Test(.enabled(if: Tool.isInstalled("ffmpeg"), "needs ffmpeg")) func aFilmWithoutSoundIsTold() throws {
        let made = try shell("ffmpeg -nostdin -v error -f lavfi -i testsrc=duration=1:size=64x64 silent.mp4")
        #expect(made.status == 0, "\(made)")
        let result = try test.transcribe("silent.mp4")
        #expect(result.status == 65, "\(result)")
        #expect(
            result.errors == "vt-transcribe: silent.mp4: is MP4 (M4A, MOV), but there is no sound in it\n", "\(result)")
        try test.write(Array(contents(of: "\(files)/silent.mp4").prefix(40)), to: "half.mp4")
        let half = try test.transcribe("half.mp4")
        #expect(half.status == 65 && !half.errors.contains("/proc/"), "\(half)")
    }
}
