import Glibc
import Harness
import POSIX
import Testing
import Text

/// The engine vt-transcribe-pocketsphinx run by itself, as vt-transcribe runs it.
enum PocketSphinx {
    static let isInstalled =
        Speech.isInstalled && access("/usr/share/pocketsphinx/model/en-us/en-us.lm.bin", R_OK) == 0

    /// Runs it on samples.
    static func transcribe(_ input: Input, options: [String: String?] = [:]) throws -> Result {
        try run(
            Command("vt-transcribe-pocketsphinx", ["transcribe-v1"], environment: options), input: input,
            within: .seconds(120))
    }

    /// The bytes of a recording, without the header of a WAV file.
    static func samples(_ name: String) throws -> [UInt8] {
        let path = "\(Speech.directory)/\(name)"
        let bytes = try contents(of: path)
        return name.hasSuffix(".wav") ? Array(bytes.dropFirst(44)) : bytes
    }

    static func silence(seconds: Double) -> [UInt8] {
        [UInt8](repeating: 0, count: Int(seconds * 16000) * 2)
    }

    private static func contents(of path: String) throws -> [UInt8] {
        let file = try Descriptor.open(path, O_RDONLY)
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = try chunk.withUnsafeMutableBytes { try readOnce(file.number, into: $0) }
            if count == 0 { return result }
            result += chunk[..<count]
        }
    }
}

extension Result {
    /// The event lines on stdout; a line that is none fails the test.
    func events() throws -> [EventLine] {
        #expect(text.isEmpty || text.hasSuffix("\n"))
        return try text.split(separator: "\n").map { try #require(EventLine(parsing: $0), "no event: \($0)") }
    }

    /// The texts of one verb.
    func texts(_ verb: String) throws -> [String] {
        try events().filter { $0.verb == verb }.map(\.text)
    }
}

@Suite(.enabled(if: PocketSphinx.isInstalled, "needs pocketsphinx-en-us and pocketsphinx-testdata"))
struct PocketSphinxSpeech {
    @Test func aPhraseIsRecognisedWithTheTimesOfItsWords() throws {
        let result = try PocketSphinx.transcribe(.file(Speech.goForward))
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.isEmpty)
        let events = try result.events()
        #expect(try result.texts("final") == ["go forward ten meters"])
        let words = events.filter { $0.verb == "word" }
        #expect(words.map(\.text) == ["go", "forward", "ten", "meters"])
        // Where they are in the recording, by ear: within a tenth of a second.
        for (word, start) in zip(words, [0.46, 0.63, 1.17, 1.53]) {
            let measured = try #require(word["start"].flatMap { Double($0) })
            #expect(abs(measured - start) < 0.1, "\(word)")
        }
        let final = try #require(events.last)
        #expect(final.verb == "final")
        #expect(final["start"] == words.first?["start"])
        #expect(final["end"] == words.last?["end"])
    }

    @Test func theSameSamplesGiveTheSameTextHoweverTheyArrive() throws {
        let bytes = try PocketSphinx.samples("something.raw")
        let whole = try PocketSphinx.transcribe(.bytes(bytes)).texts("final")
        #expect(!whole.isEmpty)
        let running = try start(Command("vt-transcribe-pocketsphinx", ["transcribe-v1"]), input: .open)
        var rest = bytes[...]
        var size = 1
        while !rest.isEmpty {
            running.write(rest.prefix(size))
            rest = rest.dropFirst(size)
            size = size % 3001 + 157
        }
        running.closeInput()
        #expect(try running.finish(within: .seconds(60)).texts("final") == whole)
    }

    @Test func aPauseCommitsWhileTheInputGoesOn() throws {
        let running = try start(Command("vt-transcribe-pocketsphinx", ["transcribe-v1"]), input: .open)
        let phrase = try PocketSphinx.samples("goforward.raw")
        running.write(phrase + PocketSphinx.silence(seconds: 1))
        try running.waitForOutput("the first utterance, before the input ends") {
            $0.contains("\tgo forward ten meters\n")
        }
        #expect(!running.outputEnded)
        running.write(phrase + PocketSphinx.silence(seconds: 1))
        running.closeInput()
        let result = try running.finish(within: .seconds(60))
        let finals = try result.events().filter { $0.verb == "final" }
        #expect(finals.map(\.text) == ["go forward ten meters", "go forward ten meters"])
        // The second begins as long after the first as the recordings are apart.
        let starts = try finals.map { try #require($0["start"].flatMap { Double($0) }) }
        let distance = Double(phrase.count) / 32000 + 1
        #expect(abs(starts[1] - starts[0] - distance) < 0.1)
    }

    @Test func whatIsHeardIsShownBeforeItIsCommitted() throws {
        let bytes = try PocketSphinx.samples("goforward.raw")
        let running = try start(
            Command("vt-transcribe-pocketsphinx", ["transcribe-v1"]), input: .paced(bytes, bytesPerSecond: 32000))
        let result = try running.finish(within: .seconds(60))
        let verbs = try result.events().map(\.verb)
        #expect(verbs.first == "partial", "\(result)")
        let partials = try result.texts("partial")
        #expect(partials.contains { $0.hasPrefix("go") })
        for (earlier, later) in zip(partials, partials.dropFirst()) { #expect(earlier != later) }
    }

    /// Forty-five seconds without a pause are cut, and no word is lost or comes twice.
    @Test func anEndlessUtteranceIsCutBetweenWords() throws {
        let home = try Home()
        let grammar = "\(home.files)/words.gram"
        let text = "#JSGF V1.0;\ngrammar words;\npublic <words> = ( go | forward | ten | meters )+;\n"
        let file = try Descriptor.open(grammar, O_WRONLY | O_CREAT)
        try writeAll(file.number, text)
        // From just before the first word to just behind the last.
        let phrase = try PocketSphinx.samples("goforward.raw")[Int(0.44 * 16000) * 2..<Int(2.14 * 16000) * 2]
        let times = 27
        let input = (0..<times).flatMap { _ in phrase }
        let result = try PocketSphinx.transcribe(.bytes(input), options: ["VT_OPTION_JSGF": grammar])
        let finals = try result.texts("final")
        #expect(finals.count >= 2, "\(result)")
        let heard = finals.joined(separator: " ")
        #expect(heard == [String](repeating: "go forward ten meters", count: times).joined(separator: " "))
        var last = 0.0
        for word in try result.events() where word.verb == "word" {
            let start = try #require(word["start"].flatMap { Double($0) })
            let end = try #require(word["end"].flatMap { Double($0) })
            #expect(start >= last && end > start, "\(word) after \(last)")
            last = end
        }
        for final in try result.events() where final.verb == "final" {
            let start = try #require(final["start"].flatMap { Double($0) })
            let end = try #require(final["end"].flatMap { Double($0) })
            #expect(end - start <= 30)
        }
    }
}
