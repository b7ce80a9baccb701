import Glibc
import Harness
import Testing

/// `--check-recorder` as its user sees it; what it finds is in `CheckedRecorders`.
@Suite struct RecordCheck {
    @Test func aGoodOneWithItsOption() throws {
        let result = try run(
            Command("vt-record", ["--check-recorder", "sample", "--option", "first=\\001\\002", "--device", "right"]),
            home: homeWithRecorders(), within: .seconds(60))
        #expect(result.status == 0, "\(result)")
        #expect(result.text.split(separator: "\n").allSatisfy { $0.hasPrefix("ok\t") }, "\(result)")
        #expect(result.errors == "")
    }

    @Test func aBadOne() throws {
        let home = try homeWithRecorders([("bad", "exit 3")])
        let result = try run(Command("vt-record", ["--check-recorder", "bad"]), home: home, within: .seconds(60))
        #expect(result.status == 76, "\(result)")
        #expect(
            result.text.contains(
                "FAILED\tsound within 5 s, and then all the time\tit ended with status 3 (vt-plugin(7)"))
        #expect(result.errors.contains("bad does not keep to the plugin protocol\nhint: "), "\(result)")
        #expect(entries(of: home.files).isEmpty)
    }

    @Test func oneThatCannotSayWhatItIs() throws {
        let home = try Home()
        try home.addPlugin("vt-record-x", "#!/bin/sh\necho hello\n")
        let result = try run("vt-record", "--check-recorder", "x", home: home)
        #expect(result.status == 76)
        #expect(result.text.hasPrefix("FAILED\tdescribe") && result.text.split(separator: "\n").count == 1, "\(result)")
    }

    @Test(
        arguments: [
            (["--check-recorder", "no-such"], 69, "there is no vt-record-no-such"),
            (["--check-recorder", "alsa"], 64, "no rules to keep"), (["--check-recorder", ""], 64, "needs a name"),
            (["--check-recorder", "sample", "--recorder", "sample"], 64, "goes with"),
            (["--check-recorder", "sample", "--list-recorders"], 64, "goes with"),
            (["--check-recorder", "sample", "--list-devices"], 64, "goes with"),
            (["--check-recorder", "sample", "-o", "x.wav"], 64, "goes with"),
            (["--check-recorder", "sample", "--option", "second=1"], 64, "no option “second”"),
        ] as [([String], CInt, String)]) func usage(arguments: [String], status: CInt, message: String) throws
    {
        let home = try homeWithRecorders()
        let result = try run(Command("vt-record", arguments), home: home)
        #expect(result.status == status && result.errors.contains(message), "\(result)")
        #expect(entries(of: home.files).isEmpty)
    }

    @Test func ctrlCEndsIt() throws {
        let checking = try start(
            Command("vt-record", ["--check-recorder", "sample"]), home: homeWithRecorders())
        try checking.waitForOutput("it is recording") { $0.contains("that it lists") }
        checking.signal(SIGINT)
        #expect(try checking.finish().ending == .signalled(SIGINT))
        try eventually("the recorder has gone") { checking.stragglers.isEmpty }
    }
}
