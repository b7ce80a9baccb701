internal import CCurl
internal import Glibc
internal import Text

/// An exchange on its way through libcurl; lives on the client's thread.
@safe final class Transfer {
    enum Failure {
        case cancelled
        case heldTooLong
        case tooLarge
        case timedOut(String)
        case body(any Error)
        case sink(any Error)
    }

    let exchange: Exchange
    let easy: UnsafeMutableRawPointer
    private(set) var failure: Failure?

    private let address: URLParts
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>
    private var head = HeadReader()
    /// The whole body, where it is read before it is sent.
    private var small: SmallBody?
    /// Where the body is: which part, and how much of it was read.
    private var part = 0
    private var offset = 0
    private var isPaused = false
    private var isReady = false
    private var hasEndedBody = false
    private var hasAnswer = false
    /// Whether the answer came before the body's end, which nobody wants any more. libcurl would wait for it none the less.
    private var isCutShort = false
    private var lastProgress = ContinuousClock.now
    private var endOfBody: ContinuousClock.Instant?

    init(_ exchange: Exchange, userAgent: String, trust: TrustStore) throws(HTTPError) {
        let request = exchange.request
        guard let address = URLParts(request.url) else {
            throw HTTPError(.refused, "this is no http address: \(request.url.sanitized)")
        }
        try Transfer.check(request, address)
        guard let easy = unsafe vt_curl_easy_create() else { throw HTTPError(.unavailable, "libcurl gives no handle") }
        self.exchange = exchange
        self.address = address
        unsafe self.easy = easy
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        unsafe headers = nil
        try configure(request, userAgent: userAgent, trust: trust)
    }

    deinit {
        unsafe vt_curl_easy_destroy(easy)
        unsafe vt_curl_list_destroy(headers)
        unsafe errorText.deallocate()
    }

    /// What must never leave, whatever the caller thinks.
    private static func check(_ request: Request, _ address: URLParts) throws(HTTPError) {
        for header in request.headers {
            guard isClean(header.name), isClean(header.value), !header.name.isEmpty,
                !header.name.utf8.contains(UInt8(ascii: ":"))
            else {
                throw HTTPError(.refused, "the header \(header.name.sanitized) holds what no header may")
            }
        }
        let mayShow = address.isLoopback || (request.permitsSecretsInPrivate && address.isPrivate)
        if address.scheme == "http", !mayShow, request.headers.contains(where: \.isSecret) {
            throw HTTPError(
                .refused, "\(address.origin): a key over plain http goes to this machine only", hint: "use https:")
        }
    }

    private static func isClean(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    private func configure(_ request: Request, userAgent: String, trust: TrustStore) throws(HTTPError) {
        func set(_ option: CURLoption, _ value: Int) { unsafe vt_curl_set_long(easy, option, value) }
        func set(_ option: CURLoption, _ value: String) { unsafe vt_curl_set_string(easy, option, value) }
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_USERAGENT, userAgent)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(request.limits.connect * 1000))
        // Said, although it is the default: nothing turns it off.
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        trust.apply { set($0, $1) }
        set(
            CURLOPT_HTTP_VERSION,
            request.permitsHTTP2 ? Int(CURL_HTTP_VERSION_2TLS) : Int(CURL_HTTP_VERSION_1_1))
        // This machine needs no proxy, and a key over plain http must not meet one.
        let isShown = address.scheme == "http" && request.headers.contains(where: \.isSecret)
        if address.isLoopback || isShown { set(CURLOPT_PROXY, "") }
        // In the tunnel's request, what the proxy offers: a password in the open is the last of it, and is not sent to one that never
        // asked for it. Without a tunnel the whole body would go twice.
        if address.scheme == "https" { set(CURLOPT_PROXYAUTH, Int(bitPattern: ~UInt(1 << 4))) }
        unsafe vt_curl_set_error_buffer(easy, errorText)

        for header in request.headers {
            append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
        }
        if let small = SmallBody(request) {
            self.small = small
            unsafe vt_curl_set_body(easy, small.bytes.baseAddress, small.bytes.count)
            // libcurl's own is that of a web form.
            if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) { append("Content-Type:") }
            append("Expect:")
        } else if !request.body.parts.isEmpty || request.method != "GET" {
            let length = request.body.length
            set(CURLOPT_UPLOAD, 1)
            unsafe vt_curl_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(length ?? -1))
            if length == nil { exchange.noteOpenEnd() }
            // A server that never says 100 would cost a second.
            append("Expect:")
        }
        set(CURLOPT_CUSTOMREQUEST, request.method)
        unsafe vt_curl_set_headers(easy, headers)
        var callbacks = unsafe vt_curl_callbacks(
            read: { unsafe Transfer.of($3).read(UnsafeMutableRawBufferPointer(start: $0, count: $1 * $2)) },
            write: { unsafe Transfer.of($3).receive(UnsafeRawBufferPointer(start: $0, count: $1 * $2)) },
            header: { unsafe Transfer.of($3).receiveHeader(UnsafeRawBufferPointer(start: $0, count: $1 * $2)) },
            ready: { user, _, _, _, _ in unsafe Transfer.of(user).meetReady() },
            seek: { user, offset, origin in unsafe Transfer.of(user).seek(to: Int(offset), from: origin) },
            user: Unmanaged.passUnretained(self).toOpaque())
        let code = unsafe vt_curl_set_callbacks(easy, &callbacks)
        guard code == CURLE_OK else { throw HTTPError(.unavailable, "libcurl: \(CurlLibrary.message(code))") }
    }

    private func append(_ line: String) {
        unsafe headers = unsafe vt_curl_list_append(headers, line)
    }

    private static func of(_ user: UnsafeMutableRawPointer?) -> Transfer {
        guard let user = unsafe user else { preconditionFailure("libcurl gives back what it was given") }
        return unsafe Unmanaged<Transfer>.fromOpaque(user).takeUnretainedValue()
    }

    // MARK: What libcurl calls

    private func meetReady() -> CInt {
        switch exchange.waitUntilReleased() {
        case .released: break
        case .cancelled:
            failure = .cancelled
            return CInt(CURL_PREREQFUNC_ABORT)
        case .tooLong:
            failure = .heldTooLong
            return CInt(CURL_PREREQFUNC_ABORT)
        }
        isReady = true
        let now = ContinuousClock.now
        lastProgress = now
        let sent = small?.count
        exchange.note {
            $0.firstByteSent = now
            if let sent { $0.bytesSent = sent }
        }
        if sent != nil || exchange.request.body.parts.isEmpty { meetEndOfBody() }
        return CInt(CURL_PREREQFUNC_OK)
    }

    private func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        if isCutShort { return 0 }
        let parts = exchange.request.body.parts
        var filled = 0
        while part < parts.count, filled < buffer.count {
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            switch parts[part] {
            case .bytes(let bytes):
                let count = min(bytes.count - offset, room.count)
                if count > 0 { unsafe room.copyBytes(from: bytes[offset..<offset + count]) }
                filled += count
                offset += count
                if offset == bytes.count { nextPart() }
            case .source(let source):
                do {
                    guard let count = try unsafe source.read(into: room, at: offset) else {
                        if filled > 0 { return progress(filled) }
                        isPaused = true
                        return Int(CURL_READFUNC_PAUSE)
                    }
                    if count == 0 { nextPart() }
                    filled += count
                    offset += count
                } catch {
                    failure = .body(error)
                    return Int(CURL_READFUNC_ABORT)
                }
            }
        }
        if part == parts.count { meetEndOfBody() }
        return progress(filled)
    }

    private func nextPart() {
        part += 1
        offset = 0
    }

    private func progress(_ count: Int) -> Int {
        lastProgress = .now
        if count > 0 { exchange.note { $0.bytesSent += count } }
        return count
    }

    private func meetEndOfBody() {
        guard !hasEndedBody else { return }
        hasEndedBody = true
        let now = ContinuousClock.now
        endOfBody = now
        exchange.note { $0.lastByteSent = now }
    }

    /// From the beginning again: a connection that was used again had been closed by the other side.
    private func seek(to offset: Int, from origin: CInt) -> CInt {
        guard offset == 0, origin == SEEK_SET else { return CInt(CURL_SEEKFUNC_FAIL) }
        part = 0
        self.offset = 0
        hasEndedBody = false
        endOfBody = nil
        exchange.note {
            $0.bytesSent = 0
            $0.lastByteSent = nil
        }
        return CInt(CURL_SEEKFUNC_OK)
    }

    private func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
        lastProgress = .now
        if let whole = unsafe head.add(line) {
            let now = ContinuousClock.now
            exchange.note { $0.firstByteReceived = now }
            hasAnswer = true
            isCutShort = !hasEndedBody && exchange.isOpenEnded
            do {
                try exchange.receive(whole)
            } catch {
                failure = .sink(error)
                return 0
            }
        }
        return line.count
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        defer { lastProgress = .now }
        do {
            if try unsafe exchange.receive(bytes) { return bytes.count }
            failure = .tooLarge
        } catch {
            failure = .sink(error)
        }
        // Any other count than it was given makes libcurl give up.
        return unsafe bytes.isEmpty ? 1 : 0
    }

    // MARK: What the loop does

    /// Whether libcurl waits for a body that nobody wants any more.
    var waitsInVain: Bool { isCutShort && isPaused }

    /// Goes on reading the body.
    func resume() {
        guard isPaused else { return }
        isPaused = false
        lastProgress = .now
        unsafe vt_curl_unpause(easy)
    }

    func fail(_ failure: Failure) {
        if self.failure == nil { self.failure = failure }
    }

    /// Ends what takes too long.
    func checkLimits(_ now: ContinuousClock.Instant) {
        guard isReady else { return }
        let limits = exchange.request.limits
        if isCutShort {
            if now - lastProgress > .seconds(limits.stall) { fail(.timedOut("the answer did not come to its end")) }
        } else if let endOfBody, !hasAnswer {
            let limit = limits.answer()
            if now - endOfBody > .seconds(clamping: limit) {
                fail(.timedOut("no answer within \(decimal(limit, places: limit < 10 ? 1 : 0)) s"))
            }
        } else if let endOfBody {
            // A server that drips its answer is not waited for without end; what goes to a sink may be long.
            let limit = limits.answer()
            let most = 2 * limit
            let isTooLong = !exchange.isPoured && now - endOfBody > .seconds(clamping: most)
            let patience = exchange.isPoured ? limits.stall : max(limit, limits.stall)
            if now - lastProgress > .seconds(clamping: patience) || isTooLong {
                fail(
                    .timedOut(
                        "the answer did not come to its end within \(decimal(isTooLong ? most : patience, places: most < 10 ? 1 : 0)) s"
                    ))
            }
        } else if !isPaused, now - lastProgress > .seconds(limits.stall) {
            fail(.timedOut("nothing could be sent for \(decimal(limits.stall, places: 0)) s"))
        }
    }

    /// Tells the exchange how it ended.
    func end(_ code: CURLcode) {
        noteTimes()
        exchange.end(error(code))
    }

    private func noteTimes() {
        func microseconds(_ info: CURLINFO) -> curl_off_t {
            var value: curl_off_t = 0
            unsafe vt_curl_get_microseconds(easy, info, &value)
            return value
        }
        let connect = microseconds(CURLINFO_CONNECT_TIME_T)
        let secure = microseconds(CURLINFO_APPCONNECT_TIME_T)
        var connections = 0
        unsafe vt_curl_get_long(easy, CURLINFO_NUM_CONNECTS, &connections)
        exchange.note { timings in
            timings.reusedConnection = connections == 0 && isReady
            if connect > 0 { timings.connected = timings.begun + .microseconds(connect) }
            if secure > 0 { timings.secured = timings.begun + .microseconds(secure) }
        }
    }

    /// How the proxy lets somebody say who he is.
    private var offeredByProxy: [String] {
        var mask = 0
        unsafe vt_curl_get_long(easy, CURLINFO_PROXYAUTH_AVAIL, &mask)
        return [(1, "Basic"), (2, "Digest"), (4, "Negotiate"), (8, "NTLM")].filter { mask & $0.0 != 0 }.map(\.1)
    }

    private func error(_ code: CURLcode) -> HTTPError? {
        if code == CURLE_OK, failure == nil { return nil }
        let host = address.origin
        switch failure {
        case .cancelled: return HTTPError(.cancelled, "\(host): given up")
        case .heldTooLong: return HTTPError(.heldTooLong, "\(host): nothing was said in time")
        case .tooLarge:
            return HTTPError(.tooLarge, "\(host): the answer is larger than \(exchange.request.answerLimit) bytes")
        case .timedOut(let what): return HTTPError(.timedOut, "\(host): \(what)")
        case .body(let error):
            return HTTPError(.bodyFailed, "\(host): the audio can't be read: \(error)", underlying: error)
        case .sink(let error): return HTTPError(.sinkFailed, "\(host): \(error)", underlying: error)
        case nil: break
        }
        if code == CURLE_OK { return nil }
        // It answered, and closed before it had read all: what it said counts, not how it hung up.
        let isHangUp = [CURLE_SEND_ERROR, CURLE_RECV_ERROR].contains { $0 == code }
        if isHangUp, let head = exchange.head, head.status >= 300 {
            let announced = head["content-length"].flatMap { Int($0) }
            if announced == nil || announced == exchange.timings.bytesReceived { return nil }
        }
        let proxies = ProxySettings.fromEnvironment
        var connectStatus = 0
        unsafe vt_curl_get_long(easy, CURLINFO_HTTP_CONNECTCODE, &connectStatus)
        if exchange.head == nil, connectStatus >= 300 {
            return proxies.refusal(connectStatus, offering: offeredByProxy, to: address)
        }
        let detail = proxies.redacted(unsafe String(cString: errorText)).sanitized
        let message = "\(host): \(detail.isEmpty ? CurlLibrary.message(code) : detail)"
        if detail.hasPrefix("Unsupported proxy") {
            return HTTPError(.refused, message, hint: "a proxy's address is http://HOST:PORT, or socks5h://HOST:PORT")
        }
        switch code {
        case CURLE_URL_MALFORMAT: return HTTPError(.refused, message)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR,
            CURLE_PROXY:
            return HTTPError(.cannotConnect, message, hint: proxies.hint(for: address, said: message))
        case CURLE_OPERATION_TIMEDOUT:
            return HTTPError(.timedOut, message, hint: proxies.hint(for: address, said: message))
        // Of an answer without a status libcurl says that HTTP/0.9 is not a protocol of ours.
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY:
            return HTTPError(.notHTTP, message, hint: "look at the address: something else answers there")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CERTPROBLEM:
            return HTTPError(
                .insecure, message, hint: "SSL_CERT_FILE or CURL_CA_BUNDLE can name a file of certificates to trust")
        default: return HTTPError(.broken, message)
        }
    }
}
