/// One event of `text/event-stream`.
package struct ServerSentEvent: Sendable, Equatable {
    /// What `event:` said; `message` where nothing did.
    package var name: String
    /// The `data:` lines, joined by line feeds. Invalid UTF-8 is U+FFFD.
    package var data: String

    package init(name: String = "message", data: String) {
        self.name = name
        self.data = data
    }
}

/// Finds events in the bytes of a stream, however they are split (WHATWG HTML, "Server-sent events", parsing).
///
/// Lines end in LF, CRLF or CR. What an event that is not ended by an empty line says is dropped there; here it counts, since
/// servers of transcripts close after their last line.
package struct ServerSentEventParser: Sendable {
    /// Bytes of an event at most: a server must not fill our memory with one line.
    private let limit: Int
    private var line: [UInt8] = []
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var lastWasCR = false
    private var isFirstLine = true
    /// Whether an event was larger than the limit; nothing is read after it.
    package private(set) var isTooLarge = false

    package init(limit: Int = 4 << 20) {
        self.limit = limit
    }

    /// Takes bytes.
    ///
    /// - Returns: the events that they complete.
    package mutating func add(_ bytes: some Sequence<UInt8>) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes where !isTooLarge {
            defer { lastWasCR = byte == 0x0D }
            if byte == 0x0A, lastWasCR { continue }
            if byte == 0x0A || byte == 0x0D {
                if let event = endLine() { events.append(event) }
            } else {
                line.append(byte)
                isTooLarge = line.count + data.count > limit
            }
        }
        return events
    }

    /// Takes the end of the stream.
    ///
    /// - Returns: an event that was not ended by an empty line.
    package mutating func finish() -> ServerSentEvent? {
        if isTooLarge { return nil }
        if !line.isEmpty, let event = endLine() { return event }
        return endEvent()
    }

    private mutating func endLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        if line.isEmpty { return endEvent() }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            set(line[...], [])
            return nil
        }
        var value = line[(colon + 1)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        // A line that begins with a colon is a comment: its field has no name.
        set(line[..<colon], value)
        return nil
    }

    private mutating func set(_ field: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        if field.elementsEqual("data".utf8) {
            if hasData { data.append(0x0A) }
            data += value
            hasData = true
        } else if field.elementsEqual("event".utf8) {
            name = String(decoding: value, as: UTF8.self)
        }
    }

    private mutating func endEvent() -> ServerSentEvent? {
        defer {
            name = ""
            data.removeAll(keepingCapacity: true)
            hasData = false
        }
        guard hasData else { return nil }
        return ServerSentEvent(name: name.isEmpty ? "message" : name, data: String(decoding: data, as: UTF8.self))
    }
}
