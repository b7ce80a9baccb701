import Glibc
import Harness
import Testing

@Suite struct RecordSignals {
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP], [false, true])
    func theFirstSignalEndsTheRecordingProperly(_ signal: CInt, _ wasIgnored: Bool) throws {
        let home = try homeWithMicrophones()
        let recording = try start(
            Command("vt-record", ignoring: wasIgnored ? [signal] : []), home: home)
        try recording.waitForOutput("half a second") { _ in recording.output.count > 16000 }
        recording.signal(signal)
        let result = try recording.finish()
        #expect(result.status == 0)
        #expect(result.output.count % 2 == 0)
        #expect(samples(ofStream: result.output).runs(tolerance: 0)?.count == 1)
    }

    @Test func aFileIsFinished() throws {
        let home = try homeWithMicrophones()
        let recording = try start(Command("vt-record", ["-o", "x.wav"]), home: home)
        try recording.waitForErrors(containing: "recording from")
        recording.signal(SIGTERM)
        #expect(try recording.finish().status == 0)
        let bytes = try contents(of: "\(home.files)/x.wav")
        let size = bytes[76..<80].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(size == bytes.count - 80)
    }

    @Test func whatWasSpokenBeforeTheSignalReachesASlowReader() throws {
        let recording = try start(Command("vt-record", ["--raw"]), output: .unread, home: homeWithMicrophones())
        try recording.waitForErrors(containing: "recording from")
        // More than a pipe holds.
        pause(.seconds(4))
        recording.signal(SIGINT)
        pause(.milliseconds(300))
        #expect(!recording.hasEnded)
        try recording.readOutput()
        let result = try recording.finish()
        #expect(result.status == 0)
        #expect(result.output.count > 4 * 32000)
        #expect(CountedSamples(raw: result.output).runs(tolerance: 0)?.count == 1)
    }

    @Test(arguments: [SIGINT, SIGTERM]) func theSecondSignalAborts(_ signal: CInt) throws {
        let home = try homeWithMicrophones()
        let recording = try start(Command("vt-record", ["--device", "fast"]), output: .unread, home: home)
        try recording.waitForErrors(containing: "recording from")
        // The reader takes nothing, so the pipe is full: the program cannot end by itself.
        pause(.milliseconds(500))
        recording.signal(signal)
        pause(.milliseconds(300))
        #expect(!recording.hasEnded)
        recording.signal(signal)
        #expect(try recording.finish().ending == .signalled(signal))
    }

    @Test func ctrlCOnATerminal() throws {
        let home = try homeWithMicrophones()
        let terminal = try Terminal("vt-record | (trap '' INT; cat > out.wav)", home: home)
        try terminal.waitFor("recording from default")
        // The meter: the counter climbs, so it is loud before long.
        try terminal.waitFor("] -")
        terminal.type("\u{3}")
        // cat, a foreign filter, would die of Ctrl-C, and vt-record of the closed pipe.
        #expect(try terminal.finish() == [0, 0])
        #expect(samples(ofStream: try contents(of: "\(home.files)/out.wav")).runs(tolerance: 0)?.count == 1)
    }

    @Test func theMeterIsDrawnOnTerminalsOnlyAndOnRequestNot() throws {
        let home = try homeWithMicrophones()
        let shown = try Terminal("vt-record --duration 500ms > out.wav", home: home)
        #expect(try shown.finish() == [0])
        #expect(shown.screen.contains(" dB"))
        let hidden = try Terminal("vt-record --duration 500ms --no-meter > out.wav", home: home)
        #expect(try hidden.finish() == [0])
        #expect(!hidden.screen.contains(" dB"))
        #expect(hidden.screen.contains("recording from"))
    }

    /// In a terminal that somebody else wrote (tmux), since it is the screen that counts.
    @Test(.enabled(if: Tool.isInstalled("tmux", "mkfifo"), "needs tmux"))
    func theMeterIsBelowWhatOthersWrite() throws {
        let home = try homeWithMicrophones()
        let said = "\(home.files)/said"
        guard mkfifo(said, 0o600) == 0 else { throw HarnessError("mkfifo") }
        try writeScript(
            "\(home.files)/dictate",
            "#!/bin/sh\nvt-record | (exec 3<&0; cat <&3 >/dev/null & while read -r line; do printf '%s\\n' \"$line\"; done <said)\n"
        )
        let environment = ["TMUX_TMPDIR": home.runtime]
        func tmux(_ arguments: String...) throws -> Result {
            var command = Command("tmux", ["-f", "/dev/null"] + arguments, environment: environment)
            command.mayLeaveProcesses = true
            return try run(command, home: home)
        }
        func screen() throws -> [Substring] {
            try tmux("capture-pane", "-p", "-t", "work").text.split(separator: "\n", omittingEmptySubsequences: false)
        }
        let server = try tmux("new-session", "-d", "-s", "work", "-x", "80", "-y", "10", "\(home.files)/dictate")
        try #require(server.status == 0, "\(server)")
        defer { _ = try? tmux("kill-server") }
        let words = open(said, O_RDWR | O_CLOEXEC)
        defer { close(words) }
        func isMeter(_ line: Substring?) -> Bool { line?.contains(" dB") == true }
        var expected: [Substring] = []
        // More than the screen has lines.
        for line in ["go", "forward ten", "m"] + (0..<12).map({ "line \($0)" }) {
            try eventually("the meter", detail: { (try? screen().joined(separator: "\n")) ?? "" }) {
                try screen().contains { isMeter($0) }
            }
            let bytes = Array("\(line)\n".utf8)
            #expect(Glibc.write(words, bytes, bytes.count) == bytes.count)
            expected.append(line[...])
            try eventually(
                "what was said, and the meter below", detail: { (try? screen().joined(separator: "\n")) ?? "" }
            ) {
                let lines = try screen()
                guard let last = lines.lastIndex(of: line[...]), last + 2 < lines.count else { return false }
                let seen = lines[...last].filter { expected.contains($0) }
                return lines[last + 1].isEmpty && isMeter(lines[last + 2]) && lines.filter(isMeter).count == 1
                    && Array(seen) == expected.suffix(seen.count)
            }
        }
    }

    @Test func audioIsNotWrittenToATerminal() throws {
        let terminal = try Terminal("vt-record", home: homeWithMicrophones())
        #expect(try terminal.finish() == [64])
        #expect(terminal.screen.contains("hint: "))
    }
}
