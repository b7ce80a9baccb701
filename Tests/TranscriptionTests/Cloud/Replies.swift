import Glibc
import HTTP
import Testing

@testable import Transcription

/// What a server answered once, from Tests/Fixtures/replies.
func recordedReply(_ name: String) throws -> [UInt8] {
    let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let file = try #require(fopen("/\(path)/Fixtures/replies/\(name)", "r"), "no reply \(name)")
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
}

/// Reads an answer as a service would, in pieces of a size.
func events(
    _ body: [UInt8], from provider: Provider = .compatible(isNear: true), type: String, pieces: Int = .max,
    audio: Double? = nil
) throws -> [RecognitionEvent] {
    let service = try ProviderService(
        provider, baseURL: "http://127.0.0.1:1", format: nil, environment: { _ in "k" })
    let head = ResponseHead(status: 200, headers: [(name: "Content-Type", value: type)])
    var reader = service.makeReplyReader(head, settings: EngineSettings(), audio: audio)
    var result: [RecognitionEvent] = []
    var rest = body[...]
    while !rest.isEmpty {
        result += try reader.add(Array(rest.prefix(pieces)))
        if let partial = reader.takePartial() { result.append(partial) }
        rest = rest.dropFirst(pieces)
    }
    return result + (try reader.finish())
}

private func finals(_ events: [RecognitionEvent]) -> [Utterance] {
    events.compactMap { if case .final(let utterance) = $0 { utterance } else { nil } }
}

private func recorded(
    _ name: String, from provider: Provider = .compatible(isNear: true)
) throws -> [Utterance] {
    let type =
        name.hasSuffix("json")
        ? "application/json; charset=utf-8" : name.hasSuffix("sse") ? "text/event-stream" : "text/plain"
    return finals(try events(try recordedReply(name), from: provider, type: type))
}

/// A reply, the texts of its utterances, and what is to be known of the first one.
struct Expectation: CustomTestStringConvertible {
    let reply: String
    var provider = Provider.compatible(isNear: true)
    let texts: [String]
    var times: ClosedRange<Double>?
    var words: [String] = []
    var speakers: [String?]?
    var language: String?

    var testDescription: String { reply }
}

private let expectations: [Expectation] = [
    Expectation(reply: "openai-json.json", texts: ["Imagine the wildest idea that you've ever had."]),
    Expectation(reply: "openai-gpt-transcribe.json", texts: ["Guten Tag."], language: "de"),
    Expectation(
        reply: "openai-verbose.json",
        texts: ["The beach was a popular spot on a hot summer day.", "People were swimming."],
        times: 0...3.319999933242798, language: "en"),
    Expectation(
        reply: "openai-verbose-words.json", texts: ["The beach.", "Was it?"], times: 0...0.5, words: ["The", "beach"],
        language: "en"),
    Expectation(
        reply: "openai-words-only.json", texts: ["The beach was"], times: 0...0.7, words: ["The", "beach", "was"],
        language: "en"),
    Expectation(
        reply: "openai-diarized.json",
        texts: ["Thanks for calling OpenAI support.", "Hi, I'm trying to enable diarization."], times: 0...4.7,
        speakers: ["agent", "A"]),
    Expectation(reply: "openai-stream.sse", texts: ["Hello world."]),
    Expectation(reply: "openai-stream-diarized.sse", texts: ["Hello."], times: 0...1.5, speakers: ["A"]),
    Expectation(reply: "groq-json.json", texts: ["Your transcribed text appears here."]),
    // What the model itself takes for silence is left out.
    Expectation(reply: "groq-verbose.json", texts: ["So far so good."], times: 43.92...50.16, language: "en"),
    Expectation(
        reply: "fireworks-verbose.json", texts: ["Hello there.", "Hi."], times: 0.1...0.8, words: ["Hello", "there."],
        speakers: ["SPEAKER_00", "SPEAKER_01"], language: "en"),
    Expectation(
        reply: "whisper-server-json.json",
        texts: ["And so my fellow Americans, ask not what your country can do for you."]),
    Expectation(
        reply: "whisper-server-verbose.json", texts: ["And so my fellow", "Americans."], times: 0.32...1.6,
        words: ["And", "so"], language: "en"),
    Expectation(reply: "vllm-verbose.json", texts: ["Mary had a little lamb."], times: 0...5.5, language: "en"),
    Expectation(reply: "vllm-stream.sse", texts: ["Mary had a lamb."]),
    Expectation(
        reply: "localai-verbose.json", texts: ["Good morning."], times: 0...1.25, words: ["Good", "morning."],
        language: "en"),
    Expectation(reply: "llama-server-done.json", texts: ["Good morning."]),
    Expectation(reply: "mistral-stream.sse", texts: ["Bonjour."], language: "fr"),
    Expectation(
        reply: "mistral-json.json", texts: ["Bonjour.", "Merci."], times: 0.1...0.9,
        speakers: ["speaker_1", "speaker_2"], language: "fr"),
    Expectation(
        reply: "deepgram-utterances.json", provider: .deepgram, texts: ["Yep.", "What's up?"],
        times: 0.1...0.4, words: ["Yep."], speakers: ["0", "1"], language: "en"),
    Expectation(
        reply: "deepgram-paragraphs.json", provider: .deepgram, texts: ["Yep.", "What's up?"],
        times: 0.1...0.4, words: ["Yep."]),
    Expectation(
        reply: "deepgram-words.json", provider: .deepgram, texts: ["yep"], times: 0.1...0.4, words: ["yep"]),
    Expectation(reply: "deepgram-silence.json", provider: .deepgram, texts: []),
    Expectation(
        reply: "assemblyai.json", provider: .assemblyAI, texts: ["Book me a table for two at seven."],
        times: 0.12...0.48, words: ["Book", "me"]),
    Expectation(reply: "text-plain.txt", texts: ["Imagine the wildest idea that you have ever had."]),
    Expectation(reply: "text-quoted.txt", texts: ["Imagine the wildest idea."]),
]

@Suite struct Replies {
    @Test(arguments: expectations)
    func everyRecordedReplyIsRead(_ expected: Expectation) throws {
        let utterances = try recorded(expected.reply, from: expected.provider)
        #expect(utterances.map(\.text) == expected.texts)
        guard let first = utterances.first else { return }
        if let times = expected.times {
            #expect(first.start.map { abs($0 - times.lowerBound) < 1e-9 } == true)
            #expect(first.end.map { abs($0 - times.upperBound) < 1e-9 } == true)
        } else {
            #expect(first.start == nil && first.end == nil)
        }
        #expect(first.words.map(\.text) == expected.words)
        if let speakers = expected.speakers { #expect(utterances.map(\.speaker) == speakers) }
        #expect(first.language == expected.language)
    }

    @Test func aStreamReadsTheSameHoweverItIsSplit() throws {
        let body = try recordedReply("openai-stream.sse")
        let end = RecognitionEvent.final(Utterance(text: "Hello world."))
        #expect(try events(body, type: "text/event-stream") == [end], "what is complete needs no partial")
        for size in 1...40 {
            #expect(
                try events(body, type: "text/event-stream", pieces: size) == [
                    .partial(Utterance(text: "Hello")), .partial(Utterance(text: "Hello world.")), end,
                ], "in pieces of \(size)")
        }
    }

    @Test(arguments: [
        ("", EngineError.Code.protocolError), ("{}", .protocolError), (#"{"results":3}"#, .protocolError),
        ("[]", .protocolError), ("null", .protocolError), (#"{"text":17}"#, .protocolError),
        ("<!DOCTYPE html><html>log in</html>", .protocolError), ("a\u{0}b", .protocolError),
        (#"{"text":"half of"#, .tryLater), (#"{"text":"half","segments":[{"#, .tryLater),
        (#"{"error":{"message":"out of memory"}}"#, .tryLater),
        (#"{"error":{"message":"x","code":"insufficient_quota"}}"#, .noPermission),
    ])
    func whatIsNoAnswerIsAnError(_ body: String, _ code: EngineError.Code) {
        let error = #expect(throws: EngineError.self) {
            try events(Array(body.utf8), type: "application/json")
        }
        #expect(error?.code == code, "\(body): \(error?.message ?? "")")
        #expect(error?.message.hasPrefix("compatible: ") == true)
    }

    @Test(arguments: [
        "data: {\"type\":\"transcript.text.delta\",\"del\n\n",
        "data: {\"type\":\"error\",\"error\":{\"message\":\"x\"}}\n\n", "",
    ])
    func whatIsNoStreamIsAnError(_ body: String) {
        #expect(throws: EngineError.self) { try events(Array(body.utf8), type: "text/event-stream") }
    }

    @Test func anErrorInTheMiddleOfAStreamIsSaid() throws {
        let error = #expect(throws: EngineError.self) {
            try events(try recordedReply("localai-stream-error.sse"), type: "text/event-stream")
        }
        #expect(error == EngineError(.tryLater, "compatible: backend died"))
    }

    @Test func streamsEndWithDoneOrItsMark() throws {
        let delta = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hi.\"}\n\n"
        for end in [
            "data: [DONE]\n\n", "data: {\"type\":\"transcript.text.done\",\"text\":\"Hi.\"}", "data: [DONE]",
        ] {
            #expect(finals(try events(Array((delta + end).utf8), type: "text/event-stream")).map(\.text) == ["Hi."])
        }
        let stop =
            #"data: {"object":"transcription.chunk","choices":[{"delta":{"content":""},"finish_reason":"stop"}]}"#
        #expect(finals(try events(Array((delta + stop).utf8), type: "text/event-stream")).map(\.text) == ["Hi."])
        // One that only stops may be half of the text.
        let error = #expect(throws: EngineError.self) { try events(Array(delta.utf8), type: "text/event-stream") }
        #expect(error == EngineError(.tryLater, "compatible: the answer broke off before its end"))
        // whisper-1 ignores `stream`, and some servers mislabel what they send.
        #expect(
            finals(try events(Array(#"{"text":"Hi."}"#.utf8), type: "text/event-stream-not")).map(\.text) == ["Hi."])
        #expect(finals(try events(Array((delta + "data: [DONE]\n\n").utf8), type: "text/plain")).map(\.text) == ["Hi."])
    }

    /// As `onOneLine` makes it of the whole, however it is split.
    @Test(arguments: [
        " Hello  wörld. \n  And\tmore\r\n", "a\u{1B}[31m b\u{202E}c", "\u{FEFF}x \u{FEFF}y", "  ", "",
        "e\u{301} 👩‍👩‍👧 x",
        "a \n\n b", "one \u{7} two",
    ]) func aTextGrowsToWhatItIsAsAWhole(text: String) {
        for size in 1...5 {
            var growing = GrowingText()
            var rest = Array(text.unicodeScalars)[...]
            while !rest.isEmpty {
                growing.add(String(String.UnicodeScalarView(rest.prefix(size))))
                rest = rest.dropFirst(size)
            }
            #expect(growing.text == text.onOneLine)
        }
    }

    /// Python writes NaN for a number that is none, and others leave a comma behind.
    @Test(arguments: [
        #"{"text":"x","segments":[{"start":0.5,"end":1.5,"text":" x","avg_logprob":NaN,"no_speech_prob":-Infinity}]}"#,
        #"{"text":"x","segments":[{"start":0.5,"end":1.5,"text":" x",},],}"#,
        "\u{FEFF}{\"text\":\"x\",\"segments\":[{\"start\":.5,\"end\":\"1.5\",\"text\":\"x\"}]}",
        #"{"text":"x","segments":[{"start":0.5,"end":1.5,"text":"x"}]} <!-- 12 ms -->"#,
        #"{"text":"x","segments":[{"start":"0.5s","end":"00:00:01,500","text":"x"}]}"#,
    ]) func whatIsNearlyJSONIsRead(body: String) throws {
        let read = finals(try events(Array(body.utf8), type: "application/json"))
        #expect(read == [Utterance(text: "x", start: 0.5, end: 1.5)])
    }

    @Test func timesAreCheckedAgainstTheAudio() throws {
        let body =
            #"{"text":"a b","segments":[{"start":0,"end":1400000000,"text":"a"},{"start":6500000000,"end":8000000000,"text":"b"}]}"#
        let read = try events(Array(body.utf8), type: "application/json", audio: 8.1)
        #expect(read.first == .status("its times are nanoseconds, and were made seconds"))
        #expect(finals(read).map(\.start) == [0, 6.5])
        // Words beside segments are theirs although one of the segments' times is wrong.
        let words =
            #"{"text":"a b c","segments":[{"start":0,"end":9,"text":"a"},{"start":1,"end":2,"text":"b"},{"start":2,"end":3,"text":"c"}],"words":[{"word":"a","start":0.1,"end":0.9},{"word":"b","start":1.1,"end":1.9},{"word":"c","start":2.1,"end":2.9}]}"#
        let dealt = finals(try events(Array(words.utf8), type: "application/json", audio: 10))
        #expect(dealt.map { $0.words.map(\.text) } == [["a"], ["b"], ["c"]])
        #expect(dealt.map(\.end) == [1, 2, 3])
    }

    @Test func invalidBytesAndControlCharactersAreMadeHarmless() throws {
        let body = Array(#"{"text":"a\u001b[31mb\u202Ec\nd "#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8)
        #expect(finals(try events(body, type: "application/json")).map(\.text) == ["a[31mbc d \u{FFFD}\u{FFFD}"])
    }

    @Test func silenceIsNoUtterance() throws {
        for body in [#"{"text":""}"#, #"{"text":"  \n"}"#, #"{"text":"","segments":[]}"#] {
            #expect(try events(Array(body.utf8), type: "application/json").isEmpty)
        }
    }
}
