internal import Audio
internal import Glibc
internal import POSIX
internal import Plugins
internal import Text

/// The checks of `transcribe-files-v1`.
struct FilesConformance {
    private let engine: EngineConformance

    init(_ engine: EngineConformance) {
        self.engine = engine
    }

    var checks: [Conformance.Check] { [files, noFiles, termination] }

    private var files: Conformance.Check {
        Conformance.Check("files one after the other, a missing one between", section: "Batches") { plugin in
            let folder = try BatchFolder()
            try folder.write(EngineConformance.silence(seconds: 1), to: "1.wav")
            try folder.write(EngineConformance.sound(seconds: 2), to: "2.wav")
            try folder.write(EngineConformance.silence(seconds: 1), to: "4.wav")
            let names = ["1.wav", "2.wav", "missing.wav", "4.wav"]
            var steps: [Trial.Step] = []
            for (index, name) in names.enumerated() {
                steps.append(.bytes(Array("\(folder.path)/\(name)\n".utf8)))
                steps.append(.awaitLines(prefix: "done", count: index + 1))
                // What comes unasked comes now.
                steps.append(.pause(.milliseconds(100)))
            }
            var trial = engine.trial(steps + [.look], operation: "transcribe-files-v1")
            // That an answer never comes has to be noticed while its input is open.
            trial.total = trial.limit * names.count
            let outcome = try trial.run(plugin)
            if outcome.groups.count > 1 { return .failed("it has processes in \(outcome.groups.count) process groups") }
            return judge(outcome, seconds: [1, 2, nil, 1], paths: names.map { "\(folder.path)/\($0)" })
        }
    }

    private var noFiles: Conformance.Check {
        Conformance.Check("transcribe-files-v1 without a file", section: "Batches") { plugin in
            judge(try engine.trial([], operation: "transcribe-files-v1").run(plugin), seconds: [])
        }
    }

    private var termination: Conformance.Check {
        Conformance.Check("SIGTERM ends transcribe-files-v1 within 2 s", section: "HOW IT FAILS") { plugin in
            let steps = [Trial.Step.pause(.milliseconds(500)), .terminate]
            return try engine.trial(steps, operation: "transcribe-files-v1").run(plugin).termination
        }
    }

    /// - Parameters:
    ///   - seconds: how long each file is; nil is one that is not there, and must fail.
    ///   - paths: of the same files.
    private func judge(
        _ outcome: Trial.Outcome, seconds: [Double?], paths: [String] = []
    ) -> Conformance.Verdict {
        if let problem = outcome.leftovers { return .failed(problem) }
        let (lines, endsInMidLine) = outcome.lines
        if endsInMidLine { return .failed("its last line has no line feed") }
        var answered = 0
        var linesOfFile = 0
        var untried: (why: String, status: CInt)?
        func eventsOfFile(_ index: Int) -> EventConformance {
            EventConformance(seconds: index < seconds.count ? seconds[index] ?? 0 : 0, of: engine.description)
        }
        var events = eventsOfFile(0)
        for bytes in lines {
            events.read(bytes)
            if let problem = events.problem { return .failed(problem) }
            linesOfFile += 1
            guard let event = EventLine(parsing: String(decoding: bytes, as: UTF8.self)), event.verb == "done" else {
                continue
            }
            guard answered < seconds.count else { return .failed("it is done with a file that it was not given") }
            if let path = event["path"], path != paths[answered] {
                return .failed("it was given \(paths[answered]), and is done with \(path.sanitized)")
            }
            guard let status = event["status"].flatMap(CInt.init), status == 0 || Conformance.statuses.contains(status)
            else {
                let line = String(decoding: bytes, as: UTF8.self).sanitized.prefix(80)
                return .failed("done has no status of the table: “\(line)”")
            }
            let reason = "file \(answered + 1) is done with status \(status)" + (events.error.map { ": \($0)" } ?? "")
            if seconds[answered] == nil, status == 0 {
                return .failed("a file that is not there is done with status 0")
            }
            if status == 0, let error = events.error {
                return .failed("file \(answered + 1) is done with status 0 after an error: \(error)")
            }
            if seconds[answered] != nil, status != 0 {
                guard Conformance.excuses.contains(status) else { return .failed(reason) }
                untried = untried ?? (reason, status)
            }
            answered += 1
            linesOfFile = 0
            events = eventsOfFile(answered)
        }
        if answered == seconds.count, linesOfFile > 0 { return .failed("it goes on writing when it is done") }
        guard outcome.ending == .exited(0) else {
            if case .exited(let status)? = outcome.ending, Conformance.excuses.contains(status),
                answered < seconds.count
            {
                return .untried("it \(outcome.howItEnded)", status: status)
            }
            return .failed("it \(outcome.howItEnded)")
        }
        guard answered == seconds.count else {
            return .failed("it ended after \(answered) of \(seconds.count) files")
        }
        return untried.map { .untried($0.why, status: $0.status) } ?? .passed
    }
}
