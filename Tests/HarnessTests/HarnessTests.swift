import Glibc
import Harness
import Testing

/// Where the harness lies, every other test does.
@Suite struct HarnessTests {
    @Test func collectsOutputErrorsAndStatus() throws {
        let result = try run(.shell("cat; echo oops >&2; exit 3"), input: .text("grüße\n"))
        #expect(result.text == "grüße\n")
        #expect(result.errors == "oops\n")
        #expect(result.ending == .exited(3))
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGKILL, SIGSEGV]) func tellsTheSignal(_ number: CInt) throws {
        #expect(try run(.shell("ulimit -c 0; kill -\(number) $$")).ending == .signalled(number))
    }

    @Test func killsACommandThatHangsAndAllItStarted() throws {
        // One of them in a session of its own, where a signal to the group does not reach.
        let program = try start(.shell("setsid sleep 1000 & sleep 1000"))
        try eventually("both sleep") { program.stragglers.count == 2 }
        let error = #expect(throws: HarnessError.self) { try program.finish(within: .milliseconds(200)) }
        #expect(error?.description.contains("sleep 1000") == true)
        #expect(program.stragglers == [])
        #expect(program.hasEnded)
    }

    @Test func reportsWhatCannotStart() {
        #expect(throws: HarnessError.self) { try run("no-such-program") }
        #expect(throws: HarnessError.self) { try run("/etc/passwd") }
    }

    @Test func environmentIsCleanAndPrivate() throws {
        setenv("OPENAI_API_KEY", "secret", 1)
        let result = try run("env", environment: ["XDG_STATE_HOME": nil, "EXTRA": "1"])
        #expect(!result.text.contains("OPENAI_API_KEY"))
        #expect(!result.text.contains("XDG_STATE_HOME"))
        #expect(result.text.contains("EXTRA=1\n"))
        #expect(result.text.contains("HOME=/tmp/vt-test."))
    }

    @Test func standardStreamsCanBeClosed() throws {
        let result = try run("sh", "-c", "ls /proc/$$/fd", input: .closed, output: .closed)
        #expect(result.status != nil)
        #expect(try run(.shell("[ -e /proc/self/fd/0 ]"), input: .closed).status == 1)
        #expect(try run(.shell("echo x"), output: .brokenPipe).ending == .signalled(SIGPIPE))
        #expect(try run(.shell("echo x"), output: .file("/dev/full")).status != 0)
    }

    @Test func nothingLeaksIntoAChild() throws {
        // ls itself opens the folder as 3.
        #expect(try run("ls", "/proc/self/fd").text == "0\n1\n2\n3\n")
    }

    @Test func ignoredSignalsAreInherited() throws {
        #expect(try run(Command("sh", ["-c", "kill -INT $$; echo alive"], ignoring: [SIGINT])).text == "alive\n")
        #expect(try run("sh", "-c", "kill -INT $$; echo alive").ending == .signalled(SIGINT))
    }

    @Test func inputCanStayOpen() throws {
        let program = try start(Command("cat"), input: .open)
        program.write("one\n".utf8)
        try program.waitForOutput("one") { $0 == "one\n" }
        #expect(!program.hasEnded)
        program.closeInput()
        #expect(try program.finish().ending == .exited(0))
    }

    @Test func pacedInputTakesItsTime() throws {
        let start = ContinuousClock.now
        let result = try run("wc", "-c", input: .paced([UInt8](repeating: 1, count: 16000), bytesPerSecond: 32000))
        let elapsed = ContinuousClock.now - start
        #expect(result.text == "16000\n")
        #expect(elapsed >= .milliseconds(500))
    }

    @Test func outputThatNobodyReadsBlocks() throws {
        let program = try start(Command("yes"), output: .unread)
        try eventually("yes waits in write") {
            try text(of: "/proc/\(program.pid)/wchan").contains("pipe")
                || text(of: "/proc/\(program.pid)/syscall").hasPrefix("1 ")
        }
        program.breakOutput()
        #expect(try program.finish().ending == .signalled(SIGPIPE))
    }

    @Test func pipelineTellsEveryStatus() throws {
        let results = try run(pipeline: [.shell("echo a; exit 4"), .shell("cat; kill -9 $$"), .shell("tr a b")])
        #expect(results.map(\.ending) == [.exited(4), .signalled(SIGKILL), .exited(0)])
        #expect(results.last?.text == "b\n")
    }

    @Test func controlCReachesTheForegroundJob() throws {
        let terminal = try Terminal(
            "sh -c 'trap \"exit 5\" INT; echo ready; while :; do sleep 0.01; done' | cat")
        try terminal.waitFor("ready")
        terminal.type("\u{3}")
        let statuses = try terminal.finish()
        #expect(statuses == [5, 130])
    }

    @Test func terminalIsOneAndHasASize() throws {
        let terminal = try Terminal("tty -s && stty size")
        try terminal.waitFor("24 80")
        #expect(try terminal.finish() == [0])
    }

    @Test func terminalThatHangsIsKilled() throws {
        let terminal = try Terminal("sleep 1000 | cat")
        try eventually("sleeps") { terminal.processes(named: "sleep").count == 1 }
        #expect(throws: HarnessError.self) { try terminal.finish(within: .milliseconds(200)) }
        #expect(terminal.stragglers == [])
    }

    @Test func eventuallyGivesUp() {
        #expect(throws: HarnessError.self) { try eventually("never", within: .milliseconds(20)) { false } }
    }

    @Test func temporaryDirectoryGoesWithItsContents() throws {
        var directory: TemporaryDirectory? = try TemporaryDirectory()
        let path = try #require(directory?.path)
        try makeDirectories("\(path)/a/b")
        try write("x".utf8, to: "\(path)/a/b/c")
        #expect(entries(of: path) == ["a"])
        directory = nil
        #expect(access(path, F_OK) != 0)
    }
}
