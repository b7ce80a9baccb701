internal import Glibc
internal import POSIX

/// A request that was begun, and its answer as far as it has come. Any thread may ask.
package final class Exchange: Sendable {
    package let request: Request
    private let loop: ClientLoop
    private let state: Monitor<State>
    private let hold: Waker?

    private struct State {
        var head: ResponseHead?
        /// What has come of the body, and has not been taken.
        var body: [UInt8] = []
        var outcome: Result<Void, HTTPError>?
        var timings: Timings
        var isOpenEnded = false
        var isConnected = false
        var isReleased = false
        var isPoured = false
        var isCancelled = false
    }

    init(_ request: Request, loop: ClientLoop) {
        self.request = request
        self.loop = loop
        hold = request.isHeld ? try? Waker() : nil
        state = Monitor(State(timings: Timings(begun: .now)))
    }

    // MARK: What the caller does

    /// Lets a held request go. Once is enough; before the connection is there it is never held at all.
    package func release() {
        state.change { $0.isReleased = true }
        hold?.wake()
    }

    /// Says that a source of the body has more bytes, or has come to its end.
    package func bodyHasGrown() {
        loop.post(.bodyHasGrown(self))
    }

    /// Gives the request up: it ends soon, as `.cancelled` unless it had ended before.
    package func cancel() {
        cancelHold()
        loop.post(.cancel(self))
    }

    /// Whether the connection is ready for the request, or was.
    package var isConnected: Bool { state.read { $0.isConnected } }

    /// The answer's head, if it has come.
    package var head: ResponseHead? { state.read { $0.head } }

    /// Whether the body went without a length, since nobody knew it when the request was made: known once the answer has come.
    package var isOpenEnded: Bool { state.read { $0.isOpenEnded } }

    /// Whether the answer is complete, or the request has failed.
    package var hasEnded: Bool { state.read { $0.outcome != nil } }

    /// Why it failed; nil while it has not.
    package var failure: HTTPError? {
        state.read { state in
            if case .failure(let error) = state.outcome { error } else { nil }
        }
    }

    /// When its steps were done; complete when it has ended.
    package var timings: Timings { state.read { $0.timings } }

    /// Waits for the answer's head.
    package func waitForHead() throws(HTTPError) -> ResponseHead {
        let result: Result<ResponseHead, HTTPError> = state.wait { state in
            if let head = state.head { return .success(head) }
            switch state.outcome {
            case .failure(let error): return .failure(error)
            case .success: return .failure(HTTPError(.broken, "there was no answer"))
            case nil: return nil
            }
        }
        return try result.get()
    }

    /// Takes what has come of the body since the last call, waiting for at least a byte: for answers that come in pieces.
    ///
    /// - Parameter seconds: the longest wait.
    /// - Returns: nothing after the time; nil at the end.
    package func nextBytes(atMost seconds: Double) throws(HTTPError) -> [UInt8]? {
        let result: Result<Bool, HTTPError>? = state.wait(atMost: seconds) { state in
            if !state.body.isEmpty { return .success(true) }
            return state.outcome.map { $0.map { false } }
        }
        guard let result else { return [] }
        guard try result.get() else { return nil }
        return state.change { state in
            defer { state.body = [] }
            return state.body
        }
    }

    /// Waits until the exchange has ended, however.
    ///
    /// - Parameter seconds: the longest wait; nil waits without end, since the request's limits end it.
    /// - Returns: whether it has.
    @discardableResult
    package func waitForEnd(atMost seconds: Double? = nil) -> Bool {
        guard let seconds else {
            state.wait { $0.outcome == nil ? nil : () }
            return true
        }
        return state.wait(atMost: seconds) { $0.outcome == nil ? nil : true } ?? false
    }

    /// Waits for all of the answer.
    package func response() throws(HTTPError) -> Response {
        waitForEnd()
        let (head, body, outcome) = state.read { ($0.head, $0.body, $0.outcome) }
        try outcome?.get()
        guard let head else { throw HTTPError(.broken, "there was no answer") }
        return Response(head: head, body: body)
    }

    // MARK: What the client's thread does

    func cancelHold() {
        state.change { $0.isCancelled = true }
        hold?.wake()
    }

    enum Go {
        case released
        case cancelled
        case tooLong
    }

    /// Notes that the connection is ready, and waits until the request may go.
    func waitUntilReleased() -> Go {
        // Nobody waits for that.
        state.note { $0.isConnected = true }
        guard let hold else { return state.read { $0.isCancelled } ? .cancelled : .released }
        let end = ContinuousClock.now + .seconds(request.limits.hold)
        var entries = [pollfd(fd: hold.descriptor, events: Int16(POLLIN), revents: 0)]
        if let cancellation = request.cancellation {
            entries.append(pollfd(fd: cancellation, events: Int16(POLLIN), revents: 0))
        }
        while true {
            let (isReleased, isCancelled) = state.read { ($0.isReleased, $0.isCancelled) }
            if isCancelled || (entries.count > 1 && entries[1].revents != 0) { return .cancelled }
            if isReleased { return .released }
            let rest = end - .now
            guard rest > .zero else { return .tooLong }
            let milliseconds = rest.components.seconds * 1000 + rest.components.attoseconds / 1_000_000_000_000_000 + 1
            _ = unsafe poll(&entries, nfds_t(entries.count), CInt(clamping: milliseconds))
        }
    }

    /// Whether the body of this answer goes to the request's sink.
    private(set) var isPoured: Bool {
        get { state.read { $0.isPoured } }
        set { state.note { $0.isPoured = newValue } }
    }

    /// Notes the head, and asks the sink about it.
    ///
    /// - Throws: what the sink throws.
    func receive(_ head: ResponseHead) throws {
        if let sink = request.sink { isPoured = try sink.begin(head) }
        if head.contentType == "text/event-stream" { return state.change { $0.head = head } }
        // An answer that comes as a whole wakes who waits for it once, when it is one.
        state.note { $0.head = head }
    }

    /// Takes a piece of the body.
    ///
    /// - Returns: false where it is too much.
    /// - Throws: what the sink throws.
    func receive(_ bytes: UnsafeRawBufferPointer) throws -> Bool {
        if let sink = request.sink, isPoured {
            try unsafe sink.write(bytes)
            state.note { $0.timings.bytesReceived += bytes.count }
            return true
        }
        func take(_ state: inout State) -> Bool {
            state.timings.bytesReceived += bytes.count
            if state.timings.bytesReceived > request.answerLimit { return false }
            unsafe state.body.append(contentsOf: bytes)
            return true
        }
        let isStream = state.read { $0.head?.contentType == "text/event-stream" }
        return isStream ? state.change(take) : state.note(take)
    }

    func noteOpenEnd() {
        state.note { $0.isOpenEnded = true }
    }

    func note(_ change: (inout Timings) -> Void) {
        state.note { change(&$0.timings) }
    }

    func end(_ error: HTTPError?) {
        state.change { state in
            guard state.outcome == nil else { return }
            state.timings.ended = .now
            state.outcome = error.map { .failure($0) } ?? .success(())
        }
    }
}
