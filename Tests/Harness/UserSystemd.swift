internal import Glibc
internal import Synchronization

/// A user's systemd, with units of a test's own, for programs of one `home`.
///
/// It has namespaces and a control group of its own: it would move all processes of the one that it finds itself in, and everything
/// that it has started ends with it.
package final class UserSystemd: Sendable {
    package let home: Home
    private let manager: RunningProgram
    private let group: String

    private static let program = "/usr/lib/systemd/systemd"
    private static let number = Atomic<Int>(0)

    /// Whether one can be had here.
    package static let isPossible: Bool =
        isRoot && Tool.isInstalled("systemctl", "unshare", "nsenter") && access(program, X_OK) == 0
        && (try? UserSystemd(home: Home())) != nil

    /// Starts it; returns when it takes commands.
    ///
    /// - Parameter units: folders whose files are its units, beside the system's.
    package init(home: Home, units: String...) throws {
        self.home = home
        let folder = home.directory("config/systemd/user")
        try makeDirectories(folder)
        for units in units {
            for name in entries(of: units) { try write(contents(of: "\(units)/\(name)"), to: "\(folder)/\(name)") }
        }
        let group = "vt-test-\(getpid())-\(Self.number.wrappingAdd(1, ordering: .relaxed).newValue)"
        self.group = group
        // The folder by which programs know that the system runs under systemd is there in the namespace alone.
        let script = """
            for hierarchy in \(Self.hierarchies.joined(separator: " ")); do
                mkdir "$hierarchy/\(group)" && echo $$ >"$hierarchy/\(group)/cgroup.procs" || exit 69
            done
            exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc sh -c '
                mount -t tmpfs none /run && mkdir -p /run/systemd/system || exit 69
                \(Self.program) --user --log-target=console'
            """
        manager = try start(.shell(script), home: home)
        try eventually("a user's systemd takes commands", detail: { manager.errors }) {
            if manager.hasEnded { throw HarnessError("systemd ended: \(manager.errors)") }
            return ["running\n", "degraded\n"].contains(try control("is-system-running").text)
        }
    }

    deinit {
        manager.kill()
        Self.remove(group)
    }

    /// A command that is run where programs see that there is a systemd.
    private func enter(_ command: [String]) throws -> Command {
        let children = try text(of: "/proc/\(manager.pid)/task/\(manager.pid)/children").split(separator: " ")
        return Command(
            "nsenter", ["--target", children.first.map(String.init) ?? "0", "--mount", "--pid", "--"] + command)
    }

    /// Runs a script where programs see that there is a systemd.
    package func shell(_ script: String) throws -> Result {
        try run(enter(["sh", "-c", script]), home: home, within: .seconds(60))
    }

    /// `systemctl --user`.
    @discardableResult
    package func control(_ arguments: String...) throws -> Result {
        try run(enter(["systemctl", "--user", "--no-pager"] + arguments), home: home, within: .seconds(60))
    }

    /// A property of a unit, as `systemctl show` tells it.
    package func property(_ name: String, of unit: String) throws -> String {
        try control("show", "--value", "--property", name, unit).text.filter { $0 != "\n" }
    }

    /// Where control groups are: the one hierarchy of version 2, or those of version 1 that systemd uses.
    private static var hierarchies: [String] {
        if access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 { return ["/sys/fs/cgroup"] }
        return entries(of: "/sys/fs/cgroup").map { "/sys/fs/cgroup/\($0)" }.filter {
            access("\($0)/cgroup.procs", F_OK) == 0 && !$0.contains(",") && !$0.hasSuffix("/cpuset")
        }
    }

    /// Takes a group and those below it away, when its processes are gone.
    private static func remove(_ group: String) {
        func remove(_ path: String) -> Bool {
            for name in entries(of: path) where access("\(path)/\(name)/cgroup.procs", F_OK) == 0 {
                _ = remove("\(path)/\(name)")
            }
            return rmdir(path) == 0 || errno == ENOENT
        }
        for hierarchy in hierarchies {
            _ = try? eventually("the control group \(group) is gone", within: .seconds(5)) {
                remove("\(hierarchy)/\(group)")
            }
        }
    }
}
