internal import CHarness
internal import Glibc
internal import POSIX
internal import Synchronization

/// How a process ended.
package enum Ending: Equatable, Sendable, CustomStringConvertible {
    case exited(CInt)
    case signalled(CInt)

    package var description: String {
        switch self {
        case .exited(let status): "exit status \(status)"
        case .signalled(let signal): "signal \(signal) (\(String(cString: strsignal(signal))))"
        }
    }
}

/// What a program that has ended left behind.
package struct Result: Sendable, CustomStringConvertible {
    package let command: Command
    package let ending: Ending
    /// Everything on stdout.
    package let output: [UInt8]
    /// Everything on stderr.
    package let errors: String
    /// Processor time of the process and of the children it waited for.
    package let processorTime: Duration

    /// The exit status; nil where a signal ended it.
    package var status: CInt? { if case .exited(let status) = ending { status } else { nil } }
    /// stdout as text.
    package var text: String { String(decoding: output, as: UTF8.self) }

    package var description: String {
        "\(command): \(ending)\nstdout (\(output.count) bytes): \(text.prefix(2000))\nstderr: \(errors.prefix(4000))"
    }
}

/// A program that a test has started. What is left of it when the value goes is killed.
package final class RunningProgram: Sendable {
    package let command: Command
    package let home: Home
    /// Its process identifier, and its process group's unless it is a later part of a pipeline.
    package let pid: CInt
    let mark: String
    private let standardOutput = Collector()
    private let standardError = Collector()
    private let feeder: Feeder?
    private let unreadOutput: Monitor<CInt>
    private let fate = Monitor<(ending: Ending, usage: rusage)?>(nil)
    private let reaped = Monitor(false)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - connected: a descriptor that stdin is, in place of `input`; it is closed here.
    ///   - next: a descriptor that stdout is, in place of `output`; it is closed here.
    init(
        _ command: Command, input: Input, output: Output, home: Home, mark: String, group: CInt = 0,
        connected: CInt? = nil, next: CInt? = nil
    ) throws {
        self.command = command
        self.home = home
        self.mark = mark
        var childEnds: [CInt] = []
        defer { for end in childEnds { close(end) } }
        func childEnd(_ descriptor: CInt) -> CInt {
            childEnds.append(descriptor)
            return descriptor
        }
        func openFile(_ path: String, _ flags: CInt) throws -> CInt {
            childEnd(try Descriptor.open(path, flags).release())
        }

        var feeding: CInt?
        let stdin: CInt
        if let connected {
            stdin = childEnd(connected)
        } else {
            switch input {
            case .none: stdin = try openFile("/dev/null", O_RDONLY)
            case .file(let path): stdin = try openFile(path, O_RDONLY)
            case .closed: stdin = -1
            case .bytes, .text, .open, .paced:
                let pipe = try makePipe()
                stdin = childEnd(pipe.reading)
                feeding = pipe.writing
            }
        }
        feeder = feeding.map(Feeder.init)

        var collecting: CInt?
        var unread: CInt = -1
        let stdout: CInt
        if let next {
            stdout = childEnd(next)
        } else {
            switch output {
            case .file(let path): stdout = try openFile(path, O_WRONLY | O_CREAT)
            case .closed: stdout = -1
            case .collected, .unread, .brokenPipe:
                let pipe = try makePipe()
                stdout = childEnd(pipe.writing)
                let reading = pipe.reading
                switch output {
                case .collected: collecting = reading
                case .unread: unread = reading
                default: close(reading)
                }
            }
        }
        unreadOutput = Monitor(unread)

        let errors = try makePipe()
        let stderr = childEnd(errors.writing)
        let errorsReading = errors.reading
        pid = try command.spawn(streams: (stdin, stdout, stderr), in: home, group: group, mark: mark)
        try standardError.collect(errorsReading)
        if let collecting { try standardOutput.collect(collecting) }
        switch input {
        case .bytes(let bytes): try feeder?.feed(bytes)
        case .text(let text): try feeder?.feed(Array(text.utf8))
        case .paced(let bytes, let rate): try feeder?.feed(bytes, bytesPerSecond: rate)
        default: break
        }
    }

    deinit {
        if !command.mayLeaveProcesses || !hasEnded { kill() }
        let descriptor = unreadOutput.read { $0 }
        if descriptor >= 0 { close(descriptor) }
    }

    // MARK: While it runs

    /// What has come on stdout so far.
    package var output: [UInt8] { standardOutput.bytes }
    /// What has come on stdout so far, as text.
    package var text: String { standardOutput.text }
    /// What has come on stderr so far.
    package var errors: String { standardError.text }
    /// Whether stdout is at its end.
    package var outputEnded: Bool { standardOutput.ended }

    /// Writes to stdin (`Input.open`), waiting while the pipe is full.
    ///
    /// - Returns: whether all was taken; false where the program has closed its stdin.
    @discardableResult
    package func write(_ bytes: some Sequence<UInt8>) -> Bool { feeder?.write(Array(bytes)[...]) ?? false }

    /// Ends stdin.
    package func closeInput() { feeder?.close() }

    /// For `Output.unread`: starts to collect stdout now.
    package func readOutput() throws {
        let descriptor = unreadOutput.note { number in
            defer { number = -1 }
            return number
        }
        if descriptor >= 0 { try standardOutput.collect(descriptor) }
    }

    /// For `Output.unread`: closes the reading end, so that the program writes to a closed pipe.
    package func breakOutput() {
        unreadOutput.note {
            if $0 >= 0 { close($0) }
            $0 = -1
        }
    }

    /// Sends it a signal, unless it has ended.
    package func signal(_ number: CInt) {
        reaped.note { if !$0 { _ = Glibc.kill(pid, number) } }
    }

    /// Waits until stdout holds what the condition asks for.
    package func waitForOutput(
        _ what: String, within deadline: Duration = .seconds(20), _ condition: (String) -> Bool
    ) throws {
        try eventually("\(command): \(what)", within: deadline, detail: { self.report }) {
            if condition(text) { return true }
            // Ended is asked first, so that the last bytes are not missed.
            if standardOutput.ended, !condition(text) {
                throw HarnessError("\(command) ended its output before: \(what)\n\(report)")
            }
            return false
        }
    }

    /// Waits until stderr holds a text.
    package func waitForErrors(containing part: String, within deadline: Duration = .seconds(20)) throws {
        try eventually("\(command): \"\(part)\" on stderr", within: deadline, detail: { self.report }) {
            errors.contains(part)
        }
    }

    /// The largest resident set so far, bytes. Ask while it runs.
    ///
    /// What wait4(2) tells afterwards won't do: Linux counts in the memory of the test's own process, from which it was spawned.
    /// Under a sanitizer it is 0: shadow memory, and what is kept lest it be used again, are no figures of the program.
    package var peakMemory: Int {
        get throws {
            if getenv("ASAN_OPTIONS") != nil || getenv("TSAN_OPTIONS") != nil { return 0 }
            let status = try Harness.text(of: "/proc/\(pid)/status")
            guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
                let kibibytes = Int(line.filter(\.isNumber))
            else { throw HarnessError("\(command): has ended, and its memory with it") }
            return kibibytes * 1024
        }
    }

    /// Whether it has ended; never blocks.
    package var hasEnded: Bool { poll() != nil }

    private var report: String { "stdout: \(text.suffix(2000))\nstderr: \(errors.suffix(4000))" }

    // MARK: Its end

    private func poll() -> (ending: Ending, usage: rusage)? {
        fate.note { fate in
            if let fate { return fate }
            return reaped.note { reaped in
                var status: CInt = 0
                var usage = rusage()
                guard wait4(pid, &status, WNOHANG, &usage) == pid else { return nil }
                reaped = true
                let signal = status & 0x7f
                fate = (signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal), usage)
                return fate
            }
        }
    }

    /// Waits for its end, and for the end of its output.
    ///
    /// - Parameter deadline: the longest wait; then everything that it started is killed.
    /// - Throws: `HarnessError` naming the command, after the deadline.
    package func finish(within deadline: Duration = .seconds(30)) throws -> Result {
        let isOpen = unreadOutput.read { $0 >= 0 }
        do {
            try eventually("\(command): the end", within: deadline, detail: { self.report }) { poll() != nil }
            // What it started may hold the pipes for longer; that is part of its behaviour, within the deadline.
            try eventually(
                "\(command): the end of its output (something it started holds it open)", within: deadline,
                detail: { self.report }
            ) {
                standardError.ended && (isOpen || !isCollecting || standardOutput.ended)
            }
        } catch {
            kill()
            throw error
        }
        guard let fate = poll() else { throw HarnessError("\(command): lost") }
        let usage = fate.usage
        let microseconds =
            (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000 + usage.ru_utime.tv_usec
            + usage.ru_stime.tv_usec
        return Result(
            command: command, ending: fate.ending, output: output, errors: errors,
            processorTime: .microseconds(microseconds))
    }

    private var isCollecting: Bool { standardOutput.isCollecting }

    /// Processes that it started and that still run, in whatever group or session they are.
    package var stragglers: [CInt] { processes(marked: mark).filter { $0 != pid } }

    /// Kills it and everything that it started, and reaps it.
    package func kill() {
        feeder?.close()
        reaped.note { if !$0 { _ = Glibc.kill(pid, SIGKILL) } }
        killAll(marked: mark)
        _ = try? eventually("killed", within: .seconds(5)) { poll() != nil }
    }
}

/// The processes whose environment carries a mark.
func processes(marked mark: String) -> [CInt] {
    let wanted = Array("\(Command.mark)=\(mark)".utf8)
    return entries(of: "/proc").compactMap { CInt($0) }.filter { pid in
        guard let environment = try? contents(of: "/proc/\(pid)/environ"), !environment.isEmpty else { return false }
        return environment.split(separator: 0).contains { $0.elementsEqual(wanted) }
    }
}

/// Kills every process that carries a mark, until there is none.
func killAll(marked mark: String) {
    for _ in 0..<100 {
        let left = processes(marked: mark)
        if left.isEmpty { return }
        for pid in left { _ = Glibc.kill(pid, SIGKILL) }
        usleep(2000)
    }
}

/// A mark that no other command has.
func newMark() -> String {
    "\(getpid())-\(marks.wrappingAdd(1, ordering: .relaxed).newValue)"
}

private let marks = Atomic<Int>(0)
