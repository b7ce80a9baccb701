import Harness
import Testing

/// The driver that vt-plugin(7) tells its readers to write does work.
@Suite(.enabled(if: Tool.isInstalled("tmux"), "needs tmux")) struct DocumentDriver {
    @Test func theOneInThePluginPage() throws {
        let page = try EveryProgram.text("man/vt-plugin.7")
        let name = try #require(page.firstRange(of: "# vt-type-tmux"))
        let begin = try #require(page.ranges(of: "#!/bin/sh").last { $0.lowerBound < name.lowerBound })
        let end = try #require(page[begin.lowerBound...].firstRange(of: ".Ed"))
        let home = try Home()
        try home.addPlugin(
            "vt-type-tmux", String(page[begin.lowerBound..<end.lowerBound].replacing("\\e", with: "\\")))
        let file = home.directory("typed")
        let environment = ["TMUX_TMPDIR": home.runtime]
        var command = Command(
            "tmux",
            [
                "-f", "/dev/null", "new-session", "-d", "-s", "work",
                "stty raw -echo; : >'\(file)'; exec cat >'\(file)'",
            ],
            environment: environment)
        command.mayLeaveProcesses = true
        let server = try run(command, home: home)
        try #require(server.status == 0, "\(server)")
        defer { _ = try? run(Command("tmux", ["kill-server"], environment: environment), home: home) }
        try eventually("the pane runs its program") { (try? contents(of: file)) != nil }
        let result = try run(
            Command(
                "vt-type", ["--driver", "tmux", "--option", "pane=work:0.0", "--keys", "enter"],
                environment: environment),
            input: .text("grüße, \"wörld\" \\n $HOME; \n"), home: home)
        #expect(result.status == 0, "\(result)")
        try eventually("it is typed", detail: { (try? text(of: file)) ?? "" }) {
            try text(of: file) == "grüße, \"wörld\" \\n $HOME; \r"
        }
        let wrong = try run(
            Command("vt-type", ["--driver", "tmux", "--option", "pane=play:0.0"], environment: environment),
            input: .text("words"), home: home)
        #expect(wrong.status == 69 && wrong.errors.contains("play"), "\(wrong)")
    }
}
