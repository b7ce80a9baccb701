internal import CPOSIX
internal import Glibc

extension Descriptor {
    /// Creates a file that has no name, 0600: it goes away with its last descriptor, whatever happens.
    ///
    /// - Parameter directory: on whose file system it is made.
    package static func unlinkedFile(in directory: String) throws(SystemError) -> Descriptor {
        do throws(SystemError) {
            return Descriptor(owning: try retrying("open", on: directory) { unsafe vt_unlinked_file(directory) })
        } catch  where error.code == EOPNOTSUPP || error.code == EISDIR {
            // No O_TMPFILE here (NFS, an old overlayfs): a name for a moment.
            let name = "\(directory)/.vt-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
            let file = try open(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            unsafe unlink(name)
            return file
        }
    }

    /// Creates a temporary file that has no name, where there is room for it; in memory as the last resort.
    ///
    /// `TMPDIR`, then `/var/tmp` before `/tmp`, which often is memory itself.
    package static func temporaryFile() throws(SystemError) -> Descriptor {
        let chosen = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) }
        for directory in [chosen, "/var/tmp", "/tmp"].compactMap(\.self) where directory.hasPrefix("/") {
            if let file = try? unlinkedFile(in: directory) { return file }
        }
        return Descriptor(owning: try retrying("memfd_create") { vt_memory_file() })
    }
}
