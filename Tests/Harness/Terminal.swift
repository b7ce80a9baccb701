internal import CHarness
internal import Glibc
internal import POSIX

/// A pseudo-terminal on which a shell runs a command line as its foreground job, as a user's terminal would.
///
/// Writing `\u{3}` (Ctrl-C) signals every part of the job, and the shell lives to tell the status of each.
package final class Terminal: Sendable {
    package let line: String
    package let home: Home
    private let mark = newMark()
    private let shell: CInt
    private let master: CInt
    private let screenBytes = Collector()
    private let ending = Monitor<Ending?>(nil)
    private let statusFile: String

    /// Runs a command line.
    ///
    /// - Parameters:
    ///   - line: for bash; its last pipeline is the one whose statuses are kept.
    ///   - size: rows and columns.
    package init(
        _ line: String, environment: [String: String?] = [:], home: Home? = nil, size: (UInt16, UInt16) = (24, 80)
    ) throws {
        self.line = line
        let home = try home ?? Home()
        self.home = home
        statusFile = home.directory("statuses-\(mark)")
        let master = harness_open_terminal()
        guard master >= 0 else { throw HarnessError("posix_openpt: \(String(cString: strerror(errno)))") }
        self.master = master
        var name = [CChar](repeating: 0, count: 64)
        guard harness_terminal_name(master, &name, name.count) == 0 else { throw HarnessError("no pseudo-terminal") }
        let slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else { throw HarnessError("cannot open the pseudo-terminal") }
        defer { close(slave) }
        _ = harness_set_size(slave, size.0, size.1)
        // The trap keeps bash itself from dying of the job's SIGINT; being a handler, it is not inherited. Not
        // `set -m`: with it bash gives up when a job dies of SIGINT, trap or not.
        let script = "trap : INT; \(line)\necho \"${PIPESTATUS[@]}\" > '\(statusFile)'"
        var variables = environment
        if variables["TERM"] == nil { variables["TERM"] = "xterm" }
        shell = try Command("bash", ["--norc", "-c", script], environment: variables)
            .spawn(streams: (slave, slave, slave), in: home, terminal: slave, mark: mark)
        try screenBytes.collect(master)
    }

    deinit {
        kill()
    }

    /// Everything the terminal has shown, as text; line ends are `\r\n`.
    package var screen: String { screenBytes.text }

    /// Everything the terminal has shown.
    package var bytes: [UInt8] { screenBytes.bytes }

    /// Types: `\u{3}` is Ctrl-C, `\u{4}` ends the input.
    package func type(_ text: String) {
        var text = text
        text.withUTF8 { _ = Glibc.write(master, $0.baseAddress, $0.count) }
    }

    /// Waits until the terminal has shown a text.
    package func waitFor(_ part: String, within deadline: Duration = .seconds(20)) throws {
        try eventually(
            "\"\(part)\" on the terminal of: \(line)", within: deadline,
            detail: { "screen: \(self.screen.suffix(4000))" }
        ) {
            screen.contains(part)
        }
    }

    /// The process identifiers of a program that runs on this terminal, by the name of its file.
    package func processes(named name: String) -> [CInt] {
        Harness.processes(marked: mark).filter { pid in
            guard let words = try? contents(of: "/proc/\(pid)/cmdline"), let first = words.split(separator: 0).first
            else { return false }
            let called = String(decoding: first, as: UTF8.self)
            return called == name || called.hasSuffix("/\(name)")
        }
    }

    /// Everything that was started on this terminal and still runs, but the shell.
    package var stragglers: [CInt] { Harness.processes(marked: mark).filter { $0 != shell } }

    private func poll() -> Ending? {
        ending.note { ending in
            if ending == nil {
                var status: CInt = 0
                if waitpid(shell, &status, WNOHANG) == shell {
                    let signal = status & 0x7f
                    ending = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
                }
            }
            return ending
        }
    }

    /// Waits for the end of the job.
    ///
    /// - Returns: the status of each part of the last pipeline, as a shell shows it: 128 + N for signal N.
    package func finish(within deadline: Duration = .seconds(60)) throws -> [Int] {
        do {
            try eventually("the end of: \(line)", within: deadline, detail: { "screen: \(self.screen.suffix(4000))" }) {
                poll() != nil
            }
        } catch {
            kill()
            throw error
        }
        // What was written last may still be on its way, unless something in the background holds the terminal open.
        try? eventually("the rest of the screen", within: .seconds(2)) { screenBytes.ended }
        guard let statuses = try? text(of: statusFile) else { throw HarnessError("the shell died: \(line)\n\(screen)") }
        return statuses.split { $0 == " " || $0 == "\n" }.compactMap { Int($0) }
    }

    /// Kills everything on the terminal.
    package func kill() {
        if poll() == nil { _ = Glibc.kill(shell, SIGKILL) }
        killAll(marked: mark)
        _ = try? eventually("killed", within: .seconds(5)) { poll() != nil }
    }
}
