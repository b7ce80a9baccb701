import HTTP
import Testing

private func events(_ pieces: [[UInt8]]) -> [ServerSentEvent] {
    var parser = ServerSentEventParser()
    var events = pieces.flatMap { parser.add($0) }
    if let last = parser.finish() { events.append(last) }
    return events
}

@Suite struct ServerSentEventBytes {
    private static let stream = """
        \u{FEFF}: a comment\r\ndata: {"a":1}\r\n\r\nevent: done\ndata:two\ndata:  lines\rdata\r\rid: 7\nretry: 10\n\ndata: grün 🙂\n\ndata: [DONE]
        """
    private static let expected = [
        ServerSentEvent(data: "{\"a\":1}"), ServerSentEvent(name: "done", data: "two\n lines\n"),
        ServerSentEvent(data: "grün 🙂"), ServerSentEvent(data: "[DONE]"),
    ]

    @Test func inOnePiece() {
        #expect(events([Array(Self.stream.utf8)]) == Self.expected)
    }

    @Test func splitAtEveryByte() {
        let bytes = Array(Self.stream.utf8)
        for place in bytes.indices {
            #expect(events([Array(bytes[..<place]), Array(bytes[place...])]) == Self.expected, "split at \(place)")
        }
        #expect(events(bytes.map { [$0] }) == Self.expected)
    }

    @Test func whatIsNoUTF8IsReplaced() {
        #expect(events([Array("data: a".utf8) + [0xFF, 0x0A, 0x0A]]) == [ServerSentEvent(data: "a\u{FFFD}")])
    }

    @Test func anEndlessLineIsGivenUp() {
        var parser = ServerSentEventParser(limit: 1000)
        #expect(parser.add([UInt8](repeating: 0x61, count: 5000)).isEmpty)
        #expect(parser.isTooLarge)
        #expect(parser.add(Array("\n\ndata: x\n\n".utf8)).isEmpty)
    }
}
