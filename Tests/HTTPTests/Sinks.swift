import Glibc
import HTTP
import Harness
import POSIX
import Testing
import Text

/// A sink that keeps what it gets.
private final class KeepingSink: BodySink {
    struct Enough: Error {}

    private let state = Monitor((bytes: [UInt8](), statuses: [Int]()))
    private let limit: Int

    init(limit: Int = .max) {
        self.limit = limit
    }

    var bytes: [UInt8] { state.read { $0.bytes } }
    var statuses: [Int] { state.read { $0.statuses } }

    func begin(_ head: ResponseHead) throws -> Bool {
        state.change { $0.statuses.append(head.status) }
        if head.status == 418 { throw Enough() }
        return head.isSuccess
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        if state.read({ $0.bytes.count }) + bytes.count > limit { throw Enough() }
        state.change { $0.bytes += bytes }
    }
}

@Suite(.enabled(if: ModelServer.isInstalled, "needs python3 and sha256sum")) struct Sinks {
    /// More than an answer may have that is collected.
    private static let file = ModelServer.weights(3_000_000)

    private func request(_ server: ModelServer, _ sink: KeepingSink) -> Request {
        var request = Request("GET", server.url + "/file")
        request.sink = sink
        request.answerLimit = 100_000
        return request
    }

    @Test func aBodyThatIsLargerThanTheLimitGoesThrough() throws {
        let server = try ModelServer(Self.file, "serve")
        let sink = KeepingSink()
        let client = try HTTPClient()
        let exchange = client.begin(request(server, sink))
        let response = try exchange.response()
        #expect(response.head.status == 200)
        #expect(response.body == [])
        #expect(sink.bytes == Self.file)
        #expect(exchange.timings.bytesReceived == Self.file.count)
    }

    @Test func whatTheSinkDoesNotWantIsCollected() throws {
        let server = try ModelServer(Self.file, "status=404", "to=/elsewhere")
        let client = try HTTPClient()
        let sink = KeepingSink()
        #expect(try client.begin(request(server, sink)).response().body == Array("<html>no</html>".utf8))
        #expect(try client.begin(request(server, sink)).response().body == Array("elsewhere".utf8))
        #expect(sink.bytes == [])
        #expect(sink.statuses == [404, 302])
    }

    @Test func aSinkThatHasEnoughEndsIt() throws {
        let server = try ModelServer(Self.file, "serve", "status=418")
        let client = try HTTPClient()
        for sink in [KeepingSink(limit: 1_000_000), KeepingSink()] {
            let exchange = client.begin(request(server, sink))
            exchange.waitForEnd()
            let failure = try #require(exchange.failure)
            #expect(failure.code == .sinkFailed)
            #expect(failure.underlying is KeepingSink.Enough)
            #expect(!failure.isTransient)
        }
    }

    @Test func aConnectionThatBreaksIsSaid() throws {
        let server = try ModelServer(Self.file, "break=1000000", "open-break=1000000")
        let client = try HTTPClient()
        for _ in 0..<2 {
            let sink = KeepingSink()
            let exchange = client.begin(request(server, sink))
            exchange.waitForEnd()
            #expect(exchange.failure?.code == .broken)
            #expect(sink.bytes == Array(Self.file[..<sink.bytes.count]) && sink.bytes.count <= 1_000_000)
        }
    }
}
