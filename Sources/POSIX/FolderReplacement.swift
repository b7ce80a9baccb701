internal import CPOSIX
internal import Glibc

/// Gives a folder a name that another may have: whoever looks finds the one or the other, and what is open or mapped stays whole.
///
/// - Parameters:
///   - new: the folder; it has its name no more.
///   - place: the name that it gets, on the same file system.
/// - Returns: the name under which the folder that was there is now, to be removed; nil if there was none.
/// - Throws: `SystemError`; then both are where they were.
package func replaceFolder(at place: String, with new: String) throws(SystemError) -> String? {
    if unsafe rename(new, place) == 0 { return nil }
    // A folder that is not empty is in the way; else the two may not change places either.
    if unsafe vt_exchange(new, place) == 0 { return new }
    guard errno == EINVAL || errno == ENOSYS else { throw SystemError(code: errno, call: "rename", subject: place) }
    // Not every file system can do that: for a moment there is neither.
    let old = new + ".old"
    try retrying("rename", on: place) { unsafe rename(place, old) }
    if unsafe rename(new, place) < 0 {
        let error = SystemError(code: errno, call: "rename", subject: place)
        unsafe rename(old, place)
        throw error
    }
    return old
}
