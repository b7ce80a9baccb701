import Glibc
import Harness
import Plugins
import Testing

@Suite struct DescribingPlugins {
    private let home: TemporaryDirectory

    init() throws {
        home = try TemporaryDirectory()
    }

    private func plugin(_ script: String) throws -> Plugin {
        let path = try writeScript(home("vt-transcribe-x"), "#!/bin/sh\n" + script + "\n")
        return try Plugin.find(host: "vt-transcribe", name: path, in: PluginSearch(folders: []))
    }

    @Test func everyKeyIsReadAndUnknownOnesAreIgnored() throws {
        let answer = """
            vt-plugin 1
            summary  An engine\u{1B}[31m, by us
            input s16le
            partial yes
            files yes
            secret ACME_KEY
            option beam-width how far it looks
            option bare
            requires sh
            requires /etc/passwd
            colour blue
            loud

            """
        let description = try PluginDescription(parsing: answer, of: "x")
        #expect(description.summary == "An engine[31m, by us")
        #expect(description.input == .s16le)
        #expect(description.givesPartials)
        #expect(description.takesFiles)
        #expect(description.secrets == ["ACME_KEY"])
        #expect(description.options.map(\.name) == ["beam-width", "bare"])
        #expect(description.options.map(\.summary) == ["how far it looks", ""])
        #expect(description.requirements == ["sh", "/etc/passwd"])
    }

    @Test func oneLineIsEnough() throws {
        let description = try PluginDescription(parsing: "vt-plugin 1\r\n", of: "x")
        #expect(description.input == .wav)
        #expect(!description.givesPartials)
    }

    @Test(arguments: [
        "", "hello\nvt-plugin 1\n", "vt-plugin 2\n", "vt-plugin 1.0\n", "vt-plugin 1\ninput mp3\n",
        "vt-plugin 1\npartial maybe\n", "vt-plugin 1\nsecret A B\n", "vt-plugin 1\noption Bad Name\n",
        "vt-plugin 1\nrequires\n",
    ]) func brokenAnswers(answer: String) {
        let error = #expect(throws: PluginError.self) { try PluginDescription(parsing: answer, of: "x") }
        #expect(error?.code == .protocolError)
        #expect(error?.message.hasPrefix("x: ") == true)
    }

    @Test(arguments: [
        ("exit 1", "status 1"), ("echo 'cannot find python' >&2; exit 127", "cannot find python"),
        ("kill -11 $$", "signal 11"), ("yes 'vt-plugin 1'", "65536 bytes"), ("sleep 100", "longer than"),
        ("cat /dev/urandom | head -c 5000", "first line"), ("trap '' TERM PIPE; while :; do echo x; done", "bytes"),
    ]) func brokenPlugins(script: String, message: String) throws {
        let plugin = try plugin(script)
        let start = ContinuousClock.now
        let error = #expect(throws: PluginError.self) {
            try plugin.describe(timeout: .milliseconds(500), cache: nil)
        }
        #expect(error?.code == .protocolError)
        #expect(error?.message.contains(message) == true)
        #expect(.now - start < .seconds(8))
    }

    @Test func whatCannotBeExecutedSaysWhy() throws {
        let path = try writeScript(home("broken"), "#!/nowhere/interpreter\n")
        let plugin = try Plugin.find(host: "vt-transcribe", name: path, in: PluginSearch(folders: []))
        let error = #expect(throws: PluginError.self) { try plugin.describe(cache: nil) }
        #expect(error?.code == .cannotStart)
        #expect(error?.message.contains(path) == true)
    }

    @Test func whatIsMissingIsNamed() throws {
        let plugin = try plugin(
            "printf 'vt-plugin 1\\nrequires no-such-command\\nrequires /no/such file\\nrequires sh\\n'")
        let error = #expect(throws: PluginError.self) { try plugin.describe(cache: nil) }
        #expect(error?.code == .missingRequirement)
        #expect(error?.message.contains("no-such-command, /no/such file, which") == true)
    }

    @Test func whatItHeedsAndWhetherItHasModels() throws {
        let description = try PluginDescription(
            parsing: "vt-plugin 1\nmodels yes\nheeds keywords accents  timestamps\nheeds speakers\n", of: "x")
        #expect(description.hasModels)
        #expect(description.heeds == [.keywords, .timestamps, .speakers])
        let plain = try PluginDescription(parsing: "vt-plugin 1\n", of: "x")
        #expect(!plain.hasModels && plain.heeds.isEmpty)
        #expect(throws: PluginError.self) { try PluginDescription(parsing: "vt-plugin 1\nmodels some\n", of: "x") }
    }

    @Test func onlyWhatCameWithTheProgramIsBundled() throws {
        let search = PluginSearch(program: "/opt/vt/bin/vt-transcribe") { $0 == "PATH" ? "/opt/vt/bin:/usr/bin" : nil }
        #expect(search.ownFolders == ["/opt/vt/libexec/vt"])
        let build = PluginSearch(program: "/src/.build/debug/vt-transcribe") { _ in nil }
        #expect(build.ownFolders == ["/src/.build/debug", "/src/.build/libexec/vt"])
        #expect(PluginSearch(folders: ["/opt/vt/libexec/vt"]).ownFolders.isEmpty)
    }

    /// One that installs what is missing can be asked what it is.
    @Test func whatIsMissingDoesNotMatterToWhoInstallsIt() throws {
        let plugin = try plugin("printf 'vt-plugin 1\\nmodels yes\\nrequires no-such-command\\n'")
        #expect(try plugin.describe(cache: nil, isToWork: false).hasModels)
    }

    @Test func aCallsArgumentsFollowItsOperation() throws {
        var call = Plugin.Call("models-v1")
        call.arguments = ["install", "a b", "-x"]
        let output = try plugin("printf '%s|' \"$@\"").withProcess(for: call) { child in
            String(decoding: try child.run().output, as: UTF8.self)
        }
        #expect(output == "models-v1|install|a b|-x|")
    }

    @Test func undeclaredOptionsAreRefusedAndTheDeclaredOnesNamed() throws {
        let description = try PluginDescription(parsing: "vt-plugin 1\noption beam-width x\noption lm\n", of: "x")
        #expect(
            try description.variables(for: [("lm", "a"), ("beam-width", "3"), ("lm", "b=c")], of: "x")
                == ["VT_OPTION_BEAM_WIDTH": "3", "VT_OPTION_LM": "b=c"])
        let error = #expect(throws: PluginError.self) { try description.variables(for: [("bogus", "")], of: "x") }
        #expect(error?.code == .usage)
        #expect(error?.hint == "its options are: beam-width, lm")
    }

    @Test func anUnchangedPluginIsAskedOnce() throws {
        let cache = DescriptionCache(folder: home("cache/deep"))
        let plugin = try plugin("echo x >>\(home("asked")); echo vt-plugin 1; echo summary one; echo requires $HOME/")
        // Fresh files are not kept: they may still change within one tick of the clock.
        _ = try plugin.describe(cache: cache)
        _ = try plugin.describe(cache: cache)
        #expect(try text(of: home("asked")) == "x\nx\n")
        let now = time(nil)
        let deadline = ContinuousClock.now + .seconds(10)
        while time(nil) < now + 3, ContinuousClock.now < deadline { usleep(50_000) }
        for _ in 0..<3 { #expect(try plugin.describe(cache: cache).summary == "one") }
        #expect(try text(of: home("asked")) == "x\nx\nx\n")
        try writeScript(plugin.path, "#!/bin/sh\necho vt-plugin 1; echo summary two\n")
        #expect(try plugin.describe(cache: cache).summary == "two")
    }

    @Test(arguments: [
        ("transcribe-v1", []), ("record-v1", []), ("type-v1", []), ("describe", []), ("models-v1", ["list"]),
        ("models-v1", ["install", "tiny"]),
    ])
    func noLibraryOfAPluginTalksToItsMaker(_ operation: String, _ arguments: [String]) throws {
        var inherited = ProcessEnvironment.inherited()
        // What would let them talk.
        inherited["ORT_DISABLE_TELEMETRY"] = "0"
        inherited["DO_NOT_TRACK"] = "0"
        inherited["PYANNOTE_METRICS_ENABLED"] = "1"
        inherited["HF_HUB_OFFLINE"] = "0"
        var call = Plugin.Call(operation)
        call.arguments = arguments
        let output = try plugin("env").withProcess(for: call, inherited: inherited) { child in
            #expect(child.arguments == [operation] + arguments)
            return String(decoding: try child.run().output, as: UTF8.self)
        }
        let lines = output.split(separator: "\n")
        for line in [
            "ORT_DISABLE_TELEMETRY=1", "ORT_TELEMETRY_DISABLED=1", "HF_HUB_DISABLE_TELEMETRY=1", "DO_NOT_TRACK=1",
            "PYANNOTE_METRICS_ENABLED=0",
        ] { #expect(lines.contains { $0 == line }, "\(line): \(output)") }
        // Installing is what the user has asked for.
        #expect(lines.contains("HF_HUB_OFFLINE=1") == (arguments.first != "install"), "\(output)")
        #expect(lines.contains("TRANSFORMERS_OFFLINE=1") == (arguments.first != "install"), "\(output)")
    }

    @Test func theCallsEnvironment() throws {
        var inherited = ProcessEnvironment.inherited()
        inherited["OPENAI_API_KEY"] = "open"
        inherited["ACME_KEY"] = "acme"
        inherited["GROQ_API_KEY"] = "groq"
        inherited["VT_OPTION_STALE"] = "stale"
        for setting in ["LANGUAGE", "LANGUAGES", "KEYWORDS", "TEMPERATURE", "SPEAKERS", "TIMESTAMPS"] {
            inherited["VT_\(setting)"] = "stale"
        }
        let plugin = try plugin(
            "env; echo dir $(stat -c %a \"$VT_TMPDIR\"); mkdir -p \"$VT_TMPDIR/a/b\"; touch \"$VT_TMPDIR/a/b/c\"; ln -s / \"$VT_TMPDIR/root\"; chmod 0 \"$VT_TMPDIR/a\""
        )
        let call = Plugin.Call("transcribe-v1", variables: ["VT_MODEL": "m"], secrets: ["GROQ_API_KEY"])
        let output = try plugin.withProcess(for: call, inherited: inherited) { child in
            #expect(child.arguments == ["transcribe-v1"])
            return String(decoding: try child.run().output, as: UTF8.self)
        }
        let lines = output.split(separator: "\n")
        #expect(lines.contains("VT_MODEL=m"))
        #expect(lines.contains("GROQ_API_KEY=groq"))
        #expect(lines.contains("ACME_KEY=acme"))
        #expect(lines.contains("dir 700"))
        #expect(lines.contains { $0.hasPrefix("VT_GREASE_") })
        #expect(!output.contains("stale"))
        #expect(!output.contains("OPENAI_API_KEY"))
        let directory = try #require(lines.first { $0.hasPrefix("VT_TMPDIR=") }).dropFirst("VT_TMPDIR=".count)
        #expect(access(String(directory), F_OK) != 0)
        #expect(access("/etc/passwd", F_OK) == 0)
    }
}
