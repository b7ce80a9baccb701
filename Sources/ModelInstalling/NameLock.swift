internal import Glibc
internal import Plugins
internal import POSIX

/// Keeps others of the same name out while something is installed or removed (flock(2)); it ends with its owner, however that ends.
struct NameLock: ~Copyable {
    private let file: Descriptor
    private let path: String

    /// Waits for whoever has it.
    ///
    /// - Parameters:
    ///   - name: of the model.
    ///   - folder: in which it lies.
    ///   - cancellation: ends the wait.
    ///   - onWait: called once if somebody has it.
    /// - Throws: `.noPlace`, `.cancelled`.
    init(
        _ name: String, in folder: String, cancellation: Cancellation?, onWait: () -> Void
    ) throws(InstallingError) {
        path = "\(folder)/.\(name).lock"
        var hasWaited = false
        while true {
            let file: Descriptor
            do throws(SystemError) {
                file = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
            } catch {
                throw InstallingError(.noPlace, "\(path): cannot create: \(error.reason)")
            }
            while flock(file.number, LOCK_EX | LOCK_NB) != 0 {
                // A file system without locks: two at once are then told apart by nobody.
                guard errno == EWOULDBLOCK || errno == EINTR else { break }
                if !hasWaited { onWait() }
                hasWaited = true
                if let cancellation {
                    _ = try? waitUntilReady(cancellation.descriptor, for: POLLIN, milliseconds: 100)
                    if cancellation.isCancelled { throw InstallingError(.cancelled, "given up") }
                } else {
                    usleep(100_000)
                }
            }
            // Whoever had it has removed it: this one is nobody's any more.
            if NameLock.isNamed(file.number, path) {
                self.file = file
                return
            }
        }
    }

    deinit {
        unsafe unlink(path)
    }

    private static func isNamed(_ descriptor: CInt, _ path: String) -> Bool {
        var (open, named) = (stat(), stat())
        guard unsafe fstat(descriptor, &open) == 0, unsafe lstat(path, &named) == 0 else { return false }
        return open.st_ino == named.st_ino && open.st_dev == named.st_dev
    }
}
