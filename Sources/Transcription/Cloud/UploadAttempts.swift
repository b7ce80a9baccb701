internal import Glibc
internal import HTTP
internal import Plugins
internal import POSIX
internal import Synchronization
internal import Text

/// The requests that are made for one recording, one after the other, until one succeeds or no other may.
struct UploadAttempts: ~Copyable {
    private let engine: LiveUpload
    /// What is sent around a body that grows, and around one whose length is known.
    private var upload: UploadRequest
    private let packing: Packing
    private let file: any BodySource
    /// Fields that the server does not take; those of them that it has refused just now are remembered if it helps.
    private var leftOut: Set<String> = []
    private var justRefused: Set<String> = []
    private let settings: EngineSettings
    private let cancellation: Cancellation?
    private let samples = SampleCount()
    private let sent = SampleCount()

    private var target: UploadTarget
    private var origin: String { target.origin }
    /// A client of its own for held connections, which make its thread wait.
    private var client: HTTPClient?
    private var exchange: Exchange?
    /// Requests that were sent something.
    private var count = 0
    private var turns: UploadTurns
    private var renewals = 0
    /// Whether the body goes when its length is known only.
    private var needsLength: Bool
    private var hasSpeech = false
    private var isComplete = false
    private var nextTry: ContinuousClock.Instant?
    private var endOfSpeech: ContinuousClock.Instant?
    private(set) var hasBegun = false

    /// A ready connection is made anew so many times while nobody speaks; then it waits for the first word.
    private static let renewalLimit = 6

    private final class SampleCount: Sendable {
        let value = Atomic(0)
    }

    /// How the audio is packed.
    enum Packing {
        /// As the service likes it, while it comes.
        case encoded(UploadFormat)
        /// As it was found.
        case original(AudioContainer)

        var name: String {
            switch self {
            case .encoded(let format): format.rawValue
            case .original(let container): container.rawValue
            }
        }
    }

    /// - Parameters:
    ///   - upload: what is sent around the file.
    ///   - file: what is sent; complete where it is an original.
    init(
        _ engine: LiveUpload, _ upload: UploadRequest, _ packing: Packing, file: any BodySource,
        settings: EngineSettings, cancellation: Cancellation?
    ) throws(EngineError) {
        var target = try UploadTarget(upload.url, of: engine.name)
        var (upload, wantsLength) = (upload, false)
        if case .encoded(let format) = packing {
            wantsLength =
                !engine.service.takesUnknownLength
                || engine.surroundings.lengthWanted?.contains(target.origin) == true
            if wantsLength {
                upload = try engine.service.uploadRequest(format, isLive: false, settings: settings)
                target.url = upload.url
            }
        }
        self.engine = engine
        self.upload = upload
        self.packing = packing
        self.file = file
        self.settings = settings
        self.cancellation = cancellation
        self.target = target
        turns = UploadTurns(
            engine.surroundings.pace, engine: engine.name, longestPause: engine.surroundings.retries.longestWait)
        needsLength = wantsLength
        leaveOutWhatIsKnown()
    }

    /// Whether a request with an open body is on its way.
    var isSending: Bool { exchange != nil && hasSpeech && !needsLength }

    /// - Parameters:
    ///   - count: samples of speech so far.
    ///   - sent: the same with silence that was put between them.
    func noteLength(samples count: Int, sent: Int) {
        samples.value.store(count, ordering: .relaxed)
        self.sent.value.store(sent, ordering: .relaxed)
    }

    /// How long the recording is so far.
    private var seconds: Double { Double(samples.value.load(ordering: .relaxed)) / 16000 }

    /// How long what is sent is so far.
    private var sentSeconds: Double { Double(sent.value.load(ordering: .relaxed)) / 16000 }

    func bodyHasGrown() {
        exchange?.bodyHasGrown()
    }

    /// There is a first sample: the connection may be used.
    mutating func beginSpeech() throws {
        hasSpeech = true
        if let exchange {
            count += 1
            exchange.release()
        } else if !isComplete, !needsLength, nextTry == nil, count == 0 {
            try begin(isHeld: false)
        }
        hasBegun = true
    }

    /// All of the body is there from the beginning.
    mutating func beginWhole() {
        hasSpeech = true
        hasBegun = true
        endSpeech(at: .now)
    }

    /// The body is complete.
    mutating func endSpeech(at end: ContinuousClock.Instant) {
        endOfSpeech = end
        isComplete = true
        exchange?.bodyHasGrown()
    }

    func giveUp() {
        if let exchange, !exchange.hasEnded { exchange.cancel() }
        turns.giveUp()
    }

    /// Looks what has become of the request while there is still audio to come.
    mutating func lookAfter(isLive: Bool, _ onEvent: (RecognitionEvent) throws -> Void) throws {
        if !hasBegun {
            hasBegun = true
            // Of many recordings none is held ready: whose turn it is will be seen.
            if !needsLength, engine.surroundings.pace == nil { try begin(isHeld: true) }
            return
        }
        if let nextTry, nextTry <= .now {
            self.nextTry = nil
            try begin(isHeld: !hasSpeech)
        }
        guard let exchange, exchange.hasEnded else { return }
        self.exchange = nil
        if let failure = exchange.failure {
            if failure.code == .heldTooLong, !hasSpeech {
                renewals += 1
                if renewals < UploadAttempts.renewalLimit { nextTry = .now }
                return
            }
            if failure.code == .heldTooLong {
                // Released in the moment in which it was given up.
                nextTry = .now
                return
            }
            try report(exchange, givenAway: nil, onEvent)
            if let delay = try delay(after: failure, exchange) {
                try onEvent(.status("\(failure.message); \(announced(delay))"))
                nextTry = .now + .seconds(clamping: delay)
            } else {
                // The network may be back when the recording has ended.
                count = max(0, count - 1)
                try onEvent(.status("\(failure.message); trying again at the end of the recording"))
            }
            return
        }
        let response = try answer(of: exchange)
        try report(exchange, givenAway: nil, onEvent)
        if response.head.isSuccess {
            // An answer before the end of the question: it has not waited for the body.
            try onEvent(.status("\(origin) answers before it has heard all; it gets the recording with its length"))
            try wantLength()
            return
        }
        if let delay = try judge(response, wasChunked: exchange.isOpenEnded, onEvent) {
            nextTry = .now + .seconds(clamping: delay)
        }
    }

    /// Waits for the answer; makes the request again where that may help.
    mutating func finish(isAudible: Bool, _ onEvent: (RecognitionEvent) throws -> Void) throws {
        while true {
            if exchange == nil {
                if let nextTry { try wait(until: nextTry) }
                nextTry = nil
                try begin(isHeld: false)
            }
            guard let exchange else { continue }
            self.exchange = nil
            let head: ResponseHead
            do throws(HTTPError) {
                head = try exchange.waitForHead()
            } catch {
                try report(exchange, givenAway: nil, onEvent)
                if error.code == .heldTooLong { continue }
                guard let delay = try delay(after: error, exchange) else {
                    throw EngineError(error, engine: engine.name)
                }
                try onEvent(.status("\(error.message); \(announced(delay))"))
                nextTry = .now + .seconds(clamping: delay)
                continue
            }
            if head.isSuccess {
                if try read(exchange, head, isAudible: isAudible, onEvent) { return }
                continue
            }
            let response = try answer(of: exchange)
            try report(exchange, givenAway: nil, onEvent)
            if let delay = try judge(response, wasChunked: exchange.isOpenEnded, onEvent) {
                nextTry = .now + .seconds(clamping: delay)
            }
        }
    }

    // MARK: Requests

    private mutating func begin(isHeld: Bool) throws {
        if !isHeld { try turns.begin(seconds: seconds, cancellation) }
        var headers = upload.headers
        let body: Body
        switch upload.form {
        case .multipart(let fields, let file):
            let form = MultipartForm(fields: fields, file: file)
            headers.append(Header("Content-Type", form.contentType))
            body = form.body(.source(self.file))
        case .raw(let contentType):
            headers.append(Header("Content-Type", contentType))
            body = Body([.source(file)])
        }
        var request = Request("POST", target.url, headers: headers, body: body)
        let timeout = settings.timeout.map { $0 / .seconds(1) }
        request.limits = TimeLimits(answer: { [samples] in
            timeout ?? max(60, Double(10 * samples.value.load(ordering: .relaxed)) / 16000)
        })
        request.permitsSecretsInPrivate = engine.service.permitsSecretsInPrivate
        request.isHeld = isHeld
        request.cancellation = cancellation?.descriptor
        if !isHeld { count += 1 }
        engine.surroundings.onDebug?(request.description)
        if isHeld, client == nil { client = try HTTPClient() }
        exchange = try (client ?? engine.sharedClient()).begin(request)
    }

    private func answer(of exchange: Exchange) throws -> Response {
        do throws(HTTPError) {
            return try exchange.response()
        } catch {
            throw EngineError(error, engine: engine.name)
        }
    }

    /// Reads a successful answer.
    ///
    /// - Returns: false where the request has to be made again.
    private mutating func read(
        _ exchange: Exchange, _ head: ResponseHead, isAudible: Bool, _ onEvent: (RecognitionEvent) throws -> Void
    ) throws -> Bool {
        var answer = AnswerStream(
            exchange, engine.service.makeReplyReader(head, settings: settings, audio: sentSeconds), cancellation)
        var hasText = false
        do {
            try answer.read(of: engine.name, saying: exchange.request.limits.answer()) { event in
                if case .final = event { hasText = true }
                try onEvent(event)
            }
        } catch let error as HTTPError {
            try report(exchange, givenAway: nil, onEvent)
            // Text that was given away can't be taken back.
            if hasText { throw EngineError(error, engine: engine.name) }
            guard let delay = try delay(after: error, exchange) else {
                throw EngineError(error, engine: engine.name)
            }
            try onEvent(.status("\(error.message); \(announced(delay))"))
            nextTry = .now + .seconds(clamping: delay)
            return false
        } catch let error as EngineError {
            try report(exchange, givenAway: nil, onEvent)
            guard answer.isEmpty, exchange.isOpenEnded else { throw error }
            try onEvent(.status("\(error.message); it gets the recording with its length"))
            try wantLength()
            return false
        } catch {
            try report(exchange, givenAway: nil, onEvent)
            throw error
        }
        try report(exchange, givenAway: .now, onEvent)
        if !hasText, exchange.isOpenEnded, isAudible {
            try onEvent(.status("\(origin) heard nothing; it gets the recording with its length"))
            try wantLength()
            return false
        }
        if needsLength, engine.service.takesUnknownLength, hasText {
            engine.surroundings.lengthWanted?.insert(origin)
        }
        for field in justRefused { engine.surroundings.refusedFields?.insert(refusal(of: field)) }
        return true
    }

    // MARK: Fields that are refused

    /// As the server's refusals are remembered: another model there may take the field.
    private func refusal(of field: String) -> String {
        let model = engine.service.model(for: settings).map { "\($0.sanitized) " } ?? ""
        return "\(origin) \(model)\(field)"
    }

    private mutating func leaveOutWhatIsKnown() {
        guard let known = engine.surroundings.refusedFields, case .multipart(let fields, _) = upload.form else {
            return
        }
        leftOut = Set(fields.map(\.name).filter { known.contains(refusal(of: $0)) })
        upload = withoutRefusedFields(upload)
    }

    private func withoutRefusedFields(_ request: UploadRequest) -> UploadRequest {
        guard !leftOut.isEmpty, case .multipart(let fields, let file) = request.form else { return request }
        let gone = leftOut.reduce(into: Set<String>()) { $0.formUnion(RefusedField.companions(of: $1)) }
        var request = request
        request.form = .multipart(fields: fields.filter { !gone.contains($0.name) }, file: file)
        return request
    }

    /// What the form holds; a body that is the audio alone has no fields.
    private var fields: [(name: String, value: String)] {
        guard case .multipart(let fields, _) = upload.form else { return [] }
        return fields.map { ($0.name, $0.value) }
    }

    /// Leaves a field out that was refused: once, since then it is no more among those that are sent.
    private mutating func leaveOut(
        _ field: String, _ failure: UploadFailure, _ onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        leftOut.insert(field)
        justRefused.insert(field)
        upload = withoutRefusedFields(upload)
        count = max(0, count - 1)
        if let option = RefusedField.option(for: field, settings) {
            try onEvent(.warning("\(failure.error.message); it is asked without \(option)", hint: nil))
        } else {
            try onEvent(.status("\(failure.error.message); it is asked without \(field)"))
        }
    }

    // MARK: What went wrong

    /// A connection that failed.
    ///
    /// - Returns: seconds to wait before the next try; nil where there were enough.
    /// - Throws: what can't be mended by trying again.
    private mutating func delay(after failure: HTTPError, _ exchange: Exchange) throws -> Double? {
        // It had its time for the answer: to wait as long twice more would help nobody.
        if failure.code == .timedOut, exchange.timings.lastByteSent != nil { return nil }
        if let underlying = failure.underlying { throw underlying }
        guard failure.isTransient else { throw EngineError(failure, engine: engine.name) }
        if !hasSpeech { count += 1 }
        return engine.surroundings.retries.delay(afterAttempt: max(count, 1), nil, now: Double(Glibc.time(nil)))
    }

    /// An answer that is no success.
    ///
    /// - Returns: seconds to wait before the next try; nil where it waits for the end of the recording only.
    private mutating func judge(
        _ response: Response, wasChunked: Bool, _ onEvent: (RecognitionEvent) throws -> Void
    ) throws -> Double? {
        let head = response.head
        if let url = try target.redirection(head) {
            try onEvent(.status("\(origin) moves the request to \(URLParts(url)?.withoutSecrets ?? "another address")"))
            if wasChunked { try wantLength() }
            target.url = url
            return 0
        }
        let failure = engine.service.explain(response, to: fields)
        if let field = failure.refusedField {
            try leaveOut(field, failure, onEvent)
            return 0
        }
        if case .original(let container) = packing, [400, 415, 422].contains(head.status) {
            throw OriginalUpload.Refused(
                reason: "\(origin) does not take this \(container.rawValue) file (\(head.status))")
        }
        if wasChunked, [400, 411, 415, 422].contains(head.status) {
            try onEvent(
                .status(
                    "\(origin) refuses audio of unknown length (\(head.status)); it gets the recording with its length")
            )
            try wantLength()
            return nil
        }
        let now = Double(Glibc.time(nil))
        var policy = engine.surroundings.retries
        if failure.remedy == .retryOnce { policy.maximum = min(policy.maximum, 1) }
        guard
            let delay = policy.delay(
                afterAttempt: max(count, 1), head, isTransient: failure.remedy != .none, now: now)
        else {
            var error = failure.error
            if error.code == .tryLater, let asked = RetryPolicy.waitAskedFor(by: head, now: now),
                asked > policy.longestWait
            {
                error.message += "; it asks for a pause of \(decimal(asked.rounded(.up), places: 0)) s"
            }
            throw error
        }
        try onEvent(.status("\(failure.error.message); \(announced(delay))"))
        return delay
    }

    private func announced(_ delay: Double) -> String {
        delay < 0.05 ? "trying again at once" : "trying again in \(decimal(delay, places: 1)) s"
    }

    /// The recording is sent, or sent once more, when its length is known: perhaps to another address.
    private mutating func wantLength() throws(EngineError) {
        needsLength = true
        guard case .encoded(let format) = packing else { return }
        upload = withoutRefusedFields(try engine.service.uploadRequest(format, isLive: false, settings: settings))
        target.url = upload.url
    }

    private func wait(until instant: ContinuousClock.Instant) throws {
        let rest = instant - .now
        guard rest > .zero else { return }
        guard let cancellation else {
            usleep(UInt32(clamping: rest / .microseconds(1)))
            return
        }
        let milliseconds = Int(clamping: (rest / .milliseconds(1)).rounded(.up))
        if try waitUntilReady(cancellation.descriptor, for: CInt(POLLIN), milliseconds: milliseconds) != 0 {
            throw EngineError(.cancelled, "\(engine.name): given up")
        }
    }

    /// Says what a request that has ended was, and what it costs.
    private mutating func report(
        _ exchange: Exchange, givenAway: ContinuousClock.Instant?, _ onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        engine.surroundings.onTimings?(
            UploadTimings(
                engine: engine.name, attempt: max(count, 1), format: packing.name, audio: seconds, exchange: exchange,
                endOfAudio: endOfSpeech, givenAway: givenAway))
        if turns.end(after: exchange) == .unheard { count = max(0, count - 1) }
        // A connection that nothing was sent on was no question.
        guard hasSpeech else { return }
        let isAnswered =
            (exchange.failure == nil || givenAway != nil) && exchange.head?.isSuccess == true
        let billed = isAnswered ? engine.service.billedSeconds(for: seconds) : 0
        let model = engine.service.model(for: settings)
        try onEvent(.asked(EngineRequest(engine: engine.name, model: model, seconds: seconds, billed: billed)))
    }
}
