internal import Batch
internal import Program

/// What became of the inputs of a batch, and the status that this makes.
struct Tally {
    private(set) var done = 0
    private(set) var noSpeech = 0
    private(set) var noWords = 0
    /// Complete from an earlier run.
    private(set) var complete = 0
    /// Another process has them.
    private(set) var busy = 0
    private(set) var notTried = 0
    private(set) var failed = 0
    /// Seconds of the recordings that were transcribed.
    private(set) var seconds = 0.0
    private var statuses: [ExitStatus: Int] = [:]

    mutating func add(_ report: InputReport) {
        switch report.outcome {
        case .done: done += 1
        case .noSpeech: noSpeech += 1
        case .noWords: noWords += 1
        case .complete: complete += 1
        case .busy: busy += 1
        case .notTried: notTried += 1
        case .failed: failed += 1
        }
        seconds += report.seconds ?? 0
        add(ExitStatus(rawValue: CInt(clamping: report.status)) ?? .internalError)
    }

    mutating func add(_ status: ExitStatus) {
        statuses[status, default: 0] += 1
    }

    var all: Int { statuses.values.reduce(0, +) }

    /// The status of all of them (vt(7)).
    var status: ExitStatus {
        let failures = statuses.filter { $0.key != .done && $0.key != .noSpeech }
        guard let first = failures.first?.key else {
            return statuses.isEmpty || statuses[.done] != nil ? .done : .noSpeech
        }
        guard failures.count == statuses.count else { return .someFailed }
        if failures.count == 1 { return first }
        // All failed, and every one may work later.
        return failures.keys.allSatisfy { $0 == .tryLater || $0 == .unavailable } ? .tryLater : .someFailed
    }

    /// For people.
    var summary: String {
        var parts = ["\(done) transcribed"]
        func add(_ count: Int, _ what: String) {
            if count > 0 { parts.append("\(count) \(what)") }
        }
        add(noSpeech, "without speech")
        add(noWords, "without words although somebody speaks")
        add(complete, "complete before")
        add(busy, "left to another process")
        add(failed, "failed")
        add(notTried, "not tried")
        return parts.joined(separator: ", ")
    }
}

extension [ExitStatus] {
    /// The status of all of them.
    var summary: ExitStatus {
        var tally = Tally()
        for status in self { tally.add(status) }
        return tally.status
    }
}
