import Glibc
import Harness
import Testing

/// What goes wrong between the keys, and what vt-dictate says about it.
@Suite struct DictateFailures {
    @Test(arguments: [
        // The recorder's own failure is the cause of the recogniser's.
        (record: 69, transcribe: 65, type: 0, worst: 69),
        (record: 0, transcribe: 76, type: 0, worst: 76),
        // The typist's is the cause of the recogniser's closed pipe.
        (record: 0, transcribe: 74, type: 69, worst: 69),
        (record: 0, transcribe: 1, type: 0, worst: 1),
        // The recorder found its reader gone.
        (record: 141, transcribe: 69, type: 0, worst: 69),
        (record: 74, transcribe: 0, type: 0, worst: 74),
    ])
    func theStageThatFailedFirstDecides(_ it: (record: Int, transcribe: Int, type: Int, worst: Int)) throws {
        let stages = try Stages()
        try stages.record(status: it.record)
        try stages.transcribe(status: it.transcribe)
        try stages.type(status: it.type)
        #expect(try stages.dictate("start").status == 0)
        let stop = try stages.dictate("stop")
        #expect(stop.status == CInt(it.worst), "\(stop)")
        for (name, status) in [("record", it.record), ("transcribe", it.transcribe), ("type", it.type)] where status > 1
        {
            #expect(stop.errors.contains("vt-dictate: \(name) ended with status \(status)\n"))
            #expect(stages.file("notified").contains("\(name) ended with status \(status)"))
        }
        #expect(it.worst > 1 || stages.file("notified") == "")
    }

    @Test func startTellsThatThereIsNoMicrophone() throws {
        let stages = try Stages()
        try stages.record(endsAtOnceWith: 69)
        let start = try stages.dictate("start")
        #expect(start.status == 69)
        #expect(start.errors.contains("vt-record: no microphone\n"))
        #expect(stages.file("notified").contains("no microphone"))
        #expect(try stages.dictate("stop").status == 0)
    }

    @Test func aMissingProgramIsAFailure() throws {
        let stages = try Stages()
        _ = try stages.dictate("start", environment: ["VT_DICTATE_TYPE": "no-such-typist"])
        let stop = try stages.dictate("stop")
        #expect(stop.status == 127)
        #expect(stop.errors.contains("no-such-typist"))
    }

    @Test func aProcessThatOnlyHasTheSameNumberIsLeftAlone() throws {
        let stages = try Stages()
        let bystander = try start(Command("sleep", ["600"]))
        // As a machine that crashed would leave it: the number is in use again, by a process that began later.
        let folder = "\(stages.home.runtime)/vt/20260101T000000-1-dictate"
        try makeDirectories(folder)
        try write("20260101T000000-1-dictate\n".utf8, to: "\(stages.home.runtime)/vt/last")
        for name in ["report", "lock"] { try write("".utf8, to: "\(folder)/\(name)") }
        try write("record \(bystander.pid) 1\ntranscribe \(bystander.pid) 1\n".utf8, to: "\(folder)/pids")
        #expect(try stages.dictate("status").text == "idle\n")
        #expect(try stages.dictate("start").status == 0)
        #expect(stages.file("starts") == "x\n")
        #expect(try stages.dictate("stop").status == 0)
        #expect(try stages.dictate("cancel").status == 0)
        #expect(!bystander.hasEnded)
    }

    @Test func afterEverythingWasKilledItStartsAgain() throws {
        let stages = try Stages()
        _ = try stages.dictate("start")
        let pids = try text(of: "\(stages.home.runtime)/vt/\(try #require(stages.folders.first))/pids")
        let numbers = pids.split(separator: "\n").compactMap { CInt($0.split(separator: " ")[1]) }
        try #require(numbers.count == 3)
        // Against the stream, so that none ends for another's sake before.
        for number in numbers.reversed() { #expect(kill(number, SIGKILL) == 0) }
        let stop = try stages.dictate("stop")
        #expect(stop.status == 137)
        #expect(try stages.dictate("start").status == 0)
        #expect(try stages.dictate("stop").status == 0)
        #expect(stages.file("typed") == "hello\n")
    }

    @Test func aRuntimeFolderThatOthersMayEnterIsRefused() throws {
        let stages = try Stages()
        try makeDirectories("\(stages.home.runtime)/vt")
        chmod("\(stages.home.runtime)/vt", 0o777)
        let start = try stages.dictate("start")
        #expect(start.status == 73)
        #expect(start.errors.hasPrefix("vt-dictate: \(stages.home.runtime)/vt is not a folder of yours alone\nhint: "))
        #expect(stages.file("starts") == "")
    }

    @Test func environmentBeatsTheConfigurationFile() throws {
        let stages = try Stages()
        try makeDirectories(stages.home.directory("config/vt"))
        let settings =
            "VT_DICTATE_TYPE='cat >configured'\nVT_DICTATE_TRANSCRIBE='vt-transcribe | sed -u s/hello/bye/'\n"
        try write(settings.utf8, to: stages.home.directory("config/vt/dictate.conf"))
        for (environment, file) in [([:], "configured"), (["VT_DICTATE_TYPE": "cat >chosen"], "chosen")] {
            #expect(try stages.dictate("start", environment: environment).status == 0)
            #expect(try stages.dictate("stop").status == 0)
            #expect(stages.file(file) == "bye\n")
        }
    }

    @Test(arguments: [[], ["begin"], ["start", "stop"], ["start", "--no-wait"], ["--loud", "start"]])
    func wrongCommandLinesAre64(_ arguments: [String]) throws {
        let result = try run(Command("vt-dictate", arguments))
        #expect(result.status == 64)
        #expect(result.errors.hasPrefix("vt-dictate: "))
        #expect(result.text == "")
    }
}
