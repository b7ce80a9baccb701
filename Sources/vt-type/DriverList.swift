import Glibc
import POSIX
import Plugins
import Program
import Text
import Typing

/// `--list-drivers`: a line for each driver: name, path, and what there is to say about it. Runs none.
func printDrivers() throws -> ExitStatus {
    let best = try? DriverChoice.automatic(for: .current).first?.name
    var lines: [[String]] = []
    for row in DriverRow.all {
        let place = row.program.map { $0.isEmpty ? "built in" : $0 } ?? "not installed"
        lines.append([row.name, place, row.summary + (row.name == best ? " (default here)" : "")])
    }
    let builtIn = Set(DriverRow.all.map(\.name))
    for plugin in Plugin.list(host: "vt-type") {
        let hider = builtIn.contains(plugin.name) ? "the one that is built in" : nil
        let remark = plugin.problem.map { "refused: \($0)" } ?? hider.map { "shadowed by \($0)" }
        lines.append([plugin.name, plugin.path, remark ?? (plugin.name == best ? "plugin (default here)" : "plugin")])
        for path in plugin.shadowed { lines.append([plugin.name, path, "shadowed by \(hider ?? plugin.path)"]) }
    }
    let text = lines.map { $0.map(\.sanitized).joined(separator: "\t") + "\n" }.joined()
    try writeAll(STDOUT_FILENO, text, name: "standard output")
    return .done
}
