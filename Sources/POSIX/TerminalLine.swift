internal import CPOSIX
internal import Glibc

/// The last lines of a terminal on standard error, drawn again and again.
///
/// Nothing is drawn in the background, where the terminal is somebody else's, nor where it does not take the text at once.
package struct TerminalLine: Sendable {
    /// Lines that were drawn last.
    private var drawn = 0

    package init() {}

    /// Whether there is a terminal that can be drawn on.
    package static var isThere: Bool {
        let kind = unsafe getenv("TERM").map { unsafe String(cString: $0) } ?? ""
        return isatty(STDERR_FILENO) == 1 && !kind.isEmpty && kind != "dumb"
    }

    /// How wide it is, in columns.
    package static var columns: Int {
        let columns = Int(vt_terminal_columns(STDERR_FILENO))
        return columns > 0 ? columns : 80
    }

    /// Draws lines in the place of those before.
    ///
    /// - Parameter lines: none wider than the terminal; without control characters.
    package mutating func draw(_ lines: [String]) {
        guard mayDraw else { return }
        var text = up
        for (index, line) in lines.enumerated() { text += (index > 0 ? "\r\n" : "") + "\r\(line)\u{1B}[K" }
        text += "\u{1B}[J"
        show(text)
        drawn = lines.count
    }

    /// Makes room for a message.
    package mutating func erase() {
        guard drawn > 0, mayDraw else { return }
        show("\(up)\r\u{1B}[J")
        drawn = 0
    }

    /// Back to the first of the lines.
    private var up: String { drawn > 1 ? "\u{1B}[\(drawn - 1)A" : "" }

    private var mayDraw: Bool {
        guard tcgetpgrp(STDERR_FILENO) == getpgrp() else { return false }
        var terminal = pollfd(fd: STDERR_FILENO, events: CShort(POLLOUT), revents: 0)
        return unsafe poll(&terminal, 1, 0) == 1 && terminal.revents & CShort(POLLOUT) != 0
    }

    private func show(_ text: String) {
        var text = text
        text.withUTF8 { _ = unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
