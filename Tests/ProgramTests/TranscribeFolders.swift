import Glibc
import Harness
import Testing
import Text

/// Folders and lists of recordings, a file for each transcript.
@Suite struct TranscribeFolders {
    private let test: TranscribeHome

    init() throws {
        test = try TranscribeHome()
    }

    private var files: String { test.home.files }

    /// - Parameter lengths: names below the programs' folder, and seconds.
    private func make(_ lengths: KeyValuePairs<String, Double>) throws {
        for (name, seconds) in lengths {
            try makeDirectories("\(files)/\(name)".split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" })
            try test.write(Tone.file(seconds: seconds), to: name)
        }
    }

    /// All files below a folder, in order.
    private func tree(_ folder: String) -> [String] {
        entries(of: "\(files)/\(folder)").flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            var status = stat()
            return lstat("\(files)/\(path)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? tree(path) : [path]
        }
    }

    private func reports(_ name: String = "report") throws -> [JSONValue] {
        try text(of: "\(files)/\(name)").split(separator: "\n").map {
            try #require(JSONValue(parsing: String($0)), "\($0)")
        }
    }

    private func bash(_ script: String) throws -> Result {
        try run(Command("bash", ["-c", script]), home: test.home)
    }

    @Test func aTreeIsMirrored() throws {
        try make(["in/a.wav": 0.25, "in/b c/d.wav": 0.5, "in/b c/deep/ü.wav": 0.75])
        try test.write(Array("notes".utf8), to: "in/notes.txt")
        let result = try test.transcribe(
            "--recursive", "in", "--output-dir", "out/put", "--format", "txt,srt,json", "--report", "report", "--quiet")
        #expect(result.status == 0, "\(result)")
        #expect(result.output.isEmpty && result.errors.isEmpty, "\(result)")
        #expect(
            tree("out")
                == ["out/put/.vt-records"]
                + ["a.wav", "b c/d.wav", "b c/deep/ü.wav"].flatMap { name in
                    ["json", "srt", "txt"].map { "out/put/\(name).\($0)" }
                })
        #expect(try text(of: "\(files)/out/put/b c/deep/ü.wav.txt") == "bytes 24000\n", "no name: the file has one")
        #expect(try text(of: "\(files)/out/put/a.wav.srt").hasPrefix("1\n00:00:00,000 --> "))
        let reports = try reports()
        #expect(reports.map { $0["input"]?.string } == ["in/a.wav", "in/b c/d.wav", "in/b c/deep/ü.wav"])
        #expect(reports.allSatisfy { $0["outcome"]?.string == "done" && $0["status"]?.integer == 0 })
        #expect(reports.map { $0["seconds"]?.double } == [0.25, 0.5, 0.75])
        #expect(reports.first?["outputs"]?.array?.count == 3)
    }

    @Test func severalInputsAreCalledAsTheyWereNamed() throws {
        try make(["one/a.wav": 0.25, "two/a.wav": 0.25, "c.wav": 0.25])
        #expect(try test.transcribe("-r", "one", "two", "./c.wav", "--output-dir", "out", "-q").status == 0)
        #expect(
            tree("out").filter { $0.hasSuffix(".txt") } == ["out/c.wav.txt", "out/one/a.wav.txt", "out/two/a.wav.txt"])
        // Where they are said absolutely, too.
        #expect(try test.transcribe("\(files)/c.wav", "--output-dir", "out2", "-q").status == 0)
        #expect(tree("out2").last == "out2\(files)/c.wav.txt")
    }

    @Test func extensionsMayGo() throws {
        try make(["in/film.mp4": 0.25, "in/v1.2": 0.25, "in/film.wav": 0.25])
        let result = try test.transcribe(
            "-r", "in", "--output-dir", "out", "--strip-extension", "--format", "srt", "-q")
        #expect(result.status == 2, "\(result)")
        #expect(tree("out").filter { $0.hasSuffix(".srt") } == ["out/film.srt", "out/v1.2.srt"])
        #expect(result.errors.contains("in/film.wav: its output would be called film, as another one's"), "\(result)")
    }

    @Test func namesOfEveryKind() throws {
        let script = #"""
            mkdir odd
            for name in 'a b' $'line\nfeed' $'\xff\xfe' '-dash' "quo'te" 'tab	x'; do cp a.wav "odd/$name.wav"; done
            """#
        try make(["a.wav": 0.25])
        #expect(try bash(script).status == 0)
        let result = try test.transcribe("-r", "odd", "--output-dir", "out", "--report", "report", "-q")
        #expect(result.status == 0, "\(result)")
        #expect(try reports().count == 6)
        let listed = try bash("cd out && ls -- *.txt | wc -l; ls $'\\xff\\xfe.wav.txt' | od -An -tx1")
        #expect(listed.text.contains("7\n"), "a line feed makes two lines: \(listed)")
        #expect(listed.text.contains("ff fe 2e"), "\(listed)")
        let odd = try reports().first { $0["input_hex"] != nil }
        #expect(odd?["input_hex"]?.string == "6f64642ffffe2e776176")
        // One by one, and from a list with NULs.
        let named = try bash("vt-transcribe --no-gate --engine fake $'odd/\\xff\\xfe.wav' $'odd/line\\nfeed.wav'")
        #expect(
            named.status == 0 && named.text == "odd/\u{FFFD}\u{FFFD}.wav\tbytes 8000\nodd/line feed.wav\tbytes 8000\n",
            "\(named)")
        let found = try run(
            .shell("find odd -name '*.wav' -print0 | vt-transcribe --no-gate --engine fake -0 --files-from -"),
            home: test.home)
        #expect(found.status == 0 && found.text.split(separator: "\n").count == 6, "\(found)")
    }

    @Test func aListWorksWhileItIsWritten() throws {
        try make(["a.wav": 0.25, "b.wav": 0.5])
        let program = try test.start("--files-from", "-", "--format", "jsonl")
        program.write("a.wav\n".utf8)
        // Before the list has ended.
        try program.waitForOutput("the first") { $0.contains("bytes 8000") }
        program.write("b.wav\nno.wav\n".utf8)
        program.closeInput()
        let result = try program.finish()
        #expect(result.status == 2, "\(result)")
        let lines = result.text.split(separator: "\n").compactMap { JSONValue(parsing: String($0)) }
        #expect(lines.filter { $0["event"]?.string == "final" }.map { $0["file"]?.string } == ["a.wav", "b.wav"])
    }

    @Test func severalAtOnceKeepTheOrder() throws {
        // The first takes longest.
        try test.home.addPlugin(
            "vt-transcribe-slow",
            """
            #!/bin/sh
            case $1 in
            describe) printf 'vt-plugin 1\\ninput s16le\\n' ;;
            transcribe-v1)
                bytes=$(wc -c)
                if [ "$bytes" = 32000 ]; then
                    # The others are all through before it ends.
                    while [ "$(ls done.* 2>/dev/null | wc -l)" -lt 5 ]; do sleep 0.01; done
                else
                    touch "done.$bytes"
                fi
                printf 'final start=0 end=1\\t%s\\nfinal start=1 end=2\\tagain\\n' "$bytes" ;;
            *) exit 64 ;;
            esac
            """)
        try make(["1.wav": 1, "2.wav": 0.1, "3.wav": 0.2, "4.wav": 0.3, "5.wav": 0.4, "6.wav": 0.5])
        let result = try run(
            Command(
                "vt-transcribe",
                [
                    "--no-gate", "--engine", "slow", "-j", "3", "1.wav", "2.wav", "3.wav", "4.wav", "no.wav", "5.wav",
                    "6.wav",
                ]),
            home: test.home)
        #expect(result.status == 2, "\(result)")
        #expect(
            result.text
                == ["32000", "3200", "6400", "9600", "12800", "16000"].enumerated().map { index, bytes in
                    "\(index + 1).wav\t\(bytes)\n\(index + 1).wav\tagain\n"
                }.joined())
    }

    /// PEERS 21 and 22: a batch that failed ended with 0, or with its first bad file.
    @Test func eachBadInputIsToldAndStopsNoOther() throws {
        try make(["in/a.wav": 0.25, "in/z.wav": 0.25])
        try test.write([], to: "in/empty.wav")
        try test.write(Array("no audio, but called so\n".utf8), to: "in/text.mp3")
        try test.write(Array(Tone.file(seconds: 1).prefix(20000)), to: "in/truncated.wav")
        let result = try test.transcribe("-r", "in", "--output-dir", "out", "--report", "report")
        #expect(result.status == 2, "\(result)")
        #expect(result.errors.contains("vt-transcribe: in/empty.wav: is empty"), "\(result)")
        #expect(result.errors.contains("vt-transcribe: in/text.mp3: "), "\(result)")
        #expect(result.errors.contains("in/truncated.wav: truncated"), "\(result)")
        #expect(result.errors.contains("vt-transcribe: 3 transcribed, 2 failed; "), "\(result)")
        let reports = try reports()
        #expect(reports.map { $0["status"]?.integer } == [0, 65, 65, 0, 0])
        #expect(reports.map { $0["outcome"]?.string } == ["done", "failed", "failed", "done", "done"])
        #expect(reports[1]["error"]?.string?.contains("is empty") == true)
        #expect(tree("out").filter { $0.contains("empty") || $0.contains("text.mp3") } == [])
    }

    @Test func anEngineThatFailsLeavesNothing() throws {
        try make(["a.wav": 0.25])
        let result = try test.transcribe("a.wav", "--output-dir", "out", "--report", "report", mode: "dies")
        #expect(result.status == 69, "\(result)")
        #expect(tree("out") == ["out/.vt-records"])
        #expect(try reports()[0]["attempts"]?.integer == 1)
    }

    @Test func aFolderThatCannotBeReadIsAFailure() throws {
        try #require(Tool.isInstalled("setpriv"))
        try make(["in/a.wav": 0.25, "in/closed/b.wav": 0.25])
        // Root reads everything, and who is not root can't be anybody else.
        guard getuid() == 0 else {
            chmod("\(files)/in/closed", 0)
            defer { chmod("\(files)/in/closed", 0o700) }
            return try expectOneUnreadable(Command("vt-transcribe", ["--no-gate", "--engine", "fake", "-r", "in"]))
        }
        try expectOneUnreadable(
            Command(
                "vt-transcribe", ["--no-gate", "--engine", "fake", "--files-from", "list"]),
            list: "in/a.wav\nin/a.wav/nothing\n")
    }

    private func expectOneUnreadable(_ command: Command, list: String? = nil) throws {
        if let list { try test.write(Array(list.utf8), to: "list") }
        let result = try run(command, home: test.home)
        #expect(result.status == 2, "\(result)")
        #expect(result.text == "in/a.wav\tbytes 8000\n")
    }

    @Test func aFileThatChangesMeanwhileIsNoResult() throws {
        try test.home.addPlugin(
            "vt-transcribe-meddler",
            """
            #!/bin/sh
            case $1 in
            describe) printf 'vt-plugin 1\\ninput s16le\\n' ;;
            transcribe-v1) cat >/dev/null; echo more >>a.wav; printf 'final start=0 end=1\\thello\\n' ;;
            *) exit 64 ;;
            esac
            """)
        try make(["a.wav": 0.25])
        let result = try run(
            Command("vt-transcribe", ["--no-gate", "--engine", "meddler", "a.wav", "--output-dir", "out"]),
            home: test.home)
        #expect(result.status == 75, "\(result)")
        #expect(result.errors.contains("a.wav has changed while it was read"))
        #expect(tree("out") == ["out/.vt-records"])
    }

    @Test func whatCannotBeWrittenIsTold() throws {
        try make(["a.wav": 0.25])
        try test.write([], to: "file")
        let result = try test.transcribe("a.wav", "--output-dir", "file/out")
        #expect(result.status == 73, "\(result)")
        #expect(result.errors.contains("a.wav: its output can't be created: "), "\(result)")
        let full = try test.transcribe("a.wav", "--output-dir", "out", "--report", "/dev/full")
        #expect(full.status == 74, "\(full)")
        #expect(full.errors.contains("the report can't be written"), "\(full)")
        #expect(try test.transcribe("a.wav", "--output-dir", "out", "--report", "file/x").status == 73)
        #expect(try test.transcribe("a.wav", "--output-dir", "out", "--usage", "file/x").status == 73)
    }

    @Test func aFolderWithoutAudioIsNoFailure() throws {
        try makeDirectories("\(files)/in")
        let result = try test.transcribe("-r", "in", "--output-dir", "out")
        #expect(result.status == 0, "\(result)")
        #expect(result.errors == "vt-transcribe: there is no audio to transcribe\n")
        #expect(try test.transcribe("-r", "in", "--output-dir", "out", "-q").errors.isEmpty)
    }

    @Test(arguments: [
        ["a.wav", "--format", "txt,srt"], ["--output-dir", "out", "-o", "x", "a.wav"], ["--output-dir", "out", "-"],
        ["--output-dir", "out"], ["--output-dir", "out", "--events", "a.wav"], ["--resume", "a.wav"], ["-0", "a.wav"],
        ["--jobs", "0", "a.wav"], ["--shard", "3/2", "a.wav"], ["--shard", "0/2", "a.wav"], ["--report", "-", "a.wav"],
        ["--usage", "-", "a.wav"],
        ["--strip-extension", "a.wav"], ["--files-from", "-", "-"], ["-r", "in", "--format", "srt"],
        ["--line-length", "30", "a.wav"], ["--format", "srt", "--lines", "0", "a.wav"],
        ["--part-length", "0.5s", "a.wav"],
        ["--requests-per-minute", "0", "a.wav"], ["--audio-per-hour", "0s", "a.wav"], ["--progress", "loud", "a.wav"],
        ["--pending", "--output-dir", "out"], ["--pending", "--dry-run"], ["--pending", "--files-from", "list"],
        ["--pending", "-j", "2"], ["--pending", "--report", "report"], ["--pending", "--max-audio", "1h"],
    ])
    func usage(arguments: [String]) throws {
        try make(["a.wav": 0.25])
        let result = try run(test.command(arguments), home: test.home)
        #expect(result.status == 64, "\(result)")
        #expect(result.errors.hasPrefix("vt-transcribe: ") && result.output.isEmpty, "\(result)")
    }

    @Test func aDryRunSaysWhatWouldBeDoneAndDoesNothing() throws {
        try make(["in/a.wav": 0.25, "in/b.wav": 1.5])
        let dry = try test.transcribe("-r", "in", "--output-dir", "out", "--format", "txt,srt", "--dry-run")
        #expect(dry.status == 0, "\(dry)")
        #expect(
            dry.text == """
                transcribe\t0.250\tin/a.wav\tout/a.wav.txt\tout/a.wav.srt
                transcribe\t1.500\tin/b.wav\tout/b.wav.txt\tout/b.wav.srt

                """)
        #expect(dry.errors == "vt-transcribe: 2 to transcribe, 2 s of audio; 0 complete\n", "\(dry)")
        #expect(tree("out") == [])
        #expect(try test.transcribe("in/a.wav", "--output-dir", "out", "--format", "txt,srt", "-q").status == 0)
        rename("\(files)/out/in/a.wav.txt", "\(files)/out/a.wav.txt")
        let again = try test.transcribe("in/a.wav", "--output-dir", "out", "--dry-run", "--resume", "-q")
        #expect(again.text.hasPrefix("transcribe\t"), "its output is gone: \(again)")
        // Nobody writes to a FIFO for it, and standard input stays as it is.
        mkfifo("\(files)/fifo", 0o600)
        let streams = try run(
            .shell("{ vt-transcribe --no-gate --engine fake --dry-run -q fifo - && wc -c; } <in/a.wav"), home: test.home
        )
        #expect(streams.text == "transcribe\t\tfifo\ntranscribe\t\t-\n8044\n", "\(streams)")
    }

    @Test func aLedgerHasALineForEachQuestion() throws {
        try make(["a.wav": 0.25, "b.wav": 0.5])
        for _ in 0..<2 { #expect(try test.transcribe("a.wav", "b.wav", "--usage", "ledger").status == 0) }
        let lines = try text(of: "\(files)/ledger").split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
        #expect(lines[0] == ["date", "engine", "model", "seconds", "billed"])
        #expect(
            lines.dropFirst().map { Array($0.dropFirst()) } == [
                ["fake", "", "0.250", "0.000"], ["fake", "", "0.500", "0.000"], ["fake", "", "0.250", "0.000"],
                ["fake", "", "0.500", "0.000"],
            ])
        #expect(lines.dropFirst().allSatisfy { $0[0].hasSuffix("Z") && $0[0].count == 20 })
    }

    @Test func progressForPeopleLogsAndPrograms() throws {
        try make(["in/a.wav": 0.25, "in/b.wav": 0.5])
        let lines = try test.transcribe("-r", "in", "--output-dir", "out")
        #expect(lines.errors.hasPrefix("vt-transcribe: 2 transcribed; 1 s of audio in "), "\(lines)")
        let objects = try test.transcribe("-r", "in", "--output-dir", "out", "--progress", "json")
        let last = objects.errors.split(separator: "\n").filter { $0.hasPrefix("{") }.last.flatMap {
            JSONValue(parsing: String($0))
        }
        #expect(last?["done"]?.integer == 2 && last?["found"]?.integer == 2, "\(objects)")
        #expect(last?["seconds"]?.double == 0.75)
        #expect(try test.transcribe("-r", "in", "--output-dir", "out", "--progress", "none").errors.isEmpty)
        // On a terminal a bar, which goes away.
        let terminal = try Terminal(
            "vt-transcribe --no-gate --engine fake -r in --output-dir out", home: test.home)
        #expect(try terminal.finish() == [0])
        #expect(
            terminal.screen.hasSuffix("of audio in 0 s\r\n") || terminal.screen.contains("2 transcribed; "),
            "\(terminal.screen)")
    }
}
