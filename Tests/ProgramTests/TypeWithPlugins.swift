import Harness
import Testing

/// vt-type with drivers that are executables: found by name or path, listed, chained, and what they do not deliver is kept.
@Suite struct TypeWithPlugins {
    let home: Home

    init() throws {
        home = try Home()
    }

    private var out: String { home.directory("out") }
    private var written: String { (try? text(of: out)) ?? "" }
    private var kept: String { (try? text(of: home.state + "/undelivered")) ?? "" }

    private func addDriver(_ name: String, _ loop: String, describe: String = "summary x") throws {
        try home.addPlugin(
            "vt-type-\(name)",
            """
            #!/bin/sh
            case $1 in
            describe) printf '%s\\n' 'vt-plugin 1' '\(describe)' ;;
            type-v1)
                tab=$(printf '\\t')
                while IFS=$tab read -r event words; do
                    case ${event%% *} in
                    text|key) \(loop) ;;
                    esac
                done ;;
            *) exit 64 ;;
            esac

            """)
    }

    private func type(_ arguments: [String], _ input: String = "one\ntwo\n") throws -> Result {
        try run(Command("vt-type", arguments), input: .text(input), home: home)
    }

    @Test func `by name, by path, with options`() throws {
        try addDriver("file", "printf '%s' \"$words\" >>\"$VT_OPTION_TO\"; echo done", describe: "option to a file")
        #expect(try type(["--driver", "file", "--option", "to=\(out)"]).status == 0)
        #expect(written == "one two")
        let path = "\(home.plugins)/vt-type-file"
        #expect(try type(["--driver", path, "--option", "to=\(out)"], "three").status == 0)
        #expect(written == "one twothree")
        #expect(kept.isEmpty)
        let wrong = try type(["--driver", "file", "--option", "of=x"])
        #expect(wrong.status == 64 && wrong.errors.contains("options are: to"), "\(wrong)")
        #expect(try type(["--driver", "print", "--option", "of=x"]).status == 64)
    }

    @Test func `keys are events`() throws {
        try addDriver("file", "printf '%s(%s)' \"${event%% *}\" \"$words\" >>'\(out)'; echo done")
        #expect(try type(["--driver", "file", "--keys", "enter"]).status == 0)
        #expect(written == "text(one)key(enter)text(two)key(enter)")
    }

    @Test func `what it does not deliver is kept`() throws {
        try addDriver("file", "case $words in *two) printf 'error\\tno room\\n'; exit 75 ;; esac; echo done")
        let result = try type(["--driver", "file"], "one\ntwo\nthree\n")
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("cannot type: file: no room"), "\(result)")
        #expect(kept.hasSuffix("\ttwo\n") && kept.split(separator: "\n").count == 1, "\(kept)")
    }

    @Test func `a stop keeps what a driver has not answered`() throws {
        try addDriver("file", "exec sleep 1000")
        let program = try start(Command("vt-type", ["--driver", "file"]), input: .open, home: home)
        program.write("eins\n".utf8)
        try eventually("it is under way") { kept.hasSuffix("\teins\n") }
        program.signal(15)
        #expect(try program.finish().ending == .signalled(15))
        #expect(kept.hasSuffix("\teins\n"))
    }

    @Test func `a chain goes on where nothing was typed`() throws {
        try addDriver("first", "exit 69")
        try addDriver("second", "printf '%s' \"$words\" >>'\(out)'; echo done")
        let result = try type(["--driver", "nothere,second"])
        #expect(result.status == 64, "a misspelt name is no unavailable driver: \(result)")
        #expect(try type(["--driver", "first,second"]).status == 0)
        #expect(written == "one two")
        #expect(kept.isEmpty)
        let missing = try type(["--driver", "first"])
        #expect(missing.status == 69)
        #expect(kept.split(separator: "\n").count == 2)
        #expect(try type(["--driver", "first,"]).status == 64)
    }

    @Test func `what it needs and is not installed is named at once`() throws {
        try addDriver("file", "echo done", describe: "requires no-such-program")
        let program = try start(Command("vt-type", ["--driver", "file"]), input: .open, home: home)
        try program.waitForErrors(containing: "needs no-such-program")
        program.closeInput()
        #expect(try program.finish().status == 69)
    }

    @Test func `the list runs nothing and shows what is shadowed`() throws {
        try home.addPlugin("vt-type-mine", "#!/bin/sh\ntouch '\(out)'\n")
        try home.addPlugin("vt-type-print", "#!/bin/sh\ntouch '\(out)'\n")
        try makeDirectories("\(home.files)/bin")
        try writeScript("\(home.files)/bin/vt-type-mine", "#!/bin/sh\n")
        let path = "\(home.files)/bin:\(home.environment["PATH"] ?? "")"
        let result = try run(Command("vt-type", ["--list-drivers"], environment: ["PATH": path]), home: home)
        #expect(result.status == 0)
        #expect(result.text.contains("mine\t\(home.plugins)/vt-type-mine\tplugin\n"), "\(result)")
        #expect(
            result.text.contains("mine\t\(home.files)/bin/vt-type-mine\tshadowed by \(home.plugins)/vt-type-mine\n"))
        #expect(result.text.contains("print\t\(home.plugins)/vt-type-print\tshadowed by the one that is built in\n"))
        #expect(!isExecutable(out) && written.isEmpty && entries(of: home.directory.path).contains("out") == false)
    }

    @Test func `the words are in no argument list and no variable`() throws {
        try addDriver("spy", "tr '\\0' '\\n' </proc/$$/cmdline >>'\(out)'; env >>'\(out)'; echo done")
        #expect(try type(["--driver", "spy"], "geheim\n").status == 0)
        #expect(written.contains("VT_TMPDIR=") && !written.contains("geheim"), "\(written)")
    }
}
