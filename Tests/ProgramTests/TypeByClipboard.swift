import Harness
import Testing

/// Pastes into a real window, and puts back what the clipboard held.
@Suite(
    .enabled(if: XServer.isInstalled && Tool.isInstalled("xclip"), "needs Xvfb, xterm, xdotool and xclip"),
    .serialized)
struct TypeByClipboard {
    let server: XServer
    let window: XTerminal

    init() throws {
        server = try XServer()
        window = try server.openTerminal()
    }

    private func command(_ program: String, _ arguments: [String]) -> Command {
        var command = Command(program, arguments, environment: server.environment)
        // What owns a clipboard stays.
        command.mayLeaveProcesses = true
        return command
    }

    private func copy(_ bytes: [UInt8], _ selection: String = "clipboard", as type: String = "UTF8_STRING") throws {
        let file = server.home.directory("copied")
        try write(bytes, to: file)
        // It stays, and would hold our pipes open.
        let line = "xclip -selection \(selection) -t '\(type)' -i '\(file)' >/dev/null 2>&1"
        let result = try run(command("sh", ["-c", line]), home: server.home)
        #expect(result.status == 0, "\(result)")
    }

    private func clipboard(_ selection: String = "clipboard", as type: String = "UTF8_STRING") throws -> [UInt8] {
        try run(command("xclip", ["-selection", selection, "-t", type, "-o"]), home: server.home, within: .seconds(10))
            .output
    }

    private func type(_ text: String, _ arguments: [String] = []) throws -> Result {
        try run(command("vt-type", ["--driver", "clipboard"] + arguments), input: .text(text), home: server.home)
    }

    @Test func `every character arrives, and both selections hold what they held`() throws {
        try copy(Array("what was copied".utf8))
        try copy(Array("what was marked".utf8), "primary")
        let text = TypeIntoX11.everything.joined(separator: " ")
        let result = try type("first line\n\(text)\n")
        #expect(result.status == 0, "\(result)")
        try window.waitFor("first line \(text)")
        #expect(try clipboard() == Array("what was copied".utf8))
        #expect(try clipboard("primary") == Array("what was marked".utf8))
        #expect(entries(of: server.home.state).isEmpty, "nothing stays behind")
    }

    @Test func `an image of three megabytes is there again`() throws {
        let image = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) }
        try copy(image, as: "image/png")
        #expect(try type("words").status == 0)
        try window.waitFor("words")
        #expect(try clipboard(as: "image/png") == image)
    }

    @Test func `an empty clipboard is empty again`() throws {
        #expect(try type("words").status == 0)
        try window.waitFor("words")
        #expect(try clipboard().isEmpty)
    }

    @Test func `keys are pressed where they are allowed`() throws {
        #expect(try type("one\ntwo\n", ["--keys", "enter"]).status == 0)
        try window.waitFor("one\rtwo\r")
    }

    @Test func `histories are told to look away, and what no window takes is kept`() throws {
        try copy(Array("what was copied".utf8))
        // Ctrl+V pastes nothing in an xterm.
        let program = try start(
            command("vt-type", ["--driver", "clipboard", "--option", "keys=ctrl+v"]), input: .text("geheim"),
            home: server.home)
        try eventually("the text is on the clipboard") { try clipboard() == Array("geheim".utf8) }
        #expect(try clipboard(as: "x-kde-passwordManagerHint") == Array("secret".utf8))
        let result = try program.finish()
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("ctrl+v pastes nothing there"), "\(result)")
        #expect(try text(of: server.home.state + "/undelivered").hasSuffix("\tgeheim\n"))
        #expect(try clipboard() == Array("what was copied".utf8))
    }

    @Test func `held modifiers are let go of`() throws {
        try server.xdotool("keydown", "ctrl", "keydown", "alt")
        #expect(try type("words").status == 0)
        try window.waitFor("words")
    }

    @Test func `it types where xdotool is not installed`() throws {
        let environment = server.environment.merging(["PATH": "/nowhere"]) { $1 }
        var command = Command("\(BuiltPrograms.directory)/vt-type", environment: environment)
        command.mayLeaveProcesses = true
        let result = try run(command, input: .text("words"), home: server.home)
        #expect(result.status == 0, "\(result)")
        try window.waitFor("words")
    }

    @Test func `without a focus the words are kept`() throws {
        try server.xdotool("mousemove", "1020", "760")
        try server.removeFocus()
        let result = try type("words")
        #expect(result.status == 69 && result.errors.contains("no window has the keyboard focus"), "\(result)")
    }

    @Test func `an unknown shortcut is refused`() throws {
        let result = try type("words", ["--option", "keys=meta+p"])
        #expect(result.status == 69 && result.errors.contains("keys is one of shift+insert"), "\(result)")
    }
}

/// The same under Wayland.
@Suite(.enabled(if: WaylandSession.isInstalled && Tool.isInstalled("wl-copy"), "needs sway, foot, wtype, wl-clipboard"))
struct TypeByWaylandClipboard {
    @Test func `every character arrives, and both selections hold what they held`() throws {
        let session = try WaylandSession()
        func command(_ program: String, _ arguments: [String]) -> Command {
            var command = Command(program, arguments, environment: session.environment)
            command.mayLeaveProcesses = true
            return command
        }
        func run(_ program: String, _ arguments: [String], _ input: Input = .none) throws
            -> Result
        {
            try Harness.run(command(program, arguments), input: input, home: session.home)
        }
        let image = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) }
        let file = session.home.directory("image")
        try write(image, to: file)
        // They stay, and would hold our pipes open.
        let copied = try run(
            "sh",
            [
                "-c",
                "wl-copy --type image/png <'\(file)' >/dev/null 2>&1; echo 'what was marked' | wl-copy -np >/dev/null 2>&1",
            ])
        #expect(copied.status == 0, "\(copied)")
        let text = TypeIntoX11.everything.joined(separator: " ")
        let result = try run("vt-type", ["--driver", "clipboard", "--keys", "enter"], .text("first\n\(text)\n"))
        #expect(result.status == 0, "\(result)")
        try session.waitFor("first\r\(text)\r")
        #expect(try run("wl-paste", ["--type", "image/png"]).output == image)
        #expect(try run("wl-paste", ["--no-newline", "--primary"]).text == "what was marked")
        #expect(entries(of: session.home.state).isEmpty, "nothing stays behind")
    }
}

/// Where no program may press keys, as under GNOME and KDE, the words are copied, and the user is told.
@Suite(.enabled(if: WestonSession.isInstalled, "needs weston, Xvfb and wl-clipboard"), .serialized)
struct TypeWhereNobodyMay {
    @Test func `the words are on the clipboard, all of them, and it says so`() throws {
        let session = try WestonSession()
        let stubs = session.home.directory("stubs")
        try makeDirectories(stubs)
        try writeScript("\(stubs)/notify-send", "#!/bin/sh\necho \"$*\" >>'\(session.home.directory("notes"))'\n")
        let path = "\(stubs):\(session.home.environment["PATH"] ?? "")"
        let environment = session.environment.merging(["PATH": path]) { $1 }
        var command = Command("vt-type", environment: environment)
        command.mayLeaveProcesses = true
        let result = try run(command, input: .text("eins\nzwei wörter\n"), home: session.home)
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("lets no program press keys: the words are on the clipboard"), "\(result)")
        let clipboard = try run(
            Command("wl-paste", ["--no-newline"], environment: environment), home: session.home)
        #expect(clipboard.text == "eins zwei wörter")
        let notes = try text(of: session.home.directory("notes"))
        #expect(notes.contains("is on the clipboard") && !notes.contains("eins"), "\(notes)")
        #expect(entries(of: session.home.state).isEmpty)
    }

    @Test func `without wl-copy they are kept`() throws {
        let session = try WestonSession()
        let result = try run(
            Command(
                "\(BuiltPrograms.directory)/vt-type",
                environment: session.environment.merging(["PATH": "/nowhere"]) { $1 }),
            input: .text("eins\n"), home: session.home)
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("wl-clipboard"), "\(result)")
        #expect(try text(of: session.home.state + "/undelivered").hasSuffix("\teins\n"))
    }
}
