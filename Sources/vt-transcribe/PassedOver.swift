internal import Batch
internal import POSIX
internal import Program
internal import Transcription

/// The files in folders that are not transcribed: each is named at `VT_LOG=info`, and all are counted at the end.
final class PassedOver: Sendable {
    private struct State {
        var reasons: [InputTree.PassedOver: Int] = [:]
        /// Those that hold no audio, by their extensions.
        var kinds: [String: Int] = [:]
    }

    private let state = Monitor(State())
    /// Whether other processes have other inputs of the same folders.
    private let isShare: Bool

    init(isShare: Bool) {
        self.isShare = isShare
    }

    /// What vt-transcribe writes itself, beside the recordings too: nobody misses that.
    private static let own = Set(TranscriptFormat.allCases.map(\.rawValue))
    /// Extensions that are named.
    private static let mostKinds = 5

    /// Takes one.
    func note(_ path: Path, _ reason: InputTree.PassedOver) {
        Log.info("\(path) is passed over: \(reason.text)")
        let kind = path.fileExtension
        if reason == .notAudio, let kind, PassedOver.own.contains(kind) { return }
        state.note { state in
            state.reasons[reason, default: 0] += 1
            if reason == .notAudio { state.kinds[kind.map { ".\($0)" } ?? "no extension", default: 0] += 1 }
        }
    }

    /// Whether there was something that could have been meant, and could not be used.
    var hasStrangers: Bool { state.read { $0.reasons.contains { $0.key != .unfinished } } }

    /// For people: what and how much; nil if it is nothing.
    var summary: String? {
        let (reasons, kinds) = state.read { ($0.reasons, $0.kinds) }
        guard !reasons.isEmpty else { return nil }
        let parts = InputTree.PassedOver.allCases.compactMap { reason -> String? in
            guard let count = reasons[reason] else { return nil }
            return "\(count) \(reason.text)" + (reason == .notAudio ? " (\(PassedOver.list(kinds)))" : "")
        }
        return "passed over: " + parts.joined(separator: ", ")
    }

    /// Says at the end of a run what was passed over, and that nothing was found if nothing was.
    ///
    /// - Parameter areMany: whether inputs were looked for.
    /// - Returns: the run's status: where there were files and none of them could be used, 66.
    func conclude(_ tally: Tally, areMany: Bool) -> ExitStatus {
        guard tally.all == 0, areMany else {
            if let summary { Log.notice(summary + "; VT_LOG=info names them") }
            return tally.status
        }
        guard hasStrangers, !isShare, let summary else {
            Log.warning("there is no audio to transcribe" + (self.summary.map { "; \($0)" } ?? ""))
            return tally.status
        }
        Log.error(
            "there is no audio to transcribe; \(summary)",
            hint: "VT_LOG=info names them; a file that is named is always tried")
        return .noInput
    }

    private static func list(_ kinds: [String: Int]) -> String {
        let sorted = kinds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return sorted.prefix(mostKinds).map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            + (sorted.count > mostKinds ? ", …" : "")
    }
}

extension InputTree.PassedOver {
    fileprivate static let allCases: [InputTree.PassedOver] = [.notAudio, .unfinished, .hidden, .notAFile, .deadLink]

    fileprivate var text: String {
        switch self {
        case .notAudio: "without audio"
        case .unfinished: "not complete, by its name"
        case .hidden: "hidden"
        case .notAFile: "not a regular file"
        case .deadLink: "a link that leads nowhere"
        }
    }
}
