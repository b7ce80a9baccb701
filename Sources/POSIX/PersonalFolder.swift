internal import Glibc

/// Folders of the user's own, for what a program keeps.
package enum PersonalFolder {
    /// Makes a folder in one that everybody shares. Somebody else may have made it, or a link, to read what will be in it.
    ///
    /// - Parameter path: absolute.
    /// - Throws: `SystemError`: EACCES if somebody else was there before or may write to it, ENOTDIR for a link or a file, and what mkdir(2) says.
    package static func makeInShared(_ path: String) throws(SystemError) {
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST {
            throw SystemError(code: errno, call: "mkdir", subject: path)
        }
        var status = stat()
        try retrying("lstat", on: path) { unsafe lstat(path, &status) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemError(code: ENOTDIR, call: "lstat", subject: path) }
        // What others may write to holds what they like.
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw SystemError(code: EACCES, call: "lstat", subject: path)
        }
        if status.st_mode & 0o777 != 0o700 { try retrying("chmod", on: path) { unsafe chmod(path, 0o700) } }
    }

    /// Makes the folder for what cannot be kept where it belongs: `$TMPDIR/vt-UID`, or `/tmp/vt-UID`, which nobody else can read.
    ///
    /// - Parameter environment: looks up a variable.
    /// - Returns: its path.
    /// - Throws: as `makeInShared`.
    package static func makeTemporary(_ environment: (String) -> String?) throws(SystemError) -> String {
        let path = temporaryPath(environment)
        try makeInShared(path)
        return path
    }

    /// Where that folder is, or would be.
    package static func temporaryPath(_ environment: (String) -> String?) -> String {
        let chosen = environment("TMPDIR").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
        return "\(chosen)/vt-\(geteuid())"
    }

    /// Opens a file of the user's own, which may have to be created: no symbolic link, no FIFO, and nobody else's.
    ///
    /// - Parameter flags: for open(2), beside those that this needs.
    /// - Throws: `SystemError`: ELOOP for a link, EACCES for what is another user's or no regular file, and what open(2) says.
    package static func openFile(_ path: String, _ flags: CInt) throws(SystemError) -> Descriptor {
        let file = try Descriptor.open(path, flags | O_NOFOLLOW | O_NONBLOCK, mode: 0o600)
        var status = stat()
        try retrying("fstat", on: path) { unsafe fstat(file.number, &status) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else {
            throw SystemError(code: EACCES, call: "open", subject: path)
        }
        return file
    }
}
