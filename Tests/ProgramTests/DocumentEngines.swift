import Glibc
import Harness
import Testing

/// The engines that the documents tell their readers to write do work.
@Suite(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata"))
struct DocumentEngines {
    @Test(.enabled(if: Tool.isInstalled("pocketsphinx_continuous"), "needs the package pocketsphinx"))
    func theOneInThePluginPage() throws {
        let script = try scriptInThePluginPage("#!/bin/sh")
        let home = try Home()
        try home.addPlugin("vt-transcribe-mine", script)
        let result = try run(
            "vt-transcribe", "--engine", "mine", "--raw", input: .file(Speech.goForward), home: home,
            within: .seconds(60))
        #expect(result.status == 0, "\(result)")
        #expect(result.text.contains("go forward"), "\(result)")
        // Another one of that name, which fails.
        let stubs = home.directory("stubs")
        try makeDirectories(stubs)
        try writeScript("\(stubs)/pocketsphinx_continuous", "#!/bin/sh\nexit 3\n")
        let failed = try run(
            "vt-transcribe", "--engine", "mine", "--raw", "--no-keep", input: .file(Speech.goForward),
            environment: ["PATH": "\(stubs):\(try #require(home.environment["PATH"]))"], home: home)
        #expect(failed.status == 70, "\(failed)")
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
        // A recogniser that fails is not one that has heard nothing.
        try writeScript("\(stubs)/my-recogniser", "#!/bin/sh\necho boom >&2\nexit 3\n")
        let failed = try run(
            "vt-transcribe", "--engine", "mine", "--raw", "--no-keep", input: .file(Speech.goForward),
            environment: ["PATH": path], home: home)
        #expect(failed.status == 70 && failed.errors.contains("boom"), "\(failed)")
    }
}

/// The first script in vt-plugin(7) that begins with these words, as a reader copies it.
private func scriptInThePluginPage(_ beginning: String) throws -> String {
    let page = try EveryProgram.text("man/vt-plugin.7")
    let begin = try #require(page.firstRange(of: beginning))
    let end = try #require(page[begin.lowerBound...].firstRange(of: ".Ed"))
    return String(page[begin.lowerBound..<end.lowerBound].replacing("\\e", with: "\\"))
}

/// The engine in Python that vt-plugin(7) shows, from its page.
@Suite(.enabled(if: Tool.isInstalled("python3"), "needs python3"))
struct DocumentPythonEngine {
    let home: Home

    init() throws {
        home = try Home()
        try home.addPlugin("vt-transcribe-keys", scriptInThePluginPage("#!/usr/bin/env python3"))
    }

    @Test func itRecognises() throws {
        let result = try run(
            command("--events"), input: .bytes(tones("0170") + Tone.silence(seconds: 0.6) + tones("*#")), home: home)
        #expect(result.status == 0, "\(result)")
        let lines = result.text.split(separator: "\n")
        #expect(
            lines.filter { $0.hasPrefix("partial\t") }.map { $0.dropFirst(8) } == ["0", "01", "017", "0170", "*", "*#"])
        #expect(lines.contains("final start=0.100 end=0.740\t0170"), "\(result)")
        #expect(lines.contains("word start=0.280 end=0.380\t1"), "\(result)")
        #expect(lines.last?.hasSuffix("\t*#") == true, "\(result)")
        // Speech is none of its business.
        let noise = try run(command(), input: .bytes(Tone.samples(seconds: 1)), home: home)
        #expect(noise.status == 1 && noise.text == "", "\(noise)")
    }

    @Test func partialResultsComeWhileTheAudioGoesOn() throws {
        let program = try start(command("--events"), input: .open, home: home)
        program.write(tones("5"))
        try program.waitForOutput("the key") { $0.contains("partial\t5\n") }
        program.closeInput()
        let result = try program.finish()
        #expect(result.status == 0 && result.text.contains("\t5\n"), "\(result)")
    }

    @Test func itTakesBatches() throws {
        for (name, keys) in [("one", "12"), ("two", "34")] {
            let samples = tones(keys)
            try write(Tone.header(dataSize: samples.count) + samples, to: "\(home.files)/\(name).wav")
        }
        try write([1, 2, 3], to: "\(home.files)/bad.wav")
        let files = ["one", "bad", "two"].map { "\(home.files)/\($0).wav\n" }.joined()
        let result = try run(
            "\(home.plugins)/vt-transcribe-keys", "transcribe-files-v1", input: .text(files), home: home)
        #expect(result.status == 0, "\(result)")
        let lines = result.text.split(separator: "\n").filter { $0.hasPrefix("final") || $0.hasPrefix("done") }
        let told = lines.map { $0.hasPrefix("final") ? $0.suffix(2) : $0.dropLast() }
        #expect(told == ["12", "done status=0", "done status=65", "34", "done status=0"], "\(result)")
    }

    @Test func itFailsAsThePageSays() throws {
        let result = try run(command("--option", "pause=long"), input: .bytes(tones("1")), home: home)
        #expect(result.status == 64 && result.errors.contains("pause: a number of seconds"), "\(result)")
        #expect(try run("\(home.plugins)/vt-transcribe-keys", "transcribe-v9", home: home).status == 64)
    }

    @Test func itIsCancelled() throws {
        let program = try start(command("--events"), input: .open, home: home)
        program.write(tones("5"))
        try program.waitForOutput("the key") { $0.contains("partial\t5\n") }
        program.signal(SIGTERM)
        // Nothing of it is left: the harness looks.
        #expect(try program.finish().ending == .signalled(SIGTERM))
    }

    private func command(_ arguments: String...) -> Command {
        Command("vt-transcribe", ["--no-gate", "--engine", "keys", "--raw", "--no-keep"] + arguments)
    }

    /// The keys' tones, s16le: 100 ms of silence, and for each key 100 ms of its tones and 80 ms of silence.
    private func tones(_ keys: String) -> [UInt8] {
        let rows = [697.0, 770, 852, 941]
        let columns = [1209.0, 1336, 1477, 1633]
        let all = Array("123A456B789C*0#D")
        var bytes = Tone.silence(seconds: 0.1)
        for key in keys {
            guard let index = all.firstIndex(of: key) else { continue }
            for time in 0..<1600 {
                let turn = 2 * Double.pi * Double(time) / 16000
                let sample = Int(8000 * (sin(turn * rows[index / 4]) + sin(turn * columns[index % 4])))
                bytes += [UInt8(truncatingIfNeeded: sample), UInt8(truncatingIfNeeded: sample >> 8)]
            }
            bytes += Tone.silence(seconds: 0.08)
        }
        return bytes
    }
}
