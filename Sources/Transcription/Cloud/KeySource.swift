internal import Glibc
internal import POSIX
package import Plugins
package import Text

/// Where a provider's key comes from.
package enum KeySource: Equatable, Sendable {
    case environment(String)
    /// A file that nobody else can read (`SecretFile`).
    case file(String)
    /// A shell command that prints it, for example `pass show openai`.
    case command(String)
    /// There is none, and none is needed.
    case none

    /// Reads the key.
    ///
    /// - Parameters:
    ///   - name: the engine's, for messages.
    ///   - environment: looks a variable up.
    ///   - cancellation: stops a command.
    ///   - warn: gets what the user should know although there is a key.
    /// - Returns: nil for `none`.
    /// - Throws: `EngineError` with `noPermission`.
    package func key(
        for name: String, environment: (String) -> String?, cancellation: Cancellation? = nil,
        warn: (String) -> Void = { _ in }
    ) throws(EngineError) -> Secret? {
        let text: String
        switch self {
        case .none: return nil
        case .environment(let variable):
            guard let value = environment(variable), !value.trimmingSpace.isEmpty else {
                throw EngineError(
                    .noPermission, "\(name) needs a key",
                    hint: "put it into \(variable), or name a key_file or key_command in the configuration (vt.toml(5))"
                )
            }
            text = value
        case .file(let path): text = try KeySource.contents(of: path, for: name, warn)
        case .command(let command):
            text = try KeySource.output(of: command, for: name, cancellation: cancellation)
        }
        let key = KeySource.unquoted(text.trimmingSpace)
        // A line feed in a header would begin another one.
        guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw EngineError(.noPermission, "\(description(for: name)) is no key: it has spaces, or what is no ASCII")
        }
        return Secret(key)
    }

    private func description(for name: String) -> String {
        switch self {
        case .none: "the key of \(name)"
        case .environment(let variable): "what \(variable) holds"
        case .file(let path): "what \(path) holds"
        case .command(let command): "what “\(command.excerpt)” prints"
        }
    }

    /// More than any key; keeps a mistaken command from filling memory.
    private static let largest = 1 << 16

    private static func contents(of path: String, for name: String, _ warn: (String) -> Void) throws(EngineError)
        -> String
    {
        do throws(SecretFile.Refused) {
            let text = try SecretFile.contents(of: path) { warn("\(name): the key file \($0)") }
            guard let line = firstLine(of: text.utf8) else { throw SecretFile.Refused(reason: "is empty") }
            return value(of: line)
        } catch {
            throw EngineError(.noPermission, "\(name): the key file \(path) \(error.reason)", hint: error.hint)
        }
    }

    /// What stands behind the `=` of a line as files of variables have them: `OPENAI_API_KEY=…`, perhaps with `export`. No key begins
    /// like that.
    private static func value(of line: String) -> String {
        let rest = line.hasPrefix("export ") ? line.dropFirst(7) : line[...]
        guard let equals = rest.firstIndex(of: "="), rest.index(after: equals) < rest.endIndex else { return line }
        let name = rest[..<equals].utf8
        let isName =
            name.count > 2 && name.first.map { (0x41...0x5A).contains($0) } == true
            && name.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
            && name.contains(0x5F)
        return isName ? String(rest[rest.index(after: equals)...]) : line
    }

    /// Without the quotes that some keep around it: `docker --env-file` reads none.
    private static func unquoted(_ text: String) -> String {
        guard text.utf8.count > 2, let first = text.utf8.first, first == text.utf8.last,
            first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
        else { return text }
        return String(text.dropFirst().dropLast())
    }

    /// Runs a command that prints the key: through the shell, as the user would, but without an input.
    ///
    /// With a terminal it has a minute, for a passphrase that an agent asks for; without one nobody could answer.
    private static func output(
        of command: String, for name: String, cancellation: Cancellation?
    ) throws(EngineError) -> String {
        func refused(_ reason: String, hint: String? = nil) -> EngineError {
            EngineError(.noPermission, "\(name): the key command “\(command.excerpt)” \(reason)", hint: hint)
        }
        let terminal = Glibc.open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        if terminal >= 0 { close(terminal) }
        let patience = Duration.seconds(terminal >= 0 ? 60 : 10)
        let outcome: ChildProcess.Outcome
        do throws(PluginError) {
            outcome = try ChildProcess("/bin/sh", ["-c", command], environment: .inheritedWithoutKeys())
                .run(outputLimit: largest, timeout: patience, cancellation: cancellation)
        } catch {
            switch error.code {
            case .cancelled: throw EngineError(error)
            case .timedOut:
                throw refused("has not ended after \(patience.components.seconds) s", hint: "unlock what it asks first")
            default: throw refused("can't be run: \(error.message)")
            }
        }
        guard outcome.isSuccess else {
            let said = outcome.lastErrorLine.map { ": " + $0.excerpt } ?? ""
            switch outcome.termination {
            case .exited(let status): throw refused("ended with status \(status)\(said)")
            case .signalled(let signal): throw refused("died of signal \(signal)\(said)")
            }
        }
        guard let line = outcome.output.withUnsafeBytes({ firstLine(of: $0[...]) }) else {
            throw refused("prints nothing")
        }
        return line
    }

    /// Password stores keep notes below the secret.
    private static func firstLine<Bytes: Collection<UInt8>>(of bytes: Bytes) -> String? {
        let line = String(decoding: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self).trimmingSpace
        return line.isEmpty ? nil : line
    }
}
