internal import Glibc
internal import HTTP
internal import Plugins
internal import Text

/// An answer on its way, read as it comes: what each piece of it costs does not depend on how much there is already.
struct AnswerStream {
    private let exchange: Exchange
    private var reader: any ReplyReader
    private let cancellation: Cancellation?
    /// Whether not a byte has come.
    private(set) var isEmpty = true

    /// So often what is understood so far is shown: nobody sees more.
    private static let showing = Duration.milliseconds(50)
    /// How soon a cancellation is noticed, and that nothing comes.
    private static let patience = 0.1
    /// Bytes that are read before the next look at the cancellation.
    private static let slice = 1 << 16

    init(_ exchange: Exchange, _ reader: any ReplyReader, _ cancellation: Cancellation?) {
        self.exchange = exchange
        self.reader = reader
        self.cancellation = cancellation
    }

    /// Reads it to its end.
    ///
    /// - Parameters:
    ///   - engine: what messages call who answers.
    ///   - limit: seconds in which the answer says something; a server that only keeps the connection open says nothing.
    ///   - onEvent: gets what it says.
    /// - Throws: `HTTPError` if it breaks off; `EngineError`; what `onEvent` threw.
    mutating func read(
        of engine: String, saying limit: Double, _ onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        var (steps, shownSteps) = (0, 0)
        var lastStep = ContinuousClock.now
        var lastShown = lastStep - AnswerStream.showing
        while !reader.isComplete {
            if cancellation?.isCancelled == true { throw EngineError(.cancelled, "\(engine): given up") }
            let hasNews = steps > shownSteps
            guard let bytes = try exchange.nextBytes(atMost: hasNews ? 0.05 : AnswerStream.patience)
            else { break }
            if !bytes.isEmpty { isEmpty = false }
            var rest = bytes[...]
            while !rest.isEmpty, cancellation?.isCancelled != true {
                for event in try reader.add(Array(rest.prefix(AnswerStream.slice))) { try onEvent(event) }
                rest = rest.dropFirst(AnswerStream.slice)
            }
            let now = ContinuousClock.now
            if reader.steps > steps {
                (steps, lastStep) = (reader.steps, now)
            } else if now - lastStep > .seconds(clamping: limit) {
                throw HTTPError(
                    .timedOut,
                    "it keeps the connection open, but has said nothing for \(decimal(limit, places: 0)) s")
            }
            if steps > shownSteps, now - lastShown >= AnswerStream.showing {
                (shownSteps, lastShown) = (steps, now)
                if let partial = reader.takePartial() { try onEvent(partial) }
            }
        }
        if cancellation?.isCancelled == true { throw EngineError(.cancelled, "\(engine): given up") }
        for event in try reader.finish() { try onEvent(event) }
        // All is said. What is left of the answer is its end, and the connection can be used again behind it.
        if !exchange.waitForEnd(atMost: 1) { exchange.cancel() }
    }
}
