internal import Glibc
internal import POSIX

/// What another thread needs to take a running plugin down with the program.
package final class PluginLeash: Sendable {
    private let held = Monitor<(group: pid_t, directory: String)?>(nil)

    package init() {}

    /// Kills the plugin, if one is running, and removes its private directory. For a program that ends at once.
    package func kill() {
        held.note { held in
            guard let held else { return }
            Glibc.kill(-held.group, SIGKILL)
            removeTree(AT_FDCWD, held.directory)
        }
    }

    func hold(_ group: pid_t, _ directory: String) {
        held.note { $0 = (group, directory) }
    }

    /// Before the process is reaped: then its number may be somebody else's.
    func release() {
        held.note { $0 = nil }
    }
}
