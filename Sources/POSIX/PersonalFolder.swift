internal import Glibc

/// Folders of the user's own, for what a program keeps.
package enum PersonalFolder {
    /// Makes what is missing of a folder's path, for the user alone (0700; XDG Base Directory Specification).
    ///
    /// A home that is not there is not made; nor does root make folders in another user's, who could not use them afterwards.
    ///
    /// - Parameters:
    ///   - path: absolute.
    ///   - home: the user's home; nil where that is not known.
    /// - Throws: `SystemError`: ENOENT where the home is missing, EACCES where the folder is, or would be, another user's, and
    ///   what mkdir(2) says.
    package static func make(_ path: String, home: String?) throws(SystemError) {
        var status = stat()
        if let home, path.hasPrefix(home + "/"), unsafe stat(home, &status) != 0 {
            throw SystemError(code: ENOENT, call: "mkdir", subject: home)
        }
        var folder = ""
        for part in path.split(separator: "/") {
            let parent = folder.isEmpty ? "/" : folder
            folder += "/" + part
            if unsafe stat(folder, &status) == 0 { continue }
            if geteuid() == 0, unsafe stat(parent, &status) == 0, status.st_uid != 0 {
                throw SystemError(code: EACCES, call: "mkdir", subject: folder)
            }
            try retrying("mkdir", on: folder) {
                // Another program of ours may have been faster.
                unsafe mkdir(folder, 0o700) != 0 && errno != EEXIST ? CInt(-1) : 0
            }
        }
        guard unsafe stat(path, &status) == 0, status.st_uid == geteuid() else {
            throw SystemError(code: EACCES, call: "open", subject: path)
        }
    }

    /// Makes the folder for what cannot be kept where it belongs: `$TMPDIR/vt-UID`, or `/tmp/vt-UID`, which nobody else can read.
    ///
    /// - Parameter environment: looks up a variable.
    /// - Returns: its path.
    /// - Throws: `SystemError`: EACCES where somebody else was there before, and what mkdir(2) says.
    package static func makeTemporary(_ environment: (String) -> String?) throws(SystemError) -> String {
        let path = temporaryPath(environment)
        try retrying("mkdir", on: path) { unsafe mkdir(path, 0o700) != 0 && errno != EEXIST ? CInt(-1) : 0 }
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
            status.st_mode & 0o077 == 0
        else { throw SystemError(code: EACCES, call: "open", subject: path) }
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
