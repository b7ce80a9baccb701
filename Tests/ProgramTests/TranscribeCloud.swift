import Glibc
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

    @Test(
        .enabled(if: access("/proc/sys/net/ipv6/conf/lo", F_OK) == 0, "needs IPv6"), arguments: [true, false])
    func anAddressOfIPv6(isSecure: Bool) throws {
        let certificate = isSecure ? try Certificate(for: "IP:::1") : nil
        let server = try SpeechServer("json", certificate: certificate, address: "::1")
        let test = try TranscribeHome()
        let result = try run(
            Command(
                "vt-transcribe", ["--no-gate", "--engine", "openai", "--base-url", "\(server.url)/v1"],
                environment: ["SSL_CERT_FILE": certificate?.path, "VT_API_KEY": CloudHome.key]),
            input: .bytes(Tone.stream(seconds: 0.5)), home: test.home)
        #expect(result.text == CloudHome.text + "\n", "\(result)")
        #expect(try server.requests(1).first?["headers"]?["authorization"]?.string == "Bearer \(CloudHome.key)")
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
