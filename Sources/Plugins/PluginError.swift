internal import POSIX

/// Why a plugin could not be found, described or run.
package struct PluginError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// A request that cannot be right: a name that breaks the rule, an option nobody declared.
        case usage
        /// No plugin of that name.
        case notFound
        /// The file may be written by others, or isn't an executable regular file.
        case unsafe
        /// Something that the plugin needs is not installed.
        case missingRequirement
        /// The executable could not be started.
        case cannotStart
        /// It ran longer than it may.
        case timedOut
        /// Somebody asked for it to stop.
        case cancelled
        /// It wrote what the protocol does not allow.
        case protocolError
        /// A system call of ours failed.
        case system
    }

    package var code: Code
    /// Lower case, naming the thing.
    package var message: String
    /// What to do about it, where there is something.
    package var hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package var description: String { message }
}
