internal import Glibc

/// What a path is good for.
enum Inspection: Equatable {
    case absent
    /// Nothing that could be executed.
    case unfit(String)
    /// Somebody else could change what would be executed.
    case unsafe(String)
    case good
}

/// Looks whether a file may be run as a plugin: regular, executable, and it and its folder in nobody else's hands.
///
/// Links are followed; then the folder of the link and that of the file both count.
func inspect(_ path: String) -> Inspection {
    var status = stat()
    guard stat(path, &status) == 0 else {
        switch errno {
        case ENOENT, ENOTDIR: return .absent
        case let code: return .unfit("cannot be examined: \(String(cString: strerror(code)))")
        }
    }
    guard status.st_mode & S_IFMT == S_IFREG else { return .unfit("is no regular file") }
    guard faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 else { return .unfit("is not executable") }
    if let reason = whoElseMayWrite(path, status) { return .unsafe(reason) }
    guard let resolved = realpath(path, nil) else { return .absent }
    defer { free(resolved) }
    for file in [path, String(cString: resolved)] {
        guard let folder = file.parentFolder else { continue }
        var status = stat()
        guard stat(folder, &status) == 0 else { return .absent }
        if let reason = whoElseMayWrite(folder, status) { return .unsafe(reason) }
        if let reason = whoElseMayMove(folder) { return .unsafe(reason) }
    }
    return .good
}

/// Why somebody else could put another folder in a folder's place: everybody may write to one above it. In a sticky one, as
/// `/tmp`, each has only what is his own.
private func whoElseMayMove(_ path: String) -> String? {
    var folder = path
    while let parent = folder.parentFolder {
        var status = stat()
        guard stat(parent, &status) == 0 else { return nil }
        if status.st_mode & S_IWOTH != 0, status.st_mode & S_ISVTX == 0 {
            return "\(path) may be replaced by others: everybody has the right to write to \(parent)"
        }
        folder = parent
    }
    return nil
}

/// Why a file or folder is not the caller's alone, root aside; nil where it is.
private func whoElseMayWrite(_ path: String, _ status: stat) -> String? {
    let caller = geteuid()
    guard status.st_uid == 0 || status.st_uid == caller else {
        return "\(path) may be written by others: it belongs to user \(status.st_uid)"
    }
    if status.st_mode & S_IWOTH != 0 { return "\(path) may be written by others: everybody has the right" }
    // A group of one's own, as Debian and others give each user, has nobody else in it: their umask of 002 makes every new file
    // writable by the group. Root's group is root.
    let isOwnGroup = status.st_gid == 0 || (status.st_gid == getegid() && status.st_gid == caller)
    if status.st_mode & S_IWGRP != 0, !isOwnGroup {
        return "\(path) may be written by others: group \(status.st_gid) has the right"
    }
    return nil
}
