internal import Plugins

/// A program that a driver runs: its text goes to standard input, never into an argument list, which everyone can read.
struct HelperProgram {
    private let path: String
    private let cancellation: Cancellation
    private let environment: ProcessEnvironment

    init(_ path: String, cancellation: Cancellation) {
        self.path = path
        self.cancellation = cancellation
        var environment = ProcessEnvironment.inheritedWithoutKeys()
        // Both decode their input by the locale, and drop what isn't ASCII in the C locale. glibc has C.UTF-8 built in (2.35).
        environment["LC_ALL"] = "C.UTF-8"
        self.environment = environment
    }

    var name: String { String(path.split(separator: "/").last ?? "") }

    /// Ends with the thread that runs it, and that one waits for it: killed or not, nothing types on.
    private func process(_ arguments: [String]) -> ChildProcess {
        var process = ChildProcess(path, arguments, environment: environment)
        process.endsWithCaller = true
        return process
    }

    /// Runs it to its end.
    ///
    /// - Parameters:
    ///   - milliseconds: after which it counts as hung.
    ///   - isCleanUp: goes on although everything else is to stop.
    /// - Throws: `.driverFailed`, `.timedOut`, `.cancelled`.
    @discardableResult
    func run(
        _ arguments: [String], input: String = "", milliseconds: Int = 3000, isCleanUp: Bool = false
    ) throws(TypingError) -> ChildProcess.Outcome {
        let outcome: ChildProcess.Outcome
        do throws(PluginError) {
            outcome = try process(arguments).run(
                input: .bytes(Array(input.utf8)), timeout: .milliseconds(milliseconds),
                cancellation: isCleanUp ? nil : cancellation)
        } catch {
            switch error.code {
            case .timedOut: throw TypingError(.timedOut, "\(name) hangs: it took longer than \(milliseconds) ms")
            case .cancelled: throw TypingError(.cancelled, "stopped while \(name) was typing")
            default: throw TypingError(.driverFailed, error.message, hint: error.hint)
            }
        }
        guard outcome.isSuccess else { throw failure(outcome) }
        return outcome
    }

    /// Runs it with that standard input until it ends by itself, which is a failure, or is cancelled.
    func hold(_ input: CInt, _ cancellation: Cancellation) -> Result<Void, TypingError> {
        do throws(PluginError) {
            let outcome = try process(["-"]).run(
                input: .descriptor(input), cancellation: cancellation)
            return outcome.isSuccess ? .success(()) : .failure(failure(outcome))
        } catch {
            return error.code == .cancelled ? .success(()) : .failure(TypingError(.driverFailed, error.message))
        }
    }

    /// What a failed run means.
    private func failure(_ outcome: ChildProcess.Outcome) -> TypingError {
        let reason: String =
            switch outcome.termination {
            case .exited(let status): outcome.lastErrorLine ?? "it exited with status \(status)"
            case .signalled(let signal): "it was ended by signal \(signal)"
            }
        if reason.contains("does not support the virtual keyboard protocol") {
            return TypingError(
                .noSession, "this compositor lets no program press keys (it has no virtual-keyboard protocol)",
                hint: "GNOME and KDE are among these: --driver clipboard copies the words, for you to paste")
        }
        if reason.contains("Wayland connection failed") {
            return TypingError(
                .noSession, "cannot reach the Wayland compositor", hint: "WAYLAND_DISPLAY and XDG_RUNTIME_DIR name it")
        }
        return TypingError(.driverFailed, "\(name) failed: \(reason)")
    }
}
