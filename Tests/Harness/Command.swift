internal import CHarness
internal import Glibc

/// A program with its arguments, environment and folder.
package struct Command: Sendable, CustomStringConvertible {
    /// A name, found in the built programs and then the system's; or a path.
    package var program: String
    package var arguments: [String]
    /// On top of the home's environment; nil removes a variable.
    package var environment: [String: String?]
    /// Nil: the home's `files`.
    package var directory: String?
    /// Signals it inherits ignored, as a shell's `&` does with SIGINT.
    package var ignoring: [CInt]
    /// Whether what it leaves running may run on after its end, until the home goes.
    package var mayLeaveProcesses = false

    package init(
        _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:], directory: String? = nil,
        ignoring: [CInt] = []
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.ignoring = ignoring
    }

    /// A command line for `sh -c`.
    package static func shell(_ line: String, environment: [String: String?] = [:]) -> Command {
        Command("sh", ["-c", line], environment: environment)
    }

    package var description: String {
        ([program] + arguments).map { word in
            word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:,@+%".contains($0) } && !word.isEmpty
                ? word : "'\(word)'"
        }.joined(separator: " ")
    }

    /// Starts it with the given descriptors as 0, 1 and 2 (-1: closed).
    ///
    /// - Parameters:
    ///   - group: 0 for a process group of its own, else one to join.
    ///   - terminal: a terminal that becomes its controlling one, in a session of its own; -1 for none.
    /// - Returns: the process identifier; nobody has arranged for it to be reaped.
    func spawn(streams: (CInt, CInt, CInt), in home: Home, group: CInt = 0, terminal: CInt = -1, mark: String) throws
        -> CInt
    {
        // The harness writes to programs that may be gone.
        signal(SIGPIPE, SIG_IGN)
        var variables = home.environment
        for (name, value) in environment { variables[name] = value }
        variables[Self.mark] = mark
        guard
            let path = locate(program, in: variables["PATH"] ?? Tool.systemSearchPath)
                ?? locate(program, in: home.environment["PATH"] ?? "")
        else {
            throw HarnessError("\(program): no such program in \(variables["PATH"] ?? "")")
        }
        let pid = withCStrings([program] + arguments) { argv in
            withCStrings(variables.map { "\($0)=\($1)" }) { envp in
                path.withCString { path in
                    (directory ?? home.files).withCString { directory in
                        var child = harness_child(
                            path: path, arguments: argv, environment: envp, directory: directory,
                            streams: streams, group: group, terminal: terminal,
                            ignored: ignoring.reduce(0) { $0 | 1 << UInt64($1 - 1) })
                        return harness_spawn(&child)
                    }
                }
            }
        }
        guard pid > 0 else { throw HarnessError("\(self): cannot start: \(String(cString: strerror(errno)))") }
        return pid
    }

    /// The environment variable by which everything that a command started is found again, in whatever group or
    /// session it is.
    static let mark = "VT_HARNESS_MARK"
}

private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("never empty: it ends in nil") }
        return body(base)
    }
}
