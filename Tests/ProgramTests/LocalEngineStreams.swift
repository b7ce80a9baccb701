import Glibc
import Harness
import Testing
import Text

/// The engine `local` while somebody speaks, with a model that is made for it.
struct LocalEngineStreams {
    @Test func whatTheModelCommitsIsPromised() throws {
        let engine = try StandIn(model: ["streams yes", "tentative 2"])
        let running = try engine.start()
        let words = StandIn.heard(8)
        for (index, word) in StandIn.words(8).enumerated() {
            running.write(StandIn.speech([word], lead: index == 0 ? 0.5 : 0))
            // Of less nothing is asked yet.
            guard index > 0 else { continue }
            // All are shown at once; two of them are tentative.
            let shown = words[...index].joined(separator: " ")
            let promised = words[..<max(0, index - 1)].joined(separator: " ").count
            try running.waitForOutput("“\(shown)”") { $0.contains("partial stable=\(promised)\t\(shown)\n") }
        }
        running.closeInput()
        let result = try running.finish()
        #expect(result.status == 0, "\(result)")
        expectKeptPromises(try result.events())
        #expect(try result.texts("final") == [words.joined(separator: " ")])
        #expect(engine.calls("run").isEmpty)
        #expect(engine.calls("begin").count == 1 && engine.calls("finalized").count == 1)
    }

    /// A model that looks at everything again takes back what the library has committed: it was promised, and is kept.
    @Test func whatIsCommittedIsKept() throws {
        let engine = try StandIn(model: ["streams yes", "forgets-from 2000"])
        let running = try engine.start()
        running.write(StandIn.speech(StandIn.words(3)))
        try running.waitForOutput("a promise") { $0.contains("partial stable=7\t123 160 197\n") }
        running.write(StandIn.speech([(901, 0.1), (902, 0.1), (903, 0.1)], lead: 0))
        running.closeInput()
        let result = try running.finish()
        expectKeptPromises(try result.events())
        #expect(engine.calls("finalized").last?["text"].hasPrefix(" 000 160 ") == true)
        #expect(try result.words() == StandIn.heard(3) + ["901", "902", "903"], "\(result)")
        #expect(try result.texts("word").isEmpty)
    }

    @Test func manyUtterancesAreManyStreams() throws {
        let engine = try StandIn(model: ["streams yes"])
        let utterances = (0..<25).map { [(100 + $0, 0.1), (200 + $0, 0.1), (300 + $0, 0.9)] }
        let result = try engine.plugin(input: .bytes(StandIn.speech(utterances.flatMap(\.self))))
        #expect(
            try result.texts("final")
                == utterances.map { $0.map { String($0.0) }.joined(separator: " ") }, "\(result)")
        expectKeptPromises(try result.events())
        #expect(engine.calls("begin").count == 25 && engine.calls("finalized").count == 25)
        #expect(engine.calls("fed").allSatisfy { $0["status"] == "0" })
        // Each begins again at its own beginning, with the times of the whole.
        let words = try result.events().filter { $0.verb == "word" }
        for (index, word) in words.enumerated() {
            let start = try #require(word["start"].flatMap { Double($0) })
            let expected = 0.5 + Double(index) * 0.31 + Double(index / 3) * 0.8
            #expect(abs(start - expected) < 0.02, "\(word), not at \(expected)")
        }
    }

    /// What the model was given can't be taken back: the utterance ends at a quiet place behind it.
    @Test(arguments: [3000, 4500]) func aLongUtteranceIsCutBetweenWords(longest: Int) throws {
        let engine = try StandIn(model: ["streams yes", "longest \(longest)"])
        let words = StandIn.speech(StandIn.words(40))
        for input in [Input.bytes(words), .paced(words, bytesPerSecond: 320_000)] {
            let result = try engine.plugin(input: input)
            #expect(try result.words() == StandIn.heard(40), "\(result)")
            expectKeptPromises(try result.events())
            let finals = try result.events().filter { $0.verb == "final" }
            #expect(finals.count > 2)
            let starts = finals.compactMap { $0["start"].flatMap { Double($0) } }
            let ends = finals.compactMap { $0["end"].flatMap { Double($0) } }
            #expect(zip(ends, starts.dropFirst()).allSatisfy { $0 <= $1 + 0.02 }, "\(starts) \(ends)")
        }
        #expect(engine.calls("finalized").allSatisfy { Int($0["samples"]) ?? .max <= longest * 16 })
    }

    @Test func aSpeakerMayGoOn() throws {
        let engine = try StandIn(model: ["streams yes"])
        let running = try engine.start()
        running.write(StandIn.speech([(111, 0.1), (222, 0.3)]))
        try eventually("the pause is fed") { engine.calls("fed").contains { $0["tentative"] == " 222" } }
        running.write(StandIn.speech([(333, 0.1)], lead: 0))
        running.closeInput()
        let result = try running.finish()
        #expect(try result.texts("final") == ["111 222 333"], "\(result)")
        #expect(engine.calls("begin").count == 1)
    }

    /// A stream is of what is said: a translation comes from passes over the whole.
    @Test func aTranslationIsNotStreamed() throws {
        let engine = try StandIn(model: ["streams yes", "translates yes"])
        let result = try engine.plugin(
            ["VT_OPTION_TASK": "translate"], input: .bytes(StandIn.speech(StandIn.words(4))))
        #expect(result.status == 0, "\(result)")
        #expect(try result.words() == StandIn.heard(4))
        #expect(engine.calls("begin").isEmpty)
        #expect(engine.calls("run").allSatisfy { $0["task"] == "1" })
    }

    /// A recording that is complete is given as a whole.
    @Test func aFileIsNotStreamed() throws {
        let engine = try StandIn(model: ["streams yes"])
        try engine.addRecording(StandIn.speech(StandIn.words(10)), "a.wav")
        let result = try engine.plugin(
            operation: "transcribe-files-v1", input: .text("\(engine.home.files)/a.wav\n"))
        #expect(try result.words() == StandIn.heard(10), "\(result)")
        #expect(engine.calls("begin").isEmpty && engine.calls("run").count == 1)
    }

    @Test func silenceIsNotFed() throws {
        let engine = try StandIn(model: ["streams yes"])
        let result = try engine.plugin(input: .bytes(Tone.silence(seconds: 180)))
        #expect(result.status == 0 && result.text.isEmpty, "\(result)")
        #expect(engine.calls("begin").isEmpty)
    }

    @Test(arguments: [("stream-status 7", 69, "more memory than there is"), ("stream-status 8", 69, "device")])
    func aStreamThatFails(script: String, status: Int, message: String) throws {
        let engine = try StandIn(model: ["streams yes", script])
        let result = try engine.transcribe("--raw", input: .bytes(StandIn.speech(StandIn.words(3))))
        #expect(result.status.map(Int.init) == status, "\(result)")
        #expect(result.errors.contains(message))
        #expect(engine.kept.count == 1)
    }
}
