internal import Glibc
internal import Plugins
internal import POSIX
internal import Text

/// A driver plugin that runs: it is sent events, and answers each with `done` (vt-plugin(7), type-v1).
final class DriverProcess: Sendable {
    /// The answer to one event.
    struct Answer {
        var status: Int
        /// The text of the `error` line before it, and what that says to do about it.
        var said: String?
        var hint: String?
    }

    private struct State {
        var unsent: [UInt8] = []
        var isClosed = false
        /// Events that have no answer yet.
        var expected = 0
        var answers: [Answer] = []
        /// The last `error` line, until an answer takes it.
        var said: String?
        var hint: String?
        /// The end of its standard error, for messages.
        var errors: [UInt8] = []
        /// A line that is no event, for messages.
        var stray: String?
        var ending: Result<ChildProcess.Outcome, PluginError>?
    }

    private let state = Monitor(State())
    private let stopping: Cancellation
    private let name: String
    private let thread = Monitor<Thread?>(nil)
    private let settings: DriverSettings

    /// How long a driver may take from the end of its input to its own end, in seconds.
    private static let farewell = 5.0

    /// Starts it.
    ///
    /// - Parameter call: the operation `type-v1` with its variables.
    init(_ plugin: Plugin, _ call: Plugin.Call, _ settings: DriverSettings) throws(SystemError) {
        name = plugin.name
        self.settings = settings
        stopping = try Cancellation()
        let started = try Thread("driver") { [self] in
            let ending = run(plugin, call)
            state.change { $0.ending = ending }
        }
        thread.change { $0 = started }
        // From the first release on something that nobody knows: a driver that minds is found today.
        let grease = String(UInt16.random(in: 0x1000...0xFFFF), radix: 16)
        state.change {
            $0.unsent += Array(EventLine("grease-\(grease)", [.init("of", "newness")], text: "ignore").line.utf8)
        }
    }

    private func run(_ plugin: Plugin, _ call: Plugin.Call) -> Result<ChildProcess.Outcome, PluginError> {
        do {
            return .success(
                try plugin.withProcess(for: call) { child in
                    // Killed or not, nothing types on after us.
                    var child = child
                    child.endsWithCaller = true
                    return try child.stream(
                        cancellation: stopping, lineLimit: EventLine.maximumLength, feed: { feed($0) },
                        onErrors: { self.noteErrors($0) },
                        onLine: { try take($0) })
                })
        } catch let error as PluginError {
            return .failure(error)
        } catch {
            return .failure(PluginError(.system, "\(name): \(error)"))
        }
    }

    private func noteErrors(_ chunk: UnsafeRawBufferPointer) {
        settings.note("\(name): \(String(decoding: chunk, as: UTF8.self).sanitized)")
        state.change { $0.errors = Array(($0.errors + chunk).suffix(1 << 12)) }
    }

    /// The last line on its standard error since the last events were sent.
    func lastErrorLine() -> String? {
        // It may come a moment after the answer.
        let errors = state.wait(atMost: 0.05) { $0.errors.isEmpty ? nil : $0.errors } ?? []
        return String(decoding: errors, as: UTF8.self).split(whereSeparator: \.isNewline)
            .last { !$0.allSatisfy(\.isWhitespace) }?.description.sanitized
    }

    private func feed(_ buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let hasSome = state.wait(atMost: 0.1) { $0.isClosed || !$0.unsent.isEmpty ? true : nil }
        guard hasSome != nil else { return nil }
        return state.change { state in
            let count = min(buffer.count, state.unsent.count)
            buffer.copyBytes(from: state.unsent.prefix(count))
            state.unsent.removeFirst(count)
            return count
        }
    }

    private func take(_ line: String) throws {
        guard let event = EventLine(parsing: line) else {
            if !line.isEmpty { state.change { $0.stray = $0.stray ?? String(line.sanitized.prefix(80)) } }
            return
        }
        switch event.verb {
        case "done":
            guard let status = Int(event["status"] ?? "0"), (0...255).contains(status) else {
                throw PluginError(.protocolError, "\(name): “done status=\(event["status"] ?? "")” is no status")
            }
            let isAwaited = state.change { state in
                guard state.expected > 0 else { return false }
                state.expected -= 1
                state.answers.append(Answer(status: status, said: state.said, hint: state.hint))
                state.said = nil
                state.hint = nil
                return true
            }
            if !isAwaited {
                throw PluginError(.protocolError, "\(name): it wrote “done” where nothing was asked of it")
            }
        case "warning": settings.warn("\(name): \(event.text.sanitized)")
        case "error":
            state.change {
                $0.said = event.text.sanitized
                $0.hint = event["hint"]?.sanitized
            }
        case "status": settings.note("\(name): \(event.text.sanitized)")
        default: break
        }
    }

    /// Sends events, each of which will be answered.
    func send(_ events: [EventLine]) {
        // An attribute that nobody knows, as well.
        let lines = events.map { event in
            EventLine(event.verb, event.attributes + [.init("grease", "1")], text: event.text).line
        }
        state.change {
            $0.answers = []
            $0.errors = []
            $0.expected = lines.count
            $0.unsent += Array(lines.joined().utf8)
        }
    }

    /// What came of waiting.
    enum Progress {
        /// Every event has its answer.
        case answered([Answer])
        case ended([Answer], Result<ChildProcess.Outcome, PluginError>, said: String?, hint: String?)
        case late([Answer], stray: String?)
    }

    /// Waits for the answers to what was sent.
    ///
    /// - Parameter seconds: the longest that one answer may take.
    func wait(atMost seconds: Double) -> Progress {
        var seen = 0
        var deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            if settings.cancellation.isCancelled { stopping.cancel() }
            let progress: Progress? = state.wait(atMost: 0.05) { state in
                if state.expected == 0 { return .answered(state.answers) }
                return state.ending.map { .ended(state.answers, $0, said: state.said, hint: state.hint) }
            }
            if let progress { return progress }
            let (answers, stray) = state.read { ($0.answers, $0.stray) }
            if answers.count > seen {
                seen = answers.count
                deadline = .now + .seconds(seconds)
            }
            if ContinuousClock.now >= deadline { return .late(answers, stray: stray) }
        }
    }

    /// Whether it is gone.
    var hasEnded: Bool { state.read { $0.ending != nil } }

    /// Closes its input, gives it time to end, and ends it.
    ///
    /// - Parameter isHung: gives it none.
    /// - Returns: how it ended.
    @discardableResult
    func end(isHung: Bool = false) -> Result<ChildProcess.Outcome, PluginError>? {
        state.change { $0.isClosed = true }
        if !isHung { _ = state.wait(atMost: DriverProcess.farewell) { $0.ending.map { _ in true } } }
        stopping.cancel()
        thread.change { $0.take() }?.join()
        return state.read { $0.ending }
    }
}
