internal import CPOSIX
internal import Glibc

/// Gives a file another name, unless there is something of that name.
///
/// - Throws: `SystemError`, with EEXIST if there is.
package func renameNew(_ path: Path, to name: Path) throws(SystemError) {
    let result = unsafe path.withCString { from in unsafe name.withCString { unsafe vt_rename_new(from, $0) } }
    if result == 0 { return }
    guard errno == EINVAL || errno == ENOSYS else {
        throw SystemError(code: errno, call: "rename", subject: name.description)
    }
    // A file system that can't do both in one step: then one after the other.
    var status = stat()
    if unsafe name.withCString({ unsafe lstat($0, &status) }) == 0 {
        throw SystemError(code: EEXIST, call: "rename", subject: name.description)
    }
    try retrying("rename", on: name.description) {
        unsafe path.withCString { from in unsafe name.withCString { unsafe rename(from, $0) } }
    }
}
