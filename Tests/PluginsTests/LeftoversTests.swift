import Glibc
import Harness
import Plugins
import Testing

/// What a hundred children leave in their parent. A process of its own, since other tests open and close descriptors meanwhile.
@Suite struct Leftovers {
    @Test func noDescriptorAndNoProcessIsLeftOver() async throws {
        await #expect(processExitsWith: .success) {
            let child = ChildProcess("/bin/sh", ["-c", "cat; echo x >&2; exit 3"])
            var counts: [Int] = []
            for _ in 0..<5 {
                for _ in 0..<20 {
                    _ = try child.run(input: .bytes([1, 2, 3]))
                    _ = try? ChildProcess("/nowhere").run()
                    _ = try? ChildProcess("/bin/sleep", ["9"]).run(timeout: .milliseconds(1))
                    _ = try child.stream(feed: { _ in 0 }) { _ in }
                }
                counts.append(openDescriptors())
            }
            #expect(Set(counts).count == 1, "descriptors after each 80: \(counts)")
            // No child at all, neither running nor a zombie.
            #expect(waitpid(-1, nil, WNOHANG) == -1)
            #expect(errno == ECHILD)
        }
    }

    @Test func aProgramThatInheritedSIGCHLDIgnoredStillLearnsHowItsChildrenEnd() async throws {
        await #expect(processExitsWith: .success) {
            signal(SIGCHLD, SIG_IGN)
            let outcome = try ChildProcess("/bin/sh", ["-c", "exit 7"]).run(timeout: .seconds(20))
            #expect(outcome.termination == .exited(7))
        }
    }
}

private func openDescriptors() -> Int {
    (0..<1024).count { fcntl(CInt($0), F_GETFD) >= 0 }
}
