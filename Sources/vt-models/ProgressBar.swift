internal import ModelInstalling
internal import POSIX
internal import Program
internal import Text

/// Shows how far an installation has come, on a terminal and nowhere else.
final class ProgressBar: Sendable {
    private let progress: TransferProgress
    private let isOver = Monitor(false)
    private let line = Monitor(TerminalLine())

    /// Seconds between two drawings, and over which the rate is measured.
    private static let (drawing, memory) = (0.2, 5.0)

    private init(_ progress: TransferProgress) {
        self.progress = progress
    }

    /// Does something while the progress is shown.
    ///
    /// - Parameter isQuiet: then it is not.
    static func during<Result>(
        _ progress: TransferProgress, isQuiet: Bool, _ body: () throws -> Result
    ) throws -> Result {
        guard !isQuiet, TerminalLine.isThere else { return try body() }
        let bar = ProgressBar(progress)
        Log.setRoomMaker { say in
            bar.line.note { line in
                line.erase()
                say()
            }
        }
        let thread = try Thread("progress") { bar.draw() }
        defer {
            bar.isOver.change { $0 = true }
            thread.join()
            Log.setRoomMaker(nil)
            bar.line.note { $0.erase() }
        }
        return try body()
    }

    private func draw() {
        var samples: [(time: ContinuousClock.Instant, done: Int)] = []
        var shown = (name: "", step: "")
        while isOver.wait(atMost: ProgressBar.drawing, until: { $0 ? true : nil }) == nil {
            let state = progress.current
            if state.name.isEmpty {
                line.note { $0.erase() }
                continue
            }
            if shown != (state.name, state.step) || state.done < samples.last?.done ?? 0 { samples = [] }
            shown = (state.name, state.step)
            let now = ContinuousClock.now
            if samples.isEmpty { samples.append((state.since, state.begun)) }
            samples.append((now, state.done))
            while samples.count > 2, now - samples[1].time > .seconds(ProgressBar.memory) { samples.removeFirst() }
            let (seconds, bytes) = ((now - samples[0].time) / .seconds(1), state.done - samples[0].done)
            let rate = seconds > 0.5 ? Double(bytes) / seconds : nil
            line.note { $0.draw([ProgressBar.text(state, rate: rate, width: TerminalLine.columns)]) }
        }
    }

    /// One line: `NAME  fetching  [####----] 34 MB of 135 MB  5.1 MB/s  20 s left`.
    ///
    /// - Parameters:
    ///   - rate: bytes in a second; nil while nobody knows.
    ///   - width: columns at most.
    static func text(_ state: TransferProgress.State, rate: Double?, width: Int) -> String {
        var parts: [String] = []
        if let total = state.total {
            parts.append("\(readableSize(state.done)) of \(readableSize(total))")
        } else if state.done > 0 {
            parts.append(readableSize(state.done))
        }
        if let rate, rate >= 1, state.done > 0 {
            parts.append("\(readableSize(Int(clamping: rate)))/s")
            if let total = state.total, total > state.done {
                parts.append("\(spokenDuration(Double(total - state.done) / rate)) left")
            }
        }
        let tail = parts.joined(separator: "  ")
        var head = "\(state.name)  \(state.step)".sanitized
        // The figures count more than the name.
        head = String(head.prefix(max(8, width - tail.utf8.count - 4)))
        var text = head + (tail.isEmpty ? "" : "  " + tail)
        let room = min(30, width - text.utf8.count - 5)
        if room >= 10, let total = state.total, total > 0 {
            let marks = Int(clamping: (Double(room) * Double(state.done) / Double(total)).rounded(.down), to: 0...room)
            let bar = String(repeating: "#", count: marks) + String(repeating: "-", count: room - marks)
            text = head + "  [\(bar)] " + tail
        }
        return String(text.prefix(width - 1))
    }
}
