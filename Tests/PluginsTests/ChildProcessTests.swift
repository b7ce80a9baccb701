import Glibc
import POSIX
import Plugins
import Testing

/// Children of every bad habit.
@Suite struct ChildProcessTests {
    private func shell(_ script: String, environment: ProcessEnvironment = .inherited()) -> ChildProcess {
        ChildProcess("/bin/sh", ["-c", script], environment: environment)
    }

    @Test func statusOutputAndErrorsComeBack() throws {
        let outcome = try shell("cat; echo oops >&2; exit 3").run(input: .bytes(Array("hello".utf8)))
        #expect(outcome.termination == .exited(3))
        #expect(String(decoding: outcome.output, as: UTF8.self) == "hello")
        #expect(outcome.lastErrorLine == "oops")
    }

    @Test func aSignalIsToldFromAStatus() throws {
        #expect(try shell("kill -9 $$").run().termination == .signalled(SIGKILL))
    }

    @Test func argumentsAndEnvironmentAreExact() throws {
        let child = ChildProcess(
            "/bin/sh", ["-c", "printf '[%s]' \"$@\"; env", "sh", "a b", "", "$HOME;`id`"],
            environment: ProcessEnvironment(["ONLY": "this\nthing"]), directory: "/usr")
        let output = String(decoding: try child.run().output, as: UTF8.self)
        #expect(output.hasPrefix("[a b][][$HOME;`id`]"))
        #expect(output.contains("ONLY=this\nthing\n"))
        #expect(output.contains("PWD=/usr\n"))
        #expect(!output.contains("HOME="))
    }

    @Test func aChildThatReadsNothingIsNoError() throws {
        let outcome = try shell("exit 0").run(input: .bytes(Array(repeating: 7, count: 1 << 20)))
        #expect(outcome.isSuccess)
    }

    @Test func aChildThatClosesItsInputAndGoesOnIsNoError() throws {
        let outcome = try shell("exec 0<&-; echo on; sleep 0.2; echo still").run(
            input: .bytes(Array(repeating: 7, count: 1 << 20)))
        #expect(String(decoding: outcome.output, as: UTF8.self) == "on\nstill\n")
    }

    @Test func inputAndOutputLargerThanAllPipesDoNotLock() throws {
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) }
        let outcome = try ChildProcess("/bin/cat").run(input: .bytes(bytes), outputLimit: bytes.count)
        #expect(outcome.output == bytes)
    }

    @Test func tooMuchOutputStopsTheChild() throws {
        let error = #expect(throws: PluginError.self) { _ = try shell("yes").run(outputLimit: 1000) }
        #expect(error?.code == .protocolError)
    }

    @Test func ofEndlessErrorsTheEndIsKept() throws {
        let outcome = try shell("head -c 3000000 /dev/zero | tr '\\0' x >&2; echo last >&2").run()
        #expect(outcome.errors.count == 1 << 16)
        #expect(outcome.errors.suffix(5) == Array("last\n".utf8))
    }

    @Test func aTimeOutStopsTheWholeGroup() throws {
        let start = ContinuousClock.now
        let error = #expect(throws: PluginError.self) {
            _ = try shell("sleep 100 & sleep 100; echo never").run(timeout: .milliseconds(200))
        }
        #expect(error?.code == .timedOut)
        #expect(.now - start < .seconds(2))
    }

    @Test func whoIgnoresSIGTERMIsKilled() throws {
        let start = ContinuousClock.now
        let error = #expect(throws: PluginError.self) {
            _ = try shell("trap '' TERM; while :; do sleep 0.1; done").run(timeout: .milliseconds(100))
        }
        #expect(error?.code == .timedOut)
        #expect(.now - start > .seconds(2))
        #expect(.now - start < .seconds(8))
    }

    @Test func aProcessLeftBehindDoesNotHoldUsUp() throws {
        let start = ContinuousClock.now
        let outcome = try shell("sleep 20 & echo $!").run()
        #expect(.now - start < .seconds(10))
        let text = String(decoding: outcome.output, as: UTF8.self)
        let left = try #require(pid_t(text.dropLast()))
        // It may go on, as the holder of a clipboard does.
        #expect(kill(left, SIGKILL) == 0)
    }

    @Test func whatIsNotThereCannotBeRun() throws {
        let error = #expect(throws: PluginError.self) { _ = try ChildProcess("/nowhere/at/all").run() }
        #expect(error?.code == .cannotStart)
        #expect(error?.message.contains("/nowhere/at/all") == true)
    }

    @Test func theChildHasThreeDescriptorsDefaultSignalsAndAGroup() throws {
        let kept = open("/dev/null", O_RDONLY)  // without close-on-exec
        defer { close(kept) }
        // Builtins alone: a shell that forks blocks signals for a moment.
        let script = """
            for n in 3 4 5 6 7 8 9 $1; do [ -e /proc/$$/fd/$n ] && printf "$n "; done; echo end
            while read -r line; do case $line in SigBlk*|SigIgn*) echo "$line";; esac; done </proc/$$/status
            read -r _ _ _ _ group _ </proc/$$/stat; echo "group $group"; echo "group $$"
            """
        let outcome = try ChildProcess("/bin/sh", ["-c", script, "sh", "\(kept)"]).run()
        let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").map(String.init)
        try #require(lines.count == 5)
        #expect(lines[0] == "end")
        #expect(lines[1] == "SigBlk:\t0000000000000000")
        // But for 32 and 33, which are glibc's own and no program's: it lets nobody set them.
        let ignored = try #require(UInt64(lines[2].dropFirst("SigIgn:\t".count), radix: 16))
        #expect(ignored & ~0x1_8000_0000 == 0, "\(lines[2])")
        #expect(lines[3] == lines[4])
    }
}
