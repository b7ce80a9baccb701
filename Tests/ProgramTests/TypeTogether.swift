import Glibc
import Harness
import Testing

/// Several vt-type on one display, and one that is killed.
@Suite(.enabled(if: XServer.isInstalled, "needs Xvfb, xterm and xdotool"), .serialized)
struct TypeTogether {
    let server: XServer
    let window: XTerminal

    init() throws {
        server = try XServer()
        window = try server.openTerminal()
    }

    private var kept: String { (try? text(of: server.home.state + "/undelivered")) ?? "" }

    @Test(arguments: ["xdotool", "clipboard"])
    func `utterances of two stay whole, and every character is right`(driver: String) throws {
        func lines(_ name: String, _ own: String) -> [String] {
            (0..<12).map { "[\(name)\($0) \(own) Übergröße! \(own)]" }
        }
        let all = [lines("one", "äöü é"), lines("two", "Привет Łódź")]
        let programs = try all.map { lines in
            var command = Command("vt-type", ["--driver", driver], environment: server.environment)
            command.mayLeaveProcesses = true
            return try start(command, input: .text(lines.joined(separator: "\n")), home: server.home)
        }
        for program in programs {
            let result = try program.finish(within: .seconds(60))
            #expect(result.status == 0, "\(result)")
        }
        let count = all.joined().map(\.count).reduce(0, +) + 22
        try eventually("all of it", detail: { window.text }) { window.text.count == count }
        let got = window.text.split(separator: "[").map { "[" + $0.trimmingSuffix { $0 == " " } }
        #expect(got.sorted() == all.joined().sorted())
        #expect(kept.isEmpty)
    }

    @Test func `killed, it types no more, and what was typed is not kept as well`() throws {
        let text = (0..<4000).map { "word\($0) " }.joined()
        let program = try start(
            Command("vt-type", ["--delay", "1ms"], environment: server.environment), input: .text(text),
            home: server.home)
        try eventually("it is well under way") { window.text.count > 1000 }
        program.signal(SIGKILL)
        _ = try program.finish()
        try server.xdotool("key", "Return")
        try eventually("what comes behind it") { window.text.contains("\r") }
        let got = window.text
        // An orphan would go on.
        pause(.milliseconds(500))
        #expect(window.text == got)
        let typed = got.prefix { $0 != "\r" }
        let rest = try #require(kept.split(separator: "\t").last?.dropLast())
        #expect(text.hasPrefix(typed) && text.hasSuffix(rest))
        let from = text.count - rest.count
        #expect(from > 500 && (from...from + 400).contains(typed.count), "typed \(typed.count), kept from \(from)")
    }

    @Test(.enabled(if: Tool.isInstalled("xkbcomp"), "needs xkbcomp"))
    func `keys that a killed one left are taken off by the next`() throws {
        func layout() throws -> String {
            try run(
                Command("xkbcomp", ["-xkb", server.display, "-"], environment: server.environment), home: server.home
            )
            .text
        }
        func type(_ text: String) throws {
            let result = try run(
                Command("vt-type", environment: server.environment), input: .text(text), home: server.home)
            #expect(result.status == 0, "\(result)")
        }
        // The server rewrites its description of the map at the first change.
        try type("中")
        let before = try layout()
        let killed = try start(Command("vt-type", environment: server.environment), input: .open, home: server.home)
        killed.write("日本語\n".utf8)
        try window.waitFor("中日本語")
        killed.signal(SIGKILL)
        _ = try killed.finish()
        #expect(try layout() != before)
        try type("x")
        try window.waitFor("中日本語x")
        #expect(try layout() == before)
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ isOdd: (Character) -> Bool) -> Substring {
        var rest = self
        while let last = rest.last, isOdd(last) { rest = rest.dropLast() }
        return rest
    }
}
