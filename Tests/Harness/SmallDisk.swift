internal import Glibc

/// A file system (tmpfs) that is soon full. It is unmounted when the value goes.
package final class SmallDisk: Sendable {
    private let directory: TemporaryDirectory

    /// Where it is mounted.
    package var path: String { directory.path }

    /// Whether this user may mount.
    package static let isPossible: Bool = isRoot && (try? SmallDisk(kibibytes: 16)) != nil

    /// Mounts one.
    package init(kibibytes: Int) throws {
        directory = try TemporaryDirectory("vt-disk")
        let result = try run("mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k,mode=0700", "vt-test", directory.path)
        guard result.status == 0 else { throw HarnessError("\(result)") }
    }

    deinit {
        // Lazily: a program that is about to end may still hold a file.
        _ = try? run("umount", "--lazy", directory.path)
    }
}
