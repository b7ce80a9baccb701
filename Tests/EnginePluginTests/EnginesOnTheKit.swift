import EnginePlugin
import Glibc
import Harness
import POSIX
import Testing
import Text

/// What every engine on the kit does, by one that does what it is told.
@Suite struct EnginesOnTheKit {
    /// The lines that an engine writes for a script.
    private func lines(_ script: String, _ variables: [String: String?] = [:], status: Int32 = 0) throws -> [String] {
        var variables = variables
        variables["VT_OPTION_SCRIPT"] = script
        let result = try run(Command("kit-engine", ["transcribe-v1"], environment: variables))
        #expect(result.status == status, "\(result)")
        return result.text.split(separator: "\n").map(String.init)
    }

    @Test func itDescribesItself() throws {
        let expected = """
            vt-plugin 1
            summary For tests
            input s16le
            partial yes
            files yes
            standby yes
            pause 0.25
            heeds languages temperature
            option script what to do
            option two-words another one

            """
        #expect(try run(Command("kit-engine", ["describe"])).text == expected)
        let other = EngineDescription(summary: "Other", givesPartials: false, pause: 1, options: [])
        #expect(
            other.text == "vt-plugin 1\nsummary Other\ninput s16le\npartial no\nfiles yes\nstandby yes\npause 1.0\n")
    }

    // MARK: The environment

    private func told(_ variables: [String: String?]) throws -> [String: String] {
        var result: [String: String] = [:]
        for line in try lines("environment", variables) {
            let parts = (line.split(separator: "\t").last ?? "").split(separator: "=", maxSplits: 1)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
        }
        return result
    }

    @Test func withoutAnythingAsked() throws {
        let nothing = [
            "model": "nil", "prompt": "nil", "temperature": "nil", "timestamps": "nil", "speakers": "false",
            "option": "nil",
        ]
        #expect(try told([:]) == nothing)
        let empty = [
            "VT_LANGUAGE": "", "VT_LANGUAGES": "", "VT_MODEL": "", "VT_PROMPT": "", "VT_KEYWORDS": "", "VT_RATE": "",
            "VT_TEMPERATURE": "", "VT_TIMESTAMPS": "", "VT_SPEAKERS": "", "VT_CHANNELS": "", "VT_OPTION_TWO_WORDS": "",
        ]
        #expect(try told(empty) == nothing)
        #expect(try told(["VT_LANGUAGE": "auto", "VT_SPEAKERS": "no"]) == nothing)
    }

    @Test func allThatMayBeAsked() throws {
        let answer = try told([
            "VT_LANGUAGES": "de,fr", "VT_MODEL": "a model", "VT_PROMPT": "Ärger", "VT_KEYWORDS": "one\ntwo words\n",
            "VT_TEMPERATURE": "0.5", "VT_TIMESTAMPS": "word", "VT_SPEAKERS": "yes", "VT_RATE": "16000",
            "VT_CHANNELS": "1", "VT_OPTION_TWO_WORDS": "a=b",
        ])
        #expect(
            answer == [
                "languages": "de+fr", "model": "a model", "prompt": "Ärger", "keywords": "one+two words",
                "temperature": "0.5", "timestamps": "word", "speakers": "true", "option": "a=b",
            ])
        // One language is more than several, and people write an option's name as it is.
        let other = try told(["VT_LANGUAGE": "en", "VT_LANGUAGES": "de,fr", "VT_OPTION_two-words": "x"])
        #expect(other["languages"] == "en")
        #expect(other["option"] == "x")
        #expect(try told(["VT_LANGUAGE": "auto", "VT_LANGUAGES": "de,fr"])["languages"] == "de+fr")
    }

    @Test(arguments: [
        ("VT_RATE", "48000"), ("VT_CHANNELS", "2"), ("VT_TEMPERATURE", "1.1"), ("VT_TEMPERATURE", "-1"),
        ("VT_TEMPERATURE", "nan"), ("VT_TEMPERATURE", "warm"),
    ])
    func whatCannotBe(name: String, value: String) throws {
        let answer = try lines("environment", [name: value], status: 64)
        #expect(answer.count == 1)
        #expect(answer.first?.hasPrefix("error\t\(name)=\(value): ") == true)
    }

    // MARK: Events

    @Test func partialsComeWhenTheyChange() throws {
        let script = """
            partial|one
            partial|one
            partial|one|2
            partial|one two|2
            partial|one two|3
            partial||
            partial||
            """
        #expect(
            try lines(script) == [
                "partial\tone", "partial stable=2\tone", "partial stable=2\tone two", "partial stable=3\tone two",
                "partial\t",
            ])
    }

    /// Control characters are not written; what is stable is counted in what is.
    @Test(arguments: [
        ("ab\u{200F}cd", 3, "partial stable=2\tabcd"), ("\u{1B}[1mx", 4, "partial stable=3\t[1mx"),
        ("ab\tcd", 3, "partial stable=3\tab cd"), ("abc", 99, "partial stable=3\tabc"),
        ("abc", -1, "partial stable=0\tabc"), ("e\u{301}x", 2, "partial stable=2\te\u{301}x"),
    ])
    func stableCountsWhatIsWritten(text: String, stable: Int, line: String) throws {
        #expect(try lines("partial|\(text)|\(stable)").first.map { Array($0.utf8) } == Array(line.utf8))
    }

    @Test func aFinalComesWithItsWordsAndTimes() throws {
        let script = """
            final|one two|0.5|2.25|one/0.5/1/0.98765|two/1/2.25/7
            final|three||
            final|four|3.14159|
            """
        #expect(
            try lines(script) == [
                "word start=0.50 end=1.00 confidence=0.988\tone", "word start=1.00 end=2.25 confidence=1.000\ttwo",
                "final start=0.50 end=2.25 speaker=\"Ann B\"\tone two", "final speaker=\"Ann B\"\tthree",
                "final start=3.14 speaker=\"Ann B\"\tfour",
            ])
    }

    @Test func aFinalWithoutTextTakesBackWhatWasShown() throws {
        #expect(try lines("final|  |0|1") == [])
        #expect(
            try lines("partial|one|1\nfinal| |0|1\npartial|one") == [
                "partial stable=1\tone", "partial\t", "partial\tone",
            ])
        // What was shown before a final does not count any more.
        #expect(
            try lines("partial|one\nfinal|one||\npartial|one") == [
                "partial\tone", "final speaker=\"Ann B\"\tone", "partial\tone",
            ])
    }

    @Test func whatLibrariesPrintIsNoEvent() throws {
        #expect(
            try lines("print|Loading model\nstatus|ready\nwarning|beware\nwarning|beware|do this")
                == ["status\tready", "warning\tbeware", "warning hint=\"do this\"\tbeware"])
    }

    @Test func aFailureIsToldToTheHost() throws {
        #expect(try lines("fail|it broke|mend it", status: 78) == ["error hint=\"mend it\"\tit broke"])
        #expect(try lines("partial|x\nfail|it broke", status: 78) == ["partial\tx", "error\tit broke"])
    }

    @Test func recordingsAreAnsweredOneByOne() throws {
        let names = "final|one||\nfail|broken\nstatus|two\nunusable\nstatus|never\n"
        let result = try run(Command("kit-engine", ["transcribe-files-v1"]), input: .bytes(Array(names.utf8)))
        #expect(result.status == 66, "\(result)")
        #expect(
            result.text.split(separator: "\n") == [
                "final speaker=\"Ann B\"\tone", "done status=0 path=final|one||\t", "error\tbroken",
                "done status=78 path=fail|broken\t", "status\ttwo", "done status=0 path=status|two\t",
                "error\tunusable: not a script",
            ])
    }

    /// A host that ends has written the beginning of the next path: that is no file.
    @Test func whatTheEndCutsOffIsNoRequest() throws {
        let result = try run(Command("kit-engine", ["transcribe-files-v1"]), input: .text("final|one||\nfail|bro"))
        #expect(result.status == 0 && result.text.split(separator: "\n").count == 2, "\(result)")
    }

    // MARK: Samples

    @Test func samplesAreTakenWhole() throws {
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        var samples = SampleInput(ends[0])
        try writeAll(ends[1], [1, 0, 0xFF, 0xFF, 0x00] as [UInt8], name: "a pipe")
        try samples.read(upTo: 100)
        #expect(samples.waiting == 5)
        #expect(samples.take() == [1, -1])
        #expect(samples.waiting == 1 && !samples.endedInMidSample)
        try writeAll(ends[1], [0x80, 7] as [UInt8], name: "a pipe")
        try samples.read(upTo: 1)
        #expect(samples.take() == [.min])
        try samples.read(upTo: 100)
        #expect(samples.take().isEmpty && !samples.hasEnded)
        close(ends[1])
        try samples.read(upTo: 100)
        #expect(samples.hasEnded && samples.endedInMidSample)
    }
}
