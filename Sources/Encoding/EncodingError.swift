/// Why audio could not be encoded.
package struct EncodingError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The format has no such rate, channels, bit rate or complexity.
        case unsupported
        /// The codec's library is not on this machine.
        case unavailable
        /// The codec's library failed.
        case failed
    }

    package let code: Code
    /// What is wrong, lower case, naming the format.
    package let message: String
    /// What the user can do, where there is something.
    package let hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package var description: String { message }
}
