internal import Program
internal import Transcription

/// When a batch gives up: where what went wrong is not the input's, and would go wrong with every other input as well.
struct StopRule {
    struct Reason {
        let status: ExitStatus
        let message: String
    }

    /// Why nothing more is begun; nil while there is hope.
    var reason: Reason?
    /// Failures that may pass, one behind the other.
    private var inVain = 0
    private var hasSucceeded = false

    /// So many in a row, beyond those that were under way together, are no bad luck any more.
    private static let patience = 5

    mutating func succeeded() {
        inVain = 0
        hasSucceeded = true
    }

    /// Notes a failure of an engine.
    ///
    /// - Parameter jobs: inputs that are worked on at once.
    /// - Returns: why the others need not be tried; nil where they must be.
    mutating func failed(_ error: EngineError, jobs: Int) -> Reason? {
        guard let status = ExitStatus(rawValue: CInt(error.code.rawValue)) else { return nil }
        switch error.code {
        // The same options were right for another one.
        case .usage where hasSucceeded:
            return nil
        case .tryLater,
            .unavailable where error.mayBeTheRecordings:
            inVain += 1
            guard inVain >= StopRule.patience + jobs - 1 else { return nil }
            return Reason(status: status, message: "\(inVain) in a row have failed: \(error.message)")
        // A key, an option or a server's address is the same for all.
        case .noPermission, .configuration, .usage, .unavailable:
            return Reason(status: status, message: error.message)
        default:
            return nil
        }
    }
}
