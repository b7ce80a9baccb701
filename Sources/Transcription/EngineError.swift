package import Plugins

/// Why an engine gave no transcript, or not all of it.
package struct EngineError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Each but `cancelled` is an exit status of vt-plugin(7).
    package enum Code: Int, Sendable {
        case cancelled = 0
        case usage = 64
        /// The engine can't decode the audio.
        case badAudio = 65
        case noInput = 66
        /// The engine, or something that it needs, is not to be had.
        case unavailable = 69
        case internalError = 70
        case cannotCreate = 73
        case inputOutput = 74
        /// The network, a rate limit, a time-out.
        case tryLater = 75
        /// The engine broke the protocol.
        case protocolError = 76
        /// Credentials are missing or refused, or there is no credit.
        case noPermission = 77
        case configuration = 78
    }

    package var code: Code
    /// Lower case, names the engine; sanitised.
    package var message: String
    /// What to do, where there is something.
    package var hint: String?
    /// How long to wait before the same engine is worth another attempt; nil where it is not.
    package var retryAfter: Duration?
    /// Whether it may be this recording's: that a process was killed for its memory says little about the next, shorter one.
    package var mayBeTheRecordings = false

    package init(_ code: Code, _ message: String, hint: String? = nil, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.retryAfter = retryAfter
    }

    /// Whether another engine may do better (DESIGN: fallback at 69, 75, 76 and 77).
    package var permitsFallback: Bool {
        switch code {
        case .unavailable, .tryLater, .protocolError, .noPermission: true
        default: false
        }
    }

    package var description: String { message }

    /// What a plugin that could not be found, described or run means for a transcript.
    package init(_ error: PluginError) {
        let code: Code =
            switch error.code {
            case .usage: .usage
            case .notFound, .unsafe, .missingRequirement, .cannotStart: .unavailable
            case .timedOut: .tryLater
            case .cancelled: .cancelled
            case .protocolError: .protocolError
            case .system: .internalError
            }
        self.init(code, error.message, hint: error.hint)
    }
}
