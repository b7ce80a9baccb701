import Glibc
import Harness
import POSIX
import Testing

/// Folders that are their user's alone.
@Suite struct PrivateFolders {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    private func failure(_ path: String, home: String? = nil) -> CInt? {
        do throws(SystemError) {
            try makePrivateFolder(path, home: home)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func whatIsMissingAboveItIsMade() throws {
        let before = umask(0)
        defer { umask(before) }
        #expect(failure(directory("a/b/c")) == nil)
        #expect(["a", "a/b", "a/b/c"].allSatisfy { mode(directory($0)) == 0o700 })
        chmod(directory("a/b/c"), 0o755)
        #expect(failure(directory("a/b/c")) == nil)
        #expect(mode(directory("a/b/c")) == 0o700, "it is closed again")
        #expect(mode(directory("a")) == 0o700)
    }

    @Test(arguments: ["", "/", "//"]) func aHomeThatDoesNotExistIsNotMade(end: String) throws {
        let home = directory("nonexistent/me")
        #expect(failure(home + "/.local/state/vt", home: home + end) == ENOENT)
        #expect(entries(of: directory.path).isEmpty)
        try makeDirectories(home)
        #expect(failure(home + "/.local/state/vt", home: home + end) == nil)
    }

    @Test(.enabled(if: isRoot, "needs to make another user's folder"))
    func nothingIsMadeInAnothersFolder() throws {
        try makeDirectories(directory("home"))
        chown(directory("home"), 12345, 12345)
        #expect(failure(directory("home/.local/state/vt")) == EACCES)
        #expect(entries(of: directory("home")).isEmpty)
        try makeDirectories(directory("vt"))
        chown(directory("vt"), 12345, 12345)
        #expect(failure(directory("vt")) == EACCES, "nor is it used if it is there")
    }

    @Test func aFileInTheWayIsAnError() throws {
        try write("".utf8, to: directory("a"))
        #expect(failure(directory("a")) == ENOTDIR)
        #expect(failure(directory("a/b")) == ENOTDIR)
    }
}
