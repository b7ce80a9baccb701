internal import CCurl
internal import Glibc
package import POSIX

/// Makes requests through libcurl, all of them on one thread: they share connections, and one that waits costs nothing.
///
/// Proxies, lists of hosts without one, and certificates are looked for as curl's users expect: `HTTPS_PROXY`, `ALL_PROXY`,
/// `NO_PROXY`; `CURL_CA_BUNDLE`, `SSL_CERT_FILE`, `SSL_CERT_DIR`. Certificates are always checked. Redirects are answers here.
///
/// A held request (`Request.isHeld`) makes the thread wait, so a client that runs one runs no other meanwhile.
package final class HTTPClient: Sendable {
    private let loop: ClientLoop
    private let thread: Thread

    /// Starts the thread, which opens libcurl at once.
    ///
    /// - Parameters:
    ///   - userAgent: what requests say of us.
    ///   - connectionsPerHost: how many are made to one host at most; 0 for any number.
    ///   - trust: whose certificates are believed.
    /// - Throws: `SystemError` where the system has no thread or pipe to give.
    package init(
        userAgent: String = "vt", connectionsPerHost: Int = 0, trust: TrustStore = .fromEnvironment
    ) throws(SystemError) {
        let loop = try ClientLoop(userAgent: userAgent, connectionsPerHost: connectionsPerHost, trust: trust)
        self.loop = loop
        thread = try Thread("http") { loop.run() }
    }

    /// Begins to open libcurl, which takes 8 ms, on a thread of its own: the first client finds it open, or soon.
    package static func prepare() {
        let thread = try? Thread("libcurl") { vt_curl_open() }
        thread?.detach()
    }

    /// Closes the connections; exchanges that still run end as cancelled.
    deinit {
        loop.stop()
        thread.join()
    }

    /// Begins a request. It fails, if it does, in the exchange.
    package func begin(_ request: Request) -> Exchange {
        let exchange = Exchange(request, loop: loop)
        loop.post(.begin(exchange))
        return exchange
    }

    /// Makes a request and waits for its answer.
    package func perform(_ request: Request) throws(HTTPError) -> Response {
        try begin(request).response()
    }
}

/// The thread of a client, and what others ask of it.
final class ClientLoop: Sendable {
    enum Command {
        case begin(Exchange)
        case bodyHasGrown(Exchange)
        case cancel(Exchange)
    }

    private struct Inbox {
        var commands: [Command] = []
        var isStopping = false
        var hasEnded = false
    }

    /// How often limits are looked at, at most: not for each packet of a hundred transfers.
    private static let limitInterval = Duration.milliseconds(100)

    private let userAgent: String
    private let connectionsPerHost: Int
    private let trust: TrustStore
    private let inbox = Monitor(Inbox())
    private let waker: Waker

    init(userAgent: String, connectionsPerHost: Int, trust: TrustStore) throws(SystemError) {
        self.trust = trust
        self.userAgent = userAgent
        self.connectionsPerHost = connectionsPerHost
        waker = try Waker()
    }

    func post(_ command: Command) {
        let hasEnded = inbox.change { inbox in
            if !inbox.hasEnded { inbox.commands.append(command) }
            return inbox.hasEnded
        }
        if hasEnded {
            if case .begin(let exchange) = command { exchange.end(HTTPError(.cancelled, "the client has ended")) }
            return
        }
        waker.wake()
    }

    func stop() {
        inbox.change { inbox in
            inbox.isStopping = true
            for case .begin(let exchange) in inbox.commands { exchange.cancelHold() }
        }
        waker.wake()
        running.read { $0 }.forEach { $0.cancelHold() }
    }

    /// Those that the thread has begun: for `stop`, since a held one makes the thread deaf to commands.
    private let running = Monitor<[Exchange]>([])

    func run() {
        // libcurl's sockets, when the other side has gone; SIGPIPE stays pending on this thread for ever.
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        do throws(HTTPError) {
            try CurlLibrary.load()
            guard let multi = unsafe vt_curl_multi_create() else {
                throw HTTPError(.unavailable, "libcurl gives no handle")
            }
            unsafe work(multi)
            unsafe vt_curl_multi_destroy(multi)
        } catch {
            refuseAll(error)
        }
    }

    /// Without libcurl: each request learns why.
    private func refuseAll(_ error: HTTPError) {
        while true {
            let (commands, isStopping) = inbox.wait { inbox in
                inbox.commands.isEmpty && !inbox.isStopping ? nil : (inbox.commands, inbox.isStopping)
            }
            inbox.change { inbox in
                inbox.commands.removeFirst(commands.count)
                if isStopping { inbox.hasEnded = true }
            }
            for case .begin(let exchange) in commands { exchange.end(error) }
            if isStopping { return }
        }
    }

    private func work(_ multi: UnsafeMutableRawPointer) {
        unsafe vt_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHost)
        var transfers: [ObjectIdentifier: Transfer] = [:]
        var waits: [curl_waitfd] = []
        var limitsAreDue = ContinuousClock.now
        while true {
            let (commands, isStopping) = inbox.change { inbox in
                defer { inbox.commands.removeAll(keepingCapacity: true) }
                if inbox.isStopping { inbox.hasEnded = true }
                return (inbox.commands, inbox.isStopping)
            }
            for command in commands {
                switch command {
                case .begin(let exchange):
                    if isStopping {
                        exchange.end(HTTPError(.cancelled, "the client has ended"))
                        continue
                    }
                    do throws(HTTPError) {
                        let transfer = try Transfer(exchange, userAgent: userAgent, trust: trust)
                        let code = unsafe vt_curl_multi_add(multi, transfer.easy)
                        guard code == CURLM_OK else { throw HTTPError(.unavailable, "libcurl takes no request") }
                        transfers[ObjectIdentifier(exchange)] = transfer
                        running.change { $0.append(exchange) }
                    } catch {
                        exchange.end(error)
                    }
                case .bodyHasGrown(let exchange): transfers[ObjectIdentifier(exchange)]?.resume()
                case .cancel(let exchange): transfers[ObjectIdentifier(exchange)]?.fail(.cancelled)
                }
            }
            var count: CInt = 0
            unsafe vt_curl_multi_perform(multi, &count)
            unsafe endFinished(multi, &transfers)
            let now = ContinuousClock.now
            let areLimitsDue = now >= limitsAreDue
            if areLimitsDue { limitsAreDue = now + ClientLoop.limitInterval }
            var isUrgent = false
            for transfer in transfers.values {
                if areLimitsDue { transfer.checkLimits(now) }
                if transfer.waitsInVain {
                    transfer.resume()
                    isUrgent = true
                }
            }
            for (id, transfer) in transfers where isStopping || transfer.failure != nil {
                unsafe vt_curl_multi_remove(multi, transfer.easy)
                if isStopping { transfer.fail(.cancelled) }
                transfer.end(CURLE_ABORTED_BY_CALLBACK)
                transfers[id] = nil
                running.change { $0.removeAll { ObjectIdentifier($0) == id } }
            }
            if isStopping { return }
            waits.removeAll(keepingCapacity: true)
            waits.append(curl_waitfd(fd: waker.descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0))
            for transfer in transfers.values {
                // Mostly the same for all.
                guard let descriptor = transfer.exchange.request.cancellation,
                    !waits.contains(where: { $0.fd == descriptor })
                else { continue }
                waits.append(curl_waitfd(fd: descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0))
            }
            // With nothing to watch the thread sleeps until somebody asks; limits are looked at twice a second.
            _ = unsafe waits.withUnsafeMutableBufferPointer {
                unsafe vt_curl_multi_poll(
                    multi, $0.baseAddress, CUnsignedInt($0.count), isUrgent ? 0 : transfers.isEmpty ? 60_000 : 500, nil)
            }
            waker.clear()
            for wait in waits.dropFirst() where wait.revents != 0 {
                for transfer in transfers.values where transfer.exchange.request.cancellation == wait.fd {
                    transfer.fail(.cancelled)
                }
            }
        }
    }

    private func endFinished(_ multi: UnsafeMutableRawPointer, _ transfers: inout [ObjectIdentifier: Transfer]) {
        var code = CURLE_OK
        while let easy = unsafe vt_curl_multi_ended(multi, &code) {
            guard let (id, transfer) = transfers.first(where: { unsafe $0.value.easy == easy }) else { continue }
            unsafe vt_curl_multi_remove(multi, easy)
            transfer.end(code)
            transfers[id] = nil
            running.change { $0.removeAll { ObjectIdentifier($0) == id } }
        }
    }
}
