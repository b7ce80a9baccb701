import Audio
import Glibc
import HTTP
import Harness
import POSIX
import Plugins
import Testing
import Text
import Transcription

/// Speech that a test lets come in.
private final class ComingSpeech: SpeechSource, @unchecked Sendable {
    // Sendable: what both threads touch is in the monitor; the position is the reader's.
    private let state = Monitor((samples: [Int16](), hasEnded: false))
    private var position = 0

    func say(_ samples: some Sequence<Int16>) { state.change { $0.samples += samples } }
    func end() { state.change { $0.hasEnded = true } }

    func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        let position = self.position
        let seconds = Double(patience.components.seconds) + Double(patience.components.attoseconds) * 1e-18
        let found = state.wait(atMost: seconds) { state -> [Int16]? in
            if state.samples.count > position { return Array(state.samples[position...].prefix(buffer.count)) }
            return state.hasEnded ? [] : nil
        }
        guard let found else { return nil }
        _ = buffer.update(fromContentsOf: found)
        self.position += found.count
        return found.count
    }

    func restart(at sample: Int) { position = sample }
}

/// Samples as they are.
private final class PassingOn: StreamEncoder {
    let format = AudioFormat.speech
    private let sink: any ByteSink

    init(_ sink: any ByteSink) { self.sink = sink }
    func encode(_ frames: UnsafeRawBufferPointer) throws { try sink.write(frames) }
    func finish() {}
}

/// The least of a service: the text of a JSON answer.
private struct PlainService: CloudService {
    let name = "plain"
    let uploadFormats = [UploadFormat.pcm]
    let takesUnknownLength = true
    var shortest = 0.0
    let url: String

    func tellsTimes(_ settings: EngineSettings) -> Bool { true }
    func shortestAudio(_ settings: EngineSettings) -> Double { shortest }

    func uploadRequest(_ format: UploadFormat, isLive: Bool, settings: EngineSettings) -> UploadRequest {
        UploadRequest(
            url: isLive ? "\(url)/live" : url, headers: [Header("Authorization", "Bearer sk-test", isSecret: true)],
            form: .multipart(
                fields: [.init("model", "any")], file: .init("file", fileName: "voice.pcm", contentType: "audio/pcm")))
    }

    func limits(for settings: EngineSettings) -> Provider.Limits { Provider.Limits() }

    func takesFiles(_ container: AudioContainer) -> Bool { false }

    func fileRequest(_ container: AudioContainer, settings: EngineSettings) throws(EngineError) -> UploadRequest {
        throw EngineError(.usage, "plain: takes no files")
    }

    func takesPrompts(_ settings: EngineSettings) -> Bool { false }

    func model(for settings: EngineSettings) -> String? { settings.model }

    func billedSeconds(for seconds: Double) -> Double { seconds }

    func makeReplyReader(_ head: ResponseHead, settings: EngineSettings, audio: Double?) -> any ReplyReader { Reply() }

    func explain(_ response: Response, to fields: [(name: String, value: String)]) -> UploadFailure {
        let status = response.head.status
        let isTransient = RetryPolicy.isTransient(status)
        return UploadFailure(
            EngineError(isTransient ? .tryLater : .noPermission, "plain: status \(status)"),
            remedy: isTransient ? .retry : .none)
    }

    private struct Reply: ReplyReader {
        var body: [UInt8] = []
        var steps: Int { body.count }

        mutating func add(_ bytes: [UInt8]) -> [RecognitionEvent] {
            body += bytes
            return []
        }

        func finish() throws(EngineError) -> [RecognitionEvent] {
            guard let text = JSONValue(parsing: String(decoding: body, as: UTF8.self))?["text"]?.string else {
                throw EngineError(.protocolError, "plain: no text in the answer")
            }
            return text.isEmpty ? [] : [.final(Utterance(text: text, start: 0, end: 1))]
        }
    }
}

@Suite(.enabled(if: SpeechServer.isInstalled, "needs python3 and openssl")) struct LiveUploads {
    private let directory: TemporaryDirectory
    /// Two loud seconds.
    private static let loud = (0..<32_000).map { Int16(truncatingIfNeeded: ($0 % 100 - 50) * 200) }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func bytes(_ samples: [Int16]) -> [UInt8] { samples.withUnsafeBytes { Array($0) } }

    private func engine(_ server: SpeechServer, shortest: Double = 0) -> LiveUpload {
        LiveUpload(
            PlainService(shortest: shortest, url: "\(server.url)/v1"),
            LiveUpload.Surroundings(
                makeEncoder: { _, sink in PassingOn(sink) }, lengthWanted: KnownServers(path: directory("servers"))))
    }

    /// Says the samples all at once, or in two halves while the engine listens already.
    ///
    /// - Returns: the final texts.
    private func transcribe(
        _ engine: LiveUpload, _ samples: [Int16] = loud, isLive: Bool = true, cancellation: Cancellation? = nil
    ) throws -> [String] {
        let speech = ComingSpeech()
        if !isLive {
            speech.say(samples)
            speech.end()
        }
        let speaker = try POSIX.Thread("speaker") {
            guard isLive else { return }
            pause(.milliseconds(30))
            speech.say(samples.prefix(samples.count / 2))
            pause(.milliseconds(30))
            speech.say(samples.dropFirst(samples.count / 2))
            speech.end()
        }
        defer { speaker.join() }
        var texts: [String] = []
        try engine.transcribe(speech, settings: EngineSettings(), cancellation: cancellation) { event in
            if case .final(let utterance) = event { texts.append(utterance.text) }
        }
        return texts
    }

    private static let text = ["go forward ten meters"]

    @Test(arguments: [true, false]) func itIsSentAsItComes(isLive: Bool) throws {
        let server = try SpeechServer("json")
        #expect(try transcribe(engine(server), isLive: isLive) == Self.text)
        let request = try #require(try server.requests(1).first)
        #expect(request["fields"]?.line == "[[\"model\",\"any\"],[\"file\",null]]")
        #expect(try server.audio(ofRequest: 1) == bytes(Self.loud))
        if isLive { #expect(request["headers"]?["transfer-encoding"]?.string == "chunked") }
    }

    @Test func nothingSaidIsNothingSent() throws {
        let server = try SpeechServer("json")
        #expect(try transcribe(engine(server), []).isEmpty)
        #expect(try server.requests.isEmpty)
    }

    @Test(arguments: ["want-length:400", "want-length:411", "want-length:415", "want-length:422", "want-length-early"])
    func aServerThatWantsALengthGetsItOnce(behaviour: String) throws {
        let server = try SpeechServer(behaviour)
        #expect(try transcribe(engine(server)) == Self.text)
        let requests = try server.requests(2)
        #expect(requests.count == 2)
        #expect(requests[1]["headers"]?["content-length"] != nil)
        #expect(requests.map { $0["path"]?.string } == ["/v1/live", "/v1"], "each has its own address")
        #expect(try server.audio(ofRequest: 2) == bytes(Self.loud))
        // It is known from now on, in other processes too.
        #expect(try transcribe(engine(server)) == Self.text)
        #expect(try server.requests(3).count == 3)
        #expect(try server.requests.last?["path"]?.string == "/v1")
        #expect(String(decoding: try contents(of: directory("servers")), as: UTF8.self) == "\(server.url)\n")
    }

    @Test func aServerThatIsDeafToChunks() throws {
        let server = try SpeechServer("deaf-to-chunks")
        #expect(try transcribe(engine(server)) == Self.text)
        #expect(try server.requests(2).count == 2)
    }

    @Test func silenceIsNotAskedTwice() throws {
        let server = try SpeechServer("deaf-to-chunks")
        #expect(try transcribe(engine(server), [Int16](repeating: 0, count: 16000)).isEmpty)
        #expect(try server.requests(1).count == 1)
    }

    @Test(arguments: ["status:503,retry-after-ms=10", "status:429,retry-after-ms=10", "half", "close", "reset:1000"])
    func itIsTriedAgain(behaviour: String) throws {
        let server = try SpeechServer(behaviour, behaviour, "json")
        #expect(try transcribe(engine(server)) == Self.text)
        let requests = try server.requests(3)
        #expect(requests.count == 3)
        #expect(requests.last?["audio"]?["size"]?.integer == 64000)
        #expect(try server.audio(ofRequest: 3) == bytes(Self.loud), "from the first byte")
    }

    /// What a server says itself counts more than what its status means.
    @Test func aServerThatWantsToBeAskedAgain() throws {
        let server = try SpeechServer("status:404,x-should-retry=true", "json")
        #expect(try transcribe(engine(server)) == Self.text)
        #expect(try server.requests(2).count == 2)
    }

    @Test func aServerThatWantsToBeLeftAlone() throws {
        let server = try SpeechServer("status:503,x-should-retry=false", "json")
        let engine = engine(server)
        let error = #expect(throws: EngineError.self) { try transcribe(engine) }
        #expect(error?.code == .tryLater)
        #expect(try server.requests(1).count == 1)
    }

    @Test(arguments: ["status:429,Retry-After=121", "status:503,retry-after-ms=600000"])
    func nobodyWaitsForLong(behaviour: String) throws {
        let server = try SpeechServer(behaviour, "json")
        let engine = engine(server)
        let error = #expect(throws: EngineError.self) { try transcribe(engine) }
        #expect(error?.code == .tryLater)
        #expect(error?.message.hasSuffix("it asks for a pause of \(behaviour.contains("121") ? 121 : 600) s") == true)
        #expect(try server.requests(1).count == 1)
    }

    /// A single short word is worth as much as a long one.
    @Test(arguments: [true, false]) func whatIsTooShortGetsSilenceBehindIt(isLive: Bool) throws {
        let server = try SpeechServer("json")
        let word = Array(Self.loud.prefix(800))
        #expect(try transcribe(engine(server, shortest: 0.1), word, isLive: isLive) == Self.text)
        _ = try server.requests(1)
        #expect(try server.audio(ofRequest: 1) == bytes(word) + [UInt8](repeating: 0, count: 1600))
    }

    @Test(arguments: [("status:500,retry-after-ms=1", 3), ("unauthorized", 1)])
    func itIsNotTriedWithoutEnd(behaviour: String, requests: Int) throws {
        let server = try SpeechServer(behaviour)
        let engine = engine(server)
        let error = #expect(throws: EngineError.self) { try transcribe(engine) }
        #expect(error?.code == (requests == 1 ? .noPermission : .tryLater))
        #expect(try server.requests(requests).count == requests)
    }

    @Test func itFollowsOnTheSameHost() throws {
        let server = try SpeechServer("redirect:/v2/x", "json")
        #expect(try transcribe(engine(server)) == Self.text)
        let requests = try server.requests(2)
        #expect(requests[1]["path"]?.string == "/v2/x")
        #expect(requests[1]["headers"]?["content-length"] != nil)
        #expect(requests[1]["headers"]?["authorization"]?.string == "Bearer sk-test")
    }

    @Test func itFollowsNowhereElse() throws {
        let other = try SpeechServer("json")
        let server = try SpeechServer("redirect:http://localhost:\(other.port)/")
        let engine = engine(server)
        let error = #expect(throws: EngineError.self) { try transcribe(engine) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("localhost:\(other.port)") == true)
        #expect(try other.requests.isEmpty)
    }

    @Test(arguments: ["nonsense", "no-json", "empty"]) func anAnswerThatIsNone(behaviour: String) throws {
        let server = try SpeechServer(behaviour)
        let engine = engine(server)
        let error = #expect(throws: EngineError.self) { try transcribe(engine) }
        #expect(error?.code == .protocolError)
    }

    @Test func aCertificateThatIsNotTrustedEndsItAtOnce() throws {
        let server = try SpeechServer("json", certificate: Certificate())
        let engine = engine(server)
        let error = #expect(throws: EngineError.self) { try transcribe(engine) }
        #expect(error?.code == .unavailable)
    }

    @Test func cancelling() throws {
        let server = try SpeechServer("silent")
        let engine = engine(server)
        let cancellation = try Cancellation()
        let canceller = try POSIX.Thread("canceller") {
            pause(.milliseconds(300))
            cancellation.cancel()
        }
        defer { canceller.join() }
        let error = #expect(throws: EngineError.self) { try transcribe(engine, cancellation: cancellation) }
        #expect(error?.code == .cancelled)
    }

    /// A pause in the middle: the connection hears silence instead, and the speech goes on.
    @Test func anOpenBodyNeverIdlesForLong() throws {
        let server = try SpeechServer("json")
        let speech = ComingSpeech()
        let speaker = try POSIX.Thread("speaker") {
            speech.say(Self.loud)
            pause(.milliseconds(6000))
            speech.say(Self.loud)
            speech.end()
        }
        defer { speaker.join() }
        try engine(server).transcribe(speech, settings: EngineSettings(), cancellation: nil) { _ in }
        _ = try server.requests(1)
        let inserted = [UInt8](repeating: 0, count: 2560)
        #expect(try server.audio(ofRequest: 1) == bytes(Self.loud) + inserted + bytes(Self.loud))
    }
}
