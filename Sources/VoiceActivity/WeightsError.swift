/// Why the network's weights cannot be used.
package struct WeightsError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, CaseIterable {
        /// There is no such file.
        case missing
        /// The system would not give us the file.
        case unreadable
        /// A file of another kind.
        case notWeights
        /// Weights for another version of these programs.
        case version
        /// The file is shorter or longer than it says.
        case size
        /// Not the tensors of this network.
        case shape
        /// The bytes are not those that were written.
        case checksum
        /// A weight is infinite or not a number.
        case notFinite
    }

    package let code: Code
    package let path: String
    /// What is wrong, lower case, without the path.
    package let reason: String

    init(_ code: Code, _ path: String, _ reason: String) {
        self.code = code
        self.path = path
        self.reason = reason
    }

    /// `PATH: what is wrong`.
    package var description: String { "\(path): \(reason)" }
}
