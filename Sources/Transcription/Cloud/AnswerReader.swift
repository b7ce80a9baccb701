internal import HTTP
internal import Text

/// Turns a provider's answer into events: a document all at once, or server-sent events one by one.
///
/// It takes whatever any of the servers that speak OpenAI's dialect has been seen to answer, since one address can hide any of
/// them. Times are seconds of the audio that was sent.
struct AnswerReader {
    private let dialect: Provider.Dialect
    /// For messages.
    private let name: String
    /// Seconds of the audio that it is about; nil if nobody knows.
    private let audio: Double?
    /// The text of the deltas so far.
    private var partial = GrowingText()
    private var hasNewPartial = false
    /// Events so far that said anything.
    private(set) var steps = 0
    /// Whether a part of the text has been given as an utterance already.
    private var hasSegments = false
    /// Whether the model has said that it has come to its end.
    private var hasStopped = false
    private var language: String?
    /// Whether the answer has said that it is complete. What comes afterwards is nothing of it.
    private(set) var isComplete = false
    /// Whether there was a first event.
    private(set) var hasBegun = false

    /// - Parameters:
    ///   - name: the engine's, for messages.
    ///   - audio: seconds of the audio that it is about; nil if nobody knows.
    init(_ dialect: Provider.Dialect, named name: String, audio: Double? = nil) {
        self.dialect = dialect
        self.name = name
        self.audio = audio
    }

    /// Reads a whole answer.
    ///
    /// - Parameters:
    ///   - body: as it came, of a successful status.
    ///   - mediaType: in lower case, without parameters; nil where there was none.
    /// - Throws: `EngineError`: `tryLater` for half an answer, `protocolError` for what is none.
    func events(
        ofBody body: [UInt8], mediaType: String?
    ) throws(EngineError) -> [RecognitionEvent] {
        var reader = self
        if mediaType == "text/event-stream" { return try reader.events(ofStream: body) }
        if body.starts(with: [0x1F, 0x8B]) || body.contains(0) {
            throw EngineError(.protocolError, "\(name): the answer is not text")
        }
        let text = String(decoding: body, as: UTF8.self).trimmingSpace
        guard let first = text.unicodeScalars.first else {
            throw EngineError(.protocolError, "\(name): the answer is empty")
        }
        switch first {
        case "{":
            guard let document = JSONValue(tolerating: text) else { throw broken(text) }
            return try reader.events(of: document)
        case "\"":
            // Some clones quote the text that was asked for as plain text.
            guard let quoted = String(jsonQuoted: text[...]) else { throw broken(text) }
            return plain(quoted)
        case "[" where mediaType?.hasSuffix("json") == true:
            throw shapeless(text)
        case "<" where text.prefix(15).lowercased().hasPrefix("<!doctype") || text.prefix(6).lowercased() == "<html>":
            throw EngineError(
                .protocolError, "\(name): the answer is a web page, not a transcript",
                hint: "look whether the address is right, and whether something between (a proxy, a login page) answers"
            )
        default:
            // An event stream that says it is something else.
            if text.hasPrefix("data:") || text.hasPrefix("event:") { return try reader.events(ofStream: body) }
            if mediaType?.hasSuffix("json") == true { throw shapeless(text) }
            return plain(text)
        }
    }

    /// Reads one server-sent event.
    ///
    /// - Parameter data: its data, the lines joined by line feeds.
    /// - Throws: `EngineError` where the event is an error, or none that we know the shape of.
    mutating func events(
        ofEvent data: String
    ) throws(EngineError) -> [RecognitionEvent] {
        if isComplete { return [] }
        let data = data.trimmingSpace
        if data.isEmpty { return [] }
        hasBegun = true
        if data.hasPrefix("[DONE]") {
            isComplete = true
            return rest(nil)
        }
        guard let event = JSONValue(tolerating: data) else { throw broken(data) }
        if let failure = ServiceFailure(inside: event, named: name) { throw failure.error }
        let type = event["type"]?.string ?? event["object"]?.string ?? ""
        switch type {
        case "transcript.text.delta", "transcription.text.delta", "transcription.delta":
            add(event["delta"]?.string ?? event["text"]?.string ?? "")
            return []
        case "transcription.chunk", "chat.completion.chunk":
            let choice = event["choices"]?.array?.first
            add(choice?["delta"]?["content"]?.string ?? "")
            hasStopped = hasStopped || choice?["finish_reason"]?.string != nil
            return []
        case "transcript.text.segment", "transcription.segment":
            let utterance = DocumentReader(event, language: language).segment(event)
            if let utterance {
                hasSegments = true
                steps += 1
                return utterance.events
            }
            return []
        case "transcription.language":
            language = LanguageNames.tag(event["audio_language"]?.string ?? event["language"]?.string)
            return []
        case "transcript.text.done", "transcription.done":
            isComplete = true
            if hasSegments { return [] }
            return rest(event)
        default:
            // Servers add events as they please; but the whole document in one is an answer.
            guard event["text"]?.string != nil || event["results"] != nil else { return [] }
            isComplete = true
            return try self.events(of: event)
        }
    }

    /// Ends the stream.
    ///
    /// - Returns: what is left of it.
    /// - Throws: `EngineError` with `tryLater` if it has not said that it is complete: what came may be half of the text.
    mutating func finish() throws(EngineError) -> [RecognitionEvent] {
        if isComplete { return [] }
        guard hasBegun else { throw EngineError(.protocolError, "\(name): the answer is empty") }
        guard hasStopped else {
            throw EngineError(.tryLater, "\(name): the answer broke off before its end")
        }
        isComplete = true
        return rest(nil)
    }

    /// What is understood so far, if that has changed since it was last taken.
    mutating func takePartial() -> RecognitionEvent? {
        guard hasNewPartial, !isComplete, !hasSegments, !partial.text.isEmpty else { return nil }
        hasNewPartial = false
        return .partial(Utterance(text: partial.text, language: language))
    }

    /// A document, whole in one piece.
    private func events(of document: JSONValue) throws(EngineError) -> [RecognitionEvent] {
        if let failure = ServiceFailure(inside: document, named: name) { throw failure.error }
        let utterances: [Utterance]?
        var reader = DocumentReader(document, language: language, audio: audio)
        switch dialect {
        case .deepgram: utterances = reader.deepgram()
        case .assemblyAI: utterances = reader.assemblyAI()
        case .openAI, .azure: utterances = reader.openAI()
        }
        guard let utterances else { throw shapeless(document.line) }
        return reader.remarks + utterances.flatMap(\.events)
    }

    private mutating func events(ofStream body: [UInt8]) throws(EngineError) -> [RecognitionEvent] {
        var parser = ServerSentEventParser()
        var result: [RecognitionEvent] = []
        for event in parser.add(body) { result += try events(ofEvent: event.data) }
        if let last = parser.finish() { result += try events(ofEvent: last.data) }
        return result + (try finish())
    }

    private mutating func add(_ delta: String) {
        guard !delta.isEmpty else { return }
        partial.add(delta)
        hasNewPartial = true
        steps += 1
    }

    /// The utterance that ends a stream: what `done` says, else what came before it.
    private mutating func rest(_ done: JSONValue?) -> [RecognitionEvent] {
        if hasSegments { return [] }
        if let done {
            var reader = DocumentReader(done, language: language, audio: audio)
            if let utterances = reader.openAI(), !utterances.isEmpty {
                return reader.remarks + utterances.flatMap(\.events)
            }
        }
        return Utterance(text: partial.text, language: language).events
    }

    private func plain(_ text: String) -> [RecognitionEvent] {
        Utterance(text: text.onOneLine).events
    }

    /// JSON that isn't: nearly always the end is missing.
    private func broken(_ text: String) -> EngineError {
        EngineError(.tryLater, "\(name): the answer is cut off or garbled: “\(text.excerpt)”")
    }

    /// A single event that no transcript needs.
    var overflow: EngineError { EngineError(.protocolError, "\(name): an event of the answer is too large") }

    private func shapeless(_ text: String) -> EngineError {
        EngineError(.protocolError, "\(name): the answer holds no transcript: “\(text.excerpt)”")
    }
}

extension Utterance {
    /// The utterance as events, its words first; none where nothing was understood.
    fileprivate var events: [RecognitionEvent] {
        text.isEmpty ? [] : words.map(RecognitionEvent.word) + [.final(self)]
    }
}

extension JSONValue {
    /// Reads a document of which a string may hold a control character as it is: some servers write what a model says without
    /// a look at it. Each becomes a space, which it is between values too. Numbers and commas are read as `init(lenientlyParsing:)` does.
    ///
    /// - Parameter text: nil if it is none for another reason.
    init?(tolerating text: String) {
        if let value = JSONValue(parsing: text) ?? JSONValue(lenientlyParsing: text) {
            self = value
            return
        }
        guard text.utf8.contains(where: { $0 < 0x20 }) else { return nil }
        self.init(
            lenientlyParsing: String(decoding: text.utf8.map { $0 < 0x20 ? 0x20 : $0 }, as: UTF8.self))
    }
}

extension String {
    /// Without white space at either end, and without a byte order mark.
    var trimmingSpace: String {
        var rest = unicodeScalars[...]
        while let first = rest.first, first.properties.isWhitespace || first == "\u{FEFF}" { rest.removeFirst() }
        while rest.last?.properties.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    /// Sanitised; what was several lines becomes one, without spaces around it. whisper.cpp ends each segment with a line feed
    /// and begins the next with a space.
    var onOneLine: String {
        // Most are: then a copy is all.
        let isPlain = utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        if isPlain, utf8.first != 0x20, utf8.last != 0x20 { return self }
        return split(whereSeparator: \.isNewline).map { String($0).trimmingSpace.sanitized }.filter { !$0.isEmpty }
            .joined(separator: " ")
    }

    /// What of it a message can hold.
    var excerpt: String {
        let text = sanitized
        return text.count > 120 ? text.prefix(120) + "…" : text
    }
}
