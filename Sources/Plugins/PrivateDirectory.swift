internal import Glibc
package import POSIX
internal import Synchronization

/// A directory of our own, mode 0700, that is removed with all it holds when the value goes.
///
/// It is locked (flock(2)) as long as its owner lives, so that what a killed owner has left can be told from what is in use.
package struct PrivateDirectory: ~Copyable {
    package enum Purpose: Sendable {
        /// What a plugin needs while it works.
        case scratch
        /// Recordings, on a disk where there is one rather than in memory; the path is of letters, digits and `/._+-`.
        case audio
    }

    package let path: String
    private let parent: String
    /// -1 where the file system has none.
    private let lock: CInt

    private static let prefix = "vt-plugin-"
    private static let hasSwept = Atomic(false)

    /// Makes one in TMPDIR, else in /tmp; for audio rather in /var/tmp.
    package init(for purpose: Purpose = .scratch) throws(SystemError) {
        (path, parent) = try PrivateDirectory.make(for: purpose)
        // It is new: nobody else can hold it. Where the file system knows no locks it looks left behind once it is a minute old.
        lock = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if lock >= 0 { _ = flock(lock, LOCK_EX | LOCK_NB) }
    }

    private static func make(for purpose: Purpose) throws(SystemError) -> (path: String, parent: String) {
        var parents = getenv("TMPDIR").map { [String(cString: $0)] } ?? []
        parents.removeAll { !$0.hasPrefix("/") || (purpose == .audio && !isPlain($0)) }
        // Where the user wants it, that it can't be there is an error; a disk that is full is not evaded either.
        if parents.isEmpty { parents = purpose == .audio ? ["/var/tmp", "/tmp"] : ["/tmp"] }
        var failure = SystemError(code: ENOENT, call: "mkdtemp", subject: "/tmp")
        for parent in parents {
            var template = Array((parent + "/" + prefix + "XXXXXX").utf8CString)
            let made = template.withUnsafeMutableBufferPointer {
                $0.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
            }
            if let made { return (made, parent) }
            failure = SystemError(code: errno, call: "mkdtemp", subject: parent)
        }
        throw failure
    }

    deinit {
        removeTree(AT_FDCWD, path)
        if lock >= 0 { close(lock) }
    }

    /// Removes the directories that owners have left who were killed, once in a process. For a moment when nobody waits.
    package borrowing func sweep() {
        if PrivateDirectory.hasSwept.exchange(true, ordering: .relaxed) { return }
        guard let entries = opendir(parent) else { return }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(PrivateDirectory.prefix), name.utf8.count == PrivateDirectory.prefix.utf8.count + 6 {
                names.append(name)
            }
        }
        for name in names { PrivateDirectory.removeIfLeft(parent + "/" + name) }
    }

    private static func removeIfLeft(_ path: String) {
        var status = stat()
        // A young one may belong to somebody who is about to lock it.
        var descriptor: CInt = -1
        defer { if descriptor >= 0 { close(descriptor) } }
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
            time(nil) - max(status.st_mtim.tv_sec, status.st_ctim.tv_sec) >= 60
        else { return }
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return }
        removeTree(AT_FDCWD, path)
    }

    private static func isPlain(_ path: String) -> Bool {
        path.utf8.allSatisfy { byte in
            switch byte {
            case 0x61...0x7A, 0x41...0x5A, 0x30...0x39: true
            default: "/._+-".utf8.contains(byte)
            }
        }
    }
}

/// Removes a file or a whole directory, and never follows a link out of it.
///
/// - Parameters:
///   - directory: an open folder, or `AT_FDCWD`.
///   - name: in that folder.
package func removeTree(_ directory: CInt, _ name: String) {
    if unlinkat(directory, name, 0) == 0 { return }
    let descriptor = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    guard let entries = fdopendir(descriptor) else {
        close(descriptor)
        return
    }
    // A plugin may have taken our own right to write away.
    fchmod(descriptor, 0o700)
    while let entry = readdir(entries) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { removeTree(descriptor, name) }
    }
    closedir(entries)
    unlinkat(directory, name, AT_REMOVEDIR)
}
