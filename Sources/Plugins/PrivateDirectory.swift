internal import Glibc
internal import POSIX

/// A directory of our own, mode 0700, that is removed with all it holds when the value goes.
struct PrivateDirectory: ~Copyable {
    let path: String

    /// Makes one in TMPDIR, else in /tmp.
    init() throws(SystemError) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        var template = Array(((parent.hasPrefix("/") ? parent : "/tmp") + "/vt-XXXXXX").utf8CString)
        let made = template.withUnsafeMutableBufferPointer {
            $0.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { throw SystemError(code: errno, call: "mkdtemp", subject: parent) }
        path = made
    }

    deinit {
        removeTree(AT_FDCWD, path)
    }
}

/// Removes a file or a whole directory, and never follows a link out of it.
func removeTree(_ directory: CInt, _ name: String) {
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
