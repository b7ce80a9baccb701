internal import Audio
internal import Glibc
internal import Synchronization
internal import Text

/// The level on the last line of a terminal; where others of a pipeline write there, too, on the line below the cursor.
///
/// The capturing thread only leaves a number; another draws, and rather draws nothing than wait for the terminal.
final class Meter: Sendable {
    /// Whether there is a terminal to draw on, and the user wants it.
    let isShown: Bool
    private let format: AudioFormat
    /// Whether standard output is a pipe, whose end may well be on this terminal.
    private let isShared: Bool
    /// The bits of the largest magnitude since the last drawing; those of positive numbers are in the numbers' order.
    private let peak = Atomic<UInt32>(0)

    init(isWanted: Bool, format: AudioFormat) {
        self.format = format
        let terminal = getenv("TERM").map { String(cString: $0) } ?? ""
        var output = stat()
        isShared = fstat(STDOUT_FILENO, &output) == 0 && output.st_mode & S_IFMT == S_IFIFO
        isShown = isWanted && isatty(STDERR_FILENO) == 1 && !terminal.isEmpty && terminal != "dumb"
    }

    /// What takes note of each period, on the capturing thread; nil where nothing is shown.
    var listener: (@Sendable (UnsafeRawBufferPointer) -> Void)? {
        guard isShown else { return nil }
        return { self.listen(to: $0) }
    }

    private func listen(to bytes: UnsafeRawBufferPointer) {
        let level = Float(Level(of: bytes, in: format.sampleFormat).peak)
        peak.max(level.bitPattern, ordering: .relaxed)
    }

    /// Draws the line anew.
    ///
    /// - Parameter seconds: how long the recording is; nil while it waits for speech.
    func draw(seconds: Double?) {
        let level = Float(bitPattern: peak.exchange(0, ordering: .relaxed))
        let decibels = level > 0 ? 20 * log10(Double(level)) : -.infinity
        // 2 dB for each mark, from -60 to full scale.
        let marks = decibels.isFinite ? max(0, min(30, Int((decibels + 60) / 2))) : 0
        let bar = String(repeating: "#", count: marks) + String(repeating: "-", count: 30 - marks)
        let number = decibels.isFinite ? "\(Int(decibels.rounded()))" : "-inf"
        let clip = level >= 0.999 ? " CLIPPED" : ""
        let line = "\(seconds.map(clock) ?? "waiting") [\(bar)] \(number) dB\(clip)"
        // Shared: what is behind the cursor is ours and goes; a line below is made sure of; the cursor stays where it is.
        show(
            isShared
                ? "\u{1B}[J\u{1B}D\u{1B}[A\u{1B}7\u{1B}[B\r\(line)\u{1B}8" : "\r\(line)\u{1B}[K")
    }

    private func clock(_ seconds: Double) -> String {
        let minutes = Int(seconds) / 60
        let rest = decimal(seconds - Double(minutes * 60), places: 1)
        return "\(minutes):\(rest.utf8.count < 4 ? "0" : "")\(rest)"
    }

    /// Makes the line free for a message.
    func erase() {
        if isShown { show(isShared ? "\u{1B}[J" : "\r\u{1B}[K") }
    }

    private func show(_ text: String) {
        // In the background the terminal is somebody else's.
        guard tcgetpgrp(STDERR_FILENO) == getpgrp() else { return }
        var terminal = pollfd(fd: STDERR_FILENO, events: CShort(POLLOUT), revents: 0)
        guard poll(&terminal, 1, 0) == 1, terminal.revents & CShort(POLLOUT) != 0 else { return }
        var text = text
        text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
