import Harness

/// Stages that behave as a test asks, in place of the real ones: what is tried is what vt-dictate makes of them.
struct Stages {
    let home: Home
    private let stubs: String

    init() throws {
        home = try Home()
        stubs = home.directory("stubs")
        try makeDirectories(stubs)
        try record()
        try transcribe()
        try type()
        try add("notify-send", "printf '%s\\n' \"$@\" >>'\(home.files)/notified'")
    }

    /// A recorder that counts its starts and ends with a status at SIGINT; or at once.
    func record(endsAtOnceWith status: Int? = nil, status atInterrupt: Int = 0) throws {
        guard status == nil else {
            try add("vt-record", "echo 'vt-record: no microphone' >&2; exit \(status ?? 0)")
            return
        }
        // Not a shell: it cannot catch a signal that it inherited ignored.
        let script = """
            #!/usr/bin/perl
            $SIG{INT} = sub { exit \(atInterrupt) };
            $| = 1;
            open(my $starts, '>>', '\(home.files)/starts'); print $starts "x\\n"; close $starts;
            print STDERR "vt-record: recording from a stub\\n";
            while (1) { print "x"; select(undef, undef, undef, 0.01) }

            """
        try writeScript("\(stubs)/vt-record", script)
    }

    /// A recogniser that keeps the name it was given, reads to the end, and says a line.
    func transcribe(saying text: String = "hello", status: Int = 0, after seconds: Double = 0) throws {
        try add(
            "vt-transcribe",
            "echo \"$VT_PENDING_ID\" >>'\(home.files)/names'; cat >/dev/null; sleep \(seconds); echo '\(text)'; exit \(status)"
        )
    }

    func type(status: Int = 0) throws {
        let collect = "cat >>'\(home.files)/typed'"
        // Without a child of its own, where it can: one would survive it, and read on.
        try add("vt-type", status == 0 ? "exec \(collect)" : "\(collect); exit \(status)")
    }

    private func add(_ name: String, _ script: String) throws {
        try writeScript("\(stubs)/\(name)", "#!/bin/sh\n\(script)\n")
    }

    /// Runs vt-dictate over these stages.
    func dictate(_ arguments: String..., environment: [String: String?] = [:]) throws -> Result {
        var variables = environment
        variables["PATH"] = "\(stubs):\(BuiltPrograms.scriptDirectory):\(Tool.systemSearchPath)"
        var command = Command("vt-dictate", arguments, environment: variables)
        command.mayLeaveProcesses = true
        return try run(command, home: home)
    }

    /// A file that the stubs wrote; empty where there is none.
    func file(_ name: String) -> String { (try? text(of: "\(home.files)/\(name)")) ?? "" }

    /// The folders of dictations.
    var folders: [String] { entries(of: "\(home.runtime)/vt").filter { $0.hasSuffix("-dictate") } }
}
