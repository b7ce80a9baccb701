internal import Glibc
internal import POSIX

/// Machines that ssh reaches by their names: each an sshd of its own on loopback, all with the folders of one home.
///
/// Programs that run in this `home` find an `ssh` that knows these machines and nobody else's. What runs on a machine has
/// `VT_MACHINE` in its environment.
package final class SSHMachines: Sendable {
    package let home: Home
    private let directory: TemporaryDirectory
    private let machines: [String: RunningProgram]

    /// Whether somebody can log in here.
    package static let arePossible: Bool =
        Tool.isInstalled("sshd", "ssh", "ssh-keygen") && (try? SSHMachines(["here"], home: Home()).answer) == true

    /// Starts machines; returns when they listen.
    ///
    /// - Parameters:
    ///   - names: of the machines.
    ///   - path: a folder whose programs come first on the machines.
    ///   - configuration: more for ssh_config(5), before what is set here.
    package init(_ names: [String], home: Home, path: String? = nil, configuration: String = "") throws {
        self.home = home
        directory = try TemporaryDirectory("ssh")
        for key in ["host", "user"] {
            let made = try run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory(key))
            guard made.status == 0 else { throw HarnessError("\(made)") }
        }
        // Where root's sshd shuts the half of itself in that faces the network; at the start of a system it is made.
        if isRoot { mkdir("/run/sshd", 0o755) }
        let user = try run("id", "-un").text.filter { $0 != "\n" }
        let hostKey = try text(of: directory("host.pub")).split(separator: " ").prefix(2).joined(separator: " ")
        try write("vt-test \(hostKey)\n".utf8, to: directory("known"))
        var configuration = configuration + "\n"
        var machines: [String: RunningProgram] = [:]
        for name in names {
            let port = try LoopbackPort.free()
            configuration += "Host \(name)\n  Port \(port)\n"
            // Sessions do not inherit the server's environment.
            let mark = newMark()
            var environment = home.environment
            environment["VT_MACHINE"] = name
            environment[Command.mark] = mark
            if let path { environment["PATH"] = "\(path):\(environment["PATH"] ?? "")" }
            let settings = """
                Port \(port)
                ListenAddress 127.0.0.1
                HostKey \(directory("host"))
                AuthorizedKeysFile \(directory("user.pub"))
                PidFile none
                UsePAM no
                StrictModes no
                PermitRootLogin prohibit-password
                PasswordAuthentication no
                KbdInteractiveAuthentication no
                MaxStartups 100
                SetEnv \(environment.map { "\"\($0)=\($1)\"" }.joined(separator: " "))

                """
            try write(settings.utf8, to: directory("\(name).conf"))
            let server = try RunningProgram(
                Command(Tool.path("sshd"), ["-D", "-e", "-f", directory("\(name).conf")]), input: .none,
                output: .collected, home: home, mark: mark)
            try LoopbackPort.wait(for: port, of: server)
            machines[name] = server
        }
        self.machines = machines
        configuration += """
            Host *
              HostName 127.0.0.1
              HostKeyAlias vt-test
              User \(user)
              IdentityFile \(directory("user"))
              IdentitiesOnly yes
              UserKnownHostsFile \(directory("known"))
              GlobalKnownHostsFile /dev/null
              StrictHostKeyChecking yes
              BatchMode yes

            """
        try write(configuration.utf8, to: directory("config"))
        try makeDirectories(programs)
        try writeScript("\(programs)/ssh", "#!/bin/sh\nexec '\(Tool.path("ssh"))' -F '\(directory("config"))' \"$@\"\n")
    }

    deinit {
        for machine in machines.values { machine.kill() }
    }

    private var programs: String { directory("bin") }

    /// For programs that are to reach these machines.
    package var environment: [String: String?] { ["PATH": "\(programs):\(home.environment["PATH"] ?? "")"] }

    /// Takes a machine down, with all that runs on it.
    package func crash(_ name: String) {
        machines[name]?.kill()
    }

    private var answer: Bool {
        get throws {
            try machines.keys.allSatisfy { name in
                try run(Command("ssh", [name, "echo $VT_MACHINE"], environment: environment), home: home).text
                    == "\(name)\n"
            }
        }
    }
}
