import Harness
import Testing

/// scripts/install puts everything where a user's shell, man and vt-transcribe find it, and takes it away again.
@Suite struct InstallAndUninstall {
    @Test func everythingIsFoundAndNothingIsLeft() throws {
        let home = try Home()
        let prefix = home.directory("prefix")
        let script = "\(BuiltPrograms.packageDirectory)/scripts/install"
        let installed = try run(Command(script, [prefix], environment: ["VT_BIN": BuiltPrograms.directory]), home: home)
        try #require(installed.status == 0, "\(installed)")
        #expect(installed.text.contains("hint: \(prefix)/bin is not in PATH\n"))
        #expect(
            entries(of: "\(prefix)/bin") == [
                "vt-dictate", "vt-encode", "vt-models", "vt-record", "vt-transcribe", "vt-type", "vt-vad",
            ])
        let plugins = entries(of: "\(prefix)/libexec/vt").filter { isExecutable("\(prefix)/libexec/vt/\($0)") }
        #expect(plugins == (EveryProgram.plugins + ["vt-wheel"]).sorted())

        // Only what was installed is found.
        let path: [String: String?] = ["PATH": "\(prefix)/bin:\(Tool.systemSearchPath)"]
        let engines = try run(Command("vt-transcribe", ["--list-engines"], environment: path), home: home)
        #expect(engines.status == 0, "\(engines)")
        #expect(engines.text.contains("pocketsphinx") && engines.text.contains("\(prefix)/libexec/vt"), "\(engines)")
        for engine in EveryProgram.engines {
            let name = engine.dropFirst("vt-transcribe-".count)
            #expect(engines.text.contains("\(name)\t\(prefix)/libexec/vt/\(engine)\t"), "\(engines)")
            #expect(try run(Command("\(prefix)/libexec/vt/\(engine)", ["describe"]), home: home).status == 0)
        }
        #expect(try run(Command("vt-dictate", ["status"], environment: path), home: home).text == "idle\n")
        for page in EveryProgram.pages {
            let file = "\(prefix)/share/man/man\(page.suffix(1))/\(page)"
            #expect(try text(of: file) == EveryProgram.text("man/\(page)"))
        }
        for folder in ["slurm": "share/vt/slurm", "systemd": "share/systemd/user"] {
            let source = "\(BuiltPrograms.packageDirectory)/scripts/\(folder.key)"
            #expect(entries(of: "\(prefix)/\(folder.value)") == entries(of: source))
        }
        if Tool.isInstalled("man") {
            let page = try run(
                Command("man", ["-M", "\(prefix)/share/man", "vt-record"], environment: ["PAGER": "cat"]), home: home)
            #expect(page.status == 0 && page.text.contains("microphone"), "\(page)")
        }
        for file in [
            "bash-completion/completions/vt-type", "zsh/site-functions/_vt-type",
            "fish/vendor_completions.d/vt-type.fish", "bash-completion/completions/vt-dictate",
        ] {
            #expect(try !contents(of: "\(prefix)/share/\(file)").isEmpty)
        }

        let uninstalled = try run(Command(script, ["--uninstall", prefix]), home: home)
        #expect(uninstalled.status == 0, "\(uninstalled)")
        #expect(try run("find", prefix, "!", "-type", "d").text == "")
    }

    /// The library, the detector's network and the model that came with the installation go; what somebody installed stays.
    @Test func whatWasFetchedGoesToo() throws {
        let home = try Home()
        let prefix = home.directory("prefix")
        let models = "\(prefix)/share/vt/models"
        for folder in ["local/brought", "local/own"] {
            try makeDirectories("\(models)/\(folder)")
            try write("file model.gguf\n".utf8, to: "\(models)/\(folder)/about")
        }
        try write("own\n".utf8, to: "\(models)/local/default")
        // Not one of these leads out of the folder.
        try write("brought\n..\n../local/own\n\n/\n".utf8, to: "\(models)/installed")
        try write([], to: "\(models)/silero-vad-6.2.3-2.weights")
        try makeDirectories("\(prefix)/lib/vt")
        for name in ["libtranscribe.so", "libggml-base.so", "contract.json", "RECORD", "LICENSE", "LICENSE.ggml"] {
            try write([], to: "\(prefix)/lib/vt/\(name)")
        }
        let result = try run(
            Command("\(BuiltPrograms.packageDirectory)/scripts/install", ["--uninstall", prefix]), home: home)
        #expect(result.status == 0 && result.text == "removed \(models)/local/brought\n", "\(result)")
        let left = try run("find", prefix, "!", "-type", "d").text.split(separator: "\n").sorted()
        #expect(left == ["\(models)/local/default", "\(models)/local/own/about"])
        #expect(entries(of: "\(prefix)/lib") == [])
    }

    @Test func packagersStageItWithDestdir() throws {
        let home = try Home()
        let stage = home.directory("stage")
        let script = "\(BuiltPrograms.packageDirectory)/scripts/install"
        let result = try run(
            Command(script, ["/usr"], environment: ["VT_BIN": BuiltPrograms.directory, "DESTDIR": stage]), home: home)
        #expect(result.status == 0, "\(result)")
        #expect(isExecutable("\(stage)/usr/bin/vt-record"))
    }

    @Test(arguments: [["--no-such-option"], ["one", "two"]]) func wrongCommandLinesAre64(_ arguments: [String]) throws {
        let result = try run(Command("\(BuiltPrograms.packageDirectory)/scripts/install", arguments))
        #expect(result.status == 64)
        #expect(result.errors.hasPrefix("install: "))
    }
}
