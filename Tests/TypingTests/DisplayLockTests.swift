import Glibc
import Harness
import Plugins
import POSIX
import Testing

@testable import Typing

@Suite struct DisplayLockTests {
    let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func lock(_ display: String = ":7.0", patience: Double = 60, runtime: String? = nil) throws -> DisplayLock {
        let variables = ["DISPLAY": display, "XDG_RUNTIME_DIR": runtime ?? folder.path, "TMPDIR": folder.path]
        return try #require(try DisplayLock(.x11, patience: patience) { variables[$0] })
    }

    @Test func `a holder that hangs is waited for, but not for ever`() throws {
        let holder = try lock()
        try holder.take(Cancellation())
        let other = try lock(patience: 0.1)
        #expect { try other.take(Cancellation()) } throws: {
            guard let error = $0 as? TypingError else { return false }
            return error.code == .busy && !error.isLasting
        }
        holder.release()
        try other.take(Cancellation())
    }

    @Test func `a screen is the same display, and another display is another`() throws {
        try lock(":7.0").take(Cancellation())
        let holder = try lock(":7.1")
        try holder.take(Cancellation())
        try lock(":8", patience: 0.1).take(Cancellation())
        #expect(entries(of: folder.path).sorted() == ["vt-type-:7.lock", "vt-type-:8.lock"])
    }

    @Test func `a stop ends the wait`() throws {
        let holder = try lock()
        try holder.take(Cancellation())
        let cancellation = try Cancellation()
        cancellation.cancel()
        #expect { try lock().take(cancellation) } throws: { ($0 as? TypingError)?.code == .cancelled }
    }

    @Test func `without a folder of the session's it is in the user's temporary one`() throws {
        _ = try lock(runtime: "/nowhere")
        #expect(entries(of: folder("vt-\(geteuid())")) == ["vt-type-:7.lock"])
    }

    @Test func `there is none without a session`() throws {
        #expect(try DisplayLock(.none) { _ in "x" } == nil)
    }
}
