internal import Glibc
internal import POSIX

/// An executable to be run directly, without a shell, in a process group of its own.
///
/// Both calls block, on any thread, and return when the child has exited and has been reaped. They hold
/// for every child: its signals have their default actions and none is blocked; it inherits no descriptor
/// but 0, 1 and 2; its output and its errors are drained together; an input that it does not read, or closes early, is no
/// error; a process that it leaves behind does not delay the return, even where that one keeps the pipes open.
/// To stop it, the whole group gets SIGTERM, and SIGKILL two seconds later.
package struct ChildProcess: Sendable {
    /// The absolute path of the file.
    package var executable: String
    /// Without the program's name, which is `executable`.
    package var arguments: [String]
    package var environment: ProcessEnvironment
    /// Where it starts; nil for the caller's own directory.
    package var directory: String?
    /// Whether it gets SIGTERM when the calling thread is gone, as it is after SIGKILL: for what must not go on alone.
    package var endsWithCaller = false
    /// Whether nothing of its process group goes on when it has ended by itself. Not of who leaves something on purpose, as what
    /// holds a clipboard.
    package var endsWithItsGroup = false

    package init(
        _ executable: String, _ arguments: [String] = [], environment: ProcessEnvironment = .inherited(),
        directory: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
    }

    /// What the child reads on its standard input.
    package enum Input: Sendable {
        /// Nothing: `/dev/null`.
        case none
        case bytes([UInt8])
        /// An open descriptor, which stays the caller's.
        case descriptor(CInt)
    }

    /// How a process ended.
    package enum Termination: Equatable, Sendable {
        case exited(CInt)
        case signalled(CInt)
    }

    /// What came of a child.
    package struct Outcome: Sendable {
        package var termination: Termination
        /// Its standard output; empty where it was handed on by lines.
        package var output: [UInt8]
        /// The last 64 KiB of its standard error.
        package var errors: [UInt8]
        /// Whether the child has read all of its input, to the end; true where the input is not ours to watch.
        package var hasReadItsInput: Bool

        package var isSuccess: Bool { termination == .exited(0) }

        /// The last line of its standard error that isn't blank.
        package var lastErrorLine: String? { errorLines.last }

        /// The lines of its standard error that aren't blank.
        var errorLines: [String] {
            String(decoding: errors, as: UTF8.self).split(whereSeparator: \.isNewline)
                .filter { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
        }
    }

    /// Runs the child to its end and collects its output.
    ///
    /// - Parameters:
    ///   - outputLimit: bytes; a child that writes more is stopped, with `.protocolError`.
    ///   - timeout: from the start; nil waits as long as the child takes.
    ///   - cancellation: stops the child, with `.cancelled`.
    /// - Throws: `.cannotStart`, `.timedOut`, `.cancelled`, `.protocolError`, `.system`. A status other than 0 is no error.
    package func run(
        input: Input = .none, outputLimit: Int = 1 << 20, timeout: Duration? = nil,
        cancellation: Cancellation? = nil
    ) throws(PluginError) -> Outcome {
        var source = InputSource.none
        switch input {
        case .none: break
        case .descriptor(let number): source = .descriptor(number)
        case .bytes(let bytes):
            var rest = bytes[...]
            source = .pulled { buffer in
                let count = min(buffer.count, rest.count)
                buffer.copyBytes(from: rest.prefix(count))
                rest.removeFirst(count)
                return count
            }
        }
        var output: [UInt8] = []
        var outcome = try supervise(source, TimeLimits(total: timeout), cancellation, onErrors: nil) { [name] chunk in
            guard output.count + chunk.count <= outputLimit else {
                throw PluginError(.protocolError, "\(name) wrote more than \(outputLimit) bytes")
            }
            output.append(contentsOf: chunk)
        }
        outcome.output = output
        return outcome
    }

    /// Runs the child while its input is fed from a closure and its output is read line by line.
    ///
    /// - Parameters:
    ///   - limits: when a child counts as hung.
    ///   - cancellation: stops the child, with `.cancelled`.
    ///   - lineLimit: bytes in a line; a child that writes a longer one is stopped, with `.protocolError`.
    ///   - feed: fills the buffer and returns how many bytes, 0 at the end, nil for "nothing yet", and is asked again. It runs on a
    ///     thread of its own and is never running any more when this returns: it may wait for data, but not for longer than a
    ///     tenth of a second at a time, since nothing else can be done about a child that is gone.
    ///   - onCaughtUp: called on the calling thread when the child has read all that it was given, and all lines that it wrote
    ///     before that have been handed on; with how often `feed` had given something by then.
    ///   - onErrors: sees the standard error as it comes.
    ///   - onLine: gets every line without its end, U+FFFD for what is no UTF-8; called on the calling thread. What it throws
    ///     stops the child and is thrown on. A last line without an end counts unless the child died of a signal.
    /// - Returns: the outcome, with an empty output.
    package func stream(
        limits: TimeLimits = TimeLimits(), cancellation: Cancellation? = nil, lineLimit: Int = 1 << 20,
        feed: (UnsafeMutableRawBufferPointer) throws -> Int?,
        onCaughtUp: ((Int) -> Void)? = nil, onErrors: ((UnsafeRawBufferPointer) -> Void)? = nil,
        onLine: (String) throws -> Void
    ) throws -> Outcome {
        var lines = LineSplitter(limit: lineLimit)
        return try withoutActuallyEscaping(feed) { feed in
            let outcome = try superviseThrowing(
                .pulled(feed), limits, cancellation, onCaughtUp: onCaughtUp, onErrors: onErrors
            ) { chunk in
                do {
                    try lines.add(chunk, onLine: onLine)
                } catch is LineSplitter.TooLong {
                    throw PluginError(.protocolError, "\(name) wrote a line of more than \(lineLimit) bytes")
                }
            }
            if case .exited = outcome.termination { try lines.finish(onLine: onLine) }
            return outcome
        }
    }

    /// How long a child may take; nil is no limit.
    package struct TimeLimits: Sendable {
        /// From the start to the end.
        package var total: Duration?
        /// From the end of the input to the end, and from one byte that the child accepts to the next. Asked for when it is needed.
        package var afterInput: @Sendable () -> Duration?

        package init(total: Duration? = nil, afterInput: @escaping @Sendable () -> Duration? = { nil }) {
            self.total = total
            self.afterInput = afterInput
        }
    }

    /// The last component of the path, for messages.
    var name: String {
        String(executable.split(separator: "/").last ?? "")
    }
}

extension ChildProcess {
    enum InputSource {
        case none
        case descriptor(CInt)
        case pulled((UnsafeMutableRawBufferPointer) throws -> Int?)
    }

    private func supervise(
        _ input: InputSource, _ limits: TimeLimits, _ cancellation: Cancellation?,
        onErrors: ((UnsafeRawBufferPointer) -> Void)?, onOutput: (UnsafeRawBufferPointer) throws -> Void
    ) throws(PluginError) -> Outcome {
        do {
            return try superviseThrowing(input, limits, cancellation, onErrors: onErrors, onOutput: onOutput)
        } catch let error as PluginError {
            throw error
        } catch {
            throw PluginError(.system, "\(name): \(error)")
        }
    }

    func superviseThrowing(
        _ input: InputSource, _ limits: TimeLimits, _ cancellation: Cancellation?, onCaughtUp: ((Int) -> Void)? = nil,
        onErrors: ((UnsafeRawBufferPointer) -> Void)?, onOutput: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Outcome {
        let pipes = try ChildPipes(input)
        let process: SpawnedProcess
        do {
            process = try SpawnedProcess(
                executable, arguments: [executable] + arguments, environment: environment.entries,
                directory: directory, input: pipes.childInput, output: pipes.childOutput, errors: pipes.childErrors,
                endsWithCaller: endsWithCaller)
        } catch {
            throw PluginError(.cannotStart, "cannot run \(executable): \(error.reason)")
        }
        pipes.closeChildEnds()
        let supervision = Supervision(
            name: name, pipes: pipes, limits: limits, cancellation: cancellation, onCaughtUp: onCaughtUp)
        supervision.run(process, onErrors: onErrors, onOutput: onOutput)
        // Before it is reaped: then the number may be somebody else's.
        if endsWithItsGroup { process.signalGroup(SIGKILL) }
        let status = process.reap()
        if let failure = supervision.failure { throw failure }
        let signal = status & 0x7F
        return Outcome(
            termination: signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal), output: [],
            errors: supervision.errors, hasReadItsInput: supervision.hasReadItsInput)
    }
}
