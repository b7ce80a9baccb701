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

    /// A plugin's children end with it, also those that ignore SIGTERM; what types may leave a clipboard's owner behind.
    @Test(arguments: [("transcribe-v1", false), ("describe", false), ("record-v1", false), ("type-v1", true)])
    func whatAPluginStartedEndsWithIt(operation: String, stays: Bool) throws {
        let home = try Home()
        let path = try home.addPlugin(
            "vt-transcribe-parent",
            "#!/bin/sh\ntrap '' TERM\nsleep 1000 >/dev/null 2>&1 </dev/null &\necho $! >'\(home.files)/child'\nexit 0\n"
        )
        let plugin = try Plugin.find(host: "vt-transcribe", name: path)
        let outcome = try plugin.withProcess(for: Plugin.Call(operation)) { try $0.run() }
        #expect(outcome.termination == .exited(0))
        let text = try text(of: "\(home.files)/child")
        let child = try #require(pid_t(text.filter(\.isNumber)))
        defer { kill(child, SIGKILL) }
        func isRunning() -> Bool {
            guard let state = try? Harness.text(of: "/proc/\(child)/stat") else { return false }
            return !state.contains(") Z ")
        }
        if stays { #expect(isRunning()) } else { try eventually("its child has ended") { !isRunning() } }
    }
}

private func openDescriptors() -> Int {
    (0..<1024).count { fcntl(CInt($0), F_GETFD) >= 0 }
}
