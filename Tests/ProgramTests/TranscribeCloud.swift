import Harness
import Testing
import Text

/// What goes over the wire while vt-transcribe works.
@Suite(.enabled(if: CloudHome.isPossible, "needs python3 and openssl")) struct TranscribeCloud {
    @Test func whatHasEndedGoesToAssemblyAIsOtherAddress() throws {
        let cloud = try CloudHome("want-length", "assemblyai")
        #expect(try cloud.speak(Tone.stream(seconds: 0.5), engine: "assemblyai").text == CloudHome.text + "\n")
        let paths = try cloud.server.requests(2).compactMap { $0["path"]?.string }
        #expect(paths.map { $0.hasSuffix("/v1/transcribe/live") } == [true, false])
        #expect(paths.last?.hasSuffix("/v1/transcribe") == true)
    }

    /// 20 ms, of which a service that takes no less than 100 makes its text.
    @Test func theShortestWordIsSent() throws {
        let cloud = try CloudHome("json")
        let result = try cloud.transcribe("--upload-format", "wav", input: .bytes(Tone.stream(seconds: 0.02)))
        #expect(result.text == CloudHome.text + "\n", "\(result)")
        _ = try cloud.server.requests(1)
        #expect(
            try cloud.server.audio(ofRequest: 1).suffix(3200) == Tone.samples(seconds: 0.02)
                + Tone.silence(seconds: 0.08))
    }
}
