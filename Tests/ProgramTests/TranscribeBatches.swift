import Glibc
import Harness
import Testing

/// Several files, or kept recordings, and an engine that takes them in one process: `transcribe-files-v1`.
@Suite struct TranscribeBatches {
    private let test: TranscribeHome

    init() throws {
        test = try TranscribeHome()
        // Says which process it is and how many files that has had; --option at=N does something at the Nth file of a process.
        try test.home.addPlugin(
            "vt-transcribe-batch",
            """
            #!/bin/sh
            case $1 in
            describe) printf 'vt-plugin 1\\ninput s16le\\nfiles yes\\noption at what happens at the second file\\n' ;;
            transcribe-v1) printf 'final start=0 end=0\\talone %s\\n' "$(wc -c)" ;;
            transcribe-files-v1)
                echo start >>starts
                number=0
                while read -r file; do
                    number=$((number + 1))
                    printf 'final start=0 end=0.1\\t%s: %s bytes\\n' "$number" "$(wc -c <"$file")"
                    if [ $number = 2 ]; then
                        case $VT_OPTION_AT in
                        dies) kill -9 $$ ;;
                        dies-once) [ -f died ] || { touch died; kill -9 $$; } ;;
                        leaves) exit 0 ;;
                        gives-up) printf 'error\\tno more\\n'; exit 75 ;;
                        refuses) printf 'error\\tbad one\\n'; echo 'done status=65'; continue ;;
                        hangs) sleep 100 ;;
                        no-status) echo done; continue ;;
                        strange) echo 'done status=3'; continue ;;
                        talks) echo 'done status=0'; printf 'final start=0 end=0.1\\tlate\\n'; continue ;;
                        esac
                    fi
                    echo 'done status=0'
                done ;;
            *) exit 64 ;;
            esac
            """)
        for name in ["a.wav", "b.wav", "c.wav"] { try test.write(Tone.file(seconds: 1), to: name) }
    }

    private func transcribe(_ arguments: String...) throws -> Result {
        try run(Command("vt-transcribe", ["--no-gate", "--engine", "batch"] + arguments), home: test.home)
    }

    private var starts: Int { (try? contents(of: "\(test.home.files)/starts").count / 6) ?? 0 }

    /// A second of samples, and a header with room for RF64.
    private static func lines(_ numbers: Int...) -> [String] {
        zip(["a", "b", "c"], numbers).map { "\($0).wav\t\($1): 32080 bytes" }
    }

    @Test func oneProcessForAllFiles() throws {
        let result = try transcribe("a.wav", "b.wav", "c.wav")
        #expect(result.status == 0, "\(result)")
        #expect(result.text.split(separator: "\n").map(String.init) == Self.lines(1, 2, 3))
        #expect(starts == 1)
        #expect(entries(of: test.home.files).sorted() == ["a.wav", "b.wav", "c.wav", "starts"], "nothing is left")
    }

    @Test func oneFileIsNoBatch() throws {
        #expect(try transcribe("a.wav").text == "alone 32000\n")
        #expect(starts == 0)
    }

    @Test func whoDiesIsStartedAgainForTheSameFileOnce() throws {
        let once = try transcribe("--option", "at=dies-once", "a.wav", "b.wav", "c.wav")
        #expect(once.status == 0, "\(once)")
        #expect(once.text.split(separator: "\n").map(String.init) == Self.lines(1, 1, 2))
        #expect(starts == 2)
    }

    @Test(arguments: ["dies", "leaves"]) func whoAlwaysDiesAtItsSecondFileManages(at: String) throws {
        let result = try transcribe("--option", "at=\(at)", "a.wav", "b.wav", "c.wav")
        #expect(result.status == 0, "\(result)")
        #expect(result.text.split(separator: "\n").map(String.init) == Self.lines(1, 1, 1))
        #expect(starts == 3)
    }

    /// Its last words are the message, however it ends.
    @Test(arguments: [("kill -9 $$", 69), ("kill -11 $$", 76), ("exit 3", 76)])
    func whoDiesSaysWhy(end: String, status: CInt) throws {
        try test.home.addPlugin(
            "vt-transcribe-doomed",
            """
            #!/bin/sh
            case $1 in
            describe) printf 'vt-plugin 1\\nfiles yes\\n' ;;
            transcribe-v1) cat >/dev/null ;;
            transcribe-files-v1) read -r file; echo 'no memory left' >&2; \(end) ;;
            *) exit 64 ;;
            esac
            """)
        let result = try transcribe("--engine", "doomed", "a.wav", "b.wav")
        #expect(result.status == status, "\(result)")
        #expect(result.errors.contains("b.wav: doomed: no memory left"), "\(result)")
    }

    /// The text that came before the failure is out, as from transcribe-v1.
    @Test(arguments: [
        ("refuses", "bad one", [1, 2, 3]), ("gives-up", "no more", [1, 2, 1]), ("strange", "status 3", [1, 2, 3]),
    ])
    func aBadFileDoesNotStopTheOthers(at: String, words: String, numbers: [Int]) throws {
        let result = try transcribe("--option", "at=\(at)", "a.wav", "b.wav", "c.wav")
        #expect(result.status == 2, "\(result)")
        #expect(
            result.text.split(separator: "\n").map(String.init) == Self.lines(numbers[0], numbers[1], numbers[2]))
        #expect(result.errors.contains("b.wav: batch: \(words)") || result.errors.contains(words), "\(result)")
    }

    @Test func aDoneWithoutAStatusIsTriedAgain() throws {
        let result = try transcribe("--option", "at=no-status", "a.wav", "b.wav")
        #expect(result.text.split(separator: "\n").map(String.init) == Self.lines(1, 1), "\(result)")
    }

    @Test func eachFileHasItsTime() throws {
        let result = try transcribe("--option", "at=hangs", "--timeout", "1s", "a.wav", "b.wav", "c.wav")
        #expect(result.status == 2, "\(result)")
        #expect(result.errors.contains("has not answered"), "\(result)")
        #expect(result.text.hasSuffix("c.wav\t1: 32080 bytes\n"), "\(result)")
    }

    @Test func aSignalEndsItAndLeavesNothing() throws {
        let program = try Harness.start(
            Command("vt-transcribe", ["--no-gate", "--engine", "batch", "--option", "at=hangs", "a.wav", "b.wav"]),
            home: test.home)
        try program.waitForOutput("the first") { $0.contains("a.wav") }
        program.signal(SIGTERM)
        #expect(try program.finish().ending == .signalled(SIGTERM))
        #expect(program.stragglers.isEmpty)
        #expect(entries(of: test.home.files).sorted() == ["a.wav", "b.wav", "c.wav", "starts"])
    }

    @Test func keptRecordingsToo() throws {
        for id in ["x1", "x2", "x3"] {
            _ = try test.transcribe("--pending-id", id, mode: "refuses", input: .bytes(Tone.stream(seconds: 1)))
        }
        let result = try transcribe("--pending")
        #expect(result.status == 0, "\(result)")
        #expect(
            result.text.split(separator: "\n") == [
                "x1\t1: 32080 bytes", "x2\t2: 32080 bytes", "x3\t3: 32080 bytes",
            ])
        #expect(starts == 1)
        #expect(test.kept.isEmpty)
    }

    @Test func aChainHasOneProcessForEachEngine() throws {
        let result = try run(
            Command(
                "vt-transcribe",
                ["--no-gate", "--engine", "batch,fake", "--option", "at=gives-up", "a.wav", "b.wav", "c.wav"]),
            home: test.home)
        #expect(result.status == 0, "\(result)")
        // The retry of the second file begins a process; it goes on behind what was written.
        #expect(result.text.hasPrefix("a.wav\t1: 32080 bytes\nb.wav\t2: 32080 bytes\nb.wav\t1: "), "\(result)")
    }
}
