import Harness
import Testing

/// vt-transcribe reads encoded audio, from files and from pipes.
@Suite struct TranscribeEncoded {
    let base: TranscribeHome

    init() throws { base = try TranscribeHome() }

    private func encoded(_ format: String, seconds: Double) throws -> [UInt8] {
        let path = "\(base.home.files)/encoded"
        _ = try run(
            "vt-encode", "-f", format, input: .bytes(Tone.stream(seconds: seconds)), output: .file(path),
            home: base.home)
        return try contents(of: path)
    }

    @Test(arguments: ["flac", "opus", "vorbis", "mp3"]) func everySampleReachesTheEngine(format: String) throws {
        let bytes = try encoded(format, seconds: 2)
        try base.write(bytes, to: "speech")
        for result in [try base.transcribe("speech"), try base.transcribe(input: .bytes(bytes))] {
            #expect(result.status == 0, "\(result)")
            #expect(result.text == "bytes 64000\n", "\(result)")
        }
        #expect(base.kept == [])
    }

    @Test func theRecordingIsKeptAsItCame() throws {
        let bytes = try encoded("opus", seconds: 2)
        let result = try base.transcribe(mode: "refuses", input: .bytes(bytes))
        #expect(result.status == 75, "\(result)")
        #expect(try base.onlyKeptAudio() == bytes)
    }

    @Test func damageIsSaidWhenItsTextIsOut() throws {
        let bytes = Array(try encoded("opus", seconds: 4).dropLast(3000))
        try base.write(bytes, to: "speech")
        for result in [try base.transcribe("speech"), try base.transcribe(input: .bytes(bytes))] {
            #expect(result.status == 65, "\(result)")
            #expect(result.text.hasPrefix("bytes "), "\(result)")
            #expect(result.errors.contains("truncated"), "\(result)")
        }
    }

    @Test func anEngineThatDiesWhileNothingComesIsNoticed() throws {
        // The codec waits in the middle of a page; the program does not.
        let bytes = try encoded("opus", seconds: 3)
        let program = try base.start(mode: "dies")
        program.write(bytes.prefix(bytes.count / 2))
        try program.waitForErrors(containing: "the recording is kept as")
        program.closeInput()
        #expect(try program.finish().status == 69)
        #expect(base.kept.count == 1)
    }
}
