import Harness
import Testing

/// The keys over the real programs: real speech through a PulseAudio daemon.
@Suite(
    .enabled(if: PulseAudioDaemon.isInstalled && Speech.isInstalled, "needs pulseaudio and pocketsphinx-testdata"))
struct DictateSpeech {
    /// Presses a key. What would be typed goes to a file.
    private func dictate(_ key: String, _ home: Home) throws -> Result {
        var command = Command(
            "vt-dictate", [key], environment: ["VT_DICTATE_TYPE": "vt-type --driver print >>'\(home.files)/typed'"])
        command.mayLeaveProcesses = true
        return try run(command, home: home, within: .seconds(90))
    }

    /// The sizes of the recordings in the pending store.
    private func keptBytes(_ home: Home) -> Int {
        entries(of: home.pending).filter { $0.hasSuffix(".audio") }
            .compactMap { try? contents(of: "\(home.pending)/\($0)").count }.reduce(0, +)
    }

    @Test func whatIsSaidBetweenTheKeysIsTyped() throws {
        let daemon = try PulseAudioDaemon()
        try Vad.installWeights(in: daemon.home)
        #expect(try dictate("start", daemon.home).status == 0)
        #expect(try daemon.recordings == 1)
        #expect(try daemon.play(Speech.goForward).finish().status == 0)
        // What was played last is still on its way through the daemon: half a second more of what it records.
        let heard = keptBytes(daemon.home)
        try eventually("the end of the speech is recorded") { keptBytes(daemon.home) >= heard + 16000 }
        let stop = try dictate("stop", daemon.home)
        #expect(stop.status == 0, "\(stop)")
        // No model is installed in this home, which is said once, and nothing else.
        let hint = "using PocketSphinx, which gets about every fourth word wrong\nhint: vt-models install\n"
        #expect(
            stop.errors == "vt-transcribe: no speech model is installed: \(hint)" || !Vad.hasWeights, "\(stop)")
        let typed = try text(of: "\(daemon.home.files)/typed")
        #expect(typed == "go forward ten meters")
        #expect(keptBytes(daemon.home) == 0)
    }

    @Test func whatIsCancelledIsNeitherTypedNorKept() throws {
        let daemon = try PulseAudioDaemon()
        #expect(try dictate("start", daemon.home).status == 0)
        try eventually("the recording is kept meanwhile") { keptBytes(daemon.home) > 16000 }
        #expect(try dictate("cancel", daemon.home).status == 0)
        #expect(keptBytes(daemon.home) == 0)
        #expect(try text(of: "\(daemon.home.files)/typed") == "")
        #expect(try daemon.recordings == 0)
    }

    @Test func withoutAMicrophoneStartSaysSo() throws {
        let daemon = try PulseAudioDaemon()
        daemon.daemon.kill()
        let start = try dictate("start", daemon.home)
        #expect(start.status == 69, "\(start)")
        #expect(start.errors.contains("vt-record: "))
        #expect(try dictate("status", daemon.home).text == "idle\n")
    }
}
