internal import Glibc

/// An X server without a screen (Xvfb), on a display of its own.
package final class XServer: Sendable {
    package let home: Home
    package let server: RunningProgram
    /// For example `:7`.
    package let display: String

    /// Whether the machine has what it takes.
    package static let isInstalled = Tool.isInstalled("Xvfb", "xterm", "xdotool")

    /// Starts the server; returns when it answers.
    package init(home: Home? = nil) throws {
        let home = try home ?? Home()
        self.home = home
        server = try start(
            Command("Xvfb", ["-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset"]),
            home: home)
        try server.waitForOutput("the display's number") { $0.hasSuffix("\n") }
        display = ":" + server.text.filter(\.isNumber)
    }

    deinit {
        server.kill()
    }

    /// What a program needs to find this server, and no other session.
    package var environment: [String: String?] {
        ["DISPLAY": display, "WAYLAND_DISPLAY": nil, "XDG_SESSION_TYPE": "x11"]
    }

    /// Runs xdotool on this display.
    @discardableResult
    package func xdotool(_ arguments: String...) throws -> Result {
        let result = try run(Command("xdotool", arguments, environment: environment), home: home)
        guard result.status == 0 else { throw HarnessError("\(result)") }
        return result
    }

    /// Opens an xterm and gives it the focus.
    package func openTerminal(_ name: String = "window") throws -> XTerminal { try XTerminal(on: self, name: name) }

    /// Opens a window that is no terminal, and gives it the focus.
    package func open(_ window: TextWindow) throws -> XTextField { try XTextField(window, on: self) }

    /// Takes the focus from every window.
    package func removeFocus() throws {
        // There is no window manager: when the focused window goes, nobody has the focus.
        let parking = try openTerminal("parking")
        parking.program.kill()
    }
}

/// An xterm that keeps every byte that is typed into it.
package final class XTerminal: Sendable {
    package let server: XServer
    package let program: RunningProgram
    /// The window's number, for xdotool.
    package let window: String
    private let file: String

    init(on server: XServer, name: String) throws {
        self.server = server
        let file = server.home.directory("typed-\(name)")
        self.file = file
        let program = try start(
            Command(
                "xterm",
                [
                    "-T", name, "-u8", "-xrm", "XTerm*allowSendEvents: true", "-e", "sh", "-c",
                    "stty raw -echo; : > '\(file)'; exec cat > '\(file)'",
                ], environment: server.environment),
            home: server.home)
        self.program = program
        do {
            try eventually("xterm runs its program", detail: { program.errors }) { access(file, F_OK) == 0 }
            window =
                try server.xdotool("search", "--sync", "--onlyvisible", "--name", "^\(name)$")
                .text.split(separator: "\n").first.map(String.init) ?? ""
            try focus()
        } catch {
            program.kill()
            throw error
        }
    }

    deinit {
        program.kill()
    }

    /// Gives it the keyboard, and waits until it has it.
    package func focus() throws {
        try server.xdotool("windowfocus", "--sync", window)
    }

    /// The bytes it has got.
    package var bytes: [UInt8] { (try? contents(of: file)) ?? [] }
    /// The bytes it has got, as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Waits until it has got exactly this text.
    package func waitFor(_ expected: String, within deadline: Duration = .seconds(20)) throws {
        try eventually("\"\(expected)\" in xterm", within: deadline, detail: { "got: \"\(self.text)\"" }) {
            text == expected
        }
    }
}

/// A text field of an application in an X server.
package final class XTextField: Sendable {
    private let program: RunningProgram
    private let folder: TemporaryDirectory

    init(_ window: TextWindow, on server: XServer) throws {
        folder = try TemporaryDirectory("vt-field")
        let file = folder("typed")
        let line = try window.line(file: file, folder: folder.path, platform: "x11")
        let program = try start(
            .shell("exec env \(line)", environment: server.environment), home: server.home)
        self.program = program
        do {
            // There is no window manager that would give it the focus.
            let number =
                try server.xdotool("search", "--sync", "--onlyvisible", "--name", "^field$")
                .text.split(separator: "\n").first.map(String.init) ?? ""
            try server.xdotool("windowfocus", "--sync", number)
            try eventually("\(window) has the focus", within: .seconds(60), detail: { program.errors }) {
                access(file, F_OK) == 0
            }
        } catch {
            program.kill()
            throw error
        }
    }

    deinit {
        program.kill()
    }

    /// What is in it.
    package var text: String { String(decoding: (try? contents(of: folder("typed"))) ?? [], as: UTF8.self) }

    /// Waits until exactly this is in it.
    package func waitFor(_ expected: String, within deadline: Duration = .seconds(20)) throws {
        try eventually("\"\(expected)\" in the field", within: deadline, detail: { "got: \"\(self.text)\"" }) {
            text == expected
        }
    }
}
