import Glibc
import Harness
import Testing

/// Recorders that break the rules of vt-plugin(7): what came is kept, and the message says whose fault it is.
@Suite struct RecordBrokenPlugins {
    /// Half a second of sound, in shell.
    private static let sound = "head -c 16000 /dev/zero"

    /// Records to x.wav with a recorder that is written as told.
    private func record(_ script: String, output: String = "s16le", _ options: String...) throws -> (Result, Home) {
        let home = try homeWithRecorders([("bad", script)], output: output)
        return (try run(Command("vt-record", ["--recorder", "bad", "-o", "x.wav"] + options), home: home), home)
    }

    private func bytesOfSound(_ home: Home) throws -> Int { try contents(of: "\(home.files)/x.wav").count - 80 }

    @Test(arguments: [64, 65, 66, 69, 70, 73, 74, 75, 77, 78])
    func itsStatusAndItsLastWordsAreOurs(_ status: CInt) throws {
        let (result, home) = try record(
            "\(Self.sound); echo chatter >&2; echo 'the cable is out' >&2; exit \(status)")
        #expect(result.status == status, "\(result)")
        #expect(result.errors.contains("vt-record: bad: the cable is out; what was recorded is kept\n"), "\(result)")
        #expect(!result.errors.contains("chatter"))
        #expect(try bytesOfSound(home) == 16000)
    }

    @Test(arguments: [
        ("exit 1", "bad: it ended with status 1"), ("exit 2", "status 2"), ("exit 127", "status 127"),
        ("kill -SEGV $$", "it died of signal 11"), ("kill -KILL $$", "it died of signal 9"),
    ])
    func anyOtherEndMeansThatItIsBroken(_ end: String, _ message: String) throws {
        let (result, home) = try record("\(Self.sound); \(end)")
        #expect(result.status == 76, "\(result)")
        #expect(result.errors.contains(message), "\(result)")
        #expect(try bytesOfSound(home) == 16000)
        #expect(entries(of: home.files) == ["x.wav"])
    }

    @Test func messagesForPeopleAreShownAndTheLastOneOnce() throws {
        let (result, _) = try record(
            """
            echo 'vt-record-bad: the battery is low' >&2
            \(Self.sound); sleep 0.3
            echo 'vt-record-bad: the battery is empty' >&2
            echo 'hint: charge it' >&2
            exit 69
            """)
        #expect(result.status == 69)
        #expect(
            result.errors == """
                vt-record: recording from bad: 16000 Hz, mono, s16le
                vt-record: the battery is low
                vt-record: bad: the battery is empty; what was recorded is kept
                hint: charge it

                """ || result.errors.contains("battery is low") && result.errors.hasSuffix("kept\nhint: charge it\n"),
            "\(result)")
        #expect(result.errors.split(separator: "\n").filter { $0.contains("empty") }.count == 1)
    }

    @Test func oneThatWritesNothing() throws {
        let (result, home) = try record("exec sleep 60")
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("bad has not delivered anything yet; waiting"))
        #expect(result.errors.contains("bad stopped delivering: no data for 5 s"))
        #expect(entries(of: home.files).isEmpty)
    }

    @Test func oneThatStopsWriting() throws {
        let (result, home) = try record("\(Self.sound); exec sleep 60", "--stall-timeout", "2s")
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("bad stopped delivering: no data for 2 s; what was recorded is kept"))
        #expect(try bytesOfSound(home) == 16000)
    }

    @Test func oneThatEndsWithoutASound() throws {
        let (result, home) = try record("echo 'no idea' >&2; exit 0")
        #expect(result.status == 76, "\(result)")
        #expect(result.errors.contains("bad: it ended without a sound: no idea"))
        #expect(entries(of: home.files).isEmpty)
    }

    @Test func oneThatEndsByItselfHasEndedTheRecording() throws {
        let (result, home) = try record("\(Self.sound)")
        #expect(result.status == 0, "\(result)")
        #expect(try bytesOfSound(home) == 16000)
    }

    @Test func halfAFrameAtTheEndIsLeftOut() throws {
        let (result, home) = try record("\(Self.sound); printf x")
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("bad: its last 1 bytes are no whole frame and are left out"), "\(result)")
        #expect(try bytesOfSound(home) == 16000)
    }

    @Test(arguments: [
        "\(sound)", "printf 'RIFF____AVI fmt '; \(sound)", "printf 'RIFF____WAVE'; cat /dev/zero",
        "printf 'RIFF____WAVEfmt \\20\\0\\0\\0\\7\\0\\1\\0'; \(sound)",
    ])
    func wrongWAV(_ script: String) throws {
        let (result, home) = try record("\(script); sleep 60", output: "wav")
        #expect(result.status == 76, "\(result)")
        #expect(result.errors.contains("bad: what it writes is no WAV stream: "), "\(result)")
        #expect(entries(of: home.files).isEmpty)
    }

    @Test func aHeaderInPiecesIsAHeader() throws {
        let script = """
            for piece in 'RIFF\\377\\377\\377\\377WA' 'VEfmt \\20\\0\\0' '\\0\\1\\0\\1\\0\\200\\76\\0\\0\\0\\175\\0\\0\\2\\0\\20\\0LIST\\2\\0\\0\\0xy' \\
                'data\\377\\377\\377\\377' '\\1\\2\\3'; do printf "$piece"; sleep 0.05; done
            printf '\\4'
            """
        let home = try homeWithRecorders([("pieces", script)], output: "wav")
        let result = try run("vt-record", "--recorder", "pieces", "--raw", home: home)
        #expect(result.status == 0, "\(result)")
        #expect(result.output == [1, 2, 3, 4])
    }

    /// It has two seconds to end; then it is killed, with all that it has started.
    @Test(arguments: [
        "trap '' TERM; while :; do head -c 3200 /dev/zero; sleep 0.1; done",
        "trap '' TERM; exec cat /dev/zero", "trap '' TERM; \(sound); exec sleep 60",
    ])
    func oneThatDoesNotEndIsKilled(_ script: String) throws {
        let home = try homeWithRecorders([("bad", script)])
        let recording = try start(Command("vt-record", ["--recorder", "bad", "-o", "x.wav"]), home: home)
        try recording.waitForErrors(containing: "recording from bad")
        let begin = ContinuousClock.now
        recording.signal(SIGINT)
        let result = try recording.finish()
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("bad did not end when it was asked to, and was killed"), "\(result)")
        #expect(begin.duration(to: .now) < .seconds(10))
        try eventually("nothing is left of it") { recording.stragglers.isEmpty }
        #expect(entries(of: home.files) == ["x.wav"])
    }

    @Test func oneThatFloodsItsErrors() throws {
        let (result, home) = try record(
            "yes 'all is well' >&2 &\n(head -c 1000000 /dev/zero; echo) >&2 &\n\(Self.sound); sleep 1; \(Self.sound)",
            output: "s16le", "--duration", "1s")
        #expect(result.status == 0, "\(result.errors.prefix(500))")
        #expect(!result.errors.contains("all is well"))
        #expect(try bytesOfSound(home) == 32000)
    }

    @Test func whatItLeavesBehindHoldsUpNobody() throws {
        let (result, home) = try record("sleep 60 & \(Self.sound); echo 'out of tape' >&2; exit 69")
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("bad: out of tape"))
        #expect(try bytesOfSound(home) == 16000)
    }

    @Test(arguments: [
        ("echo hello", 76, "the first line is not “vt-plugin 1”"),
        ("printf 'vt-plugin 1\\noutput mp3\\n'", 76, "output is wav or s16le, not “mp3”"),
        ("exit 3", 76, "describe ended with status 3"), ("exec sleep 60", 76, "describe:"),
        ("printf 'vt-plugin 1\\nrequires no-such-command\\n'", 69, "needs no-such-command"),
    ])
    func badDescriptions(_ describe: String, _ status: CInt, _ message: String) throws {
        let home = try Home()
        try home.addPlugin("vt-record-bad", "#!/bin/sh\n\(describe)\n")
        let result = try run("vt-record", "--recorder", "bad", "-o", "x.wav", home: home)
        #expect(result.status == status, "\(result)")
        #expect(result.errors.contains(message), "\(result)")
        #expect(entries(of: home.files).isEmpty)
    }

    @Test(arguments: [
        ("printf 'a\\tA\\n\\tno name\\n'", 76, "a line without a name"), ("exit 69", 69, "it ended with status 69"),
        ("yes", 76, "wrote more than"), ("echo 'no server' >&2; exit 69", 69, "no server"),
        ("exit 9", 76, "it ended with status 9"),
    ])
    func badDeviceLists(_ list: String, _ status: CInt, _ message: String) throws {
        let home = try Home()
        try home.addPlugin(
            "vt-record-bad", "#!/bin/sh\ncase $1 in describe) echo 'vt-plugin 1' ;; *) \(list) ;; esac\n")
        let result = try run("vt-record", "--recorder", "bad", "--list-devices", home: home)
        #expect(result.status == status, "\(result)")
        #expect(result.errors.contains(message), "\(result)")
        #expect(result.text == "")
    }

    @Test func oneThatIsNotThere() throws {
        let result = try run("vt-record", "--recorder", "no-such", "-o", "x.wav", home: Home())
        #expect(result.status == 69)
        #expect(result.errors.contains("there is no vt-record-no-such\nhint: "))
        let wrong = try run("vt-record", "--recorder", "No Such", "-o", "x.wav", home: Home())
        #expect(wrong.status == 64)
    }
}
