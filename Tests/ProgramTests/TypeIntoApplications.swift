import Harness
import Testing

/// What is typed is what was said, in the applications that people type into; each is asked what it has got.
@Suite(.enabled(if: WaylandSession.isInstalled, "needs sway, foot and wtype"), .serialized)
struct TypeIntoApplications {
    /// Sentences in which keys of the wrong place lose or delete letters; more than one layout of other characters; what no key
    /// of Chromium's can have; what is a dead key in common layouts.
    static let sentences = [
        "Привет, мир", "Съешь ещё этих мягких французских булок, да выпей чаю", "αβγδεζηθικλμνξοπρστυφχψω", "äöüß ÄÖÜ",
        "the quick brown fox jumps over the lazy dog 0123456789", "日本語の文章を入力する試験です。漢字仮名交じり 한국어",
        "´ ` ^ ~ ¨ ˇ ˚ « » “so” – … €", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "e\u{301} à la Ḱ", "well 😀👍🏽👩‍👩‍👧🇩🇪 done",
    ]

    @Test(
        arguments: [TextWindow.chromium, .gtk, .qt, .foot, .xterm].filter(\.isInstalled))
    func `under Wayland`(window: TextWindow) throws {
        let session = try WaylandSession(window: window, hasKeyboard: true)
        try type(Self.sentences, session.environment, session.home) { try session.waitFor($0) }
    }

    @Test(
        .enabled(if: XServer.isInstalled, "needs Xvfb, xterm and xdotool"),
        arguments: [TextWindow.chromium, .gtk, .qt].filter(\.isInstalled))
    func `under X11`(window: TextWindow) throws {
        let server = try XServer()
        let field = try server.open(window)
        try type(Self.sentences, server.environment, server.home) { try field.waitFor($0) }
    }

    /// The drivers that are used where they are asked for.
    @Test(.enabled(if: TextWindow.chromium.isInstalled, "needs chromium"), arguments: ["wtype", "clipboard"])
    func `into Chromium, by other drivers`(driver: String) throws {
        let session = try WaylandSession(window: .chromium, hasKeyboard: true)
        let sentences = driver == "wtype" ? Array(Self.sentences.dropLast()) : Self.sentences
        try type(sentences, session.environment, session.home, ["--driver", driver]) { try session.waitFor($0) }
    }

    @Test func `keys refuse what they can't type everywhere`() throws {
        let session = try WaylandSession(hasKeyboard: true)
        for driver in ["virtual-keyboard", "wtype"] {
            let result = try run(
                Command("vt-type", ["--driver", driver], environment: session.environment), input: .text("a 😀"),
                home: session.home)
            #expect(result.status == 69 && result.errors.contains("no key has “😀”"), "\(result)")
            #expect(result.errors.contains("--driver virtual-keyboard,clipboard"), "\(result)")
        }
        #expect(session.text.isEmpty)
    }

    private func type(
        _ sentences: [String], _ environment: [String: String?], _ home: Home, _ arguments: [String] = [],
        waitFor: (String) throws -> Void
    ) throws {
        var expected = ""
        for sentence in sentences {
            var command = Command("vt-type", arguments, environment: environment)
            // What keeps the clipboard stays.
            command.mayLeaveProcesses = true
            let result = try run(command, input: .text(sentence), home: home)
            #expect(result.status == 0, "\(result)")
            expected += sentence
            try waitFor(expected)
        }
    }
}
