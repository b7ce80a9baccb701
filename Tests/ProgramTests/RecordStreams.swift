import Audio
import Glibc
import Harness
import Testing

/// A home with counting microphones.
func homeWithMicrophones(_ more: String = "") throws -> Home {
    let home = try Home()
    try home.addMicrophones(more)
    return home
}

/// The samples of a WAV, by the size of our own headers: 44 bytes of a stream, 80 of a file (JUNK for RF64).
func samples(ofStream bytes: [UInt8]) -> CountedSamples { CountedSamples(raw: bytes.dropFirst(44)) }

@Suite struct RecordStreams {
    @Test func theFirstSampleCapturedIsTheFirstWritten() throws {
        let result = try run("vt-record", "--duration", "500ms", home: homeWithMicrophones())
        #expect(result.status == 0)
        #expect(result.output.prefix(4) == ArraySlice("RIFF".utf8))
        #expect(result.output.count == 44 + 16000)
        #expect(samples(ofStream: result.output).samples == (0..<8000).map { UInt16($0) })
        #expect(result.errors == "vt-record: recording from default: 16000 Hz, mono, s16le\n")
    }

    @Test func rawIsSamplesOnly() throws {
        let result = try run("vt-record", "--raw", "--duration", "100ms", home: homeWithMicrophones())
        #expect(result.status == 0)
        #expect(CountedSamples(raw: result.output).samples == (0..<1600).map { UInt16($0) })
    }

    @Test(arguments: [
        (["--rate", "48000", "--channels", "2"], 48000 * 4), (["--sample-format", "f32le"], 64000),
        (["--sample-format", "s24le"], 48000), (["--sample-format", "u8", "--rate", "8000"], 8000),
        (["--channels", "6", "--rate", "96000", "--sample-format", "s32le"], 96000 * 24),
        (["--sample-format", "f64le"], 128000),
    ])
    func recordsInTheFormatThatIsAskedFor(_ options: [String], _ bytesPerSecond: Int) throws {
        let result = try run(
            Command("vt-record", options + ["--raw", "--duration", "250ms"]), home: homeWithMicrophones())
        #expect(result.status == 0, "\(result)")
        #expect(result.output.count == bytesPerSecond / 4)
    }

    @Test func aDeviceThatOnlyDoesStereoAt48kHzIsConverted() throws {
        let result = try run("vt-record", "--device", "stereo", "--duration", "500ms", home: homeWithMicrophones())
        #expect(result.status == 0, "\(result)")
        #expect(result.output.count == 44 + 16000)
        // Three device frames to each of ours: the counter climbs by three.
        let samples = samples(ofStream: result.output).samples
        #expect(abs(Int(samples[7000] &- samples[6000]) - 3000) < 100)
    }

    @Test func aFileHasTrueSizes() throws {
        let home = try homeWithMicrophones()
        let result = try run("vt-record", "-o", "note.wav", "--duration", "300ms", home: home)
        #expect(result.status == 0)
        #expect(result.output == [])
        let bytes = try contents(of: "\(home.files)/note.wav")
        #expect(bytes.count == 80 + 9600)
        #expect(CountedSamples(raw: bytes.dropFirst(80)).samples == (0..<4800).map { UInt16($0) })
        #expect(bytes[76..<80] == [0x80, 0x25, 0, 0])
        #expect(entries(of: home.files) == ["note.wav"])
    }

    @Test func standardOutputMayBeAFileToo() throws {
        let home = try homeWithMicrophones()
        let path = "\(home.files)/redirected.wav"
        #expect(try run("vt-record", "--duration", "100ms", output: .file(path), home: home).status == 0)
        #expect(try contents(of: path)[76..<80] == [0x80, 0x0C, 0, 0])
    }

    @Test(.enabled(if: Tool.isInstalled("sox"), "needs sox")) func soxReadsTheStream() throws {
        let result = try run(
            .shell("vt-record --duration 500ms | sox -t wav - -n stat"), home: homeWithMicrophones())
        #expect(result.status == 0)
        #expect(result.errors.contains("Samples read:              8000"))
    }

    @Test func quietSaysNothing() throws {
        let result = try run("vt-record", "--quiet", "--duration", "50ms", home: homeWithMicrophones())
        #expect(result.status == 0)
        #expect(result.errors == "")
    }

    @Test(arguments: [
        ["--rate", "12"], ["--channels", "0"], ["--duration", "0s"], ["--period", "2s"], ["--json"],
        ["--sample-format", "mp3"], ["--device", ""], ["surplus"],
    ])
    func nonsenseIsAUsageError(_ options: [String]) throws {
        let result = try run(Command("vt-record", options), home: homeWithMicrophones())
        #expect(result.status == 64)
        #expect(result.output == [])
        #expect(result.errors.hasPrefix("vt-record: "))
    }
}
