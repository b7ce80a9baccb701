import Harness
import Testing
import Text

/// The engine where it is used: behind vt-transcribe, which finds it beside itself.
@Suite(.enabled(if: PocketSphinx.isInstalled, "needs pocketsphinx-en-us and pocketsphinx-testdata"))
struct PocketSphinxInPipeline {
    @Test func aRawStreamBecomesALineOfText() throws {
        let result = try run("vt-transcribe", "--raw", input: .bytes(PocketSphinx.samples("goforward.raw")))
        #expect(result.status == 0, "\(result)")
        #expect(result.text == "go forward ten meters\n")
    }

    @Test func itsOptionsReachIt() throws {
        let result = try run(
            "vt-transcribe", "--raw", "--option", "keyphrase=forward", "--option", "kws_threshold=1e-20",
            Speech.goForward)
        #expect(result.text == "forward\n", "\(result)")
    }

    @Test func itsErrorsReachTheUserWithTheirStatus() throws {
        let grammar = "\(Speech.directory)/defective.gram"
        let result = try run("vt-transcribe", "--raw", "--option", "jsgf=\(grammar)", Speech.goForward)
        #expect(result.status == 78, "\(result)")
        #expect(result.text.isEmpty)
        #expect(result.errors.contains("really_bad_word"))
    }

    @Test func itsWordsAndPartialsComeOutAsEvents() throws {
        let result = try run("vt-transcribe", "--raw", "--events", Speech.goForward)
        let events = try result.events()
        #expect(events.filter { $0.verb == "word" }.map(\.text) == ["go", "forward", "ten", "meters"], "\(result)")
        #expect(events.last?.verb == "final")
    }
}
