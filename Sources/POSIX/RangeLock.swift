internal import CPOSIX
internal import Glibc

/// Locks bytes of a file, whether or not they are there, for an open descriptor and its duplicates: with the last of them the
/// lock ends.
///
/// - Parameters:
///   - descriptor: open for writing where the lock is `F_WRLCK`.
///   - range: not empty.
///   - kind: `F_RDLCK`, which several may have at once, or `F_WRLCK`; `F_UNLCK` ends either.
///   - waits: whether to wait for who has it.
/// - Throws: `SystemError`, with EAGAIN where somebody has it and this does not wait.
package func lockRange(
    _ descriptor: CInt, _ range: Range<Int>, _ kind: CInt, waits: Bool, name: @autoclosure () -> String? = nil
) throws(SystemError) {
    do throws(SystemError) {
        try retrying("lock", on: name()) {
            vt_lock_range(descriptor, kind, range.lowerBound, range.count, waits ? 1 : 0)
        }
    } catch {
        // POSIX leaves the choice between the two.
        throw error.code == EACCES ? SystemError(code: EAGAIN, call: error.call, subject: error.subject) : error
    }
}
