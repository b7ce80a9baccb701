internal import ArgumentParser
internal import Batch
internal import Glibc
internal import POSIX
internal import Program
internal import Transcription

/// `--progress`.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
    /// A bar on a terminal, lines elsewhere.
    case auto
    case bar
    /// The bar, and a line for each input that is worked on.
    case jobs
    /// A line now and then.
    case lines
    /// Objects for programs.
    case json
    case none
}

/// Shows how far a batch has come, on standard error.
final class ProgressDisplay: Sendable {
    private let style: ProgressStyle
    private let queue: InputQueue
    private let began = ContinuousClock.now
    private let state = Monitor(State())
    private let isOver = Monitor(false)

    private struct State {
        var progress = RunProgress()
        var line = TerminalLine()
        /// What is worked on, by its place in the order of all.
        var current: [Int: (name: String, heard: RecordedSpeech.HeardLength?)] = [:]
    }

    /// Seconds between two drawings, log lines, and objects.
    private static let (drawing, logging, telling) = (0.2, 30.0, 1.0)

    /// - Parameters:
    ///   - style: not `auto`, nor `none`.
    ///   - queue: knows how many inputs there are.
    init(_ style: ProgressStyle, _ queue: InputQueue) {
        self.style = style
        self.queue = queue
    }

    /// What is shown where the user leaves it open.
    ///
    /// - Parameter writesFiles: whether the transcripts go to files, and not to where they would meet a bar.
    static func chosen(_ style: ProgressStyle, writesFiles: Bool, isQuiet: Bool) -> ProgressStyle {
        if isQuiet { return .none }
        switch style {
        case .auto where TerminalLine.isThere: return writesFiles || isatty(STDOUT_FILENO) == 0 ? .bar : .none
        case .auto: return writesFiles ? .lines : .none
        case .bar where !TerminalLine.isThere, .jobs where !TerminalLine.isThere: return .lines
        default: return style
        }
    }

    /// Begins to show it, on a thread of its own.
    ///
    /// - Returns: what ends it.
    func start() throws(SystemError) -> Thread {
        if style == .bar || style == .jobs {
            Log.setRoomMaker { [self] say in
                state.note { state in
                    state.line.erase()
                    say()
                }
            }
        }
        let interval =
            switch style {
            case .bar, .jobs: ProgressDisplay.drawing
            case .json: ProgressDisplay.telling
            default: ProgressDisplay.logging
            }
        return try Thread("progress") { [self] in
            while isOver.wait(atMost: interval, until: { $0 ? true : nil }) == nil { show() }
        }
    }

    /// Ends it.
    func finish(_ thread: Thread) {
        isOver.change { $0 = true }
        thread.join()
        Log.setRoomMaker(nil)
        state.note { $0.line.erase() }
        if style == .json { show() }
    }

    /// An input is worked on from now on.
    func began(_ number: Int, _ name: String) {
        state.note { $0.current[number] = (name, nil) }
    }

    /// Notes what tells how far it is.
    func reads(_ number: Int, _ heard: RecordedSpeech.HeardLength) {
        state.note { $0.current[number]?.heard = heard }
    }

    /// An input is over and done with.
    func ended(_ number: Int, _ report: InputReport, bytes: Int) {
        state.note { state in
            state.current[number] = nil
            state.progress.done += 1
            state.progress.bytesDone += bytes
            switch report.outcome {
            case .done, .noSpeech, .noWords: state.progress.seconds += report.seconds ?? 0
            case .failed, .notTried: state.progress.failed += 1
            case .complete, .busy:
                state.progress.skipped += 1
                state.progress.bytesSkipped += bytes
            }
        }
    }

    private func show() {
        let found = queue.progress
        state.note { state in
            state.progress.found = found.found
            state.progress.bytesFound = found.bytes
            state.progress.isComplete = found.isComplete
            state.progress.elapsed = (ContinuousClock.now - began) / .seconds(1)
            state.progress.current = state.current.sorted { $0.key < $1.key }.map { _, job in
                (job.name, job.heard?.seconds ?? 0)
            }
            let width = TerminalLine.columns
            switch style {
            case .bar: state.line.draw([state.progress.bar(width: width)])
            case .jobs: state.line.draw([state.progress.bar(width: width)] + state.progress.jobs(width: width))
            case .json: try? writeAll(STDERR_FILENO, state.progress.json + "\n")
            default: try? writeAll(STDERR_FILENO, "\(programName): \(state.progress.line)\n")
            }
        }
    }
}
