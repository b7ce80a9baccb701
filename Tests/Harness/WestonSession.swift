internal import Glibc

/// weston in a window of an Xvfb: a Wayland compositor that lets no program press keys and gives the clipboard only to windows, as
/// GNOME's does.
package final class WestonSession: Sendable {
    package let home: Home
    private let server: XServer
    private let weston: RunningProgram

    /// Whether the machine has what it takes.
    package static let isInstalled = XServer.isInstalled && Tool.isInstalled("weston", "wl-copy", "wl-paste")

    /// Starts both; returns when weston answers.
    package init() throws {
        server = try XServer()
        home = server.home
        weston = try start(
            Command(
                "weston", ["-Bx11-backend.so", "--socket=wl-test", "--idle-time=0", "--no-config"],
                environment: server.environment),
            home: home)
        let path = "\(home.runtime)/wl-test"
        let weston = weston
        try eventually("weston listens", detail: { weston.errors }) { access(path, F_OK) == 0 }
        // It gives the keyboard to new windows once it has it itself; without a window manager the pointer decides.
        try server.xdotool("mousemove", "300", "300")
        let environment = environment
        let home = home
        try eventually("the clipboard can be used", detail: { weston.errors }) {
            try run(Command("wl-copy", ["--clear"], environment: environment), home: home, within: .seconds(5)).status
                == 0
        }
    }

    deinit {
        weston.kill()
    }

    /// What a program needs to find this session, and no other.
    package var environment: [String: String?] {
        ["WAYLAND_DISPLAY": "wl-test", "DISPLAY": nil, "XDG_SESSION_TYPE": "wayland"]
    }
}
