import Glibc
import HTTP
import Harness
import POSIX
import Testing
import Text

@Suite(.enabled(if: SpeechServer.isInstalled, "needs python3 and openssl")) struct Exchanges {
    private static let noise = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    /// What is small goes with the head, what is large piece by piece; the limit is 64 KiB with the form around it.
    @Test(arguments: [0, 1, 20_000, 64_900, 65_100, 65_536, 300_000], [true, false])
    func aFormWithALength(count: Int, isSecure: Bool) throws {
        let certificate = isSecure ? try Certificate() : nil
        let server = try SpeechServer("json", certificate: certificate)
        let client = try HTTPClient(trust: TrustStore(file: certificate?.path))
        let noise = Array(Self.noise[..<count])
        let exchange = client.begin(speechRequest(server.url, .bytes(noise)))
        let response = try exchange.response()
        #expect(response.head.status == 200)
        #expect(response.head.contentType == "application/json")
        #expect(response.text.contains("go forward ten meters"))
        let request = try #require(try server.requests(1).first)
        #expect(request["defects"] == .array([]))
        #expect(request["fields"]?.line.contains("[\"model\",\"whisper-1\"]") == true)
        #expect(request["fields"]?.line.contains("Grüße, \\\"quoted\\\"\\r\\nand more") == true)
        #expect(request["file"]?["name"]?.string == "voice.ogg")
        #expect(request["file"]?["type"]?.string == "audio/ogg")
        #expect(request["headers"]?["content-length"] != nil)
        #expect(request["headers"]?["expect"] == nil)
        #expect(request["headers"]?["authorization"]?.string == "Bearer sk-test")
        #expect(try server.audio(ofRequest: 1) == noise)
        let timings = exchange.timings
        #expect(timings.bytesSent == request["length"]?.integer)
        let steps = [
            timings.begun, timings.firstByteSent, timings.lastByteSent, timings.firstByteReceived, timings.ended,
        ]
        #expect(steps.compactMap(\.self).count == 5)
        #expect(steps.compactMap(\.self) == steps.compactMap(\.self).sorted())
    }

    /// A connection that the other side has closed meanwhile is noticed when it is used again: then all of it goes once more.
    @Test(arguments: [1000, 200_000]) func aConnectionThatWasClosedMeanwhile(count: Int) throws {
        let server = try SpeechServer("json-then-hang-up", "json")
        let client = try HTTPClient()
        let noise = Array(Self.noise[..<count])
        for number in 1...2 {
            let exchange = client.begin(speechRequest(server.url, .bytes(noise)))
            #expect(try exchange.response().head.status == 200)
            let request = try #require(try server.requests(number).last)
            #expect(exchange.timings.bytesSent == request["length"]?.integer)
            #expect(try server.audio(ofRequest: number) == noise)
        }
    }

    @Test(arguments: [true, false]) func aBodyThatGrows(isSecure: Bool) throws {
        let certificate = isSecure ? try Certificate() : nil
        let server = try SpeechServer("json", certificate: certificate)
        let client = try HTTPClient(trust: TrustStore(file: certificate?.path))
        let body = GrowingBody()
        let exchange = client.begin(speechRequest(server.url, .source(body)))
        for start in stride(from: 0, to: Self.noise.count, by: 10_000) {
            body.append(Array(Self.noise[start..<start + 10_000]))
            exchange.bodyHasGrown()
            if start % 50_000 == 0 { pause(.milliseconds(20)) }
        }
        body.finish()
        exchange.bodyHasGrown()
        #expect(try exchange.response().head.status == 200)
        let request = try #require(try server.requests(1).first)
        #expect(request["headers"]?["transfer-encoding"]?.string == "chunked")
        #expect(request["headers"]?["expect"] == nil)
        #expect(try server.audio(ofRequest: 1) == Self.noise)
        #expect((request["tls"]?.string != nil) == isSecure)
    }

    /// The head of the request and the first chunk are with the server while the body grows on.
    @Test func whatThereIsIsSentAtOnce() throws {
        let server = try SpeechServer("early:400", "json")
        let client = try HTTPClient()
        let body = GrowingBody([UInt8](repeating: 7, count: 2000))
        let exchange = client.begin(speechRequest(server.url, .source(body)))
        #expect(try exchange.waitForHead().status == 400, "it has read a kilobyte, and the body has not ended")
        exchange.waitForEnd()
        #expect(try exchange.response().text.contains("no more of that"))
    }

    @Test func aHeldRequestSendsNothing() throws {
        let certificate = try Certificate()
        let server = try SpeechServer("json", certificate: certificate)
        let client = try HTTPClient(trust: TrustStore(file: certificate.path))
        var request = speechRequest(server.url, .bytes(Self.noise))
        request.isHeld = true
        let exchange = client.begin(request)
        try eventually("the connection is ready") { exchange.isConnected }
        pause(.milliseconds(100))
        #expect(exchange.timings.firstByteSent == nil)
        #expect(try server.requests.isEmpty)
        exchange.release()
        #expect(try exchange.response().head.status == 200)
    }

    @Test func nobodyHoldsForEver() throws {
        let server = try SpeechServer("json")
        let client = try HTTPClient()
        var request = speechRequest(server.url, .bytes(Self.noise))
        request.isHeld = true
        request.limits.hold = 0.1
        let exchange = client.begin(request)
        exchange.waitForEnd()
        #expect(exchange.failure?.code == .heldTooLong)
        // Again, and this time it goes.
        let second = client.begin(request)
        second.release()
        #expect(try second.response().head.status == 200)
        #expect(try server.requests(1).count == 1)
    }

    @Test func connectionsAreShared() throws {
        let server = try SpeechServer("json")
        let client = try HTTPClient(connectionsPerHost: 4)
        let exchanges = (0..<40).map { _ in client.begin(speechRequest(server.url, .bytes([1, 2, 3]))) }
        for exchange in exchanges { #expect(try exchange.response().head.status == 200) }
        let connections = Set(try server.requests(40).compactMap { $0["connection"]?.integer })
        #expect((1...4).contains(connections.count))
        #expect(exchanges.contains { $0.timings.reusedConnection })
    }

    @Test(arguments: ["sse", "sse:1", "sse-crlf:3"]) func eventsComeAsTheyAreSent(behaviour: String) throws {
        let server = try SpeechServer(behaviour)
        let client = try HTTPClient()
        let exchange = client.begin(speechRequest(server.url, .bytes(Self.noise)))
        #expect(try exchange.waitForHead().contentType == "text/event-stream")
        var parser = ServerSentEventParser()
        var events: [ServerSentEvent] = []
        while let bytes = try exchange.nextBytes(atMost: 60) { events += parser.add(bytes) }
        let texts = events.compactMap { JSONValue(parsing: $0.data)?["delta"]?.string }
        #expect(texts.joined() == "go forward ten meters")
    }

    @Test func aRequestWithoutABody() throws {
        let server = try SpeechServer("json")
        let response = try HTTPClient().perform(Request("GET", "\(server.url)/health"))
        #expect(response.head.status == 200)
        #expect(try server.requests(1).first?["method"]?.string == "GET")
    }
}
