internal import Glibc

/// A Slurm cluster of one node on loopback, with files, ports and a key of its own.
///
/// What `sbatch` starts from this `home` runs until the home goes.
package final class SlurmCluster: Sendable {
    package let home: Home
    private let directory: TemporaryDirectory
    private let munged: RunningProgram
    private let controller: RunningProgram
    private let node: RunningProgram

    /// Whether a cluster can be had here.
    package static let isPossible: Bool =
        Tool.isInstalled("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "scancel")
        && (try? SlurmCluster(home: Home())) != nil

    /// Starts it; returns when its node is idle.
    package init(home: Home) throws {
        self.home = home
        directory = try TemporaryDirectory("slurm")
        for name in ["state", "spool"] { try makeDirectories(directory(name)) }
        try write((0..<1024).map { _ in UInt8.random(in: 0...255) }, to: directory("munge.key"))
        chmod(directory("munge.key"), 0o600)
        let user = try run("id", "-un").text.filter { $0 != "\n" }
        let port = try LoopbackPort.free()
        // A requeued job waits for cred_expire, of which 5 s is the least; the node pretends to have processors for several tasks. What
        // belongs to a job is known by its process group: by parents (linuxproc), who outlives the job's shell would belong to nobody.
        try write(
            """
            ClusterName=test
            SlurmctldHost=localhost(127.0.0.1)
            SlurmctldPort=\(port)
            SlurmdPort=\(try LoopbackPort.free())
            SlurmUser=\(user)
            SlurmdUser=\(user)
            AuthType=auth/munge
            AuthInfo=socket=\(directory("munge.socket")),cred_expire=5
            StateSaveLocation=\(directory("state"))
            SlurmdSpoolDir=\(directory("spool"))
            SlurmctldPidFile=\(directory("slurmctld.pid"))
            SlurmdPidFile=\(directory("slurmd.pid"))
            ProctrackType=proctrack/pgid
            TaskPlugin=task/none
            JobAcctGatherType=jobacct_gather/none
            AccountingStorageType=accounting_storage/none
            MpiDefault=none
            MailProg=/bin/true
            SelectType=select/cons_tres
            SelectTypeParameters=CR_CPU
            SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=0
            SlurmdParameters=config_overrides
            ReturnToService=2
            KillWait=5
            NodeName=node NodeAddr=127.0.0.1 CPUs=16 State=UNKNOWN
            PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP

            """.utf8, to: directory("slurm.conf"))
        let version = try run("slurmd", "-V").text.split(separator: " ").last.map(String.init) ?? ""
        if let major = version.split(separator: ".").first.flatMap({ Int($0) }), major >= 23 {
            // It wants one; older ones do not know this.
            try write("CgroupPlugin=disabled\n".utf8, to: directory("cgroup.conf"))
        }

        // Its folder is closed to others, which it does not like (--force).
        let munged = try start(
            Command(
                "munged",
                [
                    "--foreground", "--force", "--key-file=\(directory("munge.key"))",
                    "--socket=\(directory("munge.socket"))", "--pid-file=\(directory("munged.pid"))",
                    "--log-file=\(directory("munged.log"))", "--seed-file=\(directory("munge.seed"))",
                ]), home: home)
        self.munged = munged
        let socket = directory("munge.socket")
        try eventually("munged listens", detail: { munged.errors }) { access(socket, F_OK) == 0 }
        let environment: [String: String?] = ["SLURM_CONF": directory("slurm.conf")]
        controller = try start(Command("slurmctld", ["-D", "-c"], environment: environment), home: home)
        try LoopbackPort.wait(for: port, of: controller)
        node = try start(Command("slurmd", ["-D", "-N", "node"], environment: environment), home: home)
        let node = node
        let home = home
        try eventually("the node is idle", detail: { node.errors }) {
            if node.hasEnded { throw HarnessError("slurmd ended: \(node.errors)") }
            return try run(Command("sinfo", ["-h", "-o", "%T"], environment: environment), home: home).text == "idle\n"
        }
    }

    deinit {
        for daemon in [node, controller, munged] { daemon.kill() }
    }

    /// For programs that talk to it.
    package var environment: [String: String?] { ["SLURM_CONF": directory("slurm.conf")] }

    /// A job, or a task of an array.
    package struct Job: Sendable, Equatable, CustomStringConvertible {
        /// `7`, or `7_2`.
        package let name: String
        package let state: String
        /// `0:0`: its exit status, and the signal that has ended it.
        package let exit: String
        package let restarts: Int

        package var description: String { "\(name) \(state) \(exit), restarts \(restarts)" }
    }

    /// All jobs, as far as Slurm remembers them; tasks of an array that have not begun may be one.
    package func jobs() throws -> [Job] {
        let result = try run(
            Command("scontrol", ["show", "job", "--oneliner"], environment: environment), home: home)
        return result.text.split(separator: "\n").compactMap { line in
            func field(_ name: String) -> String? {
                line.split(separator: " ").first { $0.hasPrefix("\(name)=") }.map {
                    String($0.dropFirst(name.count + 1))
                }
            }
            guard let number = field("JobId"), let state = field("JobState") else { return nil }
            let task = field("ArrayTaskId").map { "\(field("ArrayJobId") ?? number)_\($0)" }
            return Job(
                name: task ?? number, state: state, exit: field("ExitCode") ?? "",
                restarts: field("Restarts").flatMap { Int($0) } ?? 0)
        }.sorted { $0.name < $1.name }
    }

    /// Waits until a job, or a task of an array, is what is asked for.
    @discardableResult
    package func wait(
        for name: String, _ what: String, within deadline: Duration = .seconds(60), _ condition: (Job) -> Bool
    ) throws -> Job {
        let end = ContinuousClock.now + deadline
        while true {
            let jobs = try jobs()
            if let found = jobs.first(where: { $0.name == name && condition($0) }) { return found }
            guard ContinuousClock.now < end else {
                throw HarnessError("not within \(deadline): job \(name) \(what)\n\(jobs)")
            }
            // Asking is dear. The thread is kept: who gives it away gets one again when hundreds of other tests have had their turn.
            usleep(300_000)
        }
    }
}
