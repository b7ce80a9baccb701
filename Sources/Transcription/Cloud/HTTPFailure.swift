internal import HTTP

extension EngineError {
    /// What a request that got no answer means for a transcript.
    init(_ error: HTTPError, engine: String) {
        let code: Code =
            switch error.code {
            case .unavailable, .insecure, .proxyRefused: .unavailable
            case .proxyWantsCredentials: .noPermission
            case .refused: .configuration
            case .cannotConnect, .broken, .timedOut, .heldTooLong: .tryLater
            case .cancelled: .cancelled
            case .tooLarge, .notHTTP: .protocolError
            case .bodyFailed, .sinkFailed: .inputOutput
            }
        self.init(code, "\(engine): \(error.message)", hint: error.hint)
    }
}
