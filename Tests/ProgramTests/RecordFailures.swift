import Glibc
import Harness
import Testing

/// What goes wrong in mid-recording: the audio so far is complete.
@Suite struct RecordFailures {
    @Test(arguments: [
        ("vanishing", "vanishing is gone", 14000...16000), ("stalling", "no data for 2 s", 7600...8000),
        ("broken", "overran again and again", 7000...8000),
    ])
    func theRecordingSoFarIsKept(_ device: String, _ message: String, _ frames: ClosedRange<Int>) throws {
        let home = try homeWithMicrophones()
        let result = try run(
            "vt-record", "--device", device, "--stall-timeout", "2s", "-o", "x.wav", home: home)
        #expect(result.status == 69)
        #expect(result.errors.contains(message), "\(result)")
        let bytes = try contents(of: "\(home.files)/x.wav")
        let samples = CountedSamples(raw: bytes.dropFirst(80)).samples
        #expect(frames.contains(samples.count))
        #expect(samples == samples.indices.map { UInt16($0) })
        let size = bytes[76..<80].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(size == bytes.count - 80)
        #expect(entries(of: home.files) == ["x.wav"])
    }

    @Test func aDeviceThatNeverDeliversIsGivenTimeToWakeUp() throws {
        let home = try homeWithMicrophones()
        let result = try run("vt-record", "--device", "dumb", "-o", "x.wav", home: home)
        #expect(result.status == 69)
        #expect(result.errors.contains("no data for"))
    }

    @Test(.enabled(if: PulseAudioDaemon.isInstalled, "needs PulseAudio"))
    func aSoundServerThatDies() throws {
        let server = try PulseAudioDaemon()
        let recording = try start(Command("vt-record", ["-o", "x.wav"]), home: server.home)
        try recording.waitForErrors(containing: "recording from default")
        let path = server.home.files
        try eventually("something is recorded") {
            entries(of: path).contains { ((try? contents(of: "\(path)/\($0)"))?.count ?? 0) > 16000 }
        }
        server.daemon.kill()
        let result = try recording.finish()
        #expect(result.status == 69)
        #expect(result.errors.contains("default is gone"))
        #expect(try contents(of: "\(path)/x.wav").count > 16000)
    }

    @Test(.enabled(if: PulseAudioDaemon.isInstalled, "needs PulseAudio"))
    func aSoundServerThatHangs() throws {
        let server = try PulseAudioDaemon()
        let recording = try start(Command("vt-record", ["--stall-timeout", "2s"]), home: server.home)
        try recording.waitForErrors(containing: "recording from default")
        server.daemon.signal(SIGSTOP)
        let result = try recording.finish()
        server.daemon.signal(SIGCONT)
        #expect(result.status == 69)
        #expect(result.errors.contains("stopped delivering"), "\(result)")
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs the right to mount"))
    func aFullDisk() throws {
        let disk = try SmallDisk(kibibytes: 64)
        let result = try run("vt-record", "--device", "fast", "-o", "\(disk.path)/x.wav", home: homeWithMicrophones())
        #expect(result.status == 74)
        #expect(result.errors.contains("No space left on device"))
        #expect(entries(of: disk.path) == ["x.wav"])
        let bytes = try contents(of: "\(disk.path)/x.wav")
        #expect(bytes.count > 32000)
        let size = bytes[76..<80].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(size == bytes.count - 80 || size == bytes.count - 81)
    }

    @Test func aFullDeviceOnStandardOutput() throws {
        let result = try run("vt-record", output: .file("/dev/full"), home: homeWithMicrophones())
        #expect(result.status == 74)
        #expect(result.errors.contains("standard output: No space left on device"))
    }

    @Test func aFileThatCannotBeCreated() throws {
        let result = try run("vt-record", "-o", "no/such/folder.wav", home: homeWithMicrophones())
        #expect(result.status == 73)
        #expect(!result.errors.contains("recording"))
    }

    @Test func closedOutputs() throws {
        let home = try homeWithMicrophones()
        #expect(try run("vt-record", output: .brokenPipe, home: home).ending == .signalled(SIGPIPE))
        #expect(try run("vt-record", output: .closed, home: home).status == 74)
        let pipeline = try run(.shell("vt-record | head -c 1000 | wc -c"), home: home)
        #expect(pipeline.text == "1000\n")
    }
}
