import Glibc
import Harness
import Testing

/// What vt-record, vt-type and vt-dictate take from the configuration, and who comes before it.
@Suite struct Configured {
    private func home(_ configuration: String, _ home: Home? = nil) throws -> Home {
        let home = try home ?? homeWithMicrophones()
        try makeDirectories(home.directory("config/vt"))
        try write(configuration.utf8, to: home.directory("config/vt/config.toml"))
        return home
    }

    /// Seconds of a recording from what is said on standard error.
    private func source(_ result: Result) -> String? {
        result.errors.split(separator: "\n").first { $0.contains("recording from ") }
            .flatMap { $0.split(separator: "recording from ").last?.split(separator: ":").first.map(String.init) }
    }

    @Test func theMicrophone() throws {
        let home = try home("[record]\ndevice = \"counting\"\n[profile.none.record]\ndevice = \"nosuch\"\n")
        let result = try run("vt-record", "--duration", "50ms", home: home)
        #expect(result.status == 0, "\(result)")
        #expect(result.output.count == 44 + 1600)
        // The command line comes before the profile, and that before the rest.
        let profile = try run("vt-record", "--profile", "none", "--duration", "50ms", home: home)
        #expect(profile.status == 69)
        #expect(profile.errors.contains("there is no microphone nosuch"))
        let variable = try run("vt-record", "--duration", "50ms", environment: ["VT_PROFILE": "none"], home: home)
        #expect(variable.status == 0, "no variable chooses a profile, which can name an engine")
        let option = try run(
            "vt-record", "--profile", "none", "--device", "counter", "--duration", "50ms", home: home)
        #expect(option.status == 0, "\(option)")
        let none = try run("vt-record", "--config", "/dev/null", "--device", "nosuch", home: home)
        #expect(none.errors.contains("no microphone nosuch"))
    }

    /// A device is the recorder's that it stands beside.
    @Test func theRecorderWithItsDeviceAndItsOptions() throws {
        let recorders = try homeWithRecorders([
            ("told", "printf 'status\\t%s %s\\n' \"$VT_DEVICE\" \"$VT_OPTION_GAIN\" >&2; head -c 3200 /dev/zero")
        ])
        let home = try home(
            "[record]\nrecorder = \"sample\"\ndevice = \"right\"\n[profile.told.record]\nrecorder = \"told\"\n",
            recorders)
        let result = try run("vt-record", "--duration", "50ms", home: home)
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("recording from right (sample)"), "\(result)")
        // What the command line chooses is another one.
        let other = try run("vt-record", "--recorder", "told", "--duration", "50ms", home: home)
        #expect(other.errors.contains("recording from told:"), "\(other)")
        let alsa = try run("vt-record", "--recorder", "alsa", "--show-config", home: home)
        #expect(!alsa.text.contains("device"), "\(alsa)")
    }

    @Test func whenItEnds() throws {
        let silent = try Home()
        try silent.addMicrophone(hearing: [], speed: 60)
        let home = try home("[record]\nno_speech_timeout = \"2s\"\ndetector = \"energy\"\n", silent)
        let result = try run("vt-record", "-o", "x.wav", home: home)
        #expect(result.status == 1, "\(result)")
        // Where the configuration waits for speech, how is an option; where nobody does, it is a mistake.
        let alone = try run("vt-record", "--pre-roll", "1s", "-o", "y.wav", home: home)
        #expect(alone.status == 78, "\(alone)")
        _ = try self.home("[record]\nwait_for_speech = true\nno_speech_timeout = \"2s\"\n", silent)
        #expect(try run("vt-record", "--pre-roll", "1s", "--detector", "energy", "-o", "y.wav", home: home).status == 1)
        #expect(entries(of: home.files) == ["x.wav"])
    }

    @Test func theTypist() throws {
        let home = try home(
            """
            [type]
            driver = "print"
            suffix = "!"
            [profile.chat.type]
            prefix = "> "
            suffix = "."
            """, Home())
        func type(_ arguments: String...) throws -> String {
            let result = try run(
                Command("vt-type", arguments), input: .text("one\ntwo\n"), home: home)
            #expect(result.status == 0, "\(result)")
            return result.text
        }
        #expect(try type() == "one! two!")
        #expect(try type("--suffix", "?") == "one? two?")
        #expect(try type("--profile", "chat") == "> one. > two.")
        #expect(try type("--config", "/dev/null", "--driver", "print") == "one two")
    }

    @Test func driversWithTheirOptions() throws {
        let home = try Home()
        for name in ["a", "b"] {
            try home.addPlugin(
                "vt-type-\(name)",
                """
                #!/bin/sh
                case $1 in
                describe) printf 'vt-plugin 1\\noption loud how loud\\n' ;;
                type-v1) printf '%s %s' \(name) "$VT_OPTION_LOUD" >"\(home.files)/told"
                    while read -r line; do case $line in text*) echo done ;; esac; done ;;
                *) exit 64 ;;
                esac
                """)
        }
        _ = try self.home("[type]\ndriver = \"a\"\noptions = { loud = true }\n", home)
        func told(_ arguments: String...) throws -> String {
            let result = try run(Command("vt-type", arguments), input: .text("x\n"), home: home)
            #expect(result.status == 0, "\(result)")
            return try text(of: "\(home.files)/told")
        }
        #expect(try told() == "a true")
        #expect(try told("--option", "loud=no") == "a no")
        #expect(try told("--driver", "b") == "b ", "its options are those of another")
    }

    @Test(arguments: [
        (
            "vt-record", "[record]\nuntil_silence = \"soon\"",
            "config.toml:2: until_silence is a time such as 1.2s, not soon"
        ),
        ("vt-record", "[record]\nuntil_silence = \"50ms\"", "--until-silence is 200ms at least, not 50ms"),
        ("vt-record", "[record]\noptions = { a = 1 }", "--option a is for a plugin, and alsa has no options"),
        (
            "vt-type", "[type]\nkeys = [\"enter\", \"meta\"]",
            "config.toml:2: keys are enter, tab and escape, not enter,meta"
        ),
        ("vt-type", "[type]\ndelay = \"1m\"", "config.toml:2: delay is a time of 10s at most, not 1m"),
        ("vt-type", "langauge = \"en\"", "config.toml:1: langauge is unknown"),
        ("vt-record", "[type]\ndrivr = \"x\"", "config.toml:2: drivr is unknown"),
    ])
    func mistakesAreFoundBeforeAnythingIsDone(program: String, configuration: String, message: String) throws {
        let result = try run(Command(program), input: .text("x\n"), home: home(configuration, Home()))
        #expect(result.status == 78, "\(result)")
        #expect(result.errors.contains(message), "\(result)")
        #expect(result.output.isEmpty)
    }

    @Test func whatIsInForceIsShown() throws {
        let home = try home(
            """
            log = "error"
            [record]
            device = "usb"
            until_silence = true
            [type]
            driver = ["xdotool", "print"]
            keys = "enter"
            """, Home())
        let file = home.directory("config/vt/config.toml")
        let record = try run("vt-record", "--show-config", "--detector", "energy", home: home)
        #expect(
            record.text == """
                # \(file)
                log = "error"  # \(file):1

                [record]
                recorder = "alsa"        # default
                device = "usb"           # \(file):3
                until_silence = "1.2s"   # \(file):4
                wait_for_speech = false  # default
                detector = "energy"      # --detector

                """, "\(record)")
        let type = try run(
            "vt-type", "--show-config", "--suffix", " ", environment: ["VT_LOG": "info"], home: home)
        #expect(
            type.text == """
                # \(file)
                log = "info"  # environment: VT_LOG

                [type]
                driver = "xdotool,print"  # \(file):6
                keys = ["enter"]          # \(file):7
                suffix = " "              # --suffix

                """, "\(type)")
        // What is shown is a configuration.
        for text in [record.text, type.text] {
            try write(text.utf8, to: "\(home.files)/shown.toml")
            #expect(try run("vt-record", "--config", "shown.toml", "--show-config", home: home).status == 0)
        }
    }

    /// Two keys, two profiles: what each stage of a dictation sees.
    @Test func dictationsWithProfiles() throws {
        let stages = try Stages()
        func noting(_ stage: String) -> String {
            "sh -c 'echo \"\(stage) $VT_DICTATE_PROFILE\" >>noted; exec vt-\(stage)'"
        }
        let environment: [String: String?] = [
            "VT_DICTATE_RECORD": noting("record"), "VT_DICTATE_TRANSCRIBE": noting("transcribe"),
            "VT_DICTATE_TYPE": noting("type"),
        ]
        #expect(try stages.dictate("start", environment: environment).status == 0)
        #expect(try stages.dictate("stop").status == 0)
        #expect(try stages.dictate("start", "--profile", "german", environment: environment).status == 0)
        #expect(try stages.dictate("stop").status == 0)
        #expect(try stages.dictate("--profile=chat", "start", environment: environment).status == 0)
        #expect(try stages.dictate("stop").status == 0)
        #expect(
            stages.file("noted").split(separator: "\n").sorted() == [
                "record ", "record chat", "record german", "transcribe ", "transcribe chat", "transcribe german",
                "type ", "type chat", "type german",
            ])
        for result in [
            try stages.dictate("stop", "--profile", "x"), try stages.dictate("start", "--profile"),
            try stages.dictate("start", "--profile", ""), try stages.dictate("start", "--profile="),
        ] {
            #expect(result.status == 64, "\(result)")
            #expect(result.errors.contains("--profile"), "\(result)")
        }
    }

    /// With the real programs: a profile that nobody has written is told by all three.
    @Test func aProfileThatThereIsNot() throws {
        let home = try home("[profile.german]\nlanguage = \"de\"\n")
        var command = Command("vt-dictate", ["start", "--profile", "germna"])
        command.mayLeaveProcesses = true
        let result = try run(command, home: home)
        #expect(result.status == 78, "\(result)")
        #expect(result.errors.contains("there is no profile germna\nhint: did you mean german?"), "\(result)")
    }
}
