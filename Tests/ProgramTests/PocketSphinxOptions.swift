import Glibc
import Harness
import POSIX
import Testing
import Text

@Suite(.enabled(if: PocketSphinx.isInstalled, "needs pocketsphinx-en-us and pocketsphinx-testdata"))
struct PocketSphinxOptions {
    static let data = Speech.directory

    @Test(arguments: [
        ["VT_OPTION_JSGF": "\(data)/goforward.gram"], ["VT_OPTION_jsgf": "\(data)/goforward.gram"],
        ["VT_OPTION_JSGF": "\(data)/goforward.gram", "VT_OPTION_TOPRULE": "goforward.move"],
        ["VT_OPTION_FSG": "\(data)/goforward.fsg"], ["VT_OPTION_LM": "\(data)/turtle.lm.bin"],
        ["VT_LANGUAGE": "en"], ["VT_LANGUAGE": "en_US"], ["VT_LANGUAGE": "auto"], ["VT_LANGUAGE": ""],
        ["VT_OPTION_MAXHMMPF": "5000", "VT_OPTION_FWDFLAT": "yes"], ["VT_RATE": "16000", "VT_CHANNELS": "1"],
        ["VT_SOMETHING_NEW": "1", "VT_OPTION_UNKNOWN": "x"],
    ])
    func thePhraseIsHeardWith(_ options: [String: String]) throws {
        let result = try PocketSphinx.transcribe(.file(Speech.goForward), options: options)
        #expect(result.status == 0, "\(result)")
        #expect(try result.texts("final") == ["go forward ten meters"])
        #expect(try result.texts("word") == ["go", "forward", "ten", "meters"])
        #expect(result.errors.isEmpty)
    }

    @Test func aModelOfOnesOwnNeedsNothingOfTheSystems() throws {
        let folder = "\(Self.data)/tidigits"
        let result = try PocketSphinx.transcribe(
            .file("\(folder)/dhd.2934z.raw"),
            options: [
                "VT_OPTION_HMM": "\(folder)/hmm", "VT_OPTION_DICT": "\(folder)/lm/tidigits.dic",
                "VT_OPTION_LM": "\(folder)/lm/tidigits.lm.bin", "VT_LANGUAGE": "digits",
            ])
        #expect(try result.texts("final") == ["two nine three four zero"], "\(result)")
    }

    /// A phrase that is waited for comes when it is heard, with all else ignored.
    @Test func aKeyPhraseIsSpottedInTheMiddle() throws {
        let running = try start(
            Command(
                "vt-transcribe-pocketsphinx", ["transcribe-v1"],
                environment: ["VT_OPTION_KEYPHRASE": "forward", "VT_OPTION_KWS_THRESHOLD": "1e-20"]), input: .open)
        // Up to the middle of the next word: no pause has come yet.
        running.write(try PocketSphinx.samples("goforward.raw").prefix(Int(1.9 * 32000)))
        try running.waitForOutput("the phrase before a pause") { $0.contains("\tforward\n") }
        running.closeInput()
        let finals = try running.finish().events().filter { $0.verb == "final" }
        #expect(finals.map(\.text) == ["forward"])
        let start = try #require(finals.first?["start"].flatMap { Double($0) })
        #expect(abs(start - 0.63) < 0.15)
    }

    @Test func ofAPhraseFileTheGoodLinesCountAndTheBadOnesAreNamed() throws {
        let result = try PocketSphinx.transcribe(
            .file(Speech.goForward), options: ["VT_OPTION_KWS": "\(Self.data)/goforward.kws"])
        #expect(result.status == 0)
        #expect(try result.texts("final") == ["forward"])
        #expect(result.errors.contains("non_existign_word"), "\(result)")
    }

    @Test(
        arguments: [
            (["VT_OPTION_JSGF": "/nonexistent/a.gram"], 66, "/nonexistent/a.gram"),
            (["VT_OPTION_LM": "/nonexistent/a.lm"], 66, "/nonexistent/a.lm"),
            (["VT_OPTION_HMM": "/nonexistent"], 66, "/nonexistent"),
            (["VT_OPTION_JSGF": "\(data)/defective.gram"], 78, "really_bad_word"),
            (["VT_OPTION_JSGF": "/etc/passwd"], 78, "/etc/passwd"),
            (["VT_OPTION_JSGF": "\(data)/goforward.gram", "VT_OPTION_TOPRULE": "nothing"], 78, "nothing"),
            (["VT_OPTION_HMM": "/etc"], 78, "/etc"), (["VT_OPTION_LM": "/etc/passwd"], 78, "/etc/passwd"),
            (["VT_OPTION_KEYPHRASE": "forward zxqv"], 78, "zxqv"),
            (["VT_OPTION_JSGF": "\(data)/goforward.gram", "VT_OPTION_KEYPHRASE": "go"], 64, "jsgf and keyphrase"),
            (["VT_OPTION_TOPRULE": "goforward.move"], 64, "jsgf"), (["VT_OPTION_LW": "heavy"], 64, "heavy"),
            (["VT_OPTION_FWDFLAT": "maybe"], 64, "maybe"), (["VT_RATE": "8000"], 64, "8000"),
            (["VT_CHANNELS": "2"], 64, "one channel"), (["VT_LANGUAGE": "de"], 69, "de"),
        ] as [([String: String], CInt, String)])
    func whatCannotWorkIsSaid(_ options: [String: String], _ status: CInt, _ named: String) throws {
        let result = try PocketSphinx.transcribe(.file(Speech.goForward), options: options)
        #expect(result.status == status, "\(result)")
        #expect(result.errors.hasPrefix("vt-transcribe-pocketsphinx: "), "\(result)")
        #expect(result.errors.contains(named), "\(result)")
        // The same for the host, and nothing of the library's own noise.
        let error = try #require(result.events().last)
        #expect(error.verb == "error" && error.text.contains(named), "\(result)")
        #expect(!result.errors.contains("INFO:") && !result.errors.contains("Current configuration"))
    }

    @Test(arguments: ["VT_MODEL", "VT_PROMPT"])
    func aSettingWithoutEffectIsSaid(_ variable: String) throws {
        let result = try PocketSphinx.transcribe(.none, options: [variable: "whisper"])
        #expect(result.status == 0)
        // For the host, which shows it; a plugin's standard error is for debugging.
        let warning = try #require(result.events().first)
        #expect(warning.verb == "warning" && warning.text.contains("ignored"), "\(result)")
        #expect(warning["hint"]?.contains("--option") == true, "\(result)")
    }
}
