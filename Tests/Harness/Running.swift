internal import Glibc
internal import POSIX

/// Runs a program to its end.
///
/// - Parameters:
///   - program: one of ours by name, one of the system's, or a path.
///   - environment: on top of a clean one; nil removes a variable.
///   - home: whose folders it uses; nil makes one that goes with the result.
///   - deadline: then everything it started is killed, and the test fails naming the command.
package func run(
    _ program: String, _ arguments: String..., input: Input = .none, output: Output = .collected,
    environment: [String: String?] = [:], home: Home? = nil, within deadline: Duration = .seconds(30)
) throws -> Result {
    try run(
        Command(program, arguments, environment: environment), input: input, output: output, home: home,
        within: deadline)
}

/// Runs a command to its end.
package func run(
    _ command: Command, input: Input = .none, output: Output = .collected, home: Home? = nil,
    within deadline: Duration = .seconds(30)
) throws -> Result {
    try start(command, input: input, output: output, home: home).finish(within: deadline)
}

/// Starts a command, for a test that talks to it while it runs.
package func start(
    _ command: Command, input: Input = .none, output: Output = .collected, home: Home? = nil
) throws -> RunningProgram {
    let home = try home ?? Home()
    let mark = command.mayLeaveProcesses ? home.mark : newMark()
    return try RunningProgram(command, input: input, output: output, home: home, mark: mark)
}

/// Commands joined by pipes, in one process group, as a shell would run `a | b | c`; without a terminal.
package struct Pipeline: Sendable {
    /// Each part, in order.
    package let parts: [RunningProgram]

    /// Starts all of them.
    package init(_ commands: [Command], input: Input = .none, output: Output = .collected, home: Home? = nil) throws {
        let home = try home ?? Home()
        let mark = newMark()
        var parts: [RunningProgram] = []
        var connected: CInt?
        for (index, command) in commands.enumerated() {
            var next: CInt?
            var following: CInt?
            if index < commands.count - 1 {
                let pipe = try makePipe()
                next = pipe.writing
                following = pipe.reading
            }
            // The first is not reaped before the others have joined its group: nothing polls it until then.
            parts.append(
                try RunningProgram(
                    command, input: index == 0 ? input : .none, output: output, home: home, mark: mark,
                    group: parts.first?.pid ?? 0, connected: connected, next: next))
            connected = following
        }
        self.parts = parts
    }

    /// The part that runs a program.
    package subscript(program: String) -> RunningProgram? { parts.first { $0.command.program == program } }

    /// Sends a signal to the whole group, as a terminal's Ctrl-C does.
    package func signal(_ number: CInt) {
        if let group = parts.first?.pid { _ = Glibc.kill(-group, number) }
    }

    /// Waits for all of them.
    ///
    /// - Returns: the results in order; the last holds the pipeline's output.
    package func finish(within deadline: Duration = .seconds(30)) throws -> [Result] {
        let end = ContinuousClock.now + deadline
        return try parts.reversed().map { part in
            try part.finish(within: max(end - .now, .milliseconds(100)))
        }.reversed()
    }
}

/// Runs `a | b | c` to its end.
package func run(
    pipeline commands: [Command], input: Input = .none, output: Output = .collected, home: Home? = nil,
    within deadline: Duration = .seconds(30)
) throws -> [Result] {
    try Pipeline(commands, input: input, output: output, home: home).finish(within: deadline)
}
