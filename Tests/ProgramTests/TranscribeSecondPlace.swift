import Glibc
import Harness
import Testing

/// What a store can't take has a second place, and nothing that the program holds is dropped.
@Suite struct TranscribeSecondPlace {
    private let test: TranscribeHome
    private let audio = Tone.stream(seconds: 10)

    init() throws {
        test = try TranscribeHome()
    }

    /// `$TMPDIR/vt-UID/pending`.
    private var place: String { "\(test.home.files)/vt-\(geteuid())/pending" }

    private func pending(_ environment: [String: String?]) throws -> Result {
        let plugins = ["VT_PLUGIN_PATH": test.home.plugins as String?]
        return try run(
            Command(
                "vt-transcribe", ["--pending", "--no-gate", "--option", "mode=none"],
                environment: environment.merging(plugins) { $1 }), home: test.home)
    }

    private func transcribe(_ environment: [String: String?], mode: String = "refuses") throws -> Result {
        let plugins = ["VT_PLUGIN_PATH": test.home.plugins as String?]
        return try test.transcribe(
            mode: mode, input: .bytes(audio), environment: environment.merging(plugins) { $1 })
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test(
        arguments: [
            ["HOME": nil, "XDG_STATE_HOME": nil], ["XDG_STATE_HOME": "/proc/nowhere"], ["XDG_STATE_HOME": "/dev/null"],
            ["HOME": "/nonexistent", "XDG_STATE_HOME": nil],
        ] as [[String: String?]])
    func aStoreThatCannotBeHad(environment: [String: String?]) throws {
        let result = try transcribe(environment)
        #expect(result.status == 75, "\(result)")
        #expect(result.errors.contains("kept in \(place)") && result.errors.contains(" in \(place)\n"), "\(result)")
        #expect(mode(place) == 0o700 && mode("\(test.home.files)/vt-\(geteuid())") == 0o700)
        #expect(entries(of: place).allSatisfy { mode("\(place)/\($0)") == 0o600 })
        let list = try run(
            Command("vt-transcribe", ["--list-pending"], environment: environment), home: test.home)
        #expect(list.text.contains("\t320044\twaiting\tfake\t1\t"), "\(list)")
        let again = try pending(environment)
        #expect(again.text.hasSuffix("\tbytes 320000\n"), "\(again)")
        #expect(entries(of: place).isEmpty)
        #expect(access("/nonexistent", F_OK) != 0)
    }

    @Test(.enabled(if: isRoot, "needs to make another user's home"))
    func rootMakesNothingInAnothersHome() throws {
        let other = "\(test.home.files)/other"
        try makeDirectories(other)
        chown(other, 12345, 12345)
        let environment: [String: String?] = ["HOME": other, "XDG_STATE_HOME": nil]
        #expect(try transcribe(environment).status == 75)
        #expect(entries(of: other).isEmpty)
        #expect(try pending(environment).text.hasSuffix("\tbytes 320000\n"))
        // A store of that user's is not root's to work on.
        try makeDirectories("\(other)/.local/state/vt/pending")
        chown("\(other)/.local/state/vt/pending", 12345, 12345)
        try Harness.write(audio, to: "\(other)/.local/state/vt/pending/x1.audio")
        let result = try pending(environment)
        #expect(result.status == 74 && result.text.isEmpty, "\(result)")
        #expect(entries(of: "\(other)/.local/state/vt/pending") == ["x1.audio"])
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs to mount"), arguments: [0, 24, 100, 200])
    func aFullStoreLosesNothing(kibibytes: Int) throws {
        let disk = try SmallDisk(kibibytes: max(kibibytes, 4))
        if kibibytes == 0 { _ = try run(.shell("cat /dev/zero > '\(disk.path)/full'; true"), home: test.home) }
        let environment = ["XDG_STATE_HOME": disk.path as String?]
        let result = try transcribe(environment)
        #expect(result.status == 75, "\(result)")
        #expect(result.errors.contains(place), "\(result)")
        #expect(!result.errors.contains("lost"), "\(result)")
        let again = try pending(environment)
        #expect(again.text.hasSuffix("\tbytes 320000\n") && again.status == 0, "\(again)")
        #expect(entries(of: place).isEmpty && entries(of: "\(disk.path)/vt/pending").isEmpty)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs to mount"))
    func whatWasReceivedOutlivesAKill() throws {
        let disk = try SmallDisk(kibibytes: 100)
        var command = test.command([])
        command.environment = ["XDG_STATE_HOME": disk.path]
        let program = try Harness.start(command, input: .open, home: test.home)
        program.write(audio)
        try eventually("all is kept") {
            let files =
                entries(of: place).map { "\(place)/\($0)" }
                + entries(of: "\(disk.path)/vt/pending").map { "\(disk.path)/vt/pending/\($0)" }
            return try files.filter { $0.hasSuffix(".audio") }.map { try contents(of: $0).count }.reduce(0, +)
                == audio.count
        }
        program.signal(SIGKILL)
        #expect(try program.finish().ending == .signalled(SIGKILL))
        let environment = ["XDG_STATE_HOME": disk.path as String?]
        try eventually("the locks are gone") {
            try run(Command("vt-transcribe", ["--list-pending"], environment: environment), home: test.home).text
                .contains("\t320044\twaiting\t")
        }
        #expect(try pending(environment).text.hasSuffix("\tbytes 320000\n"))
        #expect(entries(of: place).isEmpty)
    }

    @Test func aStoreThatIsDeletedMeanwhileIsMadeAnew() throws {
        let program = try test.start(mode: "refuses")
        program.write(audio)
        try eventually("the recording") { test.keptBytes == audio.count }
        _ = try run(.shell("rm -r '\(test.home.state)'"), home: test.home)
        program.closeInput()
        let result = try program.finish()
        #expect(result.status == 75, "\(result)")
        #expect(result.errors.contains("kept as \(test.kept.first ?? "nothing")"), "\(result)")
        #expect(try test.onlyKeptAudio() == audio)
        #expect(try test.bare("--pending", "--option", "mode=none").text.hasSuffix("\tbytes 320000\n"))
    }

    /// What is no file is nobody's recording, and is not waited for.
    @Test(arguments: ["mkfifo x1.audio", "ln -s /etc/passwd x1.audio", "mkdir x1.audio", "mkfifo x1.json"])
    func whatIsNoRecordingIsPassedOver(command: String) throws {
        try makeDirectories(test.home.pending)
        let isRecord = command.contains("json")
        if isRecord { try Harness.write(audio, to: "\(test.home.pending)/x1.audio") }
        _ = try run(.shell("cd '\(test.home.pending)' && \(command)"), home: test.home)
        #expect(try test.bare("--list-pending").text.isEmpty != isRecord)
        let result = try test.bare("--pending", "--engine", "fake", "--no-gate")
        #expect(result.status == 0, "\(result)")
        #expect(result.text == (isRecord ? "x1\tbytes 320000\n" : ""))
    }

    @Test func aRecordOfALaterVersionIsLeftAlone() throws {
        _ = try test.transcribe("--pending-id", "x1", mode: "refuses", input: .bytes(audio))
        let record = try text(of: "\(test.home.pending)/x1.json").replacing(#""version":1"#, with: #""version":9"#)
        try Harness.write(record.utf8, to: "\(test.home.pending)/x1.json")
        let result = try test.bare("--pending")
        #expect(result.status == 78 && result.errors.contains("version 9"), "\(result)")
        #expect(try text(of: "\(test.home.pending)/x1.json") == record)
        #expect(try test.bare("--list-pending").text.contains("version 9"))
        #expect(try test.bare("--pending", "--engine", "fake", "--no-gate").text == "x1\tbytes 320000\n")
    }

    /// A recording that ends the process is counted before it is tried, and the next run begins with the others.
    @Test func whatKillsTheProcessComesLast() throws {
        _ = try test.home.addPlugin(
            "vt-transcribe-killer",
            """
            #!/bin/sh
            case $1 in
            describe) printf 'vt-plugin 1\\nsummary kills\\ninput s16le\\noption mode any\\n' ;;
            transcribe-v1) kill -9 $PPID; exec sleep 1000 ;;
            *) exit 64 ;;
            esac
            """)
        let killed = try run(
            Command("vt-transcribe", ["--no-gate", "--engine", "killer", "--pending-id", "a"]), input: .bytes(audio),
            home: test.home)
        #expect(killed.ending == .signalled(SIGKILL))
        _ = try test.transcribe("--pending-id", "b", mode: "refuses", input: .bytes(audio))
        try eventually("nobody owns it") { try !test.bare("--list-pending").text.contains("busy") }
        let first = try test.bare("--pending", "--option", "mode=none")
        #expect(first.ending == .signalled(SIGKILL) && first.text.isEmpty, "\(first)")
        try eventually("it has been counted") {
            try test.bare("--list-pending").text.contains("a\t320044\twaiting\tkiller\t1\t")
        }
        let second = try test.bare("--pending", "--option", "mode=none")
        #expect(second.ending == .signalled(SIGKILL))
        #expect(second.text == "b\tbytes 320000\n", "\(second)")
        #expect(test.kept == ["a"])
    }
}
