import Glibc
import Harness
import Synchronization
import Testing

/// What the keys do: start, stop, cancel, status.
@Suite struct DictateKeys {
    @Test func speechIsTypedAfterStop() throws {
        let stages = try Stages()
        #expect(try stages.dictate("status").status == 1)
        #expect(try stages.dictate("start").status == 0)
        let status = try stages.dictate("status")
        #expect(status.text.hasPrefix("recording ") && status.status == 0)
        let stop = try stages.dictate("stop")
        #expect(stop.status == 0, "\(stop)")
        #expect(stop.errors == "")
        #expect(stages.file("typed") == "hello\n")
        let idle = try stages.dictate("status")
        #expect(idle.text == "idle\n" && idle.status == 1)
        #expect(stages.folders == [])
    }

    @Test func repeatedKeysDoNothing() throws {
        let stages = try Stages()
        for _ in 1...3 { #expect(try stages.dictate("start").status == 0) }
        #expect(stages.file("starts") == "x\n")
        for _ in 1...3 { #expect(try stages.dictate("stop").status == 0) }
        #expect(try stages.dictate("cancel").status == 0)
        #expect(stages.file("typed") == "hello\n")
    }

    @Test func startsAtTheSameMomentRecordOnce() throws {
        let stages = try Stages()
        let line = "for i in 1 2 3 4 5 6 7 8; do vt-dictate start & done; wait"
        let path = "\(stages.home.directory("stubs")):\(BuiltPrograms.scriptDirectory):\(Tool.systemSearchPath)"
        var shell = Command.shell(line, environment: ["PATH": path])
        shell.mayLeaveProcesses = true
        #expect(try run(shell, home: stages.home).status == 0)
        #expect(stages.file("starts") == "x\n")
        #expect(try stages.dictate("stop").status == 0)
    }

    @Test func theNextDictationNeedNotWaitForTheLast() throws {
        let stages = try Stages()
        try stages.transcribe(saying: "first", after: 0.7)
        _ = try stages.dictate("start")
        #expect(try stages.dictate("stop", "--no-wait").status == 0)
        #expect(try stages.dictate("status").text == "transcribing\n")
        try stages.transcribe(saying: "second")
        _ = try stages.dictate("start")
        #expect(try stages.dictate("status").text.hasPrefix("recording"))
        #expect(try stages.dictate("stop").status == 0)
        #expect(stages.file("typed") == "first\nsecond\n")
        try eventually("idle") { try stages.dictate("status").status == 1 }
    }

    @Test func cancelTypesNothingAndDeletesTheAudio() throws {
        let stages = try Stages()
        _ = try stages.dictate("start")
        try eventually("the recogniser runs") { stages.file("names").hasSuffix("\n") }
        let id = stages.file("names").filter { $0 != "\n" }
        try #require(stages.folders == [id])
        try makeDirectories(stages.home.pending)
        for name in ["\(id).audio", "\(id).json", "other.audio"] {
            try write("x".utf8, to: "\(stages.home.pending)/\(name)")
        }
        #expect(try stages.dictate("cancel").status == 0)
        #expect(entries(of: stages.home.pending) == ["other.audio"])
        #expect(stages.file("typed") == "")
        #expect(stages.file("notified") == "")
        #expect(try stages.dictate("status").text == "idle\n")
        #expect(try stages.dictate("cancel").status == 0)
    }

    @Test func cancelAlsoEndsWhatIsBeingTranscribed() throws {
        let stages = try Stages()
        try stages.transcribe(after: 600)
        _ = try stages.dictate("start")
        _ = try stages.dictate("stop", "--no-wait")
        #expect(try stages.dictate("cancel").status == 0)
        #expect(stages.file("typed") == "")
        #expect(stages.folders == [])
    }
}
