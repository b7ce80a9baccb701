import Glibc
import POSIX
import Plugins
import Program
import Text
import Typing

/// `--check-driver`: a line for each rule, `ok`, `FAIL` or `-` where it could not be tried.
///
/// - Returns: `.done`; `.protocolError` where a rule is broken; `.unavailable` where the driver cannot type here.
func check(_ name: String, options: [(key: String, value: String)]) throws -> ExitStatus {
    guard case .plugin(let plugin) = try DriverChoice.named(name) else {
        throw Failure(.usage, "\(name) is built in, no plugin: it has no rules to keep")
    }
    var broken = 0
    var untried = 0
    do {
        try DriverCheck(plugin, options: options).run { rule, finding in
            let line: String
            switch finding {
            case .kept: line = "ok\t\(rule)"
            case .broken(let what):
                broken += 1
                line = "FAIL\t\(rule): \(what.sanitized)"
            case .untried(let why):
                untried += 1
                line = "-\t\(rule): \(why.sanitized)"
            }
            try writeAll(STDOUT_FILENO, line + "\n", name: "standard output")
        }
    } catch let error as PluginError {
        throw Failure(error.code == .usage ? .usage : .unavailable, error.message, hint: error.hint)
    }
    if broken > 0 {
        throw Failure(
            .protocolError, "\(name) breaks \(broken == 1 ? "a rule" : "\(broken) rules")",
            hint: "vt-plugin(7) has the rules")
    }
    if untried > 0 { throw Failure(.unavailable, "\(name) cannot type here, so that not every rule was tried") }
    return .done
}
