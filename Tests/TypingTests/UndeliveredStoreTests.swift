import Glibc
import Harness
import POSIX
import Testing

@testable import Typing

@Suite struct UndeliveredStoreTests {
    let folder: TemporaryDirectory
    let store: UndeliveredStore

    init() throws {
        let folder = try TemporaryDirectory()
        self.folder = folder
        guard mkdir(folder("tmp"), 0o700) == 0 else { throw HarnessError("mkdir") }
        store = UndeliveredStore { ["XDG_STATE_HOME": folder("state"), "TMPDIR": folder("tmp")][$0] }
    }

    /// The file of the second place.
    private var second: String { folder("tmp/vt-\(geteuid())/undelivered") }

    private var path: String { folder("state/vt/undelivered") }

    private var texts: [String] { texts(in: path) }

    private func texts(in path: String) -> [String] {
        ((try? text(of: path)) ?? "").split(separator: "\n").map { String($0.split(separator: "\t").last ?? "") }
    }

    @Test func `entries come and go in any order`() throws {
        let entries = try ["a", "b", "c", "d"].map { try store.add($0) }
        #expect(texts == ["a", "b", "c", "d"])
        try store.remove(entries[1])
        try store.remove(entries[3])
        #expect(texts == ["a", "c"])
        try store.remove(entries[0])
        try store.remove(entries[0])
        #expect(texts == ["c"])
        try store.remove(entries[2])
        #expect(access(path, F_OK) != 0, "an empty file is taken away")
    }

    @Test func `only the user may read it`() throws {
        _ = try store.add("secret")
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        chmod(path, 0o644)
        _ = try store.add("more")
        stat(path, &status)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func `a torn last line swallows nothing`() throws {
        _ = try store.add("a")
        let descriptor = try Descriptor.open(path, O_WRONLY | O_APPEND)
        try writeAll(descriptor.number, "final\ttor")
        let entry = try store.add("b")
        #expect(texts == ["a", "tor", "b"])
        try store.remove(entry)
        #expect(texts == ["a", "tor"])
    }

    @Test func `many at once lose nothing`() throws {
        let path = folder("state")
        let threads = try (0..<8).map { number in
            try Thread("\(number)") {
                let store = UndeliveredStore(environment: { $0 == "XDG_STATE_HOME" ? path : nil })
                for round in 0..<50 {
                    guard let gone = try? store.add("gone"), (try? store.add("\(number) \(round)")) != nil else {
                        return
                    }
                    try? store.remove(gone)
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(Set(texts) == Set((0..<8).flatMap { number in (0..<50).map { "\(number) \($0)" } }))
    }

    @Test func `what is typed of an entry is left out of it`() throws {
        _ = try store.add("before")
        let entry = try store.add("one two three")
        _ = try store.add("behind")
        let rest = try #require(try store.replace(entry, with: "three"))
        #expect(texts == ["before", "three", "behind"])
        try store.remove(rest)
        #expect(texts == ["before", "behind"])
    }

    // MARK: The second place

    @Test func `a link is not followed, and what it leads to stays as it is`() throws {
        try makeDirectories(folder("state/vt"))
        try write("theirs".utf8, to: folder("victim"))
        chmod(folder("victim"), 0o644)
        guard symlink(folder("victim"), path) == 0 else { throw HarnessError("symlink") }
        let entry = try store.add("words")
        #expect(entry.path == second && texts(in: second) == ["words"])
        var status = stat()
        #expect(stat(folder("victim"), &status) == 0 && status.st_mode & 0o777 == 0o644)
        #expect(try text(of: folder("victim")) == "theirs")
    }

    @Test func `a FIFO holds nobody up`() throws {
        try makeDirectories(folder("state/vt"))
        guard mkfifo(path, 0o600) == 0 else { throw HarnessError("mkfifo") }
        #expect(try store.add("words").path == second)
    }

    @Test(.enabled(if: isRoot, "needs root")) func `what is another user's stays untouched`() throws {
        try makeDirectories(folder("state/vt"))
        try write("theirs".utf8, to: path)
        chown(path, 12345, 12345)
        #expect(try store.add("words").path == second)
        #expect(try text(of: path) == "theirs")
        // Nor does a file of ours get into another's folder, where they could not write to it any more.
        unlink(path)
        chown(folder("state/vt"), 12345, 12345)
        #expect(try store.add("words").path == second)
        #expect(access(path, F_OK) != 0)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root that may mount")) func `a full disk leaves nothing behind`()
        throws
    {
        let disk = try SmallDisk(kibibytes: 16)
        let tmp = folder("tmp")
        let store = UndeliveredStore { ["XDG_STATE_HOME": disk.path, "TMPDIR": tmp][$0] }
        let gone = try store.add("before")
        try store.remove(gone)
        try? write(repeatElement(UInt8(0), count: 1 << 16), to: disk.path + "/filler")
        let entry = try store.add(String(repeating: "words ", count: 2000))
        #expect(entry.path == second)
        #expect(access(disk.path + "/vt/undelivered", F_OK) != 0, "nor an empty file")
    }

    @Test func `a home that is not there is not made`() throws {
        let (home, tmp) = (folder("nobody"), folder("tmp"))
        let store = UndeliveredStore { ["HOME": home, "TMPDIR": tmp][$0] }
        #expect(try store.add("words").path == second)
        #expect(access(home, F_OK) != 0)
    }

    @Test(.enabled(if: isRoot, "needs root")) func `root makes no folders in a user's home`() throws {
        let (home, tmp) = (folder("home"), folder("tmp"))
        guard mkdir(home, 0o755) == 0, chown(home, 12345, 12345) == 0 else { throw HarnessError("mkdir") }
        let store = UndeliveredStore { ["HOME": home, "TMPDIR": tmp][$0] }
        #expect(try store.add("words").path == second)
        #expect(entries(of: home).isEmpty)
    }

    @Test func `a second place that somebody made for us is none`() throws {
        let tmp = folder("tmp")
        guard mkdir(folder("tmp/vt-\(geteuid())"), 0o777) == 0, chmod(folder("tmp/vt-\(geteuid())"), 0o777) == 0 else {
            throw HarnessError("mkdir")
        }
        let store = UndeliveredStore { $0 == "TMPDIR" ? tmp : nil }
        #expect(throws: SystemError.self) { try store.add("words") }
    }

    @Test(arguments: [(0, "1970-01-01T00:00:00Z"), (1_795_459_293, "2026-11-23T18:41:33Z")])
    func `times are RFC 3339 in UTC`(seconds: Int, expected: String) {
        #expect(utcTime(seconds) == expected)
    }
}
