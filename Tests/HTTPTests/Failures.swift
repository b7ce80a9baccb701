import Glibc
import HTTP
import Harness
import POSIX
import Testing
import Text

@Suite(.enabled(if: SpeechServer.isInstalled, "needs python3 and openssl")) struct Failures {
    private static let noise = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    /// Why a request with that much of a body fails.
    private func failure(
        _ url: String, body: [UInt8] = [1, 2, 3], limits: TimeLimits = TimeLimits(), trust: TrustStore = TrustStore(),
        answerLimit: Int = 1 << 20
    ) throws -> HTTPError? {
        let client = try HTTPClient(trust: trust)
        var request = speechRequest(url, .bytes(body), limits: limits)
        request.answerLimit = answerLimit
        let exchange = client.begin(request)
        exchange.waitForEnd()
        return exchange.failure
    }

    @Test func nobodyListens() throws {
        let server = try SpeechServer("json")
        let url = server.url
        server.stop()
        let error = try #require(try failure(url))
        #expect(error.code == .cannotConnect)
        #expect(error.isTransient)
        #expect(error.message.hasPrefix(url), "\(error.message)")
    }

    @Test func aNameThatNobodyKnows() throws {
        #expect(try failure("https://no-such-host.invalid")?.code == .cannotConnect)
    }

    @Test func aCertificateThatNobodyVouchesFor() throws {
        let server = try SpeechServer("json", certificate: Certificate())
        let error = try #require(try failure(server.url))
        #expect(error.code == .insecure)
        #expect(!error.isTransient)
        #expect(try server.requests.allSatisfy { $0["headers"] == nil }, "no request went out")
    }

    @Test func aCertificateForAnotherName() throws {
        let certificate = try Certificate(for: "DNS:other.example")
        let server = try SpeechServer("json", certificate: certificate)
        #expect(try failure(server.url, trust: TrustStore(file: certificate.path))?.code == .insecure)
        #expect(try server.requests.allSatisfy { $0["headers"] == nil }, "no request went out")
    }

    @Test func aTrustStoreThatIsNotThere() throws {
        let server = try SpeechServer("json", certificate: Certificate())
        #expect(try failure(server.url, trust: TrustStore(file: "/nonexistent.pem"))?.code == .insecure)
    }

    @Test(arguments: ["half", "close", "sse-broken", "reset:1000"]) func theConnectionBreaks(behaviour: String) throws {
        let server = try SpeechServer(behaviour)
        let error = try #require(try failure(server.url, body: Self.noise))
        #expect(error.code == .broken)
        #expect(error.isTransient)
    }

    @Test func whatAnswersIsNoHTTP() throws {
        let server = try SpeechServer("no-http")
        let error = try #require(try failure(server.url))
        #expect(error.code == .notHTTP)
        #expect(!error.isTransient)
    }

    @Test func aResetWhileTheBodyGrows() throws {
        let server = try SpeechServer("reset:1000")
        let client = try HTTPClient()
        let body = GrowingBody([UInt8](repeating: 1, count: 2000))
        let exchange = client.begin(speechRequest(server.url, .source(body)))
        #expect(exchange.waitForEnd(atMost: 20), "it is noticed while nothing is sent")
        #expect(exchange.failure?.code == .broken)
    }

    @Test(arguments: ["silent", "drip:0.02"]) func noAnswerInTime(behaviour: String) throws {
        let server = try SpeechServer(behaviour)
        #expect(try failure(server.url, limits: TimeLimits(answer: { 0.5 }))?.code == .timedOut)
    }

    @Test func nothingCanBeSent() throws {
        let server = try SpeechServer("stall")
        let body = [UInt8](repeating: 0, count: 32 << 20)
        #expect(try failure(server.url, body: body, limits: TimeLimits(stall: 1))?.code == .timedOut)
    }

    @Test func anAnswerWithoutEnd() throws {
        let server = try SpeechServer("huge:64")
        #expect(try failure(server.url)?.code == .tooLarge)
    }

    @Test func aRedirectIsAnAnswer() throws {
        let other = try SpeechServer("json")
        let server = try SpeechServer("redirect:http://localhost:\(other.port)/v1/audio/transcriptions")
        let client = try HTTPClient()
        let response = try client.perform(speechRequest(server.url, .bytes([1])))
        #expect(response.head.status == 307)
        #expect(response.head["location"]?.contains(String(other.port)) == true)
        #expect(try other.requests.isEmpty)
    }

    @Test func aKeyDoesNotTravelInTheOpen() throws {
        let error = try #require(try failure("http://192.0.2.1"))
        #expect(error.code == .refused)
        #expect(!error.isTransient)
        #expect(!error.message.contains("sk-test"))
    }

    @Test(arguments: ["file:///etc/passwd", "gopher://127.0.0.1/", "nonsense", "http://h\r\nX: y/"])
    func whatIsNoAddress(url: String) throws {
        let client = try HTTPClient()
        let exchange = client.begin(Request("GET", url))
        exchange.waitForEnd()
        #expect(exchange.failure?.code == .refused)
    }

    @Test func aHeaderCannotBringAnother() throws {
        let client = try HTTPClient()
        let exchange = client.begin(
            Request("GET", "http://127.0.0.1:1/", headers: [Header("X", "a\r\nAuthorization: stolen")]))
        exchange.waitForEnd()
        #expect(exchange.failure?.code == .refused)
    }

    @Test(arguments: ["held", "waiting", "uploading"]) func givingUp(when: String) throws {
        let server = try SpeechServer("silent")
        let client = try HTTPClient()
        let body = GrowingBody([1, 2, 3])
        if when != "uploading" { body.finish() }
        var request = speechRequest(server.url, .source(body))
        request.isHeld = when == "held"
        let exchange = client.begin(request)
        try eventually("it is on its way") {
            let timings = exchange.timings
            return when == "held"
                ? exchange.isConnected : when == "waiting" ? timings.lastByteSent != nil : timings.bytesSent > 0
        }
        exchange.cancel()
        #expect(exchange.waitForEnd(atMost: 10))
        #expect(exchange.failure?.code == .cancelled)
    }

    @Test(arguments: [true, false]) func aDescriptorGivesUp(isHeld: Bool) throws {
        let server = try SpeechServer("silent")
        let client = try HTTPClient()
        let pipe = try Descriptor.pipe()
        var request = speechRequest(server.url, .bytes([1]))
        request.cancellation = pipe.reading.number
        request.isHeld = isHeld
        let exchange = client.begin(request)
        try eventually("it is on its way") { isHeld ? exchange.isConnected : exchange.timings.lastByteSent != nil }
        try writeAll(pipe.writing.number, "x")
        #expect(exchange.waitForEnd(atMost: 10))
        #expect(exchange.failure?.code == .cancelled)
    }

    @Test func aClientThatGoesTakesItsRequestsAlong() throws {
        let server = try SpeechServer("silent")
        var exchanges: [Exchange] = []
        do {
            let client = try HTTPClient()
            var held = speechRequest(server.url, .bytes([1]))
            exchanges = [client.begin(held)]
            try eventually("it is on its way") { exchanges[0].timings.lastByteSent != nil }
            held.isHeld = true
            exchanges.append(client.begin(held))
            try eventually("the other is held") { exchanges[1].isConnected }
            withExtendedLifetime(client) {}
        }
        for exchange in exchanges {
            #expect(exchange.waitForEnd(atMost: 10))
            #expect(exchange.failure?.code == .cancelled)
        }
    }

    @Test(arguments: [nil, 1000, 1_000_000]) func aBodyThatCannotBeRead(length: Int?) throws {
        final class Broken: BodySource {
            let length: Int?
            init(_ length: Int?) { self.length = length }
            func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int? {
                throw SystemError(code: EIO, call: "read")
            }
        }
        let server = try SpeechServer("json")
        let client = try HTTPClient()
        let exchange = client.begin(speechRequest(server.url, .source(Broken(length))))
        exchange.waitForEnd()
        #expect(exchange.failure?.code == .bodyFailed)
        #expect((exchange.failure?.underlying as? SystemError)?.code == EIO)
    }
}
