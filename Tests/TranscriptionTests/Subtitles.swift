import Glibc
import Harness
import Testing
import Transcription

/// Subtitles as players and people want them.
@Suite struct Subtitles {
    struct Cue: Equatable {
        let start: Int
        let end: Int
        let lines: [String]
    }

    private func write(
        _ utterances: [Utterance], _ format: TranscriptFormat = .srt, rules: SubtitleRules = SubtitleRules()
    ) throws -> String {
        var formatter = format.makeFormatter(input: nil, engine: "acme", subtitles: rules)
        var text = formatter.begin()
        for utterance in utterances { text += try formatter.add(.final(utterance)) }
        return text + formatter.end()
    }

    /// Reads SubRip strictly: number, times, lines, an empty line.
    private func cues(_ text: String) throws -> [Cue] {
        try text.split(separator: "\n\n").enumerated().map { index, block in
            let lines = block.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            try #require(lines.count >= 3 && lines[0] == String(index + 1), "\(block)")
            let times = lines[1].split(separator: " --> ").map(milliseconds)
            return Cue(start: try #require(times[0]), end: try #require(times[1]), lines: Array(lines[2...]))
        }
    }

    private func milliseconds(_ text: Substring) -> Int? {
        let parts = text.split { ":,.".contains($0) }.map { Int($0) }
        guard parts.count == 4, let h = parts[0], let m = parts[1], let s = parts[2], let ms = parts[3] else {
            return nil
        }
        return ((h * 60 + m) * 60 + s) * 1000 + ms
    }

    private func columns(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) {
            $0 + ((0x3000...0x9FFF).contains($1.value) || (0xFF00...0xFF60).contains($1.value) ? 2 : 1)
        }
    }

    /// A text with the time of each word, evenly.
    private func timed(_ text: String, from start: Double, to end: Double) -> Utterance {
        let texts = text.split(separator: " ").map(String.init)
        let step = (end - start) / Double(texts.count)
        let words = texts.enumerated().map { index, text in
            Word(text: text, start: start + Double(index) * step, end: start + Double(index + 1) * step - 0.02)
        }
        return Utterance(text: text, start: start, end: end, words: words)
    }

    private static let speech = """
        The family of Dashwood had long been settled in Sussex. Their estate was large, and their residence was at \
        Norland Park, in the centre of their property, where, for many generations, they had lived in so respectable a \
        manner as to engage the general good opinion of their surrounding acquaintance.
        """

    @Test func aLongSentenceIsBrokenWhereItsPartsEnd() throws {
        let cues = try cues(write([timed(Self.speech, from: 10, to: 26)]))
        #expect(
            cues.first?.lines == ["The family of Dashwood had long been", "settled in Sussex. Their estate was large,"])
        #expect(cues.allSatisfy { $0.lines.count <= 2 && $0.lines.allSatisfy { columns($0) <= 42 } }, "\(cues)")
        #expect(cues.flatMap(\.lines).joined(separator: " ") == Self.speech)
        let inner = cues.dropLast().filter { !",.".contains($0.lines.last?.last ?? "x") }
        #expect(inner.count <= 1, "all but one end with a clause: \(cues.map(\.lines))")
        #expect(cues.count <= 5)
    }

    @Test func timesOfWordsAreUsed() throws {
        let words = [
            Word(text: "one", start: 1, end: 1.4), Word(text: "two", start: 1.5, end: 2),
            // Three seconds of silence.
            Word(text: "three", start: 5, end: 5.5), Word(text: "four", start: 5.6, end: 6.5),
        ]
        let cues = try cues(write([Utterance(text: "One, two. Three four!", start: 1, end: 6.5, words: words)]))
        #expect(
            cues == [
                Cue(start: 1000, end: 2000, lines: ["One, two."]), Cue(start: 5000, end: 6500, lines: ["Three four!"]),
            ])
    }

    /// What the engine spells otherwise than it times costs the others nothing.
    @Test func wordsThatDifferFromTheText() throws {
        let words = [
            Word(text: "twenty", start: 1, end: 1.5), Word(text: "five", start: 1.5, end: 2),
            Word(text: "apples", start: 9, end: 9.8), Word(text: "please", start: 9.9, end: 10.5),
        ]
        let cues = try cues(write([Utterance(text: "25 apples, please.", start: 1, end: 10.5, words: words)]))
        #expect(cues.last?.lines.joined().contains("apples, please.") == true)
        #expect(cues.last?.start == 9000 || cues.count == 1, "\(cues)")
    }

    @Test func withoutWordsTheTimeIsSharedByLength() throws {
        let cues = try cues(write([Utterance(text: Self.speech, start: 0, end: 20)]))
        #expect(cues.count > 3)
        #expect(cues.first?.start == 0 && cues.last?.end == 20_000, "\(cues)")
        for (cue, next) in zip(cues, cues.dropFirst()) {
            let (length, letters) = (Double(next.start - cue.start), Double(cue.lines.joined(separator: " ").count))
            #expect(abs(letters / length * 1000 - 13.8) < 1.5, "characters a second: \(letters / length * 1000)")
        }
    }

    @Test func whatIsShortStaysUntilItCanBeRead() throws {
        // A word of 0.1 s, another soon behind it, and a sentence that is said fast.
        let cues = try cues(
            write([
                Utterance(text: "Yes.", start: 1, end: 1.1), Utterance(text: "No.", start: 1.5, end: 1.6),
                Utterance(text: "Twenty characters in", start: 4, end: 4.2),
            ]))
        #expect(
            cues[0] == Cue(start: 1000, end: 1417, lines: ["Yes."]), "as long as the next permits, and a gap of 83 ms")
        #expect(cues[1] == Cue(start: 1500, end: 2333, lines: ["No."]))
        #expect(cues[2] == Cue(start: 4000, end: 5000, lines: ["Twenty characters in"]))
    }

    @Test func nothingOverlaps() throws {
        let cues = try cues(
            write([
                Utterance(text: "A long one that goes on and on", start: 1, end: 6, speaker: "A"),
                Utterance(text: "I interrupt", start: 3, end: 5, speaker: "B"),
                Utterance(text: "At the same time", start: 3, end: 3.5, speaker: "C"),
                Utterance(text: "Before", start: 2, end: 2.5, speaker: "D"),
            ]))
        #expect(cues.count == 4)
        for (cue, next) in zip(cues, cues.dropFirst()) {
            #expect(cue.start < cue.end && cue.end <= next.start, "\(cue) \(next)")
        }
    }

    @Test func scriptsWithoutSpaces() throws {
        let text = "今日は天気がいいですね。明日は雨が降るかもしれないので、傘を持って行ったほうがいいと思います。電車で行きましょう。"
        let cues = try cues(write([Utterance(text: text, start: 0, end: 14)]))
        #expect(cues.allSatisfy { $0.lines.count <= 2 && $0.lines.allSatisfy { columns($0) <= 42 } }, "\(cues)")
        #expect(cues.flatMap(\.lines).joined() == text)
        #expect(cues.allSatisfy { "。、".contains($0.lines.last?.last ?? "x") }, "each ends with a clause")
        #expect(cues.flatMap(\.lines).allSatisfy { !"。、".contains($0.first ?? "x") }, "punctuation begins no line")
    }

    @Test(arguments: [(20, 1), (20, 2), (32, 3), (80, 1)]) func otherRules(length: Int, lines: Int) throws {
        let rules = SubtitleRules(lineLength: length, lines: lines)
        let cues = try cues(write([timed(Self.speech, from: 0, to: 18)], rules: rules))
        #expect(cues.allSatisfy { $0.lines.count <= lines && $0.lines.allSatisfy { columns($0) <= length } }, "\(cues)")
        #expect(cues.flatMap(\.lines).joined(separator: " ") == Self.speech)
    }

    @Test func aWordLongerThanALineStaysWhole() throws {
        let word = String(repeating: "x", count: 60)
        let cues = try cues(write([Utterance(text: "see \(word) there", start: 0, end: 5)]))
        #expect(cues.flatMap(\.lines).joined(separator: " ") == "see \(word) there")
        #expect(cues.flatMap(\.lines).contains(word))
    }

    /// Any text at any times: what holds for all of them.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func whatAlwaysHolds(seed: UInt64) throws {
        var random = Numbers(seed)
        var (utterances, time, said) = ([Utterance](), 0.0, [String]())
        let vocabulary = [
            "a", "to", "the", "house,", "is", "extraordinarily", "big.", "Really?", "—", "naïve", "(so)", "1,000",
            "x-->y", "&", "<i>",
        ]
        for _ in 0..<40 {
            let texts = (0..<Int.random(in: 1...60, using: &random)).map { _ in
                vocabulary.randomElement(using: &random) ?? ""
            }
            let length = Double.random(in: 0.05...25, using: &random)
            var utterance = timed(texts.joined(separator: " "), from: time, to: time + length)
            if Bool.random(using: &random) { utterance.words = [] }
            utterances.append(utterance)
            said += texts
            time += length + Double.random(in: -1...3, using: &random)
            time = max(0, time)
        }
        let cues = try cues(write(utterances))
        #expect(
            cues.flatMap(\.lines).joined(separator: " ") == said.joined(separator: " ").replacing("-->", with: "->"))
        #expect(cues.allSatisfy { $0.end - $0.start >= 200 && $0.lines.count <= 2 })
        #expect(cues.allSatisfy { $0.lines.allSatisfy { columns($0) <= 42 } })
        #expect(zip(cues, cues.dropFirst()).allSatisfy { $0.end <= $1.start })
    }

    struct Numbers: RandomNumberGenerator {
        var state: UInt64

        init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

        mutating func next() -> UInt64 {
            state ^= state >> 12
            state ^= state << 25
            state ^= state >> 27
            return state &* 0x2545_F491_4F6C_DD1D
        }
    }

    /// WebVTT as its specification's syntax wants it (W3C, "4.1 WebVTT file structure"), line by line.
    @Test func webVTTIsValid() throws {
        let text = try write(
            [
                timed(Self.speech + " 1 < 2 & 3 --> 4", from: 3599, to: 3630),
                Utterance(text: "x", start: 400_000, end: 400_001, speaker: "a>b"),
            ], .vtt)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        #expect(lines.popFirst() == "WEBVTT")
        #expect(lines.popFirst() == "")
        #expect(Array(lines.suffix(2)) == ["", ""])
        var last = 0
        for block in lines.dropLast(2).split(separator: "") {
            let times = try #require(block.first).wholeMatch(
                of: /(\d{2,}:[0-5]\d:[0-5]\d\.\d{3}) --> (\d{2,}:[0-5]\d:[0-5]\d\.\d{3})/)
            let (start, end) = (try #require(milliseconds(times?.1 ?? "")), try #require(milliseconds(times?.2 ?? "")))
            #expect(last <= start && start < end)
            last = start
            #expect(block.count >= 2)
            for line in block.dropFirst() {
                #expect(
                    !line.contains("-->") && line.wholeMatch(of: /(<v [^<>\n]+>)?([^<>&]|&(amp|lt|gt);)*/) != nil,
                    "\(line)")
            }
        }
    }

    /// ffmpeg reads them, and finds the same subtitles.
    @Test(.enabled(if: Tool.isInstalled("ffmpeg"), "needs ffmpeg"), arguments: [TranscriptFormat.srt, .vtt])
    func ffmpegReadsThem(format: TranscriptFormat) throws {
        let directory = try TemporaryDirectory()
        let utterances = [
            timed(Self.speech, from: 0.5, to: 16), Utterance(text: "Über <b>alles</b> & 日本語", start: 17, end: 19),
        ]
        let path = directory("a.\(format.rawValue)")
        try Harness.write(write(utterances, format).utf8, to: path)
        let result = try run("ffmpeg", "-v", "warning", "-i", path, "-f", "srt", "-")
        #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
        let read = try cues(result.text.replacing("\r\n", with: "\n"))
        let wrote = try cues(write(utterances))
        #expect(read.map(\.start) == wrote.map(\.start) && read.map(\.end) == wrote.map(\.end))
        #expect(read.dropLast().map(\.lines) == wrote.dropLast().map(\.lines))
    }
}
