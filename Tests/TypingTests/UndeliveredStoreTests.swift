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
        store = try #require(UndeliveredStore { $0 == "XDG_STATE_HOME" ? folder("state") : nil })
    }

    private var texts: [String] {
        ((try? text(of: store.path)) ?? "").split(separator: "\n").map { String($0.split(separator: "\t").last ?? "") }
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
        #expect(access(store.path, F_OK) != 0, "an empty file is taken away")
    }

    @Test func `only the user may read it`() throws {
        _ = try store.add("secret")
        var status = stat()
        #expect(stat(store.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        chmod(store.path, 0o644)
        _ = try store.add("more")
        stat(store.path, &status)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func `a torn last line swallows nothing`() throws {
        _ = try store.add("a")
        let descriptor = try Descriptor.open(store.path, O_WRONLY | O_APPEND)
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
                guard let store = UndeliveredStore(environment: { $0 == "XDG_STATE_HOME" ? path : nil }) else { return }
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

    @Test func `there is no place without a home`() {
        #expect(UndeliveredStore { _ in nil } == nil)
        #expect(UndeliveredStore { _ in "relative" } == nil)
        #expect(UndeliveredStore { $0 == "HOME" ? "/h" : nil }?.path == "/h/.local/state/vt/undelivered")
    }

    @Test(arguments: [(0, "1970-01-01T00:00:00Z"), (1_795_459_293, "2026-11-23T18:41:33Z")])
    func `times are RFC 3339 in UTC`(seconds: Int, expected: String) {
        #expect(utcTime(seconds) == expected)
    }
}
