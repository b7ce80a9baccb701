internal import Glibc
internal import Plugins
internal import POSIX
internal import Text

/// One run of a driver with given events, watched closely.
final class Rehearsal: Sendable {
    /// What was seen.
    struct Record: Sendable {
        var answers: [DriverProcess.Answer] = []
        /// Events that want an answer.
        var sent = 0
        /// Whether they are no keys alone, which a driver may refuse.
        var sendsText = false
        /// Whether answers were missing when the patience was over.
        var isLate = false
        /// The first line that is no event, or no UTF-8.
        var stray: String?
        /// How it ended; nil where it had to be ended.
        var termination: ChildProcess.Termination?
        /// Why it had to be ended.
        var failure: String?
        /// The process that showed the words to everybody.
        var leak: String?
        /// The driver cannot type here, and says so.
        var unavailable: String?
        fileprivate var said: String?
    }

    private let plugin: Plugin
    private let call: Plugin.Call
    private let patience: Duration
    private let record = Monitor(Record())

    init(_ plugin: Plugin, _ description: PluginDescription, _ variables: [String: String], _ patience: Duration) {
        self.plugin = plugin
        self.patience = patience
        call = Plugin.Call("type-v1", variables: variables, secrets: description.secrets)
    }

    /// Sends the events at once, waits for the answers, then ends the input.
    func run(_ events: [EventLine]) throws -> Record {
        let expected = events.count { ["text", "key"].contains($0.verb) }
        record.change {
            $0.sent = expected
            $0.sendsText = events.contains { $0.verb == "text" }
        }
        var rest = Array(events.map(\.line).joined().utf8)[...]
        var deadline = ContinuousClock.now + patience
        var seen = 0
        let watchesWords = events.contains { $0.text.contains(DriverCheck.marker) }
        let child = Monitor(false)
        let watcher = try Thread("watcher") { [self] in
            while watchesWords, !child.read({ $0 }) { lookForWords() }
        }
        defer {
            child.change { $0 = true }
            watcher.join()
        }
        stream(cancellation: nil) { buffer in
            if !rest.isEmpty {
                let count = min(buffer.count, rest.count)
                buffer.copyBytes(from: rest.prefix(count))
                rest = rest.dropFirst(count)
                return count
            }
            if self.record.wait(atMost: 0.05, until: { $0.answers.count >= expected ? true : nil }) != nil { return 0 }
            let count = self.record.read { $0.answers.count }
            if count > seen {
                seen = count
                deadline = .now + patience
            }
            guard ContinuousClock.now >= deadline else { return nil }
            self.record.change { $0.isLate = true }
            return 0
        }
        return finished()
    }

    /// Starts it, gives it a moment, stops it by SIGTERM.
    ///
    /// - Returns: and how long it took to end, in seconds.
    func runAndStop() throws -> (Record, Double) {
        let cancellation = try Cancellation()
        let started = ContinuousClock.now
        var stoppedAt: ContinuousClock.Instant?
        stream(cancellation: cancellation) { _ in
            usleep(20_000)
            if ContinuousClock.now - started > .milliseconds(500), stoppedAt == nil {
                stoppedAt = .now
                cancellation.cancel()
            }
            return nil
        }
        let seconds = stoppedAt.map { (ContinuousClock.now - $0) / .seconds(1) } ?? 0
        return (finished(), seconds)
    }

    private func stream(
        cancellation: Cancellation?, feed: (UnsafeMutableRawBufferPointer) throws -> Int?
    ) {
        do {
            let outcome = try plugin.withProcess(for: call) { child in
                try child.stream(
                    limits: .init(afterInput: { [patience] in patience }), cancellation: cancellation,
                    lineLimit: EventLine.maximumLength, feed: feed, onLine: { take($0) })
            }
            record.change { $0.termination = outcome.termination }
        } catch let error as PluginError {
            if error.code != .cancelled { record.change { $0.failure = error.message } }
        } catch {
            record.change { $0.failure = "\(error)" }
        }
    }

    private func finished() -> Record {
        var result = record.read { $0 }
        // Unavailable, refused, wrongly set up: the end of everything, or each answer.
        let isRefused =
            result.sendsText && result.sent == 1
            && result.answers.first.map { Conformance.excuses.contains(CInt(clamping: $0.status)) } == true
        if case .exited(let status)? = result.termination, [69, 77, 78].contains(status), result.said != nil {
            result.unavailable = result.said
        } else if isRefused {
            result.unavailable = result.answers.first?.said
        }
        return result
    }

    private func take(_ line: String) {
        guard let event = EventLine(parsing: line), !line.unicodeScalars.contains("\u{FFFD}") else {
            record.change { $0.stray = $0.stray ?? String(line.sanitized.prefix(80)) }
            return
        }
        switch event.verb {
        case "done":
            guard let status = Int(event["status"] ?? "0") else {
                return record.change { $0.failure = "“\(line.sanitized.prefix(80))” has no status" }
            }
            record.change {
                $0.answers.append(.init(status: status, said: $0.said, hint: nil))
                $0.said = nil
            }
        case "error": record.change { $0.said = event.text.sanitized }
        default: break
        }
    }

    /// Looks at every process that may be looked at.
    private func lookForWords() {
        guard let directory = opendir("/proc") else { return }
        defer { closedir(directory) }
        let word = Array(DriverCheck.marker.utf8)
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let number = Int(name), number != getpid() else { continue }
            for file in ["cmdline", "environ"] {
                guard let bytes = try? readSmallFile("/proc/\(name)/\(file)", limit: 1 << 16), contains(bytes, word)
                else {
                    continue
                }
                let program = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                record.change { record in
                    record.leak = record.leak ?? (file == "cmdline" ? program.sanitized : "an environment")
                }
            }
        }
    }

    private func contains(_ bytes: [UInt8], _ word: [UInt8]) -> Bool {
        guard bytes.count >= word.count else { return false }
        return (0...(bytes.count - word.count)).contains { bytes[$0...].starts(with: word) }
    }
}
