internal import Audio
internal import Glibc
internal import POSIX
internal import Plugins
internal import Text

/// A plugin that keeps its process, and with it its model, from one recording to the next: `transcribe-files-v1` (vt-plugin(7),
/// "Batches").
///
/// It reads a recording to its end before it begins, so it is for recordings that are complete. One thread uses it at a time;
/// several at once have one each.
// Sendable: not used by two threads at the same time.
final class BatchEngine: Engine, @unchecked Sendable {
    private let engine: PluginEngine
    private var process: BatchProcess?
    private var folder: BatchFolder?
    private var count = 0

    var name: String { engine.name }

    init(_ engine: PluginEngine) {
        self.engine = engine
    }

    func gateRules() -> GateRules { engine.gateRules() }

    func knownOptions() -> Set<String>? { engine.knownOptions() }

    func finish() {
        process?.finish()
        process = nil
        folder = nil
    }

    func transcribe(
        _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        let folder = try self.folder ?? BatchFolder()
        self.folder = folder
        // The name that was announced; what can't be read leaves it to the next.
        let file = BatchFolder.name(count + 1)
        defer { folder.remove(file) }
        let seconds = try folder.write(audio, to: file, cancellation)
        count += 1
        let limit = settings.timeout ?? max(.seconds(60), .seconds(10 * seconds))
        var isSecondAttempt = false
        for warning in Demands(settings, of: engine.description).warnings { try onEvent(warning) }
        while true {
            // Held back until it is done: what dies in between is asked again from the beginning.
            var reader = EventReader()
            var events: [RecognitionEvent] = []
            var demands = Demands(settings, of: engine.description)
            let process = try process(for: settings)
            let next = "\(folder.path)/\(BatchFolder.name(count + 1))"
            let answer = try process.ask("\(folder.path)/\(file)", next: next, within: limit, cancellation) { line in
                guard let event = reader.read(line) else { return }
                demands.note(event)
                switch event {
                case .status, .warning, .asked: try onEvent(event)
                default: events.append(event)
                }
            }
            try onEvent(engine.asked(settings, seconds: seconds))
            let failure: EngineError?
            var mayRetry = false
            switch answer {
            case .done(let status): failure = engine.failure(status: status, reader, nil) ?? demands.failure(of: name)
            case .ended(let outcome):
                self.process = nil
                failure = engine.failure(ofBatch: outcome, reader)
                // It may have been killed for what another process took.
                mayRetry = failure?.code == .protocolError || outcome.termination == .signalled(SIGKILL)
            case .tooLate(let error):
                self.process = nil
                failure = error
            case .broken(let error):
                self.process = nil
                failure = error
                mayRetry = true
            }
            if failure != nil, mayRetry, !isSecondAttempt {
                isSecondAttempt = true
                continue
            }
            for event in events { try onEvent(event) }
            if let failure { throw failure }
            return
        }
    }

    /// The running process, or a new one where there is none with these settings.
    private func process(for settings: EngineSettings) throws -> BatchProcess {
        if let process {
            if process.settings == settings, !process.hasEnded, !process.hasSpokenUnasked { return process }
            process.finish()
        }
        let fresh = try BatchProcess(engine, settings)
        process = fresh
        return fresh
    }
}

/// One process of `transcribe-files-v1`.
private final class BatchProcess: Sendable {
    let settings: EngineSettings
    private let name: String
    private let stopping: Cancellation
    private let state = Monitor(State())

    private struct State {
        /// What is on its way to the plugin: a path, a line feed.
        var request: [UInt8] = []
        /// How often something was sent, and how much of that the plugin has read.
        var (sent, read) = (0, 0)
        var isClosing = false
        var lines: [String] = []
        var end: Swift.Result<ChildProcess.Outcome, any Error>?
    }

    /// The path that it was given already, but for the line feed.
    private let announced = Monitor<String?>(nil)
    /// Whether it says which file it answers.
    private let namesFiles = Monitor(false)

    enum Answer {
        case done(status: CInt)
        /// It ended before it had answered.
        case ended(ChildProcess.Outcome)
        case tooLate(EngineError)
        /// It was stopped for what it wrote.
        case broken(EngineError)
    }

    /// Lines that wait to be read at most; then the plugin waits.
    private static let mostLines = 1000

    init(_ engine: PluginEngine, _ settings: EngineSettings) throws {
        self.settings = settings
        name = engine.name
        stopping = try Cancellation()
        var variables: [String: String]
        do throws(PluginError) {
            variables = try engine.variables(settings)
        } catch {
            throw EngineError(error)
        }
        variables["VT_AUDIO"] = "wav"
        let call = Plugin.Call("transcribe-files-v1", variables: variables, secrets: engine.description.secrets)
        try Thread("engine") { [self] in
            let end = Swift.Result { try run(call, of: engine) }
            state.change { $0.end = end }
        }.detach()
    }

    private func run(_ call: Plugin.Call, of engine: PluginEngine) throws -> ChildProcess.Outcome {
        // Once nothing more is asked there is nothing to wait for: every answer is out.
        let limits = ChildProcess.TimeLimits(afterInput: { .seconds(2) })
        return try engine.plugin.withProcess(for: call) { child in
            try child.stream(
                limits: limits, cancellation: stopping, lineLimit: EventLine.maximumLength,
                feed: { buffer in
                    _ = state.wait(atMost: 0.1) { $0.isClosing || !$0.request.isEmpty ? true : nil }
                    return state.change { state in
                        if state.request.isEmpty { return state.isClosing ? 0 : nil }
                        let part = Array(state.request.prefix(buffer.count))
                        buffer.copyBytes(from: part)
                        state.request.removeFirst(part.count)
                        state.sent += 1
                        return part.count
                    }
                },
                onCaughtUp: { [state] count in state.change { $0.read = count } },
                onErrors: engine.makeMessageCollector(),
                onLine: { line in
                    state.wait { state in
                        state.lines.count < BatchProcess.mostLines || state.isClosing || stopping.isCancelled ? () : nil
                    }
                    state.change { if !$0.isClosing { $0.lines.append(line) } }
                })
        }
    }

    var hasEnded: Bool { state.read { $0.end != nil } }

    /// Whether it has written events that nobody asked for, which would be taken for the next file's.
    var hasSpokenUnasked: Bool { hasWritten(["final", "partial", "word", "done", "error"]) }

    /// Whether it has answered more than it was asked: then it is not known which answer was whose.
    private var hasAnsweredUnasked: Bool { hasWritten(["done"]) }

    private func hasWritten(_ verbs: Set<String>) -> Bool {
        state.read { state in state.lines.contains { verbs.contains(EventLine(parsing: $0)?.verb ?? "") } }
    }

    /// Gives it a file, and waits until that is done.
    ///
    /// Which file an answer is for is certain if `done` says it. Else by order: the plugin is given the next path without its line
    /// feed. As soon as it has read that it waits for the rest, and whatever it has written by then was for the file before; if
    /// that is more than one answer, none of it is believed.
    ///
    /// - Parameter next: the path that is going to be asked about then, if any is.
    /// - Throws: `EngineError` `cancelled`; what `onLine` throws.
    func ask(
        _ path: String, next: String, within limit: Duration, _ cancellation: Cancellation?,
        onLine: (String) throws -> Void
    ) throws -> Answer {
        switch announced.read(\.self) {
        case nil: announce(path, atMost: 1, cancellation)
        case path: break
        case let other?:
            stop()
            return .broken(EngineError(.protocolError, "\(name): it waits for the rest of \(other)"))
        }
        if hasSpokenUnasked { return answeredUnasked() }
        state.change { $0.lines = [] }
        send("\n")
        let (answer, file) = try waitForAnswer(within: limit, cancellation, onLine: onLine)
        guard case .done = answer else { return answer }
        if let file {
            namesFiles.note { $0 = true }
            announced.note { $0 = nil }
            if file == path { return answer }
            stop()
            return .broken(
                EngineError(.protocolError, "\(name): it was asked about \(path), and answers \(file.sanitized)"))
        }
        announce(next, atMost: 5, cancellation)
        return hasAnsweredUnasked ? answeredUnasked() : answer
    }

    private func answeredUnasked() -> Answer {
        stop()
        return .broken(EngineError(.protocolError, "\(name) answers more than it was asked"))
    }

    /// Gives it a path without the line feed, and waits until it waits for that.
    private func announce(_ path: String, atMost seconds: Double, _ cancellation: Cancellation?) {
        announced.note { $0 = path }
        let number = send(path)
        if namesFiles.read(\.self) { return }
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline, cancellation?.isCancelled != true {
            if state.wait(atMost: 0.1, until: { $0.read >= number || $0.end != nil ? true : nil }) == true { return }
        }
    }

    /// - Returns: which of all that is sent this is.
    @discardableResult
    private func send(_ text: String) -> Int {
        state.change { state in
            state.request += text.utf8
            return state.sent + 1
        }
    }

    /// - Returns: the answer, and the file that it says it is for.
    private func waitForAnswer(
        within limit: Duration, _ cancellation: Cancellation?, onLine: (String) throws -> Void
    ) throws -> (Answer, file: String?) {
        let start = ContinuousClock.now
        while true {
            let lines: [String]? = state.wait(atMost: 0.1) { $0.lines.isEmpty && $0.end == nil ? nil : $0.lines }
            if let lines, !lines.isEmpty {
                state.change { $0.lines.removeFirst(lines.count) }
                for (index, line) in lines.enumerated() {
                    guard let event = EventLine(parsing: line), event.verb == "done" else {
                        do { try onLine(line) } catch {
                            stop()
                            throw error
                        }
                        continue
                    }
                    // What follows was not asked for; the next to look finds it.
                    state.change { $0.lines.insert(contentsOf: lines[(index + 1)...], at: 0) }
                    guard let status = event["status"].flatMap(CInt.init) else {
                        stop()
                        return (.broken(EngineError(.protocolError, "\(name): it is done without a status")), nil)
                    }
                    return (.done(status: status), event["path"])
                }
            } else if let end = state.read(\.end) {
                switch end {
                case .success(let outcome): return (.ended(outcome), nil)
                case .failure(let error as PluginError): return (.broken(EngineError(error)), nil)
                case .failure(let error): throw error
                }
            }
            if cancellation?.isCancelled == true {
                stop()
                throw EngineError(.cancelled, "\(name) was stopped")
            }
            if .now - start >= limit {
                stop()
                let seconds = decimal(limit / .seconds(1), places: 1)
                let error = EngineError(.tryLater, "\(name) has not answered for \(seconds) s")
                return (.tooLate(error), nil)
            }
        }
    }

    /// Ends it in peace, and waits for that.
    func finish() {
        state.change { $0.isClosing = true }
        state.wait { $0.end == nil ? nil : () }
    }

    private func stop() {
        stopping.cancel()
        finish()
    }
}
