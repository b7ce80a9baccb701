import Glibc
import Harness
import Plugins
import Testing
import Transcription

/// `--check-engine` finds every rule of vt-plugin(7) that an engine breaks, and none where it keeps them.
@Suite struct CheckedEngines {
    let home: TemporaryDirectory

    init() throws {
        home = try TemporaryDirectory()
    }

    /// An engine: what it answers to `describe`, and the arms of its `case`.
    private func plugin(_ transcribe: String, describe: String = "input s16le", other: String = "*) exit 64 ;;") throws
        -> Plugin
    {
        let path = try writeScript(
            home("vt-transcribe-x"),
            """
            #!/bin/sh
            case $1 in
            describe) printf '%s\\n' 'vt-plugin 1'; printf '%b\\n' '\(describe)' ;;
            transcribe-v1)
            \(transcribe)
            ;;
            \(other)
            esac

            """)
        return try Plugin.find(host: "vt-transcribe", name: path)
    }

    /// - Parameter only: a part of the names of those that are to be tried; nil tries all, which takes some seconds.
    private func findings(_ plugin: Plugin, only: [String]? = nil, timeout: Duration = .seconds(20)) throws
        -> [Conformance.Finding]
    {
        let engine = PluginEngine(plugin, try plugin.describe(cache: nil))
        let checks = try EngineConformance(engine, settings: EngineSettings(timeout: timeout)).checks.filter { check in
            only?.contains { check.what.contains($0) || check.section == $0 } ?? true
        }
        #expect(!checks.isEmpty)
        return try Conformance(plugin, checks).run { _ in }
    }

    private func failures(_ findings: [Conformance.Finding]) -> [String] {
        findings.compactMap { if case .failed = $0.verdict { $0.line } else { nil } }
    }

    @Test(arguments: ["vt-transcribe-sample", "vt-transcribe-sample-files"])
    func theFrozenSamplesKeepThem(name: String) throws {
        let root = #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
        let path = root + "/Fixtures/plugins/v1/\(name)"
        let found = try findings(Plugin.find(host: "vt-transcribe", name: path))
        #expect(failures(found) == [])
        #expect(Conformance.status(of: found) == 0, "\(found)")
        #expect(found.contains { $0.section == "Batches" } == name.hasSuffix("-files"))
    }

    static let good = "cat >/dev/null; printf 'final start=0.0 end=0.0\\thello\\n'"

    @Test func aGoodOneKeepsThem() throws {
        let found = try findings(plugin(Self.good))
        #expect(failures(found) == [])
        #expect(found.count >= 14)
    }

    /// Each breaks one rule in transcribe-v1; some word of what is said about it.
    @Test(arguments: [
        ("exit 0", "before it had read all"), ("head -c 1000 >/dev/null", "before it had read all"),
        ("cat >/dev/null; exit 1", "status 1"), ("cat >/dev/null; exit 2", "status 2"),
        ("cat >/dev/null; exit 127", "status 127"), ("cat >/dev/null; kill -9 $$", "signal 9"),
        ("cat >/dev/null; exit 65", "status 65"), ("cat >/dev/null; echo Hello World", "no event"),
        ("cat >/dev/null; echo hello", "no TAB"),
        // What is wrong with the first line of noise is another thing each time.
        ("cat >/dev/null; head -c 3000 /dev/urandom", "a second of silence"),
        ("cat >/dev/null; head -c 3000 /dev/zero", "it"),
        ("cat >/dev/null; printf 'final\\ta\\377b\\n'", "no UTF-8"),
        ("cat >/dev/null; printf 'final\\tone\\r\\n'", "CR LF"), ("cat >/dev/null; printf 'final\\tone'", "line feed"),
        ("cat >/dev/null; printf 'final\\ta\\033[2Jb\\n'", "control characters"),
        ("cat >/dev/null; printf 'final start=1 end=0.5\\tx\\n'", "the end"),
        ("cat >/dev/null; printf 'final start=0 end=99\\tx\\n'", "behind the end of the audio"),
        ("cat >/dev/null; printf 'final start=0,5\\tx\\n'", "no decimal"),
        ("cat >/dev/null; printf 'final start=-1\\tx\\n'", "no decimal"),
        ("cat >/dev/null; printf 'final confidence=97\\tx\\n'", "confidence"),
        ("cat >/dev/null; printf 'word start=0\\tx\\n'", "without the final"),
        ("cat >/dev/null; printf 'partial\\t'; head -c 2097152 /dev/zero | tr '\\0' x; echo", "2097160 bytes"),
        ("cat >/dev/null; printf 'partial\\tx\\n'", "partial yes"),
        ("cat >/dev/null; printf 'error\\tbroken\\n'; exit 0", "status 0 after an error: broken"),
        ("cat >/dev/null; setsid sleep 30 >/dev/null 2>&1 </dev/null &\nwait $!; exit 0", "leaves processes"),
        ("cat >/dev/null; sleep 30 >/dev/null 2>&1 </dev/null & exit 0", "leaves processes"),
        ("(setsid sleep 0.7 </dev/null >/dev/null 2>&1 &); cat >/dev/null; sleep 0.8", "process groups"),
        ("case $VT_TOMORROW in ?*) exit 78 ;; esac; cat >/dev/null; exit 0", "-"),
        ("case $VT_TOMORROW in ?*) exit 3 ;; esac; cat >/dev/null", "status 3"),
        ("printf %s \"$VT_PROMPT\" | iconv -f UTF-8 -t UTF-8 >/dev/null || exit 3; cat >/dev/null", "status 3"),
    ]) func whoBreaksARule(script: String, words: String) throws {
        let checks =
            words.contains("group")
            ? ["group"]
            : words.contains("before it had")
                ? ["all of the audio"]
                : script.contains("VT_") ? ["nobody knows", "no UTF-8"] : ["a second of silence"]
        let found = try findings(plugin(script), only: checks)
        if words == "-" {
            #expect(Conformance.status(of: found) == 78)
        } else {
            #expect(failures(found).contains { $0.contains(words) }, "\(found.map(\.line))")
            #expect(Conformance.status(of: found) == 76)
        }
    }

    /// These take their time over everything, so it is short.
    @Test(arguments: [
        ("cat >/dev/null; exec sleep 100", "\tit has not finished"), ("exec sleep 100", "has not finished"),
        ("cat >/dev/null; yes 'partial\tx'", "has not finished"), ("exec yes 'partial\tx'", "has not finished"),
        ("trap '' TERM; cat >/dev/null; while :; do sleep 1; done", "had to be killed"),
    ]) func whoHangs(script: String, words: String) throws {
        // The others would say the same, one after another.
        let found = try findings(plugin(script), only: ["a second of silence", "SIGTERM"], timeout: .milliseconds(300))
        #expect(failures(found).contains { $0.contains(words) }, "\(found.map(\.line))")
    }

    @Test(arguments: [
        ("*) exit 0 ;;", "status 0"), ("*) cat; exit 64 ;;", ""), ("*) echo usage; exit 64 ;;", "output"),
    ])
    func unknownOperations(other: String, words: String) throws {
        let found = failures(try findings(plugin(Self.good, other: other), only: ["which it does not know"]))
        if words.isEmpty {
            #expect(found == [])
        } else {
            // A name of tomorrow's, one that was never there, and what it does not declare.
            #expect(found.count == 3 && found.allSatisfy { $0.contains(words) }, "\(found)")
        }
    }

    @Test(arguments: [
        ("printf 'hello\\n'", "not “vt-plugin 1”"), ("printf 'vt-plugin 2\\n'", "vt-plugin 2"),
        ("printf 'vt-plugin 1\\r\\ninput mp3\\n'", "input is wav or s16le"),
        ("printf 'vt-plugin 1\\npartial maybe\\n'", "partial is yes or no"),
        ("printf 'vt-plugin 1\\nstandby always\\n'", "standby is yes or no"), ("sleep 30", "longer than 2"),
        ("printf 'vt-plugin 1\\n'; head -c 70000 /dev/zero | tr '\\0' x", "more than 65536"),
        ("printf 'vt-plugin 1\\n'; exit 3", "status 3"), ("printf 'vt-plugin 1\\n'; kill -9 $$", "signal 9"),
        ("printf 'vt-plugin 1\\n'; cat >/dev/null", "waits for input"),
        ("printf 'vt-plugin 1\\n'; sleep 30 >/dev/null 2>&1 </dev/null & exit 0", "leaves processes"),
    ]) func describing(script: String, words: String) throws {
        let path = try writeScript(home("vt-transcribe-x"), "#!/bin/sh\n[ \"$1\" = describe ] || exit 64\n\(script)\n")
        let plugin = try Plugin.find(host: "vt-transcribe", name: path)
        let found = try Conformance(plugin, Conformance.general()).run { _ in }
        #expect(failures(found).contains { $0.contains(words) }, "\(found.map(\.line))")
    }

    @Test func whatIsMissingIsSaidAndIsNoFault() throws {
        let found = try findings(
            plugin("printf 'error\\tno model\\n'; cat >/dev/null; exit 69"), only: ["a second of", "SIGTERM"])
        #expect(failures(found) == [])
        #expect(Conformance.status(of: found) == 69)
        #expect(found.contains { $0.line.hasPrefix("-\t") && $0.line.contains("no model") })
    }

    /// Rules for those who stand by, each broken once.
    @Test(arguments: [
        (good, ""), ("sleep 0.2; \(good)", ""), ("exit 0", "before it had heard anything"),
        ("printf 'error\tno model\n'; exit 69", "-"), ("exit 3", "before it had heard anything"),
        ("printf 'final\tthank you\n'; cat >/dev/null", "a final line before"),
        ("trap '' TERM; cat >/dev/null; while :; do sleep 1; done", "had to be killed"),
        ("timeout 0.5 cat >/dev/null", "before it had heard anything"),
    ]) func standingBy(script: String, words: String) throws {
        let found = try findings(
            plugin(script, describe: "input s16le\nstandby yes"), only: ["Standing by"], timeout: .seconds(5))
        #expect(found.count == 2)
        if words.isEmpty {
            #expect(failures(found) == [])
        } else if words == "-" {
            #expect(Conformance.status(of: found) == 69, "\(found.map(\.line))")
        } else {
            #expect(failures(found).contains { $0.contains(words) }, "\(found.map(\.line))")
        }
    }

    @Test func whoDoesNotStandByIsNotTried() throws {
        let plugin = try plugin(Self.good)
        let engine = PluginEngine(plugin, try plugin.describe(cache: nil))
        let checks = try EngineConformance(engine, settings: EngineSettings()).checks
        #expect(!checks.contains { $0.section == "Standing by" })
    }

    /// Rules of transcribe-files-v1, each broken once.
    @Test(arguments: [
        ("while read -r f; do [ -f \"$f\" ] || { echo 'done status=66'; continue; }; echo 'done status=0'; done", ""),
        ("while read -r f; do echo 'done status=0'; done", "not there is done with status 0"),
        ("while read -r f; do echo 'done status=66'; done", "file 1 is done with status 66"),
        ("while read -r f; do printf 'error\\tbad\\n'; echo 'done status=0'; done", "status 0 after an error: bad"),
        ("while read -r f; do echo done; done", "no status"),
        ("while read -r f; do echo 'done status=0 path=/x.wav'; done", "is done with /x.wav"),
        ("while read -r f; do echo 'done status=3'; done", "status"),
        ("cat >/dev/null", "took longer"), ("read -r f; echo 'done status=0'", "after 1 of 4"),
        ("read -r f; exit 3", "status 3"), ("echo 'done status=0'; cat >/dev/null", "not given"),
        ("while read -r f; do echo 'done status=0'; printf 'final\\tlate\\n'; done", ""),
        ("while read -r f; do [ -f \"$f\" ] || exit 66; echo 'done status=0'; done", "status 66"),
        ("exit 64", "status 64"), ("cat; exit 0", "no event"),
    ]) func batches(script: String, words: String) throws {
        let plugin = try plugin(
            Self.good, describe: "input s16le\\nfiles yes", other: "transcribe-files-v1)\n\(script)\n;;\n*) exit 64 ;;")
        let found = try findings(
            plugin, only: ["Batches"], timeout: .milliseconds(script.hasPrefix("cat") ? 300 : 5000))
        if script.contains("late") {
            #expect(!failures(found).isEmpty)
        } else if words.isEmpty {
            #expect(failures(found) == [])
        } else {
            #expect(failures(found).contains { $0.contains(words) }, "\(found.map(\.line))")
        }
    }
}
