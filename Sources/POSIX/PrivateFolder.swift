internal import Glibc

/// Makes a folder that is the caller's alone (0700), with those above it that are missing.
///
/// Nothing is made in another user's folder: what root makes there, its user can neither use nor remove. Nor is a home made
/// that does not exist: service users have one on purpose (`/nonexistent`).
///
/// - Parameters:
///   - path: absolute.
///   - home: the caller's home; nil if there is no such thing.
/// - Throws: `SystemError`: EACCES if the folder, or the first one above it that exists, belongs to somebody else; ENOENT if it
///   would be in a home that does not exist; ENOTDIR.
package func makePrivateFolder(_ path: String, home: String? = ownHome) throws(SystemError) {
    var status = stat()
    if unsafe stat(path, &status) != 0 {
        guard errno == ENOENT else { throw SystemError(code: errno, call: "stat", subject: path) }
        try makeMissing(path, home: home)
        try retrying("stat", on: path) { unsafe stat(path, &status) }
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemError(code: ENOTDIR, call: "stat", subject: path) }
    // What root would leave in a user's folder, the user could not remove; what lies in another's, the other can read.
    guard status.st_uid == geteuid() else { throw SystemError(code: EACCES, call: "stat", subject: path) }
    if status.st_mode & 0o777 != 0o700 { try retrying("chmod", on: path) { unsafe chmod(path, 0o700) } }
}

/// `$HOME`, if it is an absolute path.
package var ownHome: String? {
    unsafe getenv("HOME").map { unsafe String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
}

private func makeMissing(_ path: String, home: String?) throws(SystemError) {
    let parent = parentFolder(of: path)
    if let home, withoutSlashes(home) == withoutSlashes(path) {
        throw SystemError(code: ENOENT, call: "stat", subject: path)
    }
    var status = stat()
    if unsafe stat(parent, &status) != 0 {
        guard errno == ENOENT, parent != path else { throw SystemError(code: errno, call: "stat", subject: parent) }
        try makeMissing(parent, home: home)
    } else if status.st_uid != geteuid(), geteuid() == 0 || status.st_uid != 0 {
        throw SystemError(code: EACCES, call: "mkdir", subject: parent)
    }
    // Another process may be doing the same.
    if unsafe mkdir(path, 0o700) != 0, errno != EEXIST {
        throw SystemError(code: errno, call: "mkdir", subject: path)
    }
}

private func parentFolder(of path: String) -> String {
    let path = withoutSlashes(path)
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return withoutSlashes(String(path[..<slash]))
}

private func withoutSlashes(_ path: String) -> String {
    var path = path[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    return String(path)
}
