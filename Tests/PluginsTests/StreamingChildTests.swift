import Glibc
import Harness
import POSIX
import Plugins
import Synchronization
import Testing

/// The form that engines use: input from a closure, output by lines.
@Suite struct StreamingChildTests {
    private func shell(_ script: String) -> ChildProcess { ChildProcess("/bin/sh", ["-c", script]) }

    /// A source of so many bytes.
    private func bytes(_ total: Int) -> (UnsafeMutableRawBufferPointer) -> Int? {
        var rest = total
        return { buffer in
            let count = min(rest, buffer.count)
            rest -= count
            return count
        }
    }

    /// A source that has nothing yet, ever: a microphone in a silent house that never ends.
    private func nothingYet(_ buffer: UnsafeMutableRawBufferPointer) -> Int? {
        usleep(10_000)
        return nil
    }

    @Test func linesComeAsTheyAreWritten() throws {
        var lines: [String] = []
        let outcome = try shell("printf 'a\\n\\303\\n\\nb'; cat >/dev/null").stream(feed: bytes(10)) {
            lines.append($0)
        }
        #expect(lines == ["a", "\u{FFFD}", "", "b"])
        #expect(outcome.hasReadItsInput)
    }

    @Test func anUnfinishedLineOfAKilledChildDoesNotCount() throws {
        var lines: [String] = []
        let outcome = try shell("printf 'whole\\npar'; kill -9 $$").stream(feed: bytes(0)) { lines.append($0) }
        #expect(lines == ["whole"])
        #expect(outcome.termination == .signalled(SIGKILL))
    }

    @Test func aLineWithoutEndStopsTheChild() throws {
        let error = #expect(throws: PluginError.self) {
            try shell("cat /dev/zero | tr '\\0' x").stream(lineLimit: 100_000, feed: bytes(0)) { _ in }
        }
        #expect(error?.code == .protocolError)
    }

    @Test(arguments: [99, 100]) func aLineOfTheLimitIsTaken(length: Int) throws {
        var lines: [String] = []
        _ = try shell("head -c \(length) /dev/zero | tr '\\0' x; echo").stream(lineLimit: 100, feed: bytes(0)) {
            lines.append($0)
        }
        #expect(lines.map(\.utf8.count) == [length])
    }

    @Test func aFloodOfLinesIsStoppedByTheReader() throws {
        struct Enough: Error {}
        var count = 0
        #expect(throws: Enough.self) {
            try shell("yes").stream(feed: nothingYet) { _ in
                count += 1
                if count == 100_000 { throw Enough() }
            }
        }
        #expect(count == 100_000)
    }

    @Test func cancellationStopsAChildThatWaitsForItsInput() throws {
        let cancellation = try Cancellation()
        let canceller = try Thread("canceller") {
            usleep(100_000)
            cancellation.cancel()
        }
        let start = ContinuousClock.now
        let error = #expect(throws: PluginError.self) {
            try shell("cat; echo never").stream(cancellation: cancellation, feed: nothingYet) { _ in }
        }
        canceller.join()
        #expect(error?.code == .cancelled)
        #expect(.now - start < .seconds(2))
    }

    @Test func cancellationReachesGrandchildrenToo() throws {
        let cancellation = try Cancellation()
        var grandchild: pid_t = 0
        #expect(throws: PluginError.self) {
            try shell("sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.05; done' & wait").stream(
                cancellation: cancellation, feed: bytes(0)
            ) { line in
                grandchild = pid_t(line) ?? 0
                cancellation.cancel()
            }
        }
        try #require(grandchild > 0)
        // Its parent is gone, so init reaps it: what is left of it for a moment is a zombie at most.
        let deadline = ContinuousClock.now + .seconds(10)
        while kill(grandchild, 0) == 0, !isZombie(grandchild), ContinuousClock.now < deadline { usleep(10_000) }
        #expect(kill(grandchild, 0) != 0 || isZombie(grandchild))
    }

    @Test func cancelledBeforehandNothingIsHandedOn() throws {
        let cancellation = try Cancellation()
        cancellation.cancel()
        let error = #expect(throws: PluginError.self) {
            try shell("sleep 100").stream(cancellation: cancellation, feed: nothingYet) { _ in }
        }
        #expect(error?.code == .cancelled)
    }

    @Test func aSourceThatFailsStopsTheChild() throws {
        struct Broken: Error {}
        #expect(throws: Broken.self) {
            try shell("cat >/dev/null; sleep 100").stream(feed: { _ in throw Broken() }) { _ in }
        }
    }

    /// The end of its input would tell it that there is no more to come: it is stopped before it could see one.
    @Test func aSourceThatFailsIsNoEndOfTheInput() throws {
        struct Broken: Error {}
        let directory = try TemporaryDirectory()
        let child = shell("cat >/dev/null; echo end >>'\(directory("seen"))'")
        // Were it a race, one of so many would lose it.
        for _ in 0..<30 {
            var count = 0
            #expect(throws: Broken.self) {
                try child.stream(feed: { _ in
                    count += 1
                    if count < 3 { return 100 }
                    throw Broken()
                }) { _ in }
            }
        }
        #expect(access(directory("seen"), F_OK) != 0)
    }

    @Test func aChildThatDiesIsNoticedWhileTheSourceHasNothing() throws {
        let start = ContinuousClock.now
        let outcome = try shell("exit 69").stream(feed: nothingYet) { _ in }
        #expect(outcome.termination == .exited(69))
        #expect(!outcome.hasReadItsInput)
        #expect(.now - start < .seconds(5))
    }

    @Test(arguments: [
        ("exit 0", 100, false), ("head -c 50 >/dev/null", 100, false), ("cat >/dev/null", 100, true),
        ("exec 0<&-; sleep 0.1", 1_000_000, false), ("head -c 100 >/dev/null", 100, true),
        ("head -c 1000000 >/dev/null", 1_000_000, true), ("cat >/dev/null", 0, true), ("exit 0", 0, true),
    ]) func whatWasNotReadIsKnown(script: String, total: Int, whole: Bool) throws {
        // The last byte of the source may be in the pipe before the child is gone, or not: both must come out the same.
        let outcome = try shell("sleep 0.05; \(script)").stream(feed: bytes(total)) { _ in }
        #expect(outcome.isSuccess)
        #expect(outcome.hasReadItsInput == whole)
    }

    @Test func afterTheEndOfItsInputAChildHasSoLong() throws {
        let error = #expect(throws: PluginError.self) {
            try shell("cat >/dev/null; sleep 100").stream(
                limits: .init(afterInput: { .milliseconds(200) }), feed: bytes(10)
            ) { _ in }
        }
        #expect(error?.code == .timedOut)
        #expect(error?.message.contains("after the end of its input") == true)
    }

    @Test func aChildThatReadsNothingIsNotWaitedForWithoutEnd() throws {
        let error = #expect(throws: PluginError.self) {
            try shell("sleep 100").stream(
                limits: .init(afterInput: { .milliseconds(200) }), feed: bytes(10_000_000)
            ) { _ in }
        }
        #expect(error?.code == .timedOut)
        #expect(error?.message.contains("has read nothing") == true)
    }

    @Test func theTimeOfASlowReaderIsNotTheChilds() throws {
        var count = 0
        let outcome = try shell("for i in 1 2 3 4; do echo $i; sleep 0.01; done").stream(
            limits: .init(total: .milliseconds(700), afterInput: { .milliseconds(700) }), feed: bytes(0)
        ) { _ in
            count += 1
            usleep(300_000)
        }
        #expect(outcome.isSuccess)
        #expect(count == 4)
    }

    @Test func standardErrorIsSeenAsItComes() throws {
        var seen: [UInt8] = []
        _ = try shell("echo one >&2; echo two >&2").stream(feed: bytes(0), onErrors: { seen.append(contentsOf: $0) }) {
            _ in
        }
        #expect(seen == Array("one\ntwo\n".utf8))
    }

    private func isZombie(_ process: pid_t) -> Bool {
        guard let file = fopen("/proc/\(process)/stat", "r") else { return true }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        guard fgets(&line, 512, file) != nil else { return true }
        return String(decoding: line.map(UInt8.init(bitPattern:)), as: UTF8.self).contains(") Z ")
    }
}
