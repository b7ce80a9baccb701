internal import Glibc
internal import POSIX

/// One call of a plugin under watch: what it is given, step by step, and all that it does.
package struct Trial: Sendable {
    /// What happens at the plugin's standard input, in order; then it ends.
    package enum Step: Sendable {
        case bytes([UInt8])
        case pause(Duration)
        /// Goes on when so many lines that begin like this have come.
        case awaitLines(prefix: String, count: Int)
        /// Goes on when more than the preface has come on its standard output, or when that has taken too long.
        case awaitOutput(atMost: Duration)
        /// Looks which processes there are now, and in which groups.
        case look
        /// Sends SIGTERM to its process group, as a host does that wants it to stop.
        case terminate
    }

    package var call: Plugin.Call
    package var steps: [Step]
    /// Variables whose values are no UTF-8, on top of the call's.
    package var rawVariables: [(name: String, value: [UInt8])]
    /// How long it may take from the end of its input, and from one byte that it accepts to the next.
    package var limit: Duration
    /// How long it may take from its start to its end; nil is no limit but the other.
    package var total: Duration?
    /// Whether it has an input, a pipe. Otherwise that is `/dev/null`, as for recorders, and the steps just happen.
    package var hasInput = true
    /// Bytes at the beginning of its output that are not what is waited for: a header is a promise.
    package var preface = 0
    /// Ends the trial.
    package var cancellation: Cancellation?

    package init(
        _ call: Plugin.Call, _ steps: [Step] = [], rawVariables: [(name: String, value: [UInt8])] = [],
        limit: Duration = .seconds(60), cancellation: Cancellation? = nil
    ) {
        self.call = call
        self.steps = steps
        self.rawVariables = rawVariables
        self.limit = limit
        self.cancellation = cancellation
    }

    /// What the plugin did.
    package struct Outcome: Sendable {
        /// How it ended; nil where it had to be stopped.
        package var ending: ChildProcess.Termination?
        /// Why it was stopped; nil where nobody stopped it, or a step did.
        package var stopped: String?
        /// The first 4 MiB of its standard output.
        package var output: [UInt8] = []
        /// Bytes of standard output, all of them.
        package var outputBytes = 0
        /// The last line that it wrote on standard error, a recorder's hint left out.
        package var lastErrorLine: String?
        /// Whether it read all of its input.
        package var hasReadItsInput = true
        /// From its start to its end.
        package var duration = Duration.zero
        /// From its start to the first byte of its standard output behind the preface; nil where none came before the step
        /// `terminate`.
        package var firstOutput: Duration?
        /// The longest time without a byte between the first one and the step `terminate`, or its end.
        package var longestPause = Duration.zero
        /// Bytes of standard output when the step `terminate` came.
        package var bytesBeforeTermination = 0
        /// From the first byte of its standard output to the step `terminate`; nil where one of them never was.
        package var outputTime: Duration?
        /// From the step `terminate` to its end; nil where there was none.
        package var terminationTime: Duration?
        /// Process groups that were seen at the step `look`.
        package var groups: Set<CInt> = []
        /// Commands of processes that were still there when it had ended. They have been killed.
        package var leftBehind: [String] = []

        /// For a message: `ended with status 3`.
        package var howItEnded: String {
            switch ending {
            case .exited(let status): "ended with status \(status)" + (lastErrorLine.map { ": \($0)" } ?? "")
            case .signalled(let signal): "died of signal \(signal)"
            case nil: stopped ?? "was stopped"
            }
        }

        /// What is wrong with the processes that it left; nil where it left none.
        package var leftovers: String? {
            leftBehind.isEmpty ? nil : "it leaves processes behind: \(leftBehind.joined(separator: ", "))"
        }

        /// Whether it ended when it was told to by the step `terminate`, and left nothing behind.
        package var termination: Conformance.Verdict {
            if let problem = leftovers { return .failed(problem) }
            // It may have ended before: what that is worth, other checks say.
            if let time = terminationTime, time >= .milliseconds(1900) { return .failed("it had to be killed") }
            return .passed
        }

        /// The complete lines of its output, and whether it ended in the middle of one.
        package var lines: (complete: [[UInt8]], endsInMidLine: Bool) {
            var lines = output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
            let last = lines.popLast() ?? []
            return (lines, !last.isEmpty)
        }
    }

    private static let keptOutput = 4 << 20

    /// Calls the plugin.
    ///
    /// - Throws: `PluginError`: `.cancelled`, `.cannotStart`, `.system`. Whatever the plugin does is an outcome.
    package func run(_ plugin: Plugin) throws -> Outcome {
        try plugin.withProcess(for: call) { child in
            var child = child
            // What it leaves behind is to be seen.
            child.endsWithItsGroup = false
            for (name, value) in rawVariables { child.environment.set(name, value) }
            let mark = child.environment["VT_TMPDIR"] ?? ""
            let script = try TrialScript(steps, mark: mark, preface: preface)
            var result = Outcome()
            let start = ContinuousClock.now
            // Somebody else's wish to stop is passed on; the script's own is a step.
            let relay = try cancellation.map { try Relay(from: $0, to: script.stopping) }
            defer { relay?.end() }
            var thread: POSIX.Thread?
            if !hasInput { thread = try Thread("trial") { while script.fill(nil) != 0 {} } }
            do {
                let outcome = try withoutActuallyEscaping({ script.fill($0) }) { feed in
                    try child.superviseThrowing(
                        hasInput ? .pulled(feed) : .none,
                        ChildProcess.TimeLimits(
                            total: total ?? (hasInput ? nil : limit), afterInput: { [limit] in limit }),
                        script.stopping,
                        onErrors: nil
                    ) { chunk in
                        result.outputBytes += chunk.count
                        let room = max(0, Trial.keptOutput - result.output.count)
                        result.output.append(contentsOf: chunk.prefix(room))
                        script.saw(chunk)
                    }
                }
                result.ending = outcome.termination
                // A recorder, which reads nothing, may say what to do in a last line.
                result.lastErrorLine = outcome.errorLines.last { hasInput || !$0.hasPrefix("hint: ") }
                result.hasReadItsInput = outcome.hasReadItsInput
            } catch let error as PluginError {
                guard error.code == .timedOut || error.code == .cancelled else { throw error }
                if cancellation?.isCancelled == true { throw error }
                // The sentence begins with whom it is about, as the report does.
                let subject = child.name + " "
                let message = error.message
                if error.code == .timedOut {
                    result.stopped = message.hasPrefix(subject) ? String(message.dropFirst(subject.count)) : message
                }
            }
            script.end()
            thread?.join()
            let end = ContinuousClock.now
            result.duration = end - start
            result.terminationTime = script.terminated.map { end - $0 }
            script.note(start: start, end: end, in: &result)
            result.groups = script.groups
            result.leftBehind = MarkedProcesses(mark).endAll()
            return result
        }
    }
}

/// Does the steps of a trial, on the thread that feeds the plugin.
private final class TrialScript: @unchecked Sendable {
    // The steps are the feeding thread's own; what others see is in `state`.
    private var steps: ArraySlice<Trial.Step>
    private let mark: String
    private let preface: Int
    /// Whether a step waits for lines.
    private let waitsForLines: Bool
    private var pauseEnd: ContinuousClock.Instant?
    let stopping: Cancellation
    private let state = Monitor(State())

    private struct State {
        var groups: Set<CInt> = []
        /// When output came first and last, and how much of it before `terminate`.
        var first: ContinuousClock.Instant?
        var last: ContinuousClock.Instant?
        var longestPause = Duration.zero
        var bytes = 0
        var terminated: ContinuousClock.Instant?
        var lines: [[UInt8]] = []
        var begun: [UInt8] = []
        var hasEnded = false
    }

    init(_ steps: [Trial.Step], mark: String, preface: Int) throws(SystemError) {
        self.preface = preface
        self.steps = steps[...]
        self.mark = mark
        waitsForLines = steps.contains { if case .awaitLines = $0 { true } else { false } }
        stopping = try Cancellation()
    }

    var groups: Set<CInt> { state.read(\.groups) }
    var terminated: ContinuousClock.Instant? { state.read(\.terminated) }

    /// Takes note of output, and of lines as far as steps may wait for them.
    func saw(_ chunk: UnsafeRawBufferPointer) {
        state.change { state in
            if state.terminated == nil, !chunk.isEmpty {
                state.bytes += chunk.count
                let now = ContinuousClock.now
                if state.bytes > preface { state.first = state.first ?? now }
                if state.first != nil {
                    state.longestPause = max(state.longestPause, now - (state.last ?? now))
                    state.last = now
                }
            }
            guard waitsForLines else { return }
            for byte in chunk {
                if byte == UInt8(ascii: "\n") {
                    // What a step waits for is short.
                    state.lines.append(Array(state.begun.prefix(200)))
                    state.begun = []
                } else if state.begun.count < 200 {
                    state.begun.append(byte)
                }
            }
        }
    }

    /// Says when output came.
    func note(start: ContinuousClock.Instant, end: ContinuousClock.Instant, in outcome: inout Trial.Outcome) {
        let state = state.read { $0 }
        outcome.bytesBeforeTermination = state.bytes
        guard let first = state.first, let last = state.last else { return }
        outcome.firstOutput = first - start
        outcome.longestPause = max(state.longestPause, (state.terminated ?? end) - last)
        outcome.outputTime = state.terminated.map { $0 - first }
    }

    /// The plugin is gone: nothing is waited for any more.
    func end() { state.change { $0.hasEnded = true } }

    /// As `ChildProcess.stream` wants it.
    func fill(_ buffer: UnsafeMutableRawBufferPointer?) -> Int? {
        if state.read(\.hasEnded) { return 0 }
        guard let step = steps.first else { return 0 }
        switch step {
        case .bytes(let bytes):
            guard let buffer else { break }
            let part = bytes.prefix(buffer.count)
            buffer.copyBytes(from: part)
            steps.removeFirst()
            if part.count < bytes.count { steps = [.bytes(Array(bytes[part.count...]))] + steps }
            return part.isEmpty ? nil : part.count
        case .pause(let duration):
            let end = pauseEnd ?? .now + duration
            pauseEnd = end
            guard .now >= end else {
                let (_, attoseconds) = min(.milliseconds(50), end - .now).components
                usleep(UInt32(max(0, attoseconds) / 1_000_000_000_000))
                return nil
            }
            pauseEnd = nil
        case .awaitLines(let prefix, let count):
            let hasCome = state.wait(atMost: 0.05) { state in
                state.lines.filter { $0.starts(with: prefix.utf8) }.count >= count || state.hasEnded ? true : nil
            }
            guard hasCome != nil else { return nil }
        case .awaitOutput(let patience):
            let end = pauseEnd ?? .now + patience
            pauseEnd = end
            let hasCome = state.wait(atMost: 0.05) { $0.first != nil || $0.hasEnded ? true : nil }
            guard hasCome != nil || .now >= end else { return nil }
            pauseEnd = nil
        case .look:
            let seen = MarkedProcesses(mark).groups
            state.change { $0.groups.formUnion(seen) }
        case .terminate:
            state.change { $0.terminated = .now }
            stopping.cancel()
        }
        steps.removeFirst()
        return nil
    }
}

/// Passes a wish to stop on.
private final class Relay: Sendable {
    private let ending: Cancellation
    private let thread = Monitor<POSIX.Thread?>(nil)

    init(from source: Cancellation, to target: Cancellation) throws(SystemError) {
        let ending = try Cancellation()
        self.ending = ending
        let started = try Thread("relay") {
            var entries = [
                pollfd(fd: source.descriptor, events: CShort(POLLIN), revents: 0),
                pollfd(fd: ending.descriptor, events: CShort(POLLIN), revents: 0),
            ]
            while poll(&entries, 2, -1) < 0 {}
            if entries[0].revents != 0 { target.cancel() }
        }
        thread.note { $0 = started }
    }

    func end() {
        ending.cancel()
        thread.note { $0.take() }?.join()
    }
}
