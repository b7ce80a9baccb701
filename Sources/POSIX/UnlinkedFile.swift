internal import CPOSIX
internal import Glibc

extension Descriptor {
    /// Creates a file that has no name, 0600: it goes away with its last descriptor, whatever happens.
    ///
    /// - Parameter directory: on whose file system it is made.
    package static func unlinkedFile(in directory: String) throws(SystemError) -> Descriptor {
        do throws(SystemError) {
            return Descriptor(owning: try retrying("open", on: directory) { unsafe vt_unlinked_file(directory, 0o600) })
        } catch  where error.code == EOPNOTSUPP || error.code == EISDIR {
            // No O_TMPFILE here (NFS, an old overlayfs): a name for a moment.
            let name = "\(directory)/.vt-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
            let file = try open(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            unsafe unlink(name)
            return file
        }
    }

    /// Creates a file that has no name yet, for reading and writing, with the permissions that the umask leaves: `link` gives it one.
    ///
    /// - Parameter folder: in whose file system it is made.
    /// - Returns: nil where the system knows no such files (NFS, or no `/proc`).
    package static func namelessFile(in folder: Path) throws(SystemError) -> Descriptor? {
        guard namesCanBeGiven else { return nil }
        do throws(SystemError) {
            let number = try retrying("open", on: folder.description) {
                unsafe folder.withCString { unsafe vt_unlinked_file($0, 0o666) }
            }
            return Descriptor(owning: number)
        } catch {
            guard [EOPNOTSUPP, EISDIR, EINVAL].contains(error.code) else { throw error }
            return nil
        }
    }

    /// Gives back the room of bytes that were read and are not wanted any more, where the file system can.
    ///
    /// - Parameter range: bytes from the beginning of the file, which keeps its length.
    package borrowing func free(_ range: Range<Int>) {
        _ = vt_free_range(number, range.lowerBound, range.count)
    }

    private static let namesCanBeGiven = unsafe access("/proc/self/fd", X_OK) == 0

    /// Gives a nameless file its name.
    ///
    /// - Throws: `SystemError`, with EEXIST where there is something of that name.
    package borrowing func link(as path: Path) throws(SystemError) {
        let number = self.number
        try retrying("link", on: path.description) { unsafe path.withCString { unsafe vt_link_file(number, $0) } }
    }

    /// Creates a temporary file that has no name, where there is room for it; in memory as the last resort.
    ///
    /// `TMPDIR`, then `/var/tmp` before `/tmp`, which often is memory itself.
    package static func temporaryFile() throws(SystemError) -> Descriptor {
        let chosen = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) }
        for directory in [chosen, "/var/tmp", "/tmp"].compactMap(\.self) where directory.hasPrefix("/") {
            if let file = try? unlinkedFile(in: directory) { return file }
        }
        return try memoryFile()
    }

    /// Creates a file that is in memory only, and has no name.
    package static func memoryFile() throws(SystemError) -> Descriptor {
        Descriptor(owning: try retrying("memfd_create") { vt_memory_file() })
    }
}
