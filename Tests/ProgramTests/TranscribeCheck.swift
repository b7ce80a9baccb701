import Harness
import Testing

/// `--check-engine` as its user sees it; what it finds is in `CheckedEngines`.
@Suite struct TranscribeCheck {
    private let home: Home

    init() throws {
        home = try Home()
    }

    private func check(_ script: String, _ arguments: String...) throws -> Result {
        try home.addPlugin("vt-transcribe-x", "#!/bin/sh\n\(script)\n")
        return try run(
            Command("vt-transcribe", ["--check-engine", "x"] + arguments), home: home, within: .seconds(120))
    }

    private static func engine(_ body: String) -> String {
        "case $1 in\ndescribe) printf 'vt-plugin 1\\ninput s16le\\noption a b\\n' ;;\ntranscribe-v1) \(body) ;;\n*) exit 64 ;;\nesac"
    }

    @Test func aGoodEngine() throws {
        let result = try check(Self.engine("cat >/dev/null; [ \"$VT_OPTION_A\" = 1 ] || exit 3"), "--option", "a=1")
        #expect(result.status == 0, "\(result)")
        #expect(result.text.split(separator: "\n").allSatisfy { $0.hasPrefix("ok\t") })
        #expect(result.errors.isEmpty)
        #expect(entries(of: home.files).isEmpty)
    }

    @Test func aBadOne() throws {
        let result = try check(Self.engine("cat >/dev/null; echo hello"))
        #expect(result.status == 76, "\(result)")
        let line = try #require(
            result.text.split(separator: "\n").first { $0.hasPrefix("FAILED\ta second of silence\t") })
        #expect(line.contains("“hello”") && line.contains("vt-plugin(7)"))
        #expect(result.errors.contains("hint: "))
    }

    @Test func oneThatCannotSayWhatItIs() throws {
        let result = try check("echo hello")
        #expect(result.status == 76)
        #expect(result.text.hasPrefix("FAILED\tdescribe"), "\(result)")
    }

    @Test func oneThatLacksSomething() throws {
        let result = try check("printf 'vt-plugin 1\\nrequires no-such-thing\\n'")
        #expect(result.status == 69)
        #expect(result.errors.contains("no-such-thing"), "\(result)")
        #expect(try run("vt-transcribe", "--check-engine", "none", home: home).status == 69)
    }

    @Test func usage() throws {
        #expect(try check("", "a.wav").status == 64)
        #expect(try check("", "--list-engines").status == 64)
        #expect(try check(Self.engine("cat >/dev/null"), "--option", "b=1").status == 64)
    }
}
