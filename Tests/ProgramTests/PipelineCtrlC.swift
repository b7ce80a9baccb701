import Glibc
import Harness
import Testing

/// Ctrl-C on a pseudo-terminal reaches every program of a pipeline, and none of the words is lost.
@Suite struct PipelineCtrlC {
    /// An engine that commits what it has heard when its input ends: how many bytes.
    private static let counting = """
        #!/bin/sh
        case $1 in
        describe) echo 'vt-plugin 1'; echo 'input s16le' ;;
        transcribe-v1) echo 'partial\t...'; printf 'final\t%s bytes\\n' "$(wc -c)" ;;
        *) exit 64 ;;
        esac

        """
    /// An engine that never answers.
    private static let hanging = """
        #!/bin/sh
        case $1 in
        describe) echo 'vt-plugin 1' ;;
        transcribe-v1) cat >/dev/null; exec sleep 600 ;;
        *) exit 64 ;;
        esac

        """

    private func home(_ engine: String) throws -> Home {
        let home = try Home()
        try home.addPlugin("vt-transcribe-test", engine)
        return home
    }

    /// The sizes of the recordings in the pending store.
    private func keptBytes(_ home: Home) -> [Int] {
        entries(of: home.pending).filter { $0.hasSuffix(".audio") }
            .compactMap { try? contents(of: "\(home.pending)/\($0)").count }
    }

    @Test(
        .enabled(if: PulseAudioDaemon.isInstalled && Speech.isInstalled, "needs pulseaudio and pocketsphinx-testdata"))
    func whatWasSpokenIsTyped() throws {
        let daemon = try PulseAudioDaemon()
        let terminal = try Terminal("vt-record | vt-transcribe | vt-type --driver print >typed", home: daemon.home)
        try terminal.waitFor("vt-record: recording from ")
        #expect(try daemon.play(Speech.goForward).finish().status == 0)
        terminal.type("\u{3}")
        let statuses = try terminal.finish(within: .seconds(90))
        #expect(statuses == [0, 0, 0], "\(terminal.screen)")
        let typed = try text(of: "\(daemon.home.files)/typed")
        #expect(typed.contains("go forward"), "\(typed)")
        #expect(entries(of: daemon.home.pending).filter { $0.hasSuffix(".audio") } == [])
    }

    @Test func theFirstLetsTheInputComeToItsEnd() throws {
        let home = try home(Self.counting)
        // Not a shell: one stops at SIGINT between two commands, and the pipe's input with it.
        let terminal = try Terminal(
            "perl -e '$SIG{INT} = sub { syswrite(STDOUT, \"\\0\" x 3200); exit 0 }; $| = 1; "
                + "syswrite(STDOUT, \"\\0\" x 32000); print STDERR \"ready\\n\"; sleep 600' "
                + "| vt-transcribe --no-gate --raw --engine test >heard", home: home)
        try terminal.waitFor("ready")
        try eventually("vt-transcribe reads") { keptBytes(home) == [32000] }
        terminal.type("\u{3}")
        let statuses = try terminal.finish()
        #expect(statuses == [0, 0], "\(terminal.screen)")
        #expect(try text(of: "\(home.files)/heard") == "35200 bytes\n")
    }

    /// The engine is still being looked for: describe takes its time.
    @Test func theFirstMayComeBeforeTheEngineIsReady() throws {
        let home = try home(Self.counting.replacing("describe) ", with: "describe) : >described; sleep 0.3; "))
        let terminal = try Terminal(
            "perl -e '$SIG{INT} = sub { exit 0 }; $| = 1; syswrite(STDOUT, \"\\0\" x 32000); sleep 600' "
                + "| vt-transcribe --no-gate --raw --engine test >heard", home: home)
        try eventually("describe runs") { entries(of: home.files).contains("described") }
        terminal.type("\u{3}")
        #expect(try terminal.finish() == [0, 0], "\(terminal.screen)")
        #expect(try text(of: "\(home.files)/heard") == "32000 bytes\n")
    }

    @Test func theSecondAbortsAndKeepsTheAudio() throws {
        let home = try home(Self.hanging)
        try write([UInt8](repeating: 1, count: 64000), to: "\(home.files)/input.raw")
        let terminal = try Terminal("cat input.raw - | vt-transcribe --no-gate --raw --engine test >heard", home: home)
        // cat dies of the first; the engine then hangs.
        try eventually("it starts") { terminal.processes(named: "vt-transcribe").count == 1 }
        try eventually("the audio is kept") { keptBytes(home) == [64000] }
        terminal.type("\u{3}")
        try eventually("the input has ended") { terminal.processes(named: "cat").isEmpty }
        // Signals of the same number that come together are one.
        try eventually("the end") {
            terminal.type("\u{3}")
            return terminal.processes(named: "vt-transcribe").isEmpty
        }
        let statuses = try terminal.finish(within: .seconds(20))
        #expect(statuses.last == 130, "\(statuses) \(terminal.screen)")
        #expect(keptBytes(home) == [64000])
        #expect(terminal.stragglers == [], "the engine is gone, too")
    }

    @Test func aFileIsGivenUpAndTheLoopStops() throws {
        let home = try home(Self.hanging)
        try write([UInt8](repeating: 0, count: 64000), to: "\(home.files)/input.raw")
        let terminal = try Terminal(
            "trap - INT; for i in 1 2 3; do echo \"round $i\"; vt-transcribe --no-gate --raw --engine test input.raw; done",
            home: home)
        try terminal.waitFor("round 1")
        try eventually("the engine runs") { terminal.processes(named: "sleep").count == 1 }
        terminal.type("\u{3}")
        // bash itself ends by the signal: a loop stops only where the program really died of it.
        #expect(throws: HarnessError.self) { try terminal.finish(within: .seconds(20)) }
        #expect(!terminal.screen.contains("round 2"), "\(terminal.screen)")
        #expect(terminal.stragglers == [])
    }

    @Test func aShieldedFilterLosesNothing() throws {
        let home = try home(Self.counting)
        let terminal = try Terminal(
            "perl -e '$SIG{INT} = sub { exit 0 }; $| = 1; syswrite(STDOUT, \"\\0\" x 32000); print STDERR \"ready\\n\"; sleep 600' "
                + "| (trap '' INT; vt-transcribe --no-gate --raw --engine test | sed -u s/bytes/octets/ >heard)",
            home: home)
        try terminal.waitFor("ready")
        // Before that the shell may not have come to the shield.
        try eventually("vt-transcribe runs") { terminal.processes(named: "vt-transcribe").count == 1 }
        terminal.type("\u{3}")
        #expect(try terminal.finish() == [0, 0], "\(terminal.screen)")
        #expect(try text(of: "\(home.files)/heard") == "32000 octets\n")
    }
}
