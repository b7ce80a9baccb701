import Glibc
import Harness
import Testing

/// What vt-type does with words that it cannot deliver, and with signals.
@Suite struct TypeAndKeep {
    let home: Home

    init() throws {
        home = try Home()
    }

    private var kept: String { (try? text(of: home.state + "/undelivered")) ?? "" }

    @Test func `without a window everything is kept, and nobody speaks for nothing`() throws {
        let program = try start(Command("vt-type"), input: .open, home: home)
        try program.waitForErrors(containing: "no window to type into")
        program.write("eins\nzwei".utf8)
        program.closeInput()
        let result = try program.finish()
        #expect(result.status == 69, "\(result)")
        #expect(
            result.errors.contains("2 utterances were not typed, and kept in \(home.state)/undelivered"), "\(result)")
        #expect(kept.split(separator: "\n").map { $0.split(separator: "\t").last } == ["eins", "zwei"])
        #expect(kept.hasPrefix("final time="))
    }

    @Test(arguments: [
        (["DISPLAY": ":4242"], "xdotool", "cannot open display :4242"),
        (["DISPLAY": "nonsense"], "xdotool", "is no X11 display"),
        (["WAYLAND_DISPLAY": "/nowhere/wayland-9"], "cat", "cannot reach the Wayland compositor"),
    ]) func `a session that is not there`(environment: [String: String], tool: String, message: String) throws {
        guard Tool.isInstalled(tool) else { return }
        let result = try run(
            Command("vt-type", environment: environment.mapValues { $0 }), input: .text("words\n"), home: home)
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains(message), "\(result)")
        #expect(kept.hasSuffix("\twords\n"))
    }

    @Test func `what was kept can be typed`() throws {
        _ = try run(Command("vt-type"), input: .text("eins\nzwei\n"), home: home)
        let again = try run(Command("vt-type", ["--events", "--driver", "print"]), input: .text(kept), home: home)
        #expect(again.text == "eins zwei")
        let loop = try run(
            Command("vt-type", ["--events"]), input: .file(home.state + "/undelivered"), home: home)
        #expect(loop.status == 64, "\(loop)")
    }

    @Test func `a compositor that lets nobody type is named`() throws {
        try writeScript(
            "\(home.files)/wtype",
            "#!/bin/sh\necho 'Compositor does not support the virtual keyboard protocol' >&2\nexit 1\n")
        let result = try run(
            Command(
                "vt-type", ["--driver", "wtype"],
                environment: ["PATH": "\(home.files):/usr/bin:/bin", "WAYLAND_DISPLAY": "wayland-0"]),
            input: .text("a\nb\n"), home: home)
        #expect(result.status == 69)
        #expect(result.errors.contains("virtual-keyboard") && result.errors.contains("hint:"), "\(result)")
        #expect(kept.contains("\ta\n") && kept.contains("\tb\n"))
    }

    @Test func `without a home they are kept in the temporary folder, and without that go to stderr`() throws {
        var environment: [String: String?] = ["HOME": nil, "XDG_STATE_HOME": nil]
        let second = "\(home.files)/vt-\(geteuid())/undelivered"
        let kept = try run(Command("vt-type", environment: environment), input: .text("eins\n"), home: home)
        #expect(kept.status == 69 && kept.errors.contains("kept in \(second)"), "\(kept)")
        #expect(try text(of: second).hasSuffix("\teins\n"))
        environment["TMPDIR"] = "/nowhere"
        let lost = try run(Command("vt-type", environment: environment), input: .text("eins\n"), home: home)
        #expect(lost.status == 69 && lost.errors.contains("not typed: eins"), "\(lost)")
    }

    @Test func `events: finals are typed, drafts are not`() throws {
        let events = """
            vt host=1\t
            status state=ready\tlistening
            partial\tgo for
            word start=0.1 end=0.3\tgo
            final start=0.1 end=0.9\tgo forward
            unknown x="y z"\tnever
            error\tthe microphone went away
            final\tten meters

            """
        let result = try run(Command("vt-type", ["--events", "--driver", "print"]), input: .text(events), home: home)
        #expect(result.text == "go forward ten meters")
        #expect(result.status == 0)
        #expect(result.errors.contains("the microphone went away"))
        #expect(kept.isEmpty)
    }

    @Test func `the first Ctrl-C in a pipeline waits for the words that are still to come`() throws {
        let program = try start(Command("vt-type", ["--driver", "print"]), input: .open, home: home)
        program.write("before\n".utf8)
        try program.waitForOutput("before") { $0 == "before" }
        program.signal(SIGINT)
        program.write("after\n".utf8)
        try program.waitForOutput("after") { $0 == "before after" }
        program.closeInput()
        #expect(try program.finish().status == 0)
    }

    @Test(arguments: [[SIGTERM], [SIGHUP], [SIGINT, SIGINT]]) func `a stop keeps what has come`(signals: [CInt]) throws
    {
        // A driver that hangs: the first utterance is under way, the others wait.
        try writeScript("\(home.files)/wtype", "#!/bin/sh\ncat > /dev/null\nexec sleep 1000\n")
        let program = try start(
            Command(
                "vt-type", ["--driver", "wtype"],
                environment: ["PATH": "\(home.files):/usr/bin:/bin", "WAYLAND_DISPLAY": "wayland-0"]),
            input: .open, home: home)
        program.write("eins\nzwei\ndrei".utf8)
        try eventually("the first is under way") { kept.hasSuffix("\teins\n") }
        for signal in signals {
            program.signal(signal)
            // Two of one kind that are pending together are one.
            pause(.milliseconds(100))
        }
        let result = try program.finish()
        #expect(result.ending == .signalled(signals[0]), "\(result)")
        #expect(kept.split(separator: "\n").map { $0.split(separator: "\t").last } == ["eins", "zwei", "drei"])
    }

    @Test func `a kill -9 leaves the utterance that was under way`() throws {
        try writeScript("\(home.files)/wtype", "#!/bin/sh\ncat > /dev/null\nexec sleep 1000\n")
        let program = try start(
            Command(
                "vt-type", ["--driver", "wtype"],
                environment: ["PATH": "\(home.files):/usr/bin:/bin", "WAYLAND_DISPLAY": "wayland-0"]),
            input: .open, home: home)
        program.write("eins\n".utf8)
        try eventually("it is under way") { kept.hasSuffix("\teins\n") }
        program.signal(SIGKILL)
        _ = try program.finish()
        #expect(kept.hasSuffix("\teins\n"))
    }

    @Test(
        arguments: [
            (["--driver", "telepathy"], 64), (["--keys", "return"], 64), (["--delay", "1h"], 64),
            (["--list-drivers"], 0),
            (["--driver", "print"], 0),
        ] as [([String], CInt)]) func `statuses`(arguments: [String], status: CInt) throws
    {
        #expect(try run(Command("vt-type", arguments), home: home).status == status)
    }

    @Test func `memory stays flat`() throws {
        func peak(_ lines: Int) throws -> Int {
            let program = try start(Command("vt-type", ["--driver", "print"]), input: .open, home: home)
            program.write(String(repeating: "the quick brown fox\n", count: lines).utf8)
            try program.waitForOutput("all lines") { $0.utf8.count >= lines * 20 - 1 }
            let peak = try program.peakMemory
            program.closeInput()
            #expect(try program.finish(within: .seconds(60)).status == 0)
            return peak
        }
        #expect(try peak(20_000) - peak(200) < 2 << 20)
    }
}
