/// Why a configuration can't be used: always status 78.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Lower case; begins with the file, and its line where there is one.
    package var message: String
    package var hint: String?

    init(_ path: String, _ line: Int? = nil, _ message: String, hint: String? = nil) {
        self.message = path + (line.map { $0 > 0 ? ":\($0)" : "" } ?? "") + ": " + message
        self.hint = hint
    }

    package var description: String { message }
}
