package import ArgumentParser
internal import Audio
internal import Glibc
internal import POSIX
internal import Text

/// The version of all of our programs.
package let version = "0.1.0"

/// A program of ours: its options, and one function that does the job.
package protocol VoiceProgram: ParsableCommand {
    /// The work. It runs on the main thread, and may block.
    ///
    /// - Returns: the status to exit with.
    /// - Throws: `Failure`, or any error that `explain` knows; every other one ends with 70.
    mutating func work() throws -> ExitStatus

    /// The arguments as ArgumentParser shall see them: for what it cannot say, such as an option whose value may be left out.
    static func arranged(_ arguments: [String]) -> [String]

    /// Begins what takes a moment, on a thread of its own, while the arguments are parsed.
    ///
    /// - Parameter arguments: what can be guessed from may be guessed: nothing is sure yet.
    static func prepare(_ arguments: [String])

    /// What an error of the modules that this program joins means to its user; nil where it isn't one of theirs.
    static func explain(_ error: any Error) -> Failure?
}

extension VoiceProgram {
    package static func arranged(_ arguments: [String]) -> [String] { arguments }

    package static func prepare(_ arguments: [String]) {}

    package static func explain(_ error: any Error) -> Failure? { nil }
}

/// Runs a program from its arguments to its exit status.
///
/// ArgumentParser's own `main` is not used: it ends with 1 on an error that nobody caught, and says `Error:`.
package func runProgram<Command: VoiceProgram>(_ type: Command.Type) -> Never {
    occupyStandardDescriptors()
    var command: Command
    do {
        let arguments = Command.arranged(Arguments.all())
        Command.prepare(arguments)
        if let quick = try? Quickly<Command>.parseAsRoot(arguments) as? Quickly<Command> {
            command = quick.command
        } else {
            var parsed = try Command.parseAsRoot(arguments)
            guard let own = parsed as? Command else {
                // A command of ArgumentParser's own (help): it ends by throwing what it has to say.
                try parsed.run()
                exit(ExitStatus.done.rawValue)
            }
            command = own
        }
    } catch {
        endParsing(type, error)
    }
    if let misspelt = Log.misspeltLevel {
        Log.warning("VT_LOG=\(misspelt) means nothing", hint: "VT_LOG is error, warning, info or debug")
    }
    do {
        exit(try command.work().rawValue)
    } catch {
        let failure = explainFully(type, error)
        Log.error(failure.message, hint: failure.hint)
        exit(failure.status.rawValue)
    }
}

/// A program's options as ArgumentParser reads them soonest.
///
/// Before it looks at the options of a command of its own, it looks twice for `--generate-completion-script`, which takes 0.8 ms
/// (`scripts/bench start`); not so where the command is said to be part of another. What this can't read is given to
/// the real one, whose messages name the program.
private struct Quickly<Command: VoiceProgram>: ParsableCommand {
    static var configuration: CommandConfiguration {
        var configuration = Command.configuration
        configuration._superCommandName = "vt"
        return configuration
    }

    @OptionGroup var command: Command
}

/// What an error means to the user, asked of the program first.
package func explainFully<Command: VoiceProgram>(_ type: Command.Type, _ error: any Error) -> Failure {
    if let failure = error as? Failure { return failure }
    if let failure = Command.explain(error) { return failure }
    if let error = error as? AudioError {
        let status: ExitStatus =
            error.code == .readFailed ? .inputOutput : error.code == .resampling ? .internalError : .badAudio
        return Failure(status, error.description, hint: error.hint)
    }
    if let error = error as? OutputError {
        return Failure(error.code == .cannotCreate ? .cannotCreate : .inputOutput, error.description)
    }
    if let error = error as? SystemError {
        // Nothing more specific is known than that a read, a write or the like failed.
        return Failure(.inputOutput, error.description)
    }
    // Of what could be told only when the configuration had been read.
    if let error = error as? ValidationError {
        return Failure(.usage, error.message, hint: "\(programName) --help lists the options")
    }
    return Failure(.internalError, "unexpected error: \(error)")
}

/// Ends where the arguments asked for text (`--help`) or could not be understood.
private func endParsing<Command: VoiceProgram>(_ type: Command.Type, _ error: any Error) -> Never {
    if Command.exitCode(for: error) == .success {
        do {
            try writeAll(STDOUT_FILENO, Command.fullMessage(for: error) + "\n", name: "standard output")
            exit(ExitStatus.done.rawValue)
        } catch {
            Log.error(error.description)
            exit(ExitStatus.inputOutput.rawValue)
        }
    }
    // Ours are one line; ArgumentParser gives the choices as a list, "  - CHOICE" a line.
    let lines = Command.message(for: error).split(separator: "\n")
    let choices = lines.dropFirst().map { $0.drop { $0 == " " || $0 == "-" } }
    var message = (lines.prefix(1) + (choices.isEmpty ? [] : [choices.joined(separator: ", ")[...]]))
        .joined(separator: " ")
    if message.hasSuffix(".") { message.removeLast() }
    // Ours begin in lower case, but an option's or a file's name stays as it is.
    if let first = message.first, message.dropFirst().first?.isLowercase == true || message.dropFirst().first == " " {
        message = first.lowercased() + message.dropFirst()
    }
    Log.error(message, hint: "\(programName) --help lists the options")
    exit(ExitStatus.usage.rawValue)
}

/// Makes sure that descriptors 0, 1 and 2 are open, so that no file of ours gets their numbers.
///
/// Where one was closed (`>&-`), reads and writes go on failing with EBADF: it is opened the wrong way round.
private func occupyStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
        _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
}
