import Glibc
import Harness
import Testing
import Text

/// A way in which a service fails, and what its user reads.
struct ServiceTrouble: CustomTestStringConvertible {
    /// How the server meets the requests of one run.
    let behaviours: [String]
    let status: CInt
    /// All that stands on standard error, without `vt-transcribe: `, `; the recording is kept as ID` and `hint: `.
    let message: String
    /// Where nothing better is known it is how to go on.
    var hint = "vt-transcribe --pending gives its text later"
    var engine = "openai"
    var options: [String] = []

    var testDescription: String { ([engine] + behaviours).joined(separator: " ") }
}

private let troubles: [ServiceTrouble] = [
    // 77: the key, or the bill.
    ServiceTrouble(
        behaviours: ["unauthorized"], status: 77,
        message: "openai refused the credentials (401): Incorrect API key provided: sk-abc***xyz",
        hint: "look at the key in VT_API_KEY, and at what it may do"),
    ServiceTrouble(
        behaviours: ["echo:401"], status: 77, message: "openai refused the credentials (401): no such key: ****",
        hint: "look at the key in VT_API_KEY, and at what it may do"),
    ServiceTrouble(
        behaviours: ["early:401"], status: 77, message: "openai refused the credentials (401): no more of that",
        hint: "look at the key in VT_API_KEY, and at what it may do"),
    ServiceTrouble(
        behaviours: ["status:403"], status: 77, message: "openai refused the credentials (403): this is a 403",
        hint: "look at the key in VT_API_KEY, and at what it may do"),
    ServiceTrouble(
        behaviours: ["status:401"], status: 77, message: "fireworks refused the credentials (401): this is a 401",
        hint: "Fireworks is giving up speech recognition and has refused good keys since June 2026; try --engine groq",
        engine: "fireworks"),
    ServiceTrouble(
        behaviours: ["status:402"], status: 77, message: "openai wants to be paid (402): this is a 402",
        hint: "there is no credit left at openai"),
    ServiceTrouble(
        behaviours: ["unpaid:429"], status: 77,
        message: "openai wants to be paid (429): You exceeded your current quota",
        hint: "there is no credit left at openai"),
    // 75: later.
    ServiceTrouble(
        behaviours: Array(repeating: "status:429,retry-after-ms=10", count: 3), status: 75,
        message: "openai can't do it now (429): this is a 429"),
    ServiceTrouble(
        behaviours: ["status:429,Retry-After=600"], status: 75,
        message: "openai can't do it now (429): this is a 429; it asks for a pause of 600 s"),
    ServiceTrouble(
        behaviours: ["status:429,x-should-retry=false"], status: 75,
        message: "openai can't do it now (429): this is a 429"),
    ServiceTrouble(
        behaviours: Array(repeating: "status:503,retry-after-ms=10", count: 3), status: 75,
        message: "openai can't do it now (503): this is a 503"),
    ServiceTrouble(
        behaviours: Array(repeating: "status:504,retry-after-ms=10", count: 2), status: 75,
        message: "assemblyai can't do it now (504): this is a 504", engine: "assemblyai"),
    ServiceTrouble(
        behaviours: Array(repeating: "refuse:404,File Not Found (/inference)", count: 3), status: 75,
        message: "whisper-server can't do it now (404): File Not Found (/inference)",
        hint: "whisper-server says so too while it loads its model, and for one that was started with --inference-path",
        engine: "whisper-server"),
    ServiceTrouble(
        behaviours: ["half", "half", "half"], status: 75,
        message: "openai: URL: transfer closed with 987 bytes remaining to read"),
    ServiceTrouble(
        behaviours: ["reset:500", "reset:500", "reset:500"], status: 75, message: "openai: URL: "),
    ServiceTrouble(
        behaviours: ["close", "close", "close"], status: 75, message: "openai: URL: Empty reply from server"),
    ServiceTrouble(
        behaviours: ["sse-broken", "sse-broken", "sse-broken"], status: 75, message: "openai: URL: transfer closed "),
    ServiceTrouble(
        behaviours: ["no-json"], status: 75,
        message: "openai: the answer is cut off or garbled: “{\"text\": \"go forw”"),
    ServiceTrouble(
        behaviours: ["silent"], status: 75, message: "openai: URL: no answer within 0.2 s",
        options: ["--timeout", "200ms"]),
    ServiceTrouble(
        behaviours: ["drip:0.02"], status: 75,
        message: "openai: URL: the answer did not come to its end", options: ["--timeout", "200ms"]),
    ServiceTrouble(
        behaviours: ["reply:localai-stream-error.sse"], status: 75, message: "openai: "),
    // 65: the audio.
    ServiceTrouble(
        behaviours: ["early:413"], status: 65, message: "openai refused the audio (413): no more of that",
        hint: "vt-vad split makes shorter recordings"),
    ServiceTrouble(
        behaviours: ["status:413"], status: 65, message: "openai refused the audio (413): this is a 413",
        hint: "--upload-format opus is the smallest; vt-vad split makes shorter recordings",
        options: ["--upload-format", "wav"]),
    ServiceTrouble(
        behaviours: ["status:415", "status:415"], status: 65,
        message: "openai refused the audio (415): this is a 415",
        hint: "--upload-format wav is what nearly every server decodes"),
    ServiceTrouble(
        behaviours: Array(
            repeating:
                #"refuse:400,{"error":{"message":"audio duration 1500.1 seconds is longer than 1400","code":"invalid_value"}}"#,
            count: 2), status: 65,
        message: "openai refused the audio (400): audio duration 1500.1 seconds is longer than 1400",
        hint: "vt-vad split makes shorter recordings"),
    ServiceTrouble(
        behaviours: [
            #"refuse:400,{"err_code":"Bad Request","err_msg":"corrupt or unsupported data","request_id":"x"}"#,
            #"refuse:400,{"category":"INVALID_AUDIO","message":"Bad Request","details":"corrupt or unsupported data"}"#,
        ],
        status: 65, message: "deepgram refused the audio (400): Bad Request (corrupt or unsupported data)",
        engine: "deepgram"),
    // 69: the request.
    ServiceTrouble(
        behaviours: ["status:411", "status:411"], status: 69,
        message: "openai refused the request (411): this is a 411",
        hint: "it was told the length: something between, a proxy or a gateway, loses it"),
    ServiceTrouble(
        behaviours: [#"refuse:404,{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#],
        status: 69, message: "openai refused the request (404): The model `x` does not exist",
        hint: "look at the name in --model"),
    ServiceTrouble(
        behaviours: ["refuse:405,<html>405</html>"], status: 69,
        message: "openai refused the request (405): it says no more",
        hint: "look at the address: something else answers there"),
    ServiceTrouble(
        behaviours: Array(
            repeating: #"refuse:422,{"detail":[{"loc":["body","model"],"msg":"Field required"}]}"#, count: 2),
        status: 69,
        message: "openai refused the request (422): model: Field required"),
    ServiceTrouble(
        behaviours: ["refuse:400,Invalid request", "refuse:400,Invalid request"], status: 69,
        message: "whisper-server refused the request (400): Invalid request",
        hint:
            "whisper-server never says why; one reason is audio that it does not decode, and --upload-format wav it does",
        engine: "whisper-server"),
    ServiceTrouble(
        behaviours: ["redirect:https://elsewhere.example/v1"], status: 69,
        message: "openai: URL redirects to https://elsewhere.example, which is not sent a key",
        hint: "if that is where it should go, say so with --base-url"),
    // 76: what answers is no such service.
    ServiceTrouble(
        behaviours: ["nonsense"], status: 76,
        message: "openai: the answer holds no transcript: “[1, {\"two\": null}]”"),
    ServiceTrouble(
        behaviours: ["no-http"], status: 76, message: "openai: URL: Received HTTP/0.9 when not allowed",
        hint: "look at the address: something else answers there"),
    ServiceTrouble(behaviours: ["empty", "empty"], status: 76, message: "openai: the answer is empty"),
    ServiceTrouble(
        behaviours: ["refuse:200,<!DOCTYPE html><title>Log in</title>"], status: 76,
        message: "openai: the answer is a web page, not a transcript",
        hint: "look whether the address is right, and whether something between (a proxy, a login page) answers"),
    ServiceTrouble(
        behaviours: ["huge:40"], status: 76, message: "openai: URL: the answer is larger than 33554432 bytes"),
    ServiceTrouble(
        behaviours: ["redirect:/v2", "redirect:/v3", "redirect:/v4", "redirect:/v5"], status: 76,
        message: "openai: URL redirects again and again"),
]

/// Whatever a service does, its user learns what and how to go on, and the recording waits until it is better.
@Suite(.enabled(if: CloudHome.isPossible, "needs python3 and openssl")) struct TranscribeRefused {
    @Test(arguments: troubles) func isToldAndNothingIsLost(_ trouble: ServiceTrouble) throws {
        let good = trouble.engine == "deepgram" ? "deepgram" : trouble.engine == "assemblyai" ? "assemblyai" : "json"
        let cloud = try CloudHome(trouble.behaviours + [good])
        let audio = Tone.stream(seconds: 0.5)
        let result = try cloud.speak(audio, trouble.options, engine: trouble.engine)
        #expect(result.status == trouble.status, "\(result)")
        #expect(result.text.isEmpty)
        #expect(try cloud.server.requests(trouble.behaviours.count).count == trouble.behaviours.count)
        #expect(try cloud.ground.onlyKeptAudio() == audio)
        let lines = cloud.messages(of: result).split(separator: "\n").map(String.init)
        try #require(lines.count == 2, "\(result)")
        #expect(lines[0].hasPrefix("vt-transcribe: " + trouble.message), "\(result)")
        #expect(lines[0].hasSuffix("; the recording is kept as ID"), "\(result)")
        #expect(lines[1] == "hint: " + trouble.hint, "\(result)")
        #expect(!result.errors.contains(CloudHome.key))

        // When all is well again, the text is had without another word.
        let id = cloud.ground.kept[0]
        let again = try cloud.bare("--pending", "--no-gate")
        #expect(again.text == "\(id)\t\(CloudHome.text)\n", "\(again)")
        #expect(again.status == 0)
        #expect(cloud.ground.kept.isEmpty)
    }

    @Test(arguments: [
        ["status:500", "json"], ["status:503,Retry-After=1", "json"],
        ["status:409,retry-after-ms=10", "close", "json"],
        ["want-length:411", "json"], ["want-length:415", "json"], ["want-length-early", "json"],
        ["deaf-to-chunks", "json"],
        ["redirect:/v1/other", "json"], ["sse:1"], ["sse-crlf:1"], ["text"], ["verbose"],
        ["status:404,x-should-retry=true", "json"],
    ]) func mendsItself(_ behaviours: [String]) throws {
        let cloud = try CloudHome(behaviours)
        let result = try cloud.speak(Tone.stream(seconds: 1.5))
        #expect(result.text == CloudHome.text + "\n", "\(result)")
        #expect(result.status == 0)
        #expect(result.errors.isEmpty, "\(result)")
        #expect(cloud.ground.kept.isEmpty)
    }

    /// What no model has said in its right mind neither ends the program nor reaches a terminal.
    @Test func textThatIsNoText() throws {
        let cloud = try CloudHome("invalid-utf8")
        let result = try cloud.transcribe()
        #expect(result.text == "go \u{FFFD}\u{FFFD} forward  [31m\n", "\(result)")
        #expect(result.status == 0)
    }

    @Test(arguments: ["DNS:other.example", "IP:127.0.0.1"]) func aCertificateForAnotherName(names: String) throws {
        let cloud = try CloudHome(["json"], names: names)
        let result = try cloud.transcribe()
        #expect(result.status == 69, "\(result)")
        #expect(
            cloud.messages(of: result)
                == """
                vt-transcribe: openai: URL: SSL: no alternative certificate subject name matches target host name \
                'localhost'; the recording is kept as ID
                hint: SSL_CERT_FILE or CURL_CA_BUNDLE can name a file of certificates to trust

                """)
        #expect(cloud.ground.kept.count == 1)
        #expect(try cloud.server.count == 0, "nothing was asked")
    }

    @Test func aCertificateThatNobodyVouchesFor() throws {
        let cloud = try CloudHome("json")
        var command = cloud.command([])
        command.environment["SSL_CERT_FILE"] = .some(nil)
        let result = try run(command, input: .bytes(Tone.stream(seconds: 0.5)), home: cloud.home)
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("self-signed certificate"), "\(result)")
        #expect(cloud.ground.kept.count == 1)
        #expect(try cloud.server.count == 0)
    }

    @Test(arguments: ["https://localhost:1/v1", "https://no-such-host.invalid/v1", "https://[::1]:1/v1"])
    func nobodyIsThere(url: String) throws {
        let test = try TranscribeHome()
        let result = try run(
            Command(
                "vt-transcribe", ["--no-gate", "--engine", "openai", "--base-url", url],
                environment: ["VT_API_KEY": CloudHome.key]), input: .bytes(Tone.stream(seconds: 0.5)), home: test.home)
        #expect(result.status == 75, "\(result)")
        #expect(result.errors.hasPrefix("vt-transcribe: openai: \(url.dropLast(3)): "), "\(result)")
        #expect(test.kept.count == 1)
    }
}
