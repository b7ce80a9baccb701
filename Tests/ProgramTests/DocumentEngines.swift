import Harness
import Testing

/// The engines that the documents tell their readers to write do work.
@Suite(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata"))
struct DocumentEngines {
    @Test(.enabled(if: Tool.isInstalled("pocketsphinx_continuous"), "needs the package pocketsphinx"))
    func theOneInThePluginPage() throws {
        let page = try EveryProgram.text("man/vt-plugin.7")
        let begin = try #require(page.firstRange(of: "#!/bin/sh"))
        let end = try #require(page[begin.lowerBound...].firstRange(of: ".Ed"))
        let script = page[begin.lowerBound..<end.lowerBound].replacing("\\e", with: "\\")
        let home = try Home()
        try home.addPlugin("vt-transcribe-mine", String(script))
        let result = try run(
            "vt-transcribe", "--engine", "mine", "--raw", input: .file(Speech.goForward), home: home,
            within: .seconds(60))
        #expect(result.status == 0, "\(result)")
        #expect(result.text.contains("go forward"), "\(result)")
    }

    @Test func theOneInTheReadMe() throws {
        let text = try EveryProgram.text("README.md")
        let begin = try #require(text.firstRange(of: "#!/bin/sh"))
        let end = try #require(text[begin.lowerBound...].firstRange(of: "```"))
        let home = try Home()
        try home.addPlugin("vt-transcribe-mine", String(text[begin.lowerBound..<end.lowerBound]))
        // Some recogniser: it says how long the sound in the file is.
        let stubs = home.directory("stubs")
        try makeDirectories(stubs)
        try writeScript(
            "\(stubs)/my-recogniser", "#!/bin/sh\nhead -c 4 \"$1\"; printf ' of %s bytes\\n' \"$(wc -c <\"$1\")\"\n")
        let path = "\(stubs):\(try #require(home.environment["PATH"]))"
        let result = try run(
            "vt-transcribe", "--engine", "mine", "--raw", input: .file(Speech.goForward), environment: ["PATH": path],
            home: home)
        #expect(result.status == 0, "\(result)")
        #expect(result.text.wholeMatch(of: /RIFF of \d+ bytes\n/) != nil, "\(result)")
    }
}
