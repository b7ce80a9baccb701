/// Why audio could not be had: what was read, what is wrong with it, and what to do about it.
package struct AudioError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, CaseIterable {
        /// The input is something else: another format, text, nothing at all.
        case notAudio
        /// Audio, but of a kind that we don't decode.
        case unsupported
        /// A header or, where the caller is strict, the samples end too early.
        case truncated
        /// The header contradicts itself.
        case malformed
        /// The bytes could not be read; `underlying` says why.
        case readFailed
        /// It lacks the channel that was asked for.
        case noChannel
        /// The resampler refused.
        case resampling
    }

    package let code: Code
    /// What was read: a path, or `standard input`.
    package let name: String
    /// What is wrong, lower case, without the name.
    package let reason: String
    /// What the user can do, where there is something.
    package let hint: String?
    /// What reading failed with.
    package let underlying: (any Error)?

    package init(
        _ code: Code, _ name: String, _ reason: String, hint: String? = nil, underlying: (any Error)? = nil
    ) {
        self.code = code
        self.name = name
        self.reason = reason
        self.hint = hint
        self.underlying = underlying
    }

    /// `NAME: what is wrong`.
    package var description: String { "\(name): \(reason)" }
}
