internal import Audio
internal import Batch
internal import Encoding
internal import Glibc
internal import POSIX
internal import Program
internal import Text
internal import Transcription
internal import VoiceActivity

/// The inputs of one call, several at once where that was asked for; a bad one does not stop the others.
final class Batch: Sendable {
    /// What is asked of each input.
    struct Task: Sendable {
        let settings: EngineSettings
        let setup: Setup
        let formats: [TranscriptFormat]
        let subtitles: SubtitleRules
        let raw: HeaderlessInput?
        /// Which sound track of files that have several.
        let track: TrackChoice
        /// What becomes of several channels.
        let channels: ChannelPlan
        let strict: Bool
        /// Whether audio from a pipe is kept.
        let isKept: Bool
        /// What finds speech; nil where everything is sent.
        let detector: InstalledDetector?
        let recordingName: RecordingName?
        let ledger: UsageLedger?
        /// What may be sent in all; nil is any amount.
        let budget: AudioBudget?
        /// What engines that keep no pace themselves are asked at.
        let pace: RequestPace?
        /// Seconds of a part of a long recording at most; nil leaves it to the engine.
        let partLength: Double?
        /// Where the outputs are files of their own.
        let folder: OutputFolder?
        let resumes: Bool
        /// What all transcripts depend on.
        let stampOfOptions: Stamp
        /// Whether the inputs' names are written, since there are several.
        let namesInputs: Bool

        /// Whether transcripts say who speaks.
        var namesSpeakers: Bool { settings.speakers || channels.namesSpeakers }
    }

    let task: Task
    let engines: EnginePool
    let interruption: Interruption
    private let queue: InputQueue
    let output: TranscriptOutput
    private let ordered: OrderedOutput
    private let report: LineFile?
    let progress: ProgressDisplay?
    private let passedOver: PassedOver
    private let state: Monitor<State>

    private struct State {
        var tally = Tally()
        /// Why nothing more makes sense: nobody takes the text.
        var end: ExitStatus?
        var stop = StopRule()
    }

    /// - Parameters:
    ///   - engines: as many as are to work at once.
    ///   - queue: gives the inputs.
    ///   - output: for those whose output is no file of its own.
    ///   - report: gets a line for each.
    ///   - progress: is told of each.
    ///   - passedOver: what in folders is no input.
    init(
        _ task: Task, engines: EnginePool, queue: InputQueue, interruption: Interruption, output: TranscriptOutput,
        report: LineFile?, progress: ProgressDisplay?, passedOver: PassedOver
    ) {
        self.passedOver = passedOver
        self.task = task
        self.engines = engines
        self.queue = queue
        self.interruption = interruption
        self.output = output
        self.report = report
        self.progress = progress
        ordered = OrderedOutput(output)
        state = Monitor(State())
    }

    /// Works on all of them, and says what failed.
    func run() throws -> ExitStatus {
        defer { engines.finish() }
        let start = ContinuousClock.now
        let shown = try progress?.start()
        if engines.size == 1 {
            work()
        } else {
            let threads = try (1..<engines.size).map { _ in try Thread("worker") { [self] in work() } }
            work()
            for thread in threads { thread.join() }
        }
        if let shown { progress?.finish(shown) }
        if progress != nil { summarise(took: (ContinuousClock.now - start) / .seconds(1)) }
        if let signal = interruption.caught {
            engines.finish()
            interruption.endProcess(by: signal)
        }
        let (tally, end) = state.read { ($0.tally, $0.end) }
        if let end {
            output.keepOwed("its text could not be written")
            return end
        }
        try output.settle()
        return passedOver.conclude(tally, areMany: task.namesInputs)
    }

    /// Says what became of them all.
    private func summarise(took: Double) {
        let tally = state.read(\.tally)
        guard tally.all > 0 else { return }
        let speed = took > 0.05 && tally.seconds > 0 ? " (\(decimal(tally.seconds / took, places: 1))x)" : ""
        let audio =
            tally.seconds > 0 ? "; \(spokenDuration(tally.seconds)) of audio in \(spokenDuration(took))\(speed)" : ""
        Log.notice(tally.summary + audio)
    }

    /// What a worker does: one input after the other.
    private func work() {
        // Who answers may be on this machine: to read and listen on comes behind that.
        if engines.size > 1, engines.engine.waitsForOthers { Thread.lowerPriority(by: 10) }
        let gate = task.detector.map { DetectingGate($0) }
        while interruption.caught == nil, state.read({ $0.end == nil }), let item = queue.next() {
            let start = ContinuousClock.now
            var report: InputReport
            do {
                if let reason = state.read({ $0.stop.reason }) {
                    if engines.size > 1, task.folder == nil { try ordered.submit("", of: item.number) }
                    finish(notTried(item, reason), item)
                    continue
                }
                progress?.began(item.number, item.path.description)
                report = try meet(item, gate)
                // Several at once write in turn, and not all that is theirs may be out.
                if engines.size == 1 { try output.settle() }
            } catch let failure as TranscriptOutput.WriteFailure {
                // Nobody takes the others' text either, as another worker may have said already.
                let failure = explainFully(Transcribe.self, failure)
                if end(failure.status) { Log.error(failure.message, hint: failure.hint) }
                return
            } catch let ended as Ended {
                end(ended.status)
                return
            } catch let failure as FileTranscription.Failed {
                if interruption.caught != nil { return }
                if failure.underlying is AudioBudget.Exhausted {
                    let reason = StopRule.Reason(status: .tryLater, message: "--max-audio is used up")
                    stop(reason)
                    report = notTried(item, reason)
                } else {
                    report = failed(item.path, failure.underlying)
                    note(failure.underlying)
                }
                report.fill(failure.account, seconds: failure.seconds)
            } catch {
                if interruption.caught != nil { return }
                report = failed(item.path, error)
                note(error)
            }
            report.took = (ContinuousClock.now - start) / .seconds(1)
            finish(report, item)
        }
    }

    /// Looks whether a failure would be everybody's.
    private func note(_ error: any Error) {
        if let full = error as? FileTranscription.NoRoom {
            return stop(StopRule.Reason(status: full.failure.status, message: "transcripts can't be written any more"))
        }
        guard task.namesInputs, let error = error as? EngineError,
            let reason = state.note({ $0.stop.failed(error, jobs: engines.size) })
        else { return }
        stop(reason)
    }

    /// Begins nothing more.
    private func stop(_ reason: StopRule.Reason) {
        let isNews = state.note { state in
            defer { state.stop.reason = state.stop.reason ?? reason }
            return state.stop.reason == nil
        }
        if isNews { Log.warning("\(reason.message); what is left is not tried") }
    }

    private func notTried(_ taken: InputQueue.Taken, _ reason: StopRule.Reason) -> InputReport {
        var report = InputReport(taken.path, .notTried, status: Int(reason.status.rawValue))
        report.error = reason.message
        return report
    }

    /// An input after which the others make no sense either; it has been said why.
    struct Ended: Error {
        let status: ExitStatus
    }

    /// - Returns: whether that is news.
    @discardableResult
    private func end(_ status: ExitStatus) -> Bool {
        let isNews = state.note { state in
            defer { state.end = state.end ?? status }
            return state.end == nil
        }
        queue.abandon()
        return isNews
    }

    private func finish(_ report: InputReport, _ taken: InputQueue.Taken) {
        progress?.ended(taken.number, report, bytes: taken.size)
        state.note { state in
            state.tally.add(report)
            if report.outcome == .done || report.outcome == .noSpeech { state.stop.succeeded() }
        }
        guard let file = self.report else { return }
        do throws(SystemError) {
            try file.write(report.json)
        } catch {
            if end(.inputOutput) { Log.error("the report can't be written: \(error)") }
        }
    }

    private func failed(_ path: Path, _ error: any Error) -> InputReport {
        let failure =
            (error as? FileTranscription.NoRoom)?.failure ?? nameless(error, path)
            ?? explainFully(Transcribe.self, error)
        Log.error(failure.message, hint: failure.hint)
        var report = InputReport(path, .failed, status: Int(failure.status.rawValue))
        report.error = failure.message
        return report
    }

    /// What has failed without a name, a pipe for example, has failed for an input.
    private func nameless(_ error: any Error, _ path: Path) -> Failure? {
        guard let error = error as? SystemError, error.subject == nil else { return nil }
        let isFull = error.code == EMFILE || error.code == ENFILE
        return Failure(
            .inputOutput, "\(path): \(error)",
            hint: isFull ? "ulimit -n says how many may be open, and allows more" : nil)
    }

    private func meet(_ taken: InputQueue.Taken, _ gate: DetectingGate?) throws -> InputReport {
        switch taken.item {
        case .problem(let path, let problem):
            if engines.size > 1 { try ordered.submit("", of: taken.number) }
            return failed(path, problem.failure(of: path))
        case .input(let input):
            guard engines.size > 1, task.folder == nil else {
                return try FileTranscription(self, input, taken.number, gate).run { [output] in try output.write($0) }
            }
            // Several at once: the text of each in one piece.
            var text = ""
            let result = Swift.Result { try FileTranscription(self, input, taken.number, gate).run { text += $0 } }
            try ordered.submit(text, of: taken.number)
            return try result.get()
        }
    }
}

extension InputQueue.Problem {
    /// What it means to the user.
    func failure(of path: Path) -> Failure {
        switch self {
        case .isFolder:
            Failure(.noInput, "\(path) is a folder, not a file", hint: "--recursive transcribes the audio in it")
        case .unreadable(let error):
            Failure(.noInput, "\(path): \(error.reason)")
        case .clash(let name):
            Failure(
                .cannotCreate, "\(path): its output would be called \(name), as another one's",
                hint: "transcribe it into another --output-dir, or leave out --strip-extension")
        }
    }
}
