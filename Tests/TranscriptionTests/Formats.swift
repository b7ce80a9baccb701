import Testing
import Text
import Transcription

/// The events of two utterances, the first with words.
private let events: [RecognitionEvent] = [
    .status("loading"),
    .partial(Utterance(text: "go")),
    .word(Word(text: "go", start: 0.46, end: 0.63)),
    .word(Word(text: "forward", start: 0.63, end: 1.12, confidence: 0.5)),
    .final(
        Utterance(
            text: " go forward", start: 0.46, end: 1.12,
            words: [
                Word(text: "go", start: 0.46, end: 0.63),
                Word(text: "forward", start: 0.63, end: 1.12, confidence: 0.5),
            ])),
    .final(Utterance(text: "a < b & c --> d", start: 3661.0005, end: 3662, speaker: "A", language: "en")),
]

private let expectedJSON = [
    #"{"text":"go forward a < b & c --> d","language":"en","segments":[{"id":0,"start":0.460,"end":1.120,"#,
    #""text":"go forward","words":[{"word":"go","start":0.460,"end":0.630},"#,
    #"{"word":"forward","start":0.630,"end":1.120,"confidence":0.500}]},"#,
    #"{"id":1,"start":3661.001,"end":3662.000,"text":"a < b & c --> d","speaker":"A","language":"en"}]}"#,
    "\n",
].joined()

private let expectations: [(TranscriptFormat, String)] = [
    (.txt, "go forward\na < b & c --> d\n"),
    (.srt, "1\n00:00:00,460 --> 00:00:01,293\ngo forward\n\n2\n01:01:01,001 --> 01:01:02,000\na < b & c -> d\n\n"),
    (
        .vtt,
        """
        WEBVTT

        00:00:00.460 --> 00:00:01.293
        go forward

        01:01:01.001 --> 01:01:02.000
        <v A>a &lt; b &amp; c --&gt; d


        """
    ),
    (.tsv, "start\tend\ttext\n460\t1120\tgo forward\n3661001\t3662000\ta < b & c --> d\n"),
    (.json, expectedJSON),
]

private func transcript(
    _ format: TranscriptFormat, of events: [RecognitionEvent] = events, input: String? = nil,
    namesSpeakers: Bool = false
) throws -> String {
    var formatter = format.makeFormatter(input: input, engine: "acme", namesSpeakers: namesSpeakers)
    var result = formatter.begin()
    for event in events { result += try formatter.add(event) }
    return result + formatter.end()
}

@Suite struct Formats {
    @Test(arguments: expectations)
    func eachFormat(format: TranscriptFormat, expected: String) throws {
        #expect(try transcript(format) == expected)
    }

    /// Speakers that were asked for are in every format that has a place for them.
    @Test(arguments: [
        (TranscriptFormat.txt, "\nA: a < b & c --> d\n"), (.srt, "\nA: a < b & c -> d\n"), (.vtt, "<v A>a &lt; b"),
        (.tsv, "\t3662000\tA\ta < b"), (.json, #""speaker":"A""#), (.jsonl, #""speaker":"A""#),
        (.events, " speaker=A"),
    ])
    func whoSpeaks(format: TranscriptFormat, expected: String) throws {
        #expect(try transcript(format, namesSpeakers: true).contains(expected))
    }

    @Test func aColumnForSpeakersIsThereWhoeverIsKnown() throws {
        let lines = try transcript(.tsv, namesSpeakers: true).split(separator: "\n")
        #expect(lines.map { $0.filter { $0 == "\t" }.count } == [3, 3, 3])
        #expect(lines[0] == "start\tend\tspeaker\ttext")
    }

    @Test(arguments: [
        (TranscriptFormat.txt, ""), (.srt, ""), (.vtt, "WEBVTT\n\n"), (.tsv, "start\tend\ttext\n"),
        (.json, #"{"text":"","segments":[]}"# + "\n"), (.jsonl, ""), (.events, ""),
    ])
    func withoutUtterances(format: TranscriptFormat, expected: String) throws {
        #expect(try transcript(format, of: []) == expected)
    }

    @Test func eventsAreLinesOfTheStream() throws {
        let lines = try transcript(.events).split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "status\tloading", "partial\tgo", "word start=0.460 end=0.630\tgo",
                "word start=0.630 end=1.120 confidence=0.500\tforward", "final start=0.460 end=1.120\t go forward",
                "final start=3661.001 end=3662.000 speaker=A language=en\ta < b & c --> d",
            ])
        #expect(lines.allSatisfy { EventLine(parsing: $0) != nil })
    }

    @Test func jsonLinesSayTheSameAndTheirInput() throws {
        let lines = try transcript(.jsonl, input: "a\tb.wav").split(separator: "\n").map(String.init)
        #expect(lines.count == events.count)
        #expect(lines.allSatisfy { JSONValue(parsing: $0)?["file"]?.string == "a\tb.wav" })
        #expect(
            lines.last
                == #"{"file":"a\tb.wav","event":"final","start":3661.001,"end":3662.000,"speaker":"A","language":"en","#
                + #""text":"a < b & c --> d"}"#)
    }

    @Test func aNameStaysOnItsLine() throws {
        let text = try transcript(.txt, of: [.final(Utterance(text: "hi"))], input: "a\tb\n\u{1B}c")
        #expect(text == "a b c\thi\n")
    }

    @Test(arguments: [TranscriptFormat.srt, .vtt, .tsv])
    func timesAreNotInvented(format: TranscriptFormat) {
        for utterance in [Utterance(text: "hi"), Utterance(text: "hi", start: 1), Utterance(text: "hi", end: 1)] {
            let error = #expect(throws: EngineError.self) { try transcript(format, of: [.final(utterance)]) }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("acme") == true)
            #expect(error?.message.contains(format.rawValue) == true)
        }
    }

    @Test(arguments: [("-->", "->"), ("a---->b", "a->b"), ("->", "->"), ("--", "--"), ("a - b -- >", "a - b -- >")])
    func noArrowIsLeftInSubRip(text: String, expected: String) throws {
        let cue = try transcript(.srt, of: [.final(Utterance(text: text, start: 0, end: 1))])
        #expect(cue.split(separator: "\n")[2] == expected)
    }

    @Test func anEndBeforeItsStartIsNotWritten() throws {
        #expect(try transcript(.tsv, of: [.final(Utterance(text: "x", start: 2, end: 1))]).hasSuffix("2000\t2000\tx\n"))
    }
}
