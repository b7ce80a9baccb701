import Glibc
import Harness
import Testing

/// The whole path, on real parts: speech played into a PulseAudio daemon, captured through ALSA, recognised, typed into xterm.
@Suite(
    .serialized,
    .enabled(
        if: PulseAudioDaemon.isInstalled && XServer.isInstalled && Speech.isInstalled,
        "needs pulseaudio, Xvfb, xterm, xdotool and pocketsphinx-testdata"))
struct FirstWords {
    static let line = "vt-record | vt-transcribe | vt-type"
    /// What is said in `Speech.goForward`.
    static let said = ["go", "forward", "ten", "meters"]

    /// A microphone, a window, and the pipeline on a terminal, recording.
    struct Session {
        let microphone: PulseAudioDaemon
        let screen: XServer
        let window: XTerminal
        let terminal: Terminal
        var home: Home { microphone.home }

        init(on microphone: PulseAudioDaemon, _ screen: XServer) throws {
            self.microphone = microphone
            self.screen = screen
            window = try screen.openTerminal("window")
            terminal = try Terminal(FirstWords.line, environment: screen.environment, home: microphone.home)
            try terminal.waitFor("recording")
            try eventually("the recording is being kept") { recordedBytes > 44 }
        }

        /// Bytes that vt-transcribe has put into its store.
        var recordedBytes: Int {
            let sizes = entries(of: home.pending).filter { $0.hasSuffix(".audio") }.map { name in
                var status = stat()
                return stat("\(home.pending)/\(name)", &status) == 0 ? Int(status.st_size) : 0
            }
            return sizes.reduce(0, +)
        }

        /// Waits until that many more bytes of audio (s16le, 16 kHz, mono) have arrived.
        func waitForAudio(seconds: Double, after start: Int) throws {
            try eventually("\(seconds) s of audio", within: .seconds(30), detail: { terminal.screen }) {
                recordedBytes >= start + Int(seconds * 16000) * 2
            }
        }
    }

    @Test func speechIsTypedIntoTheFocusedWindow() throws {
        let microphone = try PulseAudioDaemon()
        let session = try Session(on: microphone, XServer(home: microphone.home))
        let played = try microphone.play(Speech.goForward).finish()
        #expect(played.status == 0, "\(played)")
        // What was played last is still on its way through the daemon.
        try session.waitForAudio(seconds: 0.5, after: session.recordedBytes)
        session.terminal.type("\u{3}")
        #expect(try session.terminal.finish() == [0, 0, 0], "\(session.terminal.screen)")
        #expect(session.window.text == Self.said.joined(separator: " "))
        #expect(entries(of: session.home.pending).isEmpty, "what was typed is no longer kept")
        #expect(session.terminal.stragglers.isEmpty)
    }

    @Test func killingAnyOfThemLosesNothing() throws {
        let microphone = try PulseAudioDaemon()
        let screen = try XServer(home: microphone.home)
        for moment in 0..<20 {
            let victim = ["vt-transcribe", "vt-record", "vt-type"][moment % 3]
            let seconds = 0.1 + 0.15 * Double(moment)
            let session = try Session(on: microphone, screen)
            let start = session.recordedBytes
            let playing = try microphone.play(Speech.goForward)
            try session.waitForAudio(seconds: seconds, after: start)
            let victims = session.terminal.processes(named: victim)
            #expect(victims.count == 1, "\(victim) at moment \(moment): \(session.terminal.screen)")
            let before = session.recordedBytes
            for pid in victims { kill(pid, SIGKILL) }
            if victim == "vt-type" {
                // Nobody notices until there is something to type; then the user ends the recording, if it hasn't ended.
                try eventually("all is said, or vt-transcribe has noticed", within: .seconds(30)) {
                    session.recordedBytes >= before + Int((3.5 - seconds) * 16000) * 2
                        || session.terminal.processes(named: "vt-transcribe").isEmpty
                }
                session.terminal.type("\u{3}")
            }
            let statuses = try session.terminal.finish()
            _ = try playing.finish()
            try check(session, statuses: statuses, victim: victim, moment: moment, bytesBefore: before)
        }
    }

    /// Whether all of the audio is in the store, or its words in the window.
    private func check(_ session: Session, statuses: [Int], victim: String, moment: Int, bytesBefore: Int) throws {
        let context: Comment = "\(victim) at moment \(moment), statuses \(statuses): \(session.terminal.screen)"
        let spoken = 0.1 + 0.15 * Double(moment)
        if victim == "vt-record" {
            #expect(statuses == [137, 0, 0] || (spoken < 1.5 && statuses == [137, 1, 0]), context)
        } else {
            #expect(session.recordedBytes >= bytesBefore, context)
            let pending = try run("vt-transcribe", "--pending", home: session.home)
            let words = pending.text.split { $0 == "\t" || $0 == " " || $0 == "\n" }.map(String.init)
            #expect([0, 1].contains(pending.status), "\(pending)")
            // "forward" ends 1.2 s into the recording; what comes before the speech starts adds a little.
            if victim == "vt-type" || spoken > 2 { #expect(words.contains("forward"), "\(context) \(pending)") }
            // vt-record ends well, or by SIGPIPE where vt-transcribe had ended before it.
            if victim == "vt-type" { #expect(statuses == [0, 74, 137] || statuses == [141, 74, 137], context) }
        }
        if victim == "vt-record", spoken > 2 { #expect(session.window.text.contains("forward"), context) }
        // Sound without words is not thrown away: the beginning of the first word may be all that there was.
        let left = entries(of: session.home.pending).filter { $0.hasSuffix(".audio") }.map { String($0.dropLast(6)) }
        #expect(left.isEmpty || spoken < 1.5, context)
        for id in left { #expect(try run("vt-transcribe", "--discard", id, home: session.home).status == 0) }
        #expect(session.recordedBytes == 0, context)
        #expect(session.terminal.stragglers.isEmpty, context)
    }
}
