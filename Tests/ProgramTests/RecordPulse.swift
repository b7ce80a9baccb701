import Glibc
import Harness
import Testing

/// vt-record-pulse against a real PulseAudio daemon, through vt-record and by hand.
@Suite(.enabled(if: PulseAudioDaemon.isInstalled, "needs PulseAudio"))
struct RecordPulse {
    /// A sound of so many seconds at a level that nothing else has, as samples: s16le, 16 kHz, mono.
    private func tone(_ level: Int16, seconds: Double, in home: Home) throws -> String {
        let path = "\(home.files)/\(level).raw"
        let sample = UInt16(bitPattern: level)
        let frame = [UInt8(truncatingIfNeeded: sample), UInt8(truncatingIfNeeded: sample >> 8)]
        try write((0..<Int(seconds * 16000)).flatMap { _ in frame }, to: path)
        return path
    }

    /// How many samples are near a level; the server's resamplers and volumes round.
    private func count(of level: Int, in bytes: some Collection<UInt8>) -> Int {
        CountedSamples(raw: bytes).samples.filter { abs(Int(Int16(bitPattern: $0)) - level) <= 2 }.count
    }

    @Test func listsSources() throws {
        let server = try PulseAudioDaemon()
        _ = try server.addSink("other")
        let result = try run("vt-record", "--recorder", "pulse", "--list-devices", home: server.home)
        #expect(result.status == 0, "\(result)")
        let lines = result.text.split(separator: "\n").sorted()
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.contains(".monitor\tMonitor of Null Output (") && $0.contains("monitor)") })
        #expect(lines.filter { $0.contains("(default, monitor)") }.count == 1, "\(result)")
        let byHand = try run("vt-record-pulse", "devices-v1", home: server.home)
        #expect(byHand.status == 0)
        #expect(
            byHand.text.split(separator: "\n").contains("other.monitor\tMonitor of Null Output\tmonitor"), "\(byHand)")
    }

    @Test func recordsFromTheSourceThatIsNamed() throws {
        let server = try PulseAudioDaemon()
        _ = try server.addSink("other")
        let (loud, other) = try (tone(8000, seconds: 8, in: server.home), tone(-4000, seconds: 8, in: server.home))
        let playing = try (server.play(loud), server.play(other, into: "other"))
        for (device, level, wrong) in [("mic.monitor", 8000, -4000), ("OTHER", -4000, 8000)] {
            let recording = try start(
                Command("vt-record", ["--recorder", "pulse", "--device", device, "--raw"]), home: server.home)
            try recording.waitForOutput("the tone of \(device)") { _ in count(of: level, in: recording.output) > 4000 }
            recording.signal(SIGINT)
            let result = try recording.finish()
            #expect(result.status == 0, "\(result.errors)")
            #expect(count(of: wrong, in: result.output) == 0)
            #expect(recording.stragglers.isEmpty)
        }
        playing.0.kill()
        playing.1.kill()
    }

    @Test func aPartThatFitsSeveralIsRefused() throws {
        let server = try PulseAudioDaemon()
        _ = try server.addSink("microwave")
        let several = try run("vt-record", "--recorder", "pulse", "--device", "mic", "--raw", home: server.home)
        #expect(several.status == 64, "\(several)")
        #expect(several.errors.contains("pulse: mic fits several sources: "), "\(several)")
        #expect(several.errors.contains("mic.monitor") && several.errors.contains("microwave.monitor\nhint: name one"))
        #expect(several.output.isEmpty)
        let none = try run("vt-record", "--recorder", "pulse", "--device", "yeti", home: server.home)
        #expect(none.status == 69)
        #expect(none.errors.contains("pulse: there is no source yeti\nhint: vt-record --recorder pulse --list-devices"))
        #expect(none.output.isEmpty)
    }

    /// Through ALSA the daemon would move the recording to the other source, and nobody would know.
    @Test func aSourceThatIsRemovedEndsTheRecording() throws {
        let server = try PulseAudioDaemon()
        let module = try server.addSink("other")
        let recording = try start(
            Command("vt-record", ["--recorder", "pulse", "--device", "other", "-o", "x.wav"]), home: server.home)
        try recording.waitForErrors(containing: "recording from other (pulse)")
        try server.pactl("unload-module", module)
        let result = try recording.finish()
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("vt-record: pulse: other.monitor is gone"), "\(result)")
        #expect(result.errors.contains("; what was recorded is kept"))
        let bytes = try contents(of: "\(server.home.files)/x.wav")
        #expect(bytes[76..<80].reversed().reduce(0) { $0 << 8 | Int($1) } == bytes.count - 80)
        #expect(try server.recordings == 0)
    }

    @Test func aSuspendedSourceIsWoken() throws {
        let server = try PulseAudioDaemon()
        // A monitor sleeps and wakes with its sink.
        try server.pactl("suspend-sink", "mic", "1")
        let result = try run(
            "vt-record", "--recorder", "pulse", "--device", "mic.monitor", "--duration", "500ms", "--raw",
            home: server.home)
        #expect(result.status == 0, "\(result)")
        #expect(result.output.count == 16000)
        #expect(result.errors.contains("mic.monitor is suspended: waking it"), "\(result)")
    }

    @Test func aMutedSourceIsNamed() throws {
        let server = try PulseAudioDaemon()
        try server.pactl("set-source-mute", "mic.monitor", "1")
        let result = try run(
            "vt-record", "--recorder", "pulse", "--device", "mic.monitor", "--duration", "100ms", "--raw",
            home: server.home)
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("mic.monitor is muted"), "\(result)")
    }

    @Test func aDaemonThatDies() throws {
        let server = try PulseAudioDaemon()
        let recording = try start(
            Command("vt-record", ["--recorder", "pulse", "-o", "x.wav"]), home: server.home)
        try recording.waitForErrors(containing: "recording from pulse")
        server.daemon.kill()
        let result = try recording.finish()
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("pulse: the sound server has ended: Connection terminated"), "\(result)")
        #expect(entries(of: server.home.files) == ["x.wav"])
    }

    @Test func aDaemonThatHangs() throws {
        let server = try PulseAudioDaemon()
        let recording = try start(
            Command("vt-record", ["--recorder", "pulse", "--stall-timeout", "3s"]), home: server.home)
        try recording.waitForErrors(containing: "recording from pulse")
        server.daemon.signal(SIGSTOP)
        let stalled = try recording.finish()
        #expect(stalled.status == 69)
        #expect(stalled.errors.contains("pulse delivers nothing any more; waiting for it"), "\(stalled)")
        #expect(stalled.errors.contains("pulse stopped delivering: no data for 3 s"), "\(stalled)")
        let next = try run("vt-record", "--recorder", "pulse", home: server.home)
        #expect(next.status == 69)
        #expect(next.errors.contains("pulse: the sound server does not answer: nothing in 4 s"), "\(next)")
        server.daemon.signal(SIGCONT)
    }

    @Test func aDaemonThatIsStoppedForAWhileIsWaitedFor() throws {
        let server = try PulseAudioDaemon()
        let recording = try start(
            Command("vt-record", ["--recorder", "pulse", "--raw"]), home: server.home)
        try recording.waitForOutput("sound") { _ in recording.output.count > 16000 }
        server.daemon.signal(SIGSTOP)
        try recording.waitForErrors(containing: "delivers nothing any more; waiting for it")
        server.daemon.signal(SIGCONT)
        try recording.waitForErrors(containing: "pulse delivers again")
        let before = recording.output.count
        try recording.waitForOutput("what is said afterwards") { _ in recording.output.count > before + 16000 }
        recording.signal(SIGINT)
        #expect(try recording.finish().status == 0)
    }

    @Test func whatIsPlayedIsASecondChannel() throws {
        let server = try PulseAudioDaemon()
        _ = try server.addSink("speakers")
        try server.pactl("set-default-sink", "speakers")
        let recording = try start(
            Command("vt-record", ["--with-playback", "--device", "mic.monitor", "--raw"]), home: server.home)
        try recording.waitForErrors(containing: "recording from mic.monitor (pulse): 16000 Hz, 2 channels")
        // The same moments in both: each tone once alone, then both sinks at the same time.
        let (own, other) = try (tone(8000, seconds: 1, in: server.home), tone(-4000, seconds: 1, in: server.home))
        let both = [try server.play(own), try server.play(other, into: "speakers")]
        for program in both { #expect(try program.finish().status == 0) }
        let before = recording.output.count
        try recording.waitForOutput("what is behind it") { _ in recording.output.count > before + 64000 }
        recording.signal(SIGINT)
        let result = try recording.finish()
        #expect(result.status == 0, "\(result.errors)")
        let samples = CountedSamples(raw: result.output).samples.map { Int(Int16(bitPattern: $0)) }
        #expect(samples.count % 2 == 0)
        let channels = (0..<2).map { channel in stride(from: channel, to: samples.count, by: 2).map { samples[$0] } }
        func near(_ level: Int, _ samples: [Int]) -> Int { samples.filter { abs($0 - level) <= 2 }.count }
        // What the sinks cut from the begin of what they play is short.
        #expect(near(8000, channels[0]) > 12000 && near(-4000, channels[1]) > 12000)
        #expect(near(-4000, channels[0]) == 0 && near(8000, channels[1]) == 0)
    }

    /// One sound that both channels hear: the microphone is a monitor of a sink that plays what the default sink does.
    @Test func theChannelsAreOfTheSameTime() throws {
        let server = try PulseAudioDaemon()
        _ = try server.addSink("speakers")
        let combined = try server.pactl("load-module", "module-combine-sink", "sink_name=all", "slaves=mic,speakers")
        try #require(combined.status == 0, "\(combined)")
        try server.pactl("set-default-sink", "speakers")
        let recording = try start(
            Command("vt-record", ["--with-playback", "--device", "mic.monitor", "--raw"]), home: server.home)
        try recording.waitForErrors(containing: "recording from mic.monitor (pulse)")
        let sound = try tone(8000, seconds: 2, in: server.home)
        for _ in 0..<2 { #expect(try server.play(sound, into: "all").finish().status == 0) }
        let before = recording.output.count
        try recording.waitForOutput("what is behind it") { _ in recording.output.count > before + 64000 }
        recording.signal(SIGINT)
        let result = try recording.finish()
        #expect(result.status == 0, "\(result.errors)")
        let samples = CountedSamples(raw: result.output).samples.map { Int(Int16(bitPattern: $0)) }
        func end(_ channel: Int) throws -> Int {
            try #require((0..<(samples.count / 2)).last { samples[2 * $0 + channel] > 4000 })
        }
        let (own, other) = (try end(0), try end(1))
        // 40 ms; the combining sink itself keeps its two within some of these.
        #expect(abs(own - other) < 640 * 2, "the sound ends at \(own) and \(other)")
    }

    @Test func withPlaybackNeedsARecorderThatHearsIt() throws {
        let home = try Home()
        for (arguments, message) in [
            (["--recorder", "alsa"], "alsa does not hear what is played"),
            (["--channels", "1"], "records 2 channels, not 1"),
        ] {
            let result = try run(Command("vt-record", arguments + ["--with-playback"]), home: home)
            #expect(result.status == 64 && result.errors.contains(message), "\(result)")
        }
    }

    @Test func noDaemonAtAll() throws {
        let home = try Home()
        // Nor is one started: for root the library never does.
        try makeDirectories(home.directory("config/pulse"))
        try write("autospawn = no\n".utf8, to: home.directory("config/pulse/client.conf"))
        let result = try run("vt-record", "--recorder", "pulse", "-o", "x.wav", home: home)
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("pulse: cannot reach the sound server: Connection refused\nhint: "), "\(result)")
        #expect(entries(of: home.files).isEmpty)
    }

    @Test func aWrongCookie() throws {
        let server = try PulseAudioDaemon()
        // By TCP, since a socket of one's own needs no cookie.
        let port = 20000 + Int(getpid()) % 20000
        let loaded = try server.pactl(
            "load-module", "module-native-protocol-tcp", "listen=127.0.0.1", "port=\(port)", "auth-cookie=right")
        try #require(loaded.status == 0, "\(loaded)")
        try write([UInt8](repeating: 7, count: 256), to: "\(server.home.files)/wrong")
        let result = try run(
            Command(
                "vt-record", ["--recorder", "pulse"],
                environment: [
                    "PULSE_SERVER": "tcp:127.0.0.1:\(port)", "PULSE_COOKIE": "\(server.home.files)/wrong",
                ]), home: server.home)
        #expect(result.status == 69, "\(result)")
        #expect(
            result.errors.contains("the sound server tcp:127.0.0.1:\(port) does not let us in: Access denied\nhint: "),
            "\(result)")
    }

    @Test(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata")) func noWordIsCut() throws {
        let server = try PulseAudioDaemon()
        let recording = try start(
            Command("vt-record", ["--recorder", "pulse", "--raw"]), home: server.home)
        try recording.waitForErrors(containing: "recording from pulse")
        // The sink itself cuts what it plays first; so that is silence.
        let speech = try contents(of: Speech.goForward)
        let path = "\(server.home.files)/said.raw"
        try write([UInt8](repeating: 0, count: 32000) + speech, to: path)
        let played = try server.play(path).finish()
        #expect(played.status == 0)
        let before = recording.output.count
        try recording.waitForOutput("what was played last") { _ in recording.output.count > before + 16000 }
        recording.signal(SIGINT)
        let result = try recording.finish()
        #expect(result.status == 0, "\(result.errors)")
        // Every sample that was played, in order, without a gap: the daemon does not resample 16 kHz to 16 kHz.
        let heard = result.output
        let first = try #require(speech.firstIndex { $0 != 0 })
        let found = try #require(heard.indices.first { heard[$0...].starts(with: speech[first..<(first + 64)]) })
        #expect(heard[found...].starts(with: speech[first...]))
    }

    @Test(arguments: [
        (["--rate", "48000", "--channels", "2"], 48000 * 4), (["--sample-format", "f32le"], 64000),
        (["--sample-format", "s24le"], 48000), (["--sample-format", "u8", "--rate", "8000"], 8000),
        (["--sample-format", "f64le"], 128000),
    ])
    func recordsInTheFormatThatIsAskedFor(_ options: [String], _ bytesPerSecond: Int) throws {
        let server = try PulseAudioDaemon()
        let result = try run(
            Command("vt-record", ["--recorder", "pulse", "--raw", "--duration", "250ms"] + options), home: server.home)
        #expect(result.status == 0, "\(result)")
        #expect(result.output.count == bytesPerSecond / 4)
    }

    @Test func keepsTheRulesOfPlugins() throws {
        let server = try PulseAudioDaemon()
        let result = try run(
            Command("vt-record", ["--check-recorder", "pulse"]), home: server.home, within: .seconds(120))
        #expect(result.status == 0, "\(result)")
        #expect(result.text.split(separator: "\n").allSatisfy { $0.hasPrefix("ok\t") }, "\(result)")
    }

    @Test func byHandItWritesAWAV() throws {
        let server = try PulseAudioDaemon()
        let recording = try start(Command("vt-record-pulse", ["record-v1"]), home: server.home)
        try recording.waitForOutput("sound") { _ in recording.output.count > 3200 }
        recording.signal(SIGINT)
        let result = try recording.finish()
        #expect(result.status == 0, "\(result)")
        #expect(result.output.prefix(4) == ArraySlice("RIFF".utf8))
        let wrong = try run(
            Command("vt-record-pulse", ["record-v1"], environment: ["VT_RATE": "fast"]), home: server.home)
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("VT_RATE=fast: "))
    }
}
