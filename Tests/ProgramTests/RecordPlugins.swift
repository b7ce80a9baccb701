import Glibc
import Harness
import Testing

/// A home whose vt-record finds the frozen recorder of the first release, and these.
///
/// - Parameter recorders: name and what is done at `record-v1`, in shell; each describes itself as one that writes s16le.
func homeWithRecorders(_ recorders: [(name: String, record: String)] = [], output: String = "s16le") throws -> Home {
    let home = try Home()
    let sample = try EveryProgram.text("Tests/Fixtures/plugins/v1/vt-record-sample")
    try home.addPlugin("vt-record-sample", sample)
    for recorder in recorders {
        try home.addPlugin(
            "vt-record-\(recorder.name)",
            """
            #!/bin/bash
            case $1 in
            describe) printf 'vt-plugin 1\\noutput \(output)\\n' ;;
            record-v1)
            \(recorder.record)
            ;;
            *) exit 64 ;;
            esac

            """)
    }
    return home
}

/// Recorders that keep the rules: record-v1 and devices-v1 of vt-plugin(7).
@Suite struct RecordPlugins {
    /// The samples of the frozen recorder's wave.
    private func isWave(_ samples: [UInt16]) -> Bool {
        samples.enumerated().allSatisfy { $0.element == ($0.offset % 2 == 0 ? 1 : 0xFFFF) }
    }

    @Test func theFrozenRecorderRecords() throws {
        let result = try run(
            "vt-record", "--recorder", "sample", "--duration", "250ms", home: homeWithRecorders())
        #expect(result.status == 0, "\(result)")
        #expect(result.output.count == 44 + 8000)
        #expect(isWave(samples(ofStream: result.output).samples))
        #expect(result.errors == "vt-record: recording from sample: 16000 Hz, mono, s16le\n")
    }

    @Test func whatItCannotDoByItselfIsConverted() throws {
        let result = try run(
            "vt-record", "--recorder", "sample", "--sample-format", "f32le", "--raw", "--duration", "100ms",
            home: homeWithRecorders())
        #expect(result.status == 0, "\(result)")
        #expect(result.output.count == 6400)
        // 1/32768 in binary: 0x38000000.
        #expect(Array(result.output.prefix(8)) == [0, 0, 0, 0x38, 0, 0, 0, 0xB8])
    }

    @Test(.enabled(if: Tool.isInstalled("sox"), "needs sox")) func aWAVMayHaveAnyFormat() throws {
        let home = try homeWithRecorders(
            [("tone", "sox -q -n -r 48000 -b 24 -c 2 -t wav - synth 1 sine 1000 vol 0.5")], output: "wav")
        let result = try run("vt-record", "--recorder", "tone", "-o", "x.wav", home: home)
        #expect(result.status == 0, "\(result)")
        let statistics = try run(
            .shell("soxi -r x.wav; soxi -c x.wav; soxi -s x.wav; sox x.wav -n stat 2>&1"), home: home)
        let lines = statistics.text.split(separator: "\n")
        #expect(lines.prefix(2) == ["16000", "1"])
        #expect(Int(lines[2]) == 16000, "\(statistics)")
        #expect(statistics.text.contains(/Rough\s+frequency:\s+(99\d|100\d)/), "\(statistics)")
    }

    @Test func settingsReachIt() throws {
        let home = try homeWithRecorders([
            (
                "told",
                """
                env | grep '^VT_' | sort >"$HOME/told"
                exec head -c 3200 /dev/zero
                """
            )
        ])
        let result = try run(
            Command(
                "vt-record",
                [
                    "--recorder", "told", "--device", "the one", "--rate", "8000", "--channels", "2", "--period",
                    "40ms",
                    "-o", "x.wav",
                ], environment: ["VT_LANGUAGE": "left over", "OPENAI_API_KEY": "secret"]), home: home)
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("recording from the one (told): 8000 Hz, 2 channels, s16le"))
        let told = try text(of: "\(home.path)/told").split(separator: "\n")
        for line in [
            "VT_AUDIO=s16le", "VT_CHANNELS=2", "VT_DEVICE=the one", "VT_PERIOD=40", "VT_RATE=8000",
            "VT_SAMPLE_FORMAT=s16le",
        ] {
            #expect(told.contains(line[...]), "\(told)")
        }
        #expect(told.contains { $0.hasPrefix("VT_TMPDIR=") } && told.contains { $0.hasPrefix("VT_GREASE_") })
        #expect(!told.contains { $0.hasPrefix("VT_LANGUAGE") })
        #expect(entries(of: home.files) == ["x.wav"], "its private folder is gone")
    }

    @Test func declaredOptionsReachItAndOthersAreRefused() throws {
        let home = try homeWithRecorders()
        let given = try run(
            "vt-record", "--recorder", "sample", "--option", "first=\\001\\002", "--raw", "--duration", "1ms",
            home: home)
        #expect(given.status == 0, "\(given)")
        #expect(Array(given.output.prefix(4)) == [1, 2, 1, 0])
        let unknown = try run("vt-record", "--recorder", "sample", "--option", "second=1", home: home)
        #expect(unknown.status == 64)
        #expect(unknown.errors.contains("sample has no option “second”\nhint: its options are: first"))
        let pointless = try run("vt-record", "--option", "first=1", home: home)
        #expect(pointless.status == 64)
        #expect(pointless.errors.contains("alsa has no options"))
    }

    @Test func listsWhatThereIsAndRunsNothing() throws {
        let home = try homeWithRecorders([("trap", "")])
        try home.addPlugin("vt-record-mine", "#!/bin/sh\ntouch '\(home.files)/was-run'\n")
        let result = try run("vt-record", "--list-recorders", home: home)
        #expect(result.status == 0)
        let lines = result.text.split(separator: "\n")
        #expect(lines.first == "alsa\tbuilt in\t")
        #expect(lines.contains("mine\t\(home.plugins)/vt-record-mine\t"))
        #expect(lines.contains("sample\t\(home.plugins)/vt-record-sample\t"))
        #expect(entries(of: home.files).isEmpty)
    }

    @Test func listsTheDevicesOfARecorder() throws {
        let home = try homeWithRecorders([("deaf", "")])
        let result = try run("vt-record", "--recorder", "sample", "--list-devices", home: home)
        #expect(result.status == 0, "\(result)")
        #expect(result.text == "left\tThe left wall (default)\nright\tThe right wall\n")
        let json = try run("vt-record", "--recorder", "sample", "--list-devices", "--json", home: home)
        #expect(json.text.contains("\"description\": \"The left wall\", \"marks\": [\"default\"]}"))
        let none = try run("vt-record", "--recorder", "deaf", "--list-devices", home: home)
        #expect(none.status == 69)
        #expect(none.errors.contains("deaf: it cannot list devices"))
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func theFirstSignalEndsItProperly(_ signal: CInt) throws {
        let recording = try start(Command("vt-record", ["--recorder", "sample"]), home: homeWithRecorders())
        try recording.waitForOutput("half a second") { _ in recording.output.count > 16000 }
        recording.signal(signal)
        let result = try recording.finish()
        #expect(result.status == 0, "\(result)")
        #expect(isWave(samples(ofStream: result.output).samples))
        #expect(recording.stragglers.isEmpty)
    }

    @Test func ctrlCOnATerminal() throws {
        let home = try homeWithRecorders()
        let terminal = try Terminal("vt-record --recorder sample | (trap '' INT; cat > out.wav)", home: home)
        try terminal.waitFor("recording from sample")
        try terminal.waitFor("] -")
        terminal.type("\u{3}")
        #expect(try terminal.finish() == [0, 0], "\(terminal.screen)")
        #expect(isWave(samples(ofStream: try contents(of: "\(home.files)/out.wav")).samples))
        #expect(terminal.stragglers.isEmpty)
    }

    /// A recorder that holds something back, as a Bluetooth headset does, still has it when it is told to end.
    @Test func whatItHeardBeforeTheEndIsKept() throws {
        let home = try homeWithRecorders([
            (
                "late",
                "trap 'sleep 0.3; printf THE-END.; exit 0' TERM\nhead -c 3200 /dev/zero\nwhile :; do printf '\\0\\0'; sleep 0.1; done"
            )
        ])
        let recording = try start(Command("vt-record", ["--recorder", "late", "--raw"]), home: home)
        try recording.waitForOutput("it records") { _ in recording.output.count >= 3200 }
        recording.signal(SIGINT)
        let result = try recording.finish()
        #expect(result.status == 0, "\(result)")
        #expect(result.output.suffix(8) == ArraySlice("THE-END.".utf8))
    }

    /// The silence is the recorder's; that it stands for something is ours to say.
    @Test func gapsAreCounted() throws {
        let home = try homeWithRecorders([
            (
                "leaky",
                "head -c 16000 /dev/zero; printf 'gap seconds=0.250\\t\\n' >&2; head -c 16000 /dev/zero\n"
                    + "printf 'gap seconds=0.5 of=noise\\tthe cable\\n' >&2; head -c 16000 /dev/zero"
            )
        ])
        let result = try run("vt-record", "--recorder", "leaky", "--raw", home: home)
        #expect(result.status == 0, "\(result)")
        #expect(result.output.count == 48000)
        #expect(result.errors.contains("s: 0.25 s were lost, and are silence\n"), "\(result)")
        #expect(
            result.errors.contains(
                "recorded 1.50 s, of which 0.75 s were lost in 2 overruns and 0.00 s dropped: silence stands for them"),
            "\(result)")
    }

    @Test(arguments: [
        "gap seconds=0.25", "gap seconds=-1\\t", "gap seconds=1e9\\t", "gap seconds=99999999\\t", "gap\\t",
        "gap seconds=0,5\\t", "gaps seconds=1\\t",
    ]) func whatIsNoGap(line: String) throws {
        let home = try homeWithRecorders([("chatty", "printf '\(line)\\n' >&2; head -c 16000 /dev/zero")])
        let result = try run("vt-record", "--recorder", "chatty", "--raw", home: home)
        #expect(result.status == 0 && !result.errors.contains("lost"), "\(result)")
    }

    @Test func aGapIsNoReason() throws {
        let home = try homeWithRecorders([
            ("lost", "head -c 16000 /dev/zero; echo 'out of tape' >&2; printf 'gap seconds=1\\t\\n' >&2; exit 69")
        ])
        let result = try run("vt-record", "--recorder", "lost", "--raw", home: home)
        #expect(result.status == 69 && result.errors.contains("lost: out of tape"), "\(result)")
    }

    @Test func aSlowReaderHoldsUpNobody() throws {
        let recording = try start(
            Command("vt-record", ["--recorder", "sample", "--raw"]), output: .unread, home: homeWithRecorders())
        try recording.waitForErrors(containing: "recording from")
        // More than the two pipes hold.
        pause(.seconds(5))
        recording.signal(SIGINT)
        try eventually("the recorder has gone") { recording.stragglers.isEmpty }
        #expect(!recording.hasEnded)
        try recording.readOutput()
        let result = try recording.finish()
        #expect(result.status == 0, "\(result)")
        #expect(result.output.count > 4 * 32000)
        #expect(isWave(CountedSamples(raw: result.output).samples))
    }

    @Test func theSecondSignalLeavesNothingBehind() throws {
        let home = try homeWithRecorders([
            ("stubborn", "trap '' TERM\nwhile :; do head -c 3200 /dev/zero; sleep 0.1; done")
        ])
        let recording = try start(Command("vt-record", ["--recorder", "stubborn", "-o", "x.wav"]), home: home)
        try recording.waitForErrors(containing: "recording from")
        recording.signal(SIGINT)
        pause(.milliseconds(200))
        recording.signal(SIGINT)
        #expect(try recording.finish().ending == .signalled(SIGINT))
        try eventually("the recorder has gone") { recording.stragglers.isEmpty }
        #expect(entries(of: home.files) == ["x.wav"])
    }

    @Test(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata")) func silenceEndsItToo() throws {
        let home = try homeWithRecorders([
            (
                "speech",
                "cat '\(Speech.goForward)'\nwhile head -c 3200 /dev/zero; do sleep 0.1; done"
            )
        ])
        let result = try run(
            "vt-record", "--recorder", "speech", "--until-silence", "--detector", "energy", "-o", "x.wav", home: home)
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("1.2s of silence: the recording ends"))
        #expect(try contents(of: "\(home.files)/x.wav").count > 64000)
    }
}
