import Harness
import Testing

/// vt-type --check-driver finds each broken rule, and nothing where all are kept.
@Suite struct TypeCheckDriver {
    let home: Home

    init() throws {
        home = try Home()
    }

    private static let loop = """
        tab=$(printf '\\t')
        while IFS=$tab read -r event words; do
            case ${event%% *} in
            text) echo done ;;
            key) case $words in enter|tab|escape) echo done ;; *) printf 'error\\tno such key\\n'; echo 'done status=69' ;; esac ;;
            esac
        done
        """

    private func check(_ loop: String, describe: String = "echo 'vt-plugin 1'", otherwise: String = "exit 64") throws
        -> Result
    {
        let path = try home.addPlugin(
            "vt-type-x",
            "#!/bin/sh\ncase $1 in\ndescribe) \(describe) ;;\ntype-v1)\n\(loop)\n;;\n*) \(otherwise) ;;\nesac\n")
        return try run(Command("vt-type", ["--check-driver", path]), home: home, within: .seconds(120))
    }

    private func failures(_ result: Result) -> [Substring] {
        result.text.split(separator: "\n").filter { $0.hasPrefix("FAIL") }
    }

    @Test func `a driver that keeps the rules`() throws {
        let result = try check(Self.loop)
        #expect(result.status == 0, "\(result)")
        #expect(result.text.split(separator: "\n").allSatisfy { $0.hasPrefix("ok\t") }, "\(result)")
        #expect(result.text.split(separator: "\n").count == 14, "\(result)")
    }

    @Test func `the frozen sample keeps them`() throws {
        let path = "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/plugins/v1/vt-type-sample"
        let result = try run(
            Command("vt-type", ["--check-driver", path, "--option", "file=\(home.directory("out"))"]), home: home,
            within: .seconds(120))
        // It was frozen before it knew that a driver may be given a key that it does not know: it writes all down.
        #expect(result.status == 0, "\(result)")
    }

    @Test(arguments: [
        ("answers nothing", "cat >/dev/null", "text gets one answer"),
        (
            "answers at the end",
            "cat >\"$VT_TMPDIR/x\"; grep -c '^text\\|^key' \"$VT_TMPDIR/x\" >\"$VT_TMPDIR/n\"; while [ \"$(cat \"$VT_TMPDIR/n\")\" -gt 0 ]; do echo done; echo $(($(cat \"$VT_TMPDIR/n\") - 1)) >\"$VT_TMPDIR/n\"; done",
            "text gets one answer"
        ),
        ("answers unknown events", "while read -r line; do echo done; done", "events that it does not know"),
        ("ends after one", "read -r grease; read -r line; echo done; exit 0", "text gets one answer"),
        ("ends with 3", "\(loop); exit 3", "with nothing to type"),
        ("dies", "read -r grease; read -r line || exit 0; kill -9 $$", "text gets one answer"),
        (
            "has no status", "\(loop.replacing("text) echo done", with: "text) echo 'done status=many'"))",
            "text gets one answer"
        ),
        (
            "has no status of the table", "\(loop.replacing("text) echo done", with: "text) echo 'done status=1'"))",
            "every event gets its answer"
        ),
        (
            "refuses all text",
            "\(loop.replacing("text) echo done", with: "text) printf 'error\\tbad\\n'; echo 'done status=65'"))",
            "text gets one answer"
        ),
        ("chats", "echo 'Hello, I am a driver!'; \(loop)", "what it writes are event lines"),
        ("is no UTF-8", "printf 'status\\t\\377\\n'; \(loop)", "what it writes are event lines"),
        (
            "refuses without a reason", loop.replacing("printf 'error\\tno such key\\n'; ", with: ""),
            "a refusal says why"
        ),
        (
            "shows the words",
            loop.replacing(
                "text) echo done", with: "text) sh -c 'sleep 0.2; :' \"$words\"; echo done"),
            "argument list"
        ),
        ("ignores SIGTERM", "trap '' TERM; \(loop)", "SIGTERM"),
        ("minds variables", "[ -z \"$VT_TOMORROW\" ] || exit 3; \(loop)", "variables that nobody knows"),
        (
            "minds what is no UTF-8",
            "printf %s \"$TOMORROW\" | iconv -f UTF-8 -t UTF-8 >/dev/null || exit 3; \(loop)",
            "variables that nobody knows"
        ),
        ("leaves something", "sleep 30 >/dev/null 2>&1 </dev/null & \(loop)", "gone with it"),
        ("is in two groups", "(setsid sleep 1 </dev/null >/dev/null 2>&1 &); \(loop)", "in its group"),
        (
            "minds odd text",
            loop.replacing("text) echo done", with: "text) case $words in -*) exit 2 ;; esac; echo done"),
            "no text upsets it"
        ),
    ]) func `each broken rule is found`(what: String, loop: String, rule: String) throws {
        // Those that never answer cost the checker's patience for each rule: the first is enough.
        let result = try check(loop)
        #expect(result.status == 76, "\(what): \(result)")
        #expect(failures(result).contains { $0.contains(rule) }, "\(what): \(result)")
    }

    @Test func `describe and operations`() throws {
        let describe = try check(Self.loop, describe: "echo vt-plugin 9")
        #expect(describe.status == 76 && failures(describe).contains { $0.contains("describe") }, "\(describe)")
        let reading = try check(Self.loop, describe: "echo 'vt-plugin 1'; cat >/dev/null")
        #expect(reading.status == 76 && failures(reading).contains { $0.contains("reads nothing") }, "\(reading)")
        let leaving = try check(Self.loop, describe: "echo 'vt-plugin 1'; sleep 30 >/dev/null 2>&1 </dev/null &")
        #expect(leaving.status == 76 && failures(leaving).contains { $0.contains("leaves nothing") }, "\(leaving)")
        let unknown = try check(Self.loop, otherwise: "exit 0")
        #expect(unknown.status == 76 && failures(unknown).contains { $0.contains("unknown operation") }, "\(unknown)")
    }

    @Test func `what cannot type here is no failure, and no success`() throws {
        let missing = try check(Self.loop, describe: "printf '%s\\n' 'vt-plugin 1' 'requires no-such-program'")
        #expect(missing.status == 69 && missing.text.contains("-\tdescribe: "), "\(missing)")
        let unavailable = try check("printf 'error\\tno display\\n'; exit 69")
        #expect(unavailable.status == 69, "\(unavailable)")
        #expect(unavailable.text.contains("-\ttext gets one answer, with unknown attributes too: no display\n"))
        #expect(try run(Command("vt-type", ["--check-driver", "print"]), home: home).status == 64)
    }
}
