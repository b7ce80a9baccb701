/// An application to type into. Each writes what it has got to a file, from the moment when it can be typed into.
package enum TextWindow: String, Sendable, CaseIterable {
    /// A terminal of Wayland.
    case foot
    /// A terminal of X11; under Wayland in XWayland.
    case xterm
    case chromium
    case gtk
    case qt

    package var isInstalled: Bool {
        switch self {
        case .foot: Tool.isInstalled("foot")
        case .xterm: Tool.isInstalled("xterm", "Xwayland")
        case .chromium: Tool.isInstalled("chromium")
        case .gtk: Self.pythonHas("import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk")
        case .qt: Self.pythonHas("from PyQt5 import QtWidgets")
        }
    }

    /// Debian's own: others lack its modules.
    private static let python = "/usr/bin/python3"

    private static func pythonHas(_ line: String) -> Bool {
        (try? run(python, "-c", line))?.status == 0
    }

    /// A line for the shell that opens it.
    ///
    /// - Parameters:
    ///   - file: where what it gets is found.
    ///   - folder: one of its own, which is there.
    ///   - platform: `wayland` or `x11`.
    func line(file: String, folder: String, platform: String) throws -> String {
        let script = "\(folder)/\(rawValue).py"
        if [.chromium, .gtk, .qt].contains(self) {
            // Whoever runs it may not be able to read ours.
            try writeScript(
                script, text(of: "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/windows/\(rawValue).py"))
        }
        let terminal = "sh -c \"stty raw -echo; : > '\(file)'; exec cat > '\(file)'\""
        switch self {
        case .foot: return "foot --config=/dev/null \(terminal)"
        case .xterm: return "LC_ALL=C.UTF-8 xterm -u8 -e \(terminal)"
        case .chromium: return "\(Self.python) '\(script)' '\(file)' '\(folder)/profile' \(platform)"
        case .gtk: return "GDK_BACKEND=\(platform) \(Self.python) '\(script)' '\(file)'"
        case .qt:
            let plugin = platform == "x11" ? "xcb" : platform
            return "QT_QPA_PLATFORM=\(plugin) \(Self.python) '\(script)' '\(file)'"
        }
    }
}
