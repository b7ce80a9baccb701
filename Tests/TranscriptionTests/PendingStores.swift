import Audio
import Glibc
import Harness
import POSIX
import Testing
import Transcription

@Suite struct PendingStores {
    private let directory: TemporaryDirectory
    private let store: PendingStore

    init() throws {
        directory = try TemporaryDirectory()
        store = PendingStore(directory: directory("state/vt/pending"))
    }

    private var record: PendingRecord {
        var record = PendingRecord(
            created: "2026-11-22T18:30:00Z", engine: "acme", languages: ["pt-BR", "en"], model: "m\"1",
            prompt: "a\tb\né",
            options: ["b": "2", "a": "1"],
            raw: .samples(AudioFormat(sampleRate: 8000, channels: 2, sampleFormat: .f32le)),
            strict: true)
        record.keywords = ["Ada", "Ørsted"]
        record.temperature = 0.5
        record.timestamps = .word
        record.speakers = true
        record.baseURL = "http://127.0.0.1:8080/v1"
        record.profile = "work"
        record.attempts = 3
        record.lastError = "timed out"
        record.heardNothing = "acme"
        return record
    }

    private func owned(_ id: String) throws -> PendingRecording? {
        if case .owned(let recording) = try store.claim(id) { recording } else { nil }
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func aRecordingSurvivesItsOwner() throws {
        do {
            let recording = try store.create("x1", record)
            _ = write(recording.audio.number, "abc", 3)
        }
        #expect(entries(of: store.directory).sorted() == ["x1.audio", "x1.json"])
        #expect(try store.ids() == ["x1"])
        let recording = try #require(try owned("x1"))
        #expect(recording.record == record)
        #expect(try contents(of: store.audioPath("x1")) == Array("abc".utf8))
    }

    @Test func onlyItsUserReadsIt() throws {
        let recording = try store.create("x1", record)
        #expect(mode(store.directory) == 0o700)
        for name in entries(of: store.directory) { #expect(mode("\(store.directory)/\(name)") == 0o600) }
        chmod(store.directory, 0o755)
        _ = try store.create("x2", record)
        #expect(mode(store.directory) == 0o700, "it is closed again")
        try recording.update(record)
        #expect(mode("\(store.directory)/x1.json") == 0o600)
    }

    @Test func oneOwnerAtATime() throws {
        let recording = try store.create("x1", record)
        guard case .locked = try store.claim("x1") else { Issue.record("claimed twice"); return }
        #expect(try store.entries().map(\.isLocked) == [true])
        try recording.discard()
        guard case .missing = try store.claim("x1") else { Issue.record("claimed after its end"); return }
        #expect(entries(of: store.directory).isEmpty)
    }

    /// Whoever opens the file before its owner removes it must not take the removed file for the recording.
    @Test func manyClaimantsShareTheWork() throws {
        for number in 0..<40 { _ = try store.create("x\(number)", record) }
        let claimed = Monitor<[String]>([])
        let store = store
        let threads = try (0..<4).map { _ in
            try POSIX.Thread("claim") {
                for id in (try? store.ids()) ?? [] {
                    guard case .owned(let recording)? = try? store.claim(id) else { continue }
                    claimed.change { $0.append(id) }
                    try? recording.discard()
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(claimed.read(\.self).sorted() == (0..<40).map { "x\($0)" }.sorted())
        #expect(entries(of: store.directory).isEmpty)
    }

    @Test func aNameIsUsedOnce() throws {
        _ = try store.create("x1", record)
        let error = #expect(throws: SystemError.self) { try store.create("x1", record) }
        #expect(error?.code == EEXIST)
        #expect(entries(of: store.directory).sorted() == ["x1.audio", "x1.json"])
    }

    @Test func whatCanNeverWorkIsMovedWithItsRecord() throws {
        let path = try store.create("x1", record).moveToFailed()
        #expect(path == "\(store.failedDirectory)/x1.audio")
        #expect(entries(of: store.failedDirectory).sorted() == ["x1.audio", "x1.json"])
        #expect(try store.ids().isEmpty)
    }

    @Test(arguments: ["", "{", "[]", "{\"engine\":1}", "\u{0}\u{0}\u{0}", "{\"engine\":\"a\",\"raw\":{}}"])
    func aBrokenRecordIsNone(text: String) throws {
        _ = try store.create("x1", record)
        try Harness.write(text.utf8, to: "\(store.directory)/x1.json")
        let recording = try #require(try owned("x1"))
        #expect(recording.record == nil)
    }

    @Test func onlyOldLitterIsSwept() throws {
        _ = try store.create("x1", record)
        let names = [".y.audio", ".y.json", "z.json", "x1.json", "x1.audio"]
        for name in names { try Harness.write([], to: "\(store.directory)/\(name)") }
        store.sweep()
        #expect(entries(of: store.directory).count == 5, "somebody may be at work")
        for name in names {
            let times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
            utimensat(AT_FDCWD, "\(store.directory)/\(name)", times, 0)
        }
        store.sweep()
        #expect(entries(of: store.directory).sorted() == ["x1.audio", "x1.json"])
    }

    @Test(.enabled(if: isRoot, "needs to make another user's folder"))
    func anotherUsersFolderIsNotUsed() throws {
        try makeDirectories(store.directory)
        chown(store.directory, 12345, 12345)
        let error = #expect(throws: SystemError.self) { try store.create("x1", record) }
        #expect(error?.code == EACCES)
    }

    @Test(
        arguments: [
            (["XDG_STATE_HOME": "/s", "HOME": "/h"], "/s/vt/pending"), (["HOME": "/h"], "/h/.local/state/vt/pending"),
            (["XDG_STATE_HOME": "s", "HOME": "/h"], "/h/.local/state/vt/pending"),
            (["XDG_STATE_HOME": "", "HOME": ""], nil),
            ([:], nil),
        ] as [([String: String], String?)])
    func whereItLies(environment: [String: String], expected: String?) {
        #expect(PendingStore.ofUser { environment[$0] }?.directory == expected)
    }

    @Test func namesSortByTimeAndDiffer() {
        #expect(PendingStore.makeID(at: 1_795_372_200).hasPrefix("20261122T183000-\(getpid())-"))
        #expect(Set((0..<50).map { _ in PendingStore.makeID(at: 0) }).count > 40)
        #expect((0..<50).allSatisfy { _ in PendingStore.isID(PendingStore.makeID(at: 0)) })
        for name in ["", ".a", "-a", "a/b", "..", "a b", "é", String(repeating: "a", count: 101)] {
            #expect(!PendingStore.isID(name))
        }
    }

    @Test func theSizeCountsEverything() throws {
        for id in ["x1", "x2"] {
            _ = try store.create(id, record)
            try Harness.write("abcd".utf8, to: store.audioPath(id))
        }
        try owned("x2")?.moveToFailed()
        #expect(store.totalSize() == 8)
        #expect(try store.entries().map(\.size) == [4])
    }
}
