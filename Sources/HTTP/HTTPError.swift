/// Why a request got no answer, or not all of it. A status such as 500 is an answer, and no error here.
package struct HTTPError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// libcurl can't be had.
        case unavailable
        /// The address makes no sense, or a credential would go where it must not.
        case refused
        /// The name is unknown, or nobody listens there.
        case cannotConnect
        /// TLS failed: a certificate that nobody vouches for, or one for another name.
        case insecure
        /// The proxy on the way wants a name and a password, or others.
        case proxyWantsCredentials
        /// The proxy on the way does not connect there.
        case proxyRefused
        /// The connection broke.
        case broken
        /// What came is no HTTP: something else listens there.
        case notHTTP
        case timedOut
        /// Nobody released the held request in time; nothing was sent.
        case heldTooLong
        case cancelled
        /// The answer is larger than `Request.answerLimit`.
        case tooLarge
        /// The body's source failed; see `underlying`.
        case bodyFailed
        /// What takes the answer's body has failed, or wants no more of it; see `underlying`.
        case sinkFailed
    }

    package var code: Code
    /// Lower case, names the host; holds no credential.
    package var message: String
    package var hint: String?
    package var underlying: (any Error)?

    package init(_ code: Code, _ message: String, hint: String? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.underlying = underlying
    }

    /// Whether the same request may succeed when it is made again.
    package var isTransient: Bool {
        switch code {
        case .cannotConnect, .broken, .timedOut, .heldTooLong: true
        default: false
        }
    }

    package var description: String { message }
}
