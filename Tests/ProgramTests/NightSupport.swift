import Glibc
import Harness
import Testing

/// A home whose recordings are transcribed by a timer.
struct Night {
    static let recordings = 10
    static let units = "\(BuiltPrograms.packageDirectory)/scripts/systemd"
    let batch: BatchHome

    init() throws {
        batch = try BatchHome(recordings: Self.recordings)
        let home = batch.home
        try makeDirectories(batch.transcripts)
        try makeDirectories("\(home.path)/.local")
        for (name, target) in [
            ("recordings", batch.recordings), ("transcripts", batch.transcripts),
            // Where they are for somebody without the XDG variables, as cron is.
            (".config", home.directory("config")), (".local/share", home.directory("data")),
            (".local/state", home.directory("state")), (".local/bin", batch.programs),
        ] { try #require(symlink(target, "\(home.path)/\(name)") == 0) }
        // A mail is complete when it has its name.
        try writeScript(
            "\(batch.programs)/sendmail", "#!/bin/sh\ncd '\(home.files)' && cat >part.$$ && mv part.$$ mail.$$\n")
    }

    /// The mails that were sent.
    var mails: [String] {
        entries(of: batch.home.files).filter { $0.hasPrefix("mail.") }.compactMap {
            try? text(of: "\(batch.home.files)/\($0)")
        }
    }

    /// Leaves a recording behind whose text, 007, is owed: until `refuse(false)` everything fails.
    func dictate() throws {
        try batch.refuse(true)
        let name = try #require(batch.words.first { $0.value == "007" }?.key)
        let result = try run(
            Command("vt-transcribe", environment: batch.environment),
            input: .bytes(contents(of: "\(batch.recordings)/\(name)")), home: batch.home)
        try #require(result.status == 75 && result.errors.contains("kept as"), "\(result)")
        unlink("\(batch.home.files)/begun")
    }

    /// Leaves one recording, in which nobody speaks: for that vt-transcribe itself exits with 1.
    func silence() throws {
        for name in batch.words.keys { unlink("\(batch.recordings)/\(name)") }
        try batch.addSilent("silent.wav")
        let alone = try run(
            Command(
                "vt-transcribe", ["-q", "-r", "--output-dir", "alone", batch.recordings], environment: batch.environment
            ),
            home: batch.home)
        try #require(alone.status == 1 && alone.errors == "", "\(alone)")
    }

    /// The texts in ~/dictations.tsv.
    func dictations() throws -> [String] {
        let path = "\(batch.home.path)/dictations.tsv"
        var status = stat()
        try #require(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        return try text(of: path).split(separator: "\n").map { String($0.drop { $0 != "\t" }.dropFirst()) }
    }

    func settings(_ text: String) throws {
        try write(text.utf8, to: batch.home.directory("config/vt/batch.env"))
    }

    // MARK: cron

    /// What vt-batch(7) shows.
    static func example(_ isIt: (String) -> Bool) throws -> String {
        let scripts = DocumentExample.all.filter { $0.document == "man/vt-batch.7" }.map(\.script).filter(isIt)
        try #require(scripts.count == 1, "\(scripts)")
        return scripts[0]
    }

    private static func lines() throws -> [String] {
        try example { $0.contains(" * * * ") }.split(separator: "\n").map(String.init)
    }

    /// A command of crontab(5), without its five fields.
    private static func command(_ part: String) throws -> String {
        let line = try #require(lines().first { $0.contains(part) })
        // It would be a line feed there.
        try #require(!line.contains("%"))
        return line.split(separator: " ", maxSplits: 5)[5].description
    }

    static func folderLine() throws -> String { try command("recordings") }
    static func pendingLine() throws -> String { try command("--pending") }

    func start(_ line: String) throws -> RunningProgram {
        let path = try #require(Self.lines().first { $0.hasPrefix("PATH=") }).dropFirst("PATH=".count)
        // vt-transcribe's own folder stands for /usr/local/bin.
        let variables = [
            "PATH": "\(batch.programs):\(path)", "HOME": batch.home.path, "LOGNAME": "me", "SHELL": "/bin/sh",
        ]
        var environment: [String: String?] = variables
        for name in batch.home.environment.keys where variables[name] == nil && !name.hasSuffix("SAN_OPTIONS") {
            environment.updateValue(nil, forKey: name)
        }
        return try Harness.start(
            Command("/bin/sh", ["-c", line], environment: environment, directory: batch.home.path), home: batch.home)
    }

    func folder() throws -> Result { try start(Self.folderLine()).finish() }
    func pending() throws -> Result { try start(Self.pendingLine()).finish() }
}
