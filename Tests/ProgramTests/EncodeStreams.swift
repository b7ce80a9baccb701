import Glibc
import Harness
import Testing

/// vt-encode in a pipeline: what it passes on and when, and how it ends.
@Suite struct EncodeStreams {
    let home: Home

    init() throws { home = try Home() }

    private func pages(_ bytes: [UInt8]) -> Int { bytes.indices.count { bytes[$0...].starts(with: "OggS".utf8) } }

    @Test func opusPagesLeaveWhileTheInputIsOpen() throws {
        let program = try start(Command("vt-encode", ["-f", "opus"]), input: .open, home: home)
        // The headers before any sample.
        program.write(Tone.header())
        try eventually("two pages of headers") { pages(program.output) == 2 }
        program.write(Tone.samples(seconds: 1))
        // A page may wait for the look-ahead, and the page after it.
        try eventually("a second in pages of 40 ms") { pages(program.output) >= 2 + 23 }
        program.closeInput()
        #expect(try program.finish().status == 0)
    }

    @Test func opusOfAFileHasFewerPages() throws {
        try write(Tone.file(seconds: 3), to: "\(home.files)/a.wav")
        // The look-ahead makes it a frame longer than three seconds.
        #expect(pages(try run("vt-encode", "-f", "opus", "a.wav", home: home).output) == 2 + 4)
        #expect(pages(try run("vt-encode", "-f", "opus", "--page", "40ms", "a.wav", home: home).output) == 2 + 76)
    }

    @Test(arguments: [("wav", 44 + 16000), ("flac", 1000), ("mp3", 1000)]) func bytesLeaveWhileTheInputIsOpen(
        format: String, count: Int
    ) throws {
        let program = try start(Command("vt-encode", ["-f", format]), input: .open, home: home)
        program.write(Tone.stream(seconds: 2))
        try eventually("\(count) bytes of \(format)") { program.output.count >= count }
        program.closeInput()
        #expect(try program.finish().status == 0)
    }

    @Test(arguments: ["opus", "flac", "vorbis", "mp3"]) func decodesWhileTheInputIsOpen(format: String) throws {
        let made = try run(
            "vt-encode", "-f", format, input: .bytes(Tone.stream(seconds: 10)), output: .file("\(home.files)/encoded"),
            home: home)
        try #require(made.status == 0, "\(made)")
        let encoded = try contents(of: "\(home.files)/encoded")
        let program = try start(Command("vt-encode", ["-f", "wav"]), input: .open, home: home)
        program.write(encoded.prefix(encoded.count / 2))
        try eventually("a quarter of \(format) decoded") { program.output.count > 44 + 80000 }
        program.write(encoded.dropFirst(encoded.count / 2))
        program.closeInput()
        let result = try program.finish()
        #expect(result.status == 0)
        #expect(result.output.count == 44 + 320_000, "\(result.output.count)")
    }

    @Test(arguments: ["wav", "flac", "opus", "vorbis", "mp3"]) func endsBySIGPIPE(format: String) throws {
        let result = try run(
            Command("vt-encode", ["-f", format]), input: .bytes(Tone.stream(seconds: 5)), output: .brokenPipe,
            home: home)
        #expect(result.ending == .signalled(SIGPIPE), "\(result)")
    }

    @Test(arguments: ["wav", "flac", "opus", "vorbis", "mp3"]) func aFullDeviceIsAFailure(format: String) throws {
        let result = try run(
            Command("vt-encode", ["-f", format]), input: .bytes(Tone.stream(seconds: 5)), output: .file("/dev/full"),
            home: home)
        #expect(result.status == 74, "\(result)")
        #expect(result.errors.contains("No space left"), "\(result)")
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs to mount a small disk")) func aFullDisk() throws {
        let disk = try SmallDisk(kibibytes: 64)
        let long = Tone.stream(seconds: 20)
        // Of a pipe what there is room for is kept; of a file, which is there still, nothing.
        let piped = try run("vt-encode", "-o", "\(disk.path)/a.wav", input: .bytes(long), home: home)
        #expect(piped.status == 74, "\(piped)")
        #expect(entries(of: disk.path) == ["a.wav"])
        try write(long, to: "\(home.files)/long.wav")
        unlink("\(disk.path)/a.wav")
        let read = try run("vt-encode", "long.wav", "-o", "\(disk.path)/b.wav", home: home)
        #expect(read.status == 74, "\(read)")
        #expect(entries(of: disk.path) == [])
    }

    @Test func theFirstCtrlCGoesOnToTheEnd() throws {
        let program = try start(Command("vt-encode", ["-f", "wav"]), input: .open, home: home)
        program.write(Tone.stream(seconds: 1))
        try eventually("it has begun") { program.output.count >= 32000 }
        program.signal(SIGINT)
        program.write(Tone.samples(seconds: 1))
        try eventually("it goes on") { program.output.count >= 64000 }
        program.closeInput()
        let result = try program.finish()
        #expect(result.status == 0)
        #expect(result.output.count == 44 + 64000)
    }

    @Test(arguments: [SIGTERM, SIGHUP]) func aSignalCompletesTheFile(signal: CInt) throws {
        let program = try start(Command("vt-encode", ["-o", "a.flac"]), input: .open, home: home)
        program.write(Tone.stream(seconds: 3))
        try eventually("it has begun") {
            entries(of: home.files).contains { (try? contents(of: "\(home.files)/\($0)").count > 1000) ?? false }
        }
        program.signal(signal)
        let result = try program.finish()
        #expect(result.ending == .signalled(signal), "\(result)")
        #expect(entries(of: home.files) == ["a.flac"])
        let back = try run("vt-encode", "-f", "wav", "a.flac", home: home)
        #expect(back.status == 0 && back.output.count > 44 + 8000, "\(back.errors)")
    }

    @Test func aSecondCtrlCKeepsWhatIsWritten() throws {
        let program = try start(Command("vt-encode", ["-o", "a.wav"]), input: .open, home: home)
        program.write(Tone.stream(seconds: 1))
        try eventually("it has begun") {
            entries(of: home.files).contains { (try? contents(of: "\(home.files)/\($0)").count >= 32000) ?? false }
        }
        program.signal(SIGINT)
        // Two that are pending together are one.
        pause(.milliseconds(100))
        program.signal(SIGINT)
        let result = try program.finish()
        #expect(result.ending == .signalled(SIGINT), "\(result)")
        #expect(entries(of: home.files) == ["a.wav"])
        #expect(try run("vt-encode", "-f", "wav", "a.wav", home: home).output.count == 44 + 32000)
    }

    @Test func aFileIsGivenUpAtOnce() throws {
        // Long enough that it is still at work.
        let file = "\(home.files)/long.wav"
        try write(Tone.header(), to: file)
        truncate(file, 2 << 30)
        let program = try start(Command("vt-encode", ["long.wav", "-o", "a.flac"]), home: home)
        try eventually("it has begun") { entries(of: home.files).count == 2 }
        program.signal(SIGINT)
        #expect(try program.finish().ending == .signalled(SIGINT))
        #expect(entries(of: home.files) == ["long.wav"])
    }

    @Test(arguments: ["wav", "flac", "opus", "vorbis", "mp3"]) func memoryStaysFlat(format: String) throws {
        let second = [UInt8](repeating: 0, count: 32000)
        let program = try start(
            Command("vt-encode", ["--raw", "-f", format]), input: .open, output: .file("/dev/null"), home: home)
        for _ in 0..<20 { program.write(second) }
        let early = try program.peakMemory
        for _ in 0..<180 { program.write(second) }
        #expect(try program.peakMemory - early < 1 << 20)
        program.closeInput()
        #expect(try program.finish(within: .seconds(60)).status == 0)
    }
}
