internal import Glibc

/// sway without a screen, and a window in it, foot by default, that keeps everything that is typed into it.
///
/// sway refuses to run as root: then it and foot run as `nobody`, and the programs under test reach it by the absolute
/// path of its socket.
package final class WaylandSession: Sendable {
    package let home: Home
    package let sway: RunningProgram
    /// The path of the compositor's socket: an absolute `WAYLAND_DISPLAY`.
    package let display: String
    private let folder: TemporaryDirectory
    private let file: String
    private let swaySocket: String

    /// Whether the machine has what it takes.
    package static let isInstalled =
        Tool.isInstalled("sway", "swaymsg", "foot", "wtype") && (!isRoot || Tool.isInstalled("setpriv"))

    /// Starts sway and the window; returns when that has the focus.
    ///
    /// - Parameter hasKeyboard: whether a keyboard is plugged in from the beginning, as on every desktop; without one, windows learn
    ///   of ours only when it comes.
    package init(home: Home? = nil, window: TextWindow = .foot, hasKeyboard: Bool = false) throws {
        let home = try home ?? Home()
        self.home = home
        folder = try TemporaryDirectory("vt-sway")
        let runtime = folder("run")
        let file = folder("typed")
        self.file = file
        let line = try window.line(file: file, folder: folder.path, platform: "wayland")
        // A keyboard with one key, that nobody presses within half an hour.
        let keyboard = hasKeyboard ? "wtype -s 2000000 x & sleep 0.1\n" : ""
        try writeScript(folder("open"), "#!/bin/sh\n\(keyboard)exec env \(line)\n")
        let config = """
            output HEADLESS-1 resolution 1024x768
            xwayland \(window == .xterm ? "enable" : "disable")
            exec '\(folder("open"))'

            """
        try write(config.utf8, to: folder("config"))
        guard mkdir(runtime, 0o700) == 0 else { throw HarnessError("mkdir \(runtime)") }
        if isRoot, let nobody = getpwnam("nobody") {
            for path in [folder.path, folder("open"), runtime] {
                chown(path, nobody.pointee.pw_uid, nobody.pointee.pw_gid)
            }
        }
        let command = ["sway", "--config", folder("config")]
        let dropping = isRoot ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] : []
        let words = dropping + command
        sway = try start(
            Command(
                words[0], Array(words.dropFirst()),
                environment: [
                    "XDG_RUNTIME_DIR": runtime, "HOME": folder.path, "TMPDIR": "/tmp", "WLR_BACKENDS": "headless",
                    "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman", "DISPLAY": nil, "WAYLAND_DISPLAY": nil,
                    "XDG_CONFIG_HOME": nil, "XDG_STATE_HOME": nil, "XDG_DATA_HOME": nil, "XDG_CACHE_HOME": nil,
                    "PATH": Tool.systemSearchPath,
                ], directory: "/"),
            home: home)
        do {
            let sway = sway
            try eventually("\(window) is there", within: .seconds(60), detail: { sway.errors }) {
                if sway.hasEnded { throw HarnessError("sway ended: \(sway.errors)") }
                return access(file, F_OK) == 0
            }
            let sockets = entries(of: runtime)
            guard let wayland = sockets.first(where: { $0.hasPrefix("wayland-") && !$0.hasSuffix(".lock") }),
                let ipc = sockets.first(where: { $0.hasPrefix("sway-ipc.") })
            else { throw HarnessError("sway's sockets: \(sockets)\n\(sway.errors)") }
            display = "\(runtime)/\(wayland)"
            swaySocket = "\(runtime)/\(ipc)"
            // The others say nothing before they have it.
            let names = [TextWindow.foot: "\"app_id\": \"foot\"", .xterm: "\"class\": \"XTerm\""]
            if let name = names[window] {
                try eventually("\(window) has the focus", detail: { sway.errors }) {
                    hasFocus(name, try swaymsg("-t", "get_tree").text)
                }
            }
        } catch {
            sway.kill()
            throw error
        }
    }

    deinit {
        sway.kill()
    }

    private func hasFocus(_ name: String, _ tree: String) -> Bool {
        // In sway's tree a node's "focused" comes before its names.
        var isFocused = false
        for line in tree.split(separator: "\n") {
            if line.contains("\"focused\":") { isFocused = line.contains("true") }
            if isFocused, line.contains(name) { return true }
        }
        return false
    }

    /// What a program needs to find this session, and no other.
    package var environment: [String: String?] {
        ["WAYLAND_DISPLAY": display, "DISPLAY": nil, "XDG_SESSION_TYPE": "wayland"]
    }

    /// Talks to sway.
    @discardableResult
    package func swaymsg(_ arguments: String...) throws -> Result {
        try run(Command("swaymsg", ["--socket", swaySocket] + arguments), home: home)
    }

    /// The bytes that the window has got.
    package var bytes: [UInt8] { (try? contents(of: file)) ?? [] }
    /// The same as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Waits until the window has got exactly this text.
    package func waitFor(_ expected: String, within deadline: Duration = .seconds(20)) throws {
        try eventually("\"\(expected)\" in the window", within: deadline, detail: { "got: \"\(self.text)\"" }) {
            text == expected
        }
    }
}
