internal import Glibc
internal import HTTP
internal import Plugins
internal import Text

/// Turns at a service that many recordings share: one is taken before each request, and given back when that has ended.
struct UploadTurns {
    private let pace: RequestPace?
    private let engine: String
    private let longestPause: Double
    private var turn: RequestPace.Turn?
    /// Times that the service said that there are too many.
    private var refusals = 0

    /// So often a request waits for a service that is asked too much by many at once.
    private static let refusalLimit = 20

    /// What became of a request.
    enum Outcome {
        case heard
        /// It was one too many for the service, and no attempt.
        case unheard
    }

    /// - Parameters:
    ///   - pace: nil if nobody else asks.
    ///   - engine: what messages call the service.
    ///   - longestPause: seconds that it is left alone at most; if it wants more, there is no turn.
    init(_ pace: RequestPace?, engine: String, longestPause: Double) {
        self.pace = pace
        self.engine = engine
        self.longestPause = longestPause
    }

    /// Waits for a turn.
    ///
    /// - Parameter seconds: of audio that the request is about.
    /// - Throws: `EngineError` if it was cancelled, or with `tryLater` if the service wants to be left alone for long.
    mutating func begin(seconds: Double, _ cancellation: Cancellation?) throws {
        do {
            turn = try pace?.begin(seconds: seconds, longestPause: longestPause, cancellation)
        } catch let unwilling as RequestPace.Unwilling {
            let seconds = decimal(unwilling.seconds.rounded(.up), places: 0)
            throw EngineError(.tryLater, "\(engine) can't do it now: it asks for a pause of \(seconds) s")
        }
    }

    /// Gives the turn back, and tells the others where the service wants fewer.
    mutating func end(after exchange: Exchange) -> Outcome {
        guard let pace, let turn = turn.take() else { return .heard }
        guard let head = exchange.head, UploadTurns.isTooMany(head) else {
            pace.end(turn, isAnswered: exchange.failure == nil)
            return .heard
        }
        refusals += 1
        let asked = RetryPolicy.waitAskedFor(by: head, now: Double(Glibc.time(nil)))
        pace.refuse(turn, pause: asked ?? min(60, Double(1 << min(refusals - 1, 6))))
        return refusals <= UploadTurns.refusalLimit ? .unheard : .heard
    }

    /// Gives back the turn of a request that is not waited for any more.
    func giveUp() {
        if let turn { pace?.end(turn, isAnswered: false) }
    }

    /// Whether an answer says that there are too many requests at present.
    private static func isTooMany(_ head: ResponseHead) -> Bool {
        head.status == 429 || (head.status == 503 && RetryPolicy.waitAskedFor(by: head, now: 0) != nil)
    }
}
