internal import Glibc
package import POSIX

/// Recordings whose text is still owed: `ID.audio`, the bytes as received, and `ID.json`, a `PendingRecord`.
///
/// Only their owner reads them (directory 0700, files 0600, whatever the umask is).
package struct PendingStore: Sendable {
    /// The store's folder; it is made when it is needed.
    package let directory: String
    /// The folder of this user's in one that everybody shares; nil for a store in a folder of the user's own.
    private let shared: String?

    package init(directory: String) {
        self.directory = directory
        shared = nil
    }

    /// `vt-UID/pending` in a folder that everybody shares, as `/tmp`.
    package init(temporaryIn folder: String) {
        let own = "\(folder)/vt-\(geteuid())"
        directory = "\(own)/pending"
        shared = own
    }

    /// The user's store: `$XDG_STATE_HOME/vt/pending`, else `~/.local/state/vt/pending`.
    ///
    /// - Returns: nil where neither variable is an absolute path.
    package static func ofUser(environment: (String) -> String?) -> PendingStore? {
        // The XDG base directory specification has a relative path ignored.
        if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") {
            return PendingStore(directory: "\(state)/vt/pending")
        }
        guard let home = environment("HOME"), home.hasPrefix("/") else { return nil }
        return PendingStore(directory: "\(home)/.local/state/vt/pending")
    }

    /// Where what can never work is put.
    package var failedDirectory: String { "\(directory)/failed" }

    package func audioPath(_ id: String) -> String { "\(directory)/\(id).audio" }
    func recordPath(_ id: String) -> String { "\(directory)/\(id).json" }

    /// Whether a text can be a recording's name: 1 to 100 of `[A-Za-z0-9._+-]`, the first a letter or digit.
    package static func isID(_ text: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 100 else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || [0x2B, 0x2D, 0x2E, 0x5F].contains($0) }
    }

    /// A new name that sorts by time and that no other process makes: `20261122T183000-PID-xxxx`.
    package static func makeID(at time: Int) -> String {
        let random = String(UInt16.random(in: 0...UInt16.max), radix: 16)
        let stamp = timestamp(time).filter { $0 != "-" && $0 != ":" && $0 != "Z" }
        return "\(stamp)-\(getpid())-" + String(repeating: "0", count: 4 - random.utf8.count) + random
    }

    /// A time as `2026-11-22T18:30:00Z`.
    ///
    /// - Parameter time: seconds since 1970.
    package static func timestamp(_ time: Int) -> String {
        var seconds = time_t(time)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
    }

    /// Begins a recording, which its creator owns from the first moment.
    ///
    /// - Throws: `SystemError`: EEXIST where the name is taken, EACCES where the folder is another user's.
    package func create(_ id: String, _ record: PendingRecord) throws(SystemError) -> PendingRecording {
        if let shared { try PersonalFolder.makeInShared(shared) }
        try makePrivateFolder(directory)
        // Under a hidden name until it is locked: who lists the store never meets it without its owner.
        let hidden = "\(directory)/.\(id).audio"
        let audio = try Descriptor.open(hidden, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        do throws(SystemError) {
            let number = audio.number
            try retrying("fchmod", on: hidden) { fchmod(number, 0o600) }
            try retrying("flock", on: hidden) { flock(number, LOCK_EX | LOCK_NB) }
            try retrying("link", on: audioPath(id)) { link(hidden, audioPath(id)) }
        } catch {
            _ = unlink(hidden)
            throw error
        }
        _ = unlink(hidden)
        do throws(SystemError) {
            // Lasting only when the first bytes are: before that there is nothing to lose.
            try write(record, of: id, durably: false)
        } catch {
            _ = unlink(audioPath(id))
            throw error
        }
        return PendingRecording(id: id, record: record, audio: audio, store: self)
    }

    /// Whether the folder can be looked into: it is the caller's, and, in a folder that everybody shares, no link of another's.
    ///
    /// - Returns: false if there is none.
    /// - Throws: `SystemError`, EACCES if it is somebody else's.
    func isThere() throws(SystemError) -> Bool {
        var status = stat()
        for path in [shared, directory].compactMap(\.self) {
            guard (path == directory ? stat(path, &status) : lstat(path, &status)) == 0 else {
                if errno == ENOENT || errno == ENOTDIR { return false }
                throw SystemError(code: errno, call: "stat", subject: path)
            }
            guard status.st_uid == geteuid(), status.st_mode & S_IFMT == S_IFDIR else {
                // What lies in a shared folder under our name and is not ours is nobody's store.
                if shared != nil { return false }
                throw SystemError(code: EACCES, call: "stat", subject: path)
            }
        }
        return true
    }

    /// Opens a file of the store, which is a file: no FIFO is waited for, and no link followed.
    func openFile(_ path: String, _ flags: CInt) throws(SystemError) -> Descriptor {
        let file = try Descriptor.open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        var status = stat()
        let number = file.number
        try retrying("fstat", on: path) { fstat(number, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError(code: EINVAL, call: "open", subject: path) }
        return file
    }

    /// What became of an attempt to own a recording.
    package enum Claim {
        case owned(PendingRecording)
        /// Another process is working on it.
        case locked
        case missing
    }

    /// Takes over a recording that nobody owns.
    package func claim(_ id: String) throws(SystemError) -> Claim {
        guard PendingStore.isID(id), try isThere() else { return .missing }
        let path = audioPath(id)
        let audio: Descriptor
        do throws(SystemError) {
            audio = try openFile(path, O_RDWR)
        } catch  where [ENOENT, EINVAL, ELOOP].contains(error.code) {
            return .missing
        }
        let number = audio.number
        do throws(SystemError) {
            try retrying("flock", on: path) { flock(number, LOCK_EX | LOCK_NB) }
        } catch  where error.code == EWOULDBLOCK {
            return .locked
        }
        // Between open and flock its last owner may have finished with it and removed it.
        var opened = stat()
        var named = stat()
        guard fstat(number, &opened) == 0, lstat(path, &named) == 0,
            opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
        else { return .missing }
        let text = recordText(id)
        return .owned(
            PendingRecording(
                id: id, record: text.flatMap(PendingRecord.init(parsing:)),
                unknownVersion: text.flatMap(PendingRecord.unknownVersion), audio: audio, store: self))
    }

    /// The record of a recording; nil where there is none that can be read.
    package func readRecord(_ id: String) -> PendingRecord? {
        recordText(id).flatMap(PendingRecord.init(parsing:))
    }

    func recordText(_ id: String) -> String? {
        guard let file = try? openFile(recordPath(id), O_RDONLY) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                (try? readOnce(file.number, into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))) ?? 0
            }
            if count == 0 { break }
            filled += count
        }
        return String(decoding: bytes[..<filled], as: UTF8.self)
    }

    /// Writes a record under a hidden name, then renames it: nobody ever reads half of one.
    func write(_ record: PendingRecord, of id: String, durably: Bool) throws(SystemError) {
        let hidden = "\(directory)/.\(id).json"
        do throws(SystemError) {
            _ = unlink(hidden)
            let file = try Descriptor.open(hidden, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            let number = file.number
            try retrying("fchmod", on: hidden) { fchmod(number, 0o600) }
            try writeAll(number, record.line, name: hidden)
            if durably { try retrying("fsync", on: hidden) { fsync(number) } }
            try file.close()
            try retrying("rename", on: hidden) { rename(hidden, recordPath(id)) }
        } catch {
            _ = unlink(hidden)
            throw error
        }
    }

    /// Makes the names in the folder survive a crash of the machine.
    func synchronise() throws(SystemError) {
        let folder = try Descriptor.open(directory, O_RDONLY | O_DIRECTORY)
        try retrying("fsync", on: directory) { fsync(folder.number) }
    }
}
