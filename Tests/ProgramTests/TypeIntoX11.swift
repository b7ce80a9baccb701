import Glibc
import Harness
import Testing

/// What arrives in a window is what was said.
@Suite(.enabled(if: XServer.isInstalled, "needs Xvfb, xterm and xdotool"), .serialized)
struct TypeIntoX11 {
    let server: XServer
    let window: XTerminal

    init() throws {
        server = try XServer()
        window = try server.openTerminal()
    }

    static let printable = String(String.UnicodeScalarView((0x20...0x7E).compactMap { Unicode.Scalar($0) }))
    static let everything: [String] = [
        "x" + printable + "x",
        "Zwölf Boxkämpfer, ÄÖÜß ÉÈÀÇÑ éèàçñ ÅØÆ åøæ €",
        "Καλημέρα ΚΌΣΜΕ", "Съешь ещё ЁЖ", "中文輸入 日本語 한국어", "😀👍🏽👩‍👩‍👧🇩🇪 e\u{301} Ḱ",
        "„so“ – “so”… ơƠ",
        // More different characters than a keyboard has spare keys.
        String(String.UnicodeScalarView((0..<150).compactMap { Unicode.Scalar(0x4E00 + 7 * $0) })),
    ]

    private func type(_ text: String, _ arguments: [String] = []) throws {
        let result = try run(
            Command("vt-type", arguments, environment: server.environment), input: .text(text), home: server.home)
        #expect(result.status == 0, "\(result)")
        #expect(entries(of: server.home.state).isEmpty, "nothing stays behind")
    }

    @Test(arguments: ["us", "de", "fr", "ru", "us,ru"]) func `every character, whatever the layout`(layout: String)
        throws
    {
        #expect(try run("setxkbmap", layout, environment: server.environment, home: server.home).status == 0)
        let text = Self.everything.joined(separator: " ")
        try type(text)
        try window.waitFor(text)
    }

    @Test func `lines are typed as they come`() throws {
        let program = try start(
            Command("vt-type", environment: server.environment), input: .open, home: server.home)
        program.write("first\n".utf8)
        try window.waitFor("first")
        program.write("sec".utf8)
        program.write("ond\nthird".utf8)
        try window.waitFor("first second")
        program.closeInput()
        try window.waitFor("first second third")
        #expect(try program.finish().status == 0)
    }

    @Test func `keys are pressed only where they are allowed`() throws {
        try type("rm -rf\n\u{1B}\u{3}\u{4}x\ty\n")
        try window.waitFor("rm -rf x y")
        try type("\u{1B}a\tb\r\nc\n\nd", ["--keys", "enter,tab,escape"])
        try window.waitFor("rm -rf x y\u{1B}a\tb\rc\r\rd")
    }

    @Test func `held modifiers are let go of and not latched`() throws {
        try server.xdotool("keydown", "ctrl", "keydown", "shift", "keydown", "alt")
        try type("hello World")
        try window.waitFor("hello World")
        try server.xdotool("type", "plain")
        try window.waitFor("hello Worldplain")
    }

    @Test func `Caps Lock changes nothing and stays`() throws {
        try server.xdotool("key", "Caps_Lock")
        try type("Hello é É Я я")
        try window.waitFor("Hello é É Я я")
        try server.xdotool("type", "--delay", "20", "x")
        try window.waitFor("Hello é É Я яX")
    }

    @Test func `the layout is afterwards what it was`() throws {
        func layout() throws -> String {
            try run(
                Command("xkbcomp", ["-xkb", server.display, "-"], environment: server.environment), home: server.home
            ).text
        }
        // The server rewrites its description of the map at the first change.
        try type("中")
        let before = try layout()
        try type("日本語 Привет")
        #expect(try layout() == before)
    }

    @Test func `without a focus the words are kept, and typed when there is one`() throws {
        try server.xdotool("mousemove", "1020", "760")
        try server.removeFocus()
        let program = try start(
            Command("vt-type", environment: server.environment), input: .open, home: server.home)
        program.write("lost\n".utf8)
        try program.waitForErrors(containing: "no window has the keyboard focus")
        try window.focus()
        program.write("found\n".utf8)
        try window.waitFor("found")
        program.closeInput()
        let result = try program.finish()
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains(server.home.state + "/undelivered"))
        #expect(try text(of: server.home.state + "/undelivered").hasSuffix("\tlost\n"))
    }

    @Test func `the words are in no argument list`() throws {
        // An xdotool that shows how it was called.
        let folder = server.home.files
        try writeScript(
            "\(folder)/xdotool",
            "#!/bin/sh\nprintf '%s\\n' \"$*\" >> '\(folder)/calls'\nexec \(Tool.path("xdotool")) \"$@\"\n")
        let result = try run(
            Command(
                "vt-type",
                environment: server.environment.merging(["PATH": "\(folder):/usr/bin:/bin"]) { $1 }),
            input: .text("geheim 密"),
            home: server.home)
        #expect(result.status == 0, "\(result)")
        try window.waitFor("geheim 密")
        let calls = try text(of: "\(folder)/calls")
        #expect(calls.contains("--file -"))
        #expect(!calls.contains("geheim") && !calls.contains("密"))
    }

    @Test(arguments: [
        ("exec sleep 1000", "hangs"), ("echo 'it broke' >&2; exit 3", "it broke"), ("kill -9 $$", "signal 9"),
    ]) func `an xdotool that fails keeps the words`(script: String, message: String) throws {
        let folder = server.home.files
        try writeScript("\(folder)/xdotool", "#!/bin/sh\n\(script)\n")
        let result = try run(
            Command(
                "vt-type",
                environment: server.environment.merging(["PATH": "\(folder):/usr/bin:/bin"]) { $1 }),
            input: .text("one\ntwo\n"),
            home: server.home, within: .seconds(60))
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains(message), "\(result)")
        let kept = try text(of: server.home.state + "/undelivered")
        #expect(kept.contains("\tone\n") && kept.contains("\ttwo\n"), "\(kept)")
    }
}
