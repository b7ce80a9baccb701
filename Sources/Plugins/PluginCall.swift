internal import Glibc
internal import POSIX

extension Plugin {
    /// What a call sets beyond the environment that it inherits.
    package struct Call: Sendable {
        /// The first argument, for example `transcribe-v1`.
        package var operation: String
        /// What follows the operation, for example `install` and names of models.
        package var arguments: [String] = []
        /// `VT_*` variables.
        package var variables: [String: String]
        /// Variables that hold keys and may be seen.
        package var secrets: [String]

        /// Whether it may be at the network for more than its service: only `models-v1 install` fetches anything.
        var mayFetch: Bool { operation == "models-v1" && arguments.first == "install" }

        /// Whether nothing that it has started works on when it has ended. What types may have left a clipboard's owner.
        var endsWithItsGroup: Bool { operation != "type-v1" }

        package init(_ operation: String, variables: [String: String] = [:], secrets: [String] = []) {
            self.operation = operation
            self.variables = variables
            self.secrets = secrets
        }
    }

    /// Gives the child process for a call, whose private directory exists until `body` returns.
    package func withProcess<Result>(
        for call: Call, inherited: ProcessEnvironment = .inherited(), _ body: (ChildProcess) throws -> Result
    ) throws -> Result {
        let directory: PrivateDirectory
        do {
            directory = try PrivateDirectory()
        } catch {
            throw noDirectory(error)
        }
        let result = try body(process(for: call, in: directory.path, inherited: inherited))
        // Its answer is out, and nobody waits for a start.
        if call.operation != "describe" { directory.sweep() }
        return result
    }

    /// The child process for a call, whose private directory is there already.
    func process(for call: Call, in directory: String, inherited: ProcessEnvironment) -> ChildProcess {
        var environment = inherited
        let allowed = Set(call.secrets)
        environment.removeAll { variable in
            // A setting left over in the environment was not asked for; and what isn't known to be no key stays away.
            Plugin.settings.contains(variable) || variable.hasPrefix("VT_OPTION_")
                || (providerKeys.contains(variable) && !allowed.contains(variable))
        }
        for (name, value) in quietVariables { environment[name] = value }
        if !call.mayFetch { for (name, value) in offlineVariables { environment[name] = value } }
        // Its last words are told to the user: they are not to be how long it took Swift to look at its stack.
        if environment["SWIFT_BACKTRACE"] == nil { environment["SWIFT_BACKTRACE"] = "enable=no" }
        for (name, value) in call.variables { environment[name] = value }
        environment["VT_TMPDIR"] = directory
        // From the first release on something that nobody knows, under a name that changes: a plugin that minds is found today.
        environment["VT_GREASE_" + String(UInt16.random(in: 0x1000...0xFFFF), radix: 16, uppercase: true)] = "ignore"
        var process = ChildProcess(path, [call.operation] + call.arguments, environment: environment)
        process.endsWithItsGroup = call.endsWithItsGroup
        return process
    }

    /// Why there is no private directory.
    func noDirectory(_ error: SystemError) -> PluginError {
        PluginError(.system, "cannot make a directory for \(name): \(error)", hint: "TMPDIR says where")
    }

    private static let settings: Set<String> = [
        "VT_AUDIO", "VT_RATE", "VT_CHANNELS", "VT_SAMPLE_FORMAT", "VT_PERIOD", "VT_JOBS", "VT_LANGUAGE", "VT_MODEL",
        "VT_PROMPT", "VT_LANGUAGES", "VT_KEYWORDS", "VT_TEMPERATURE", "VT_SPEAKERS", "VT_TIMESTAMPS", "VT_DEVICE",
        "VT_DELAY", "VT_TMPDIR",
    ]
}
