import Glibc
import Harness
import Testing

/// The daemons that other tests stand on, tried with programs that are not ours.
@Suite struct DaemonTests {
    @Test(
        .enabled(if: PulseAudioDaemon.isInstalled && Speech.isInstalled, "needs pulseaudio and pocketsphinx-testdata"))
    func whatIsPlayedIsRecorded() throws {
        let daemon = try PulseAudioDaemon()
        let recorder = try start(
            Command("arecord", ["-q", "-t", "raw", "-f", "S16_LE", "-r", "16000", "-c", "1"]), home: daemon.home)
        try eventually("arecord records", detail: { recorder.errors }) { try daemon.recordings == 1 }
        let player = try daemon.play(Speech.goForward)
        // The speech is far above silence: some sample reaches a tenth of full scale.
        try eventually("speech in the recording", detail: { recorder.errors }) {
            recorder.output.indices.contains { $0 % 2 == 1 && (13..<243).contains(recorder.output[$0]) }
        }
        recorder.signal(SIGTERM)
        _ = try recorder.finish()
        #expect(try player.finish().status == 0)
    }

    @Test(.enabled(if: XServer.isInstalled, "needs xvfb, xterm and xdotool"))
    func whatIsTypedArrivesInXterm() throws {
        let server = try XServer()
        let window = try server.openTerminal()
        try server.xdotool("type", "hello, world")
        try window.waitFor("hello, world")
    }

    @Test(.enabled(if: XServer.isInstalled, "needs xvfb, xterm and xdotool"))
    func focusGoesToTheWindowThatIsAskedFor() throws {
        let server = try XServer()
        let first = try server.openTerminal("first")
        let second = try server.openTerminal("second")
        try first.focus()
        try server.xdotool("type", "one")
        try first.waitFor("one")
        #expect(second.text == "")
    }

    @Test(.enabled(if: WaylandSession.isInstalled, "needs sway, foot and wtype"))
    func whatIsTypedArrivesInFoot() throws {
        let session = try WaylandSession()
        // The first character is what wtype loses; the second time proves the path.
        let result = try run(
            Command("wtype", ["-d", "20", " hello"], environment: session.environment), home: session.home)
        #expect(result.status == 0, "\(result)")
        try eventually("hello in foot", detail: { session.text }) { session.text.hasSuffix("hello") }
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount"))
    func smallDiskGetsFull() throws {
        let disk = try SmallDisk(kibibytes: 64)
        let result = try run("dd", "if=/dev/zero", "of=\(disk.path)/file", "bs=4096", "count=100")
        #expect(result.errors.contains("No space left on device"))
    }
}
