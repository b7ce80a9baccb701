import Audio
import Plugins
import Testing
import Transcription

/// All that comes.
private func everything(of speech: GatedSpeech) throws -> [Int16] {
    let buffer = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 1000)
    defer { buffer.deallocate() }
    var result: [Int16] = []
    while true {
        guard let count = try speech.read(into: buffer, within: .seconds(10)) else { continue }
        if count == 0 { return result }
        result += buffer[..<count]
    }
}

/// Silence is left out, speech is not, and times come back.
@Suite struct Gates {
    /// 1 s of sound from 2 s on, 1 s from 6 s on, half a second from 7.3 s on; 10.8 s in all.
    private static let parts = [-2, 1, -3, 1, -0.3, 0.5, -3]

    @Test(arguments: [1, 160, 511, 4096])
    func whatIsSentDoesNotDependOnHowItComes(block: Int) throws {
        let speech = GatedSpeech(Recording(Self.parts, block: block), gate: LevelGate())
        let sent = try everything(of: speech)
        // 0.3 s in front and 0.2 s behind; the pause of 0.3 s stays.
        #expect(sent.count == Int(16000 * (0.3 + 1 + 0.5 + 1 + 0.3 + 0.5 + 0.2)))
        #expect(sent.filter { $0 != 0 }.count == 40000, "no sample of sound is missing")
        #expect(speech.sent.count == sent.count)
    }

    @Test func silenceIsTold() throws {
        let silent = GatedSpeech(Recording([-30]), gate: LevelGate())
        #expect(try silent.hasSpeech(within: .seconds(10)) == false)
        #expect(try everything(of: silent).isEmpty)
        #expect(!silent.sent.hasSpeech)
        let spoken = GatedSpeech(Recording([-1, 1]), gate: LevelGate())
        #expect(try spoken.hasSpeech(within: .seconds(10)) == true)
    }

    /// Half an hour of silence in a file must not keep a caller who wants to know at once.
    @Test func patienceEndsInSilence() throws {
        let speech = GatedSpeech(Recording([-1800]), gate: LevelGate())
        #expect(try speech.hasSpeech(within: .zero) == nil)
        let buffer = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 1000)
        defer { buffer.deallocate() }
        #expect(try speech.read(into: buffer, within: .zero) == nil)
    }

    @Test func anEngineGetsThePausesThatItNeeds() throws {
        let speech = GatedSpeech(Recording([1, -3, 1]), gate: LevelGate())
        speech.follow(GateRules(pause: 0.9))
        #expect(try everything(of: speech).count == Int(16000 * 2.9))
        #expect(GateRules(pause: 0).pause == 0.5, "what is nearest to speech may be a part of it")
    }

    @Test func timesAreThoseOfTheRecording() throws {
        let speech = GatedSpeech(Recording(Self.parts), gate: LevelGate())
        _ = try everything(of: speech)
        func recorded(_ start: Double, _ end: Double) -> [Double] {
            let times = speech.sent.recorded(start: start, end: end)
            return [times.start ?? -1, times.end ?? -1].map { ($0 * 1000).rounded() / 1000 }
        }
        // What is sent: 0 is 1.7 s, the seam is at 1.5 s, which is 3.2 s and 5.7 s.
        #expect(recorded(0.3, 1.3) == [2, 3])
        #expect(recorded(1.8, 2.8) == [6, 7])
        #expect(recorded(0, 1.5) == [1.7, 3.2])
        #expect(recorded(1.5, 2.8) == [5.7, 7], "what begins at the seam is behind it")
        #expect(recorded(1.4, 2.8) == [5.7, 7], "an engine that counts the silence before its first word")
        #expect(recorded(0.3, 1.6) == [2, 3.2], "and behind its last")
        #expect(recorded(0.3, 2.8) == [2, 7])
        #expect(speech.sent.recorded(start: nil, end: nil) == (nil, nil))
        #expect(speech.sent.holdsSpeech(from: 2.5, to: 2.6))
        #expect(speech.sent.holdsSpeech(from: 3.1, to: 3.2), "detectors and engines differ a little")
        #expect(!speech.sent.holdsSpeech(from: 3.2, to: 5.8))
        #expect(!speech.sent.holdsSpeech(from: 9, to: 10))
    }

    /// Where an engine has failed the next one gets what follows, and times go on.
    @Test func anotherEngineGoesOn() throws {
        let speech = GatedSpeech(Recording(Self.parts), gate: LevelGate())
        let all = try everything(of: speech)
        // The first utterance ends at 1.3 s of what was sent, 3 s of the recording.
        try speech.restart(at: 20800)
        let rest = try everything(of: speech)
        #expect(rest.filter { $0 != 0 } == all.filter { $0 > 400 })
        let first = try #require(rest.firstIndex { $0 != 0 })
        let times = speech.sent.recorded(start: Double(20800 + first) / 16000, end: 1.3 + Double(rest.count) / 16000)
        #expect(times.start == 6)
        try speech.restart(at: 0)
        #expect(try everything(of: speech) == all)
    }
}

/// A recording that is heard before anything of it is given: whether it goes as it is.
@Suite struct Listening {
    private let gate = LevelGate()

    private func listen(_ parts: [Double], block: Int = 4096, gate: LevelGate) throws -> (
        speech: GatedSpeech, contents: GatedSpeech.Contents
    ) {
        let speech = GatedSpeech(Recording(parts, block: block), gate: gate)
        return (speech, try speech.listen(forSilenceOf: 1.5) { false })
    }

    private func places(_ speech: GatedSpeech, seconds: Double) -> [Range<Int>]? {
        speech.speech(in: 0..<Int(seconds * 16000))
    }

    /// No silence in it could be long enough, so that somebody speaks is all that has to be known.
    @Test(arguments: [100, 4096, 100_000]) func aShortOneIsHeardUntilSomebodySpeaks(block: Int) throws {
        let (speech, contents) = try listen([-0.2, 0.3, -0.4, 0.3, -0.2], block: block, gate: gate)
        #expect(contents == .speech)
        #expect(gate.position < 4800, "\(gate.position) samples were heard")
        #expect(speech.sent.hasSpeech && speech.sent.count == 22400)
        // Where else is known when it is asked for.
        speech.finishListening()
        #expect(gate.position == 22400)
        #expect(places(speech, seconds: 1.4) == [3200..<8000, 14400..<19200])
        speech.finishListening()
        #expect(places(speech, seconds: 1.4) == [3200..<8000, 14400..<19200], "once is enough")
    }

    @Test func whoIsNotSureHearsAllOfIt() throws {
        let unsure = LevelGate(isSure: false)
        let (speech, contents) = try listen([-0.2, 0.3, -0.4], gate: unsure)
        #expect(contents == .speech && unsure.position == 14400)
        #expect(places(speech, seconds: 0.9) == [3200..<8000])
    }

    /// To the sample: in one that is no longer than the silence there can be none that is longer.
    @Test func aLongerOneIsHeardToItsEnd() throws {
        #expect(try listen([0.1, -1.4], gate: gate).contents == .speech)
        #expect(gate.position < 24000)
        #expect(try listen([0.1, -1.4, 1.0 / 16000], gate: gate).contents == .speech)
        #expect(gate.position == 24001)
        #expect(try listen([0.2, -1.6, 0.2], gate: gate).contents == .speechAndSilence)
        #expect(try listen([0.2, -1.6], gate: gate).contents == .speechAndSilence)
    }

    @Test(arguments: [[], [-1], [-1.5], [-20]] as [[Double]]) func silenceIsSilence(parts: [Double]) throws {
        let (speech, contents) = try listen(parts, gate: gate)
        #expect(contents == .silence && !speech.sent.hasSpeech)
    }

    /// It goes as samples after all.
    @Test func itCanBeginAnew() throws {
        let (speech, contents) = try listen([-0.6, 0.3], gate: gate)
        #expect(contents == .speech)
        try speech.restart(at: 0)
        #expect(try everything(of: speech).count == Int(16000 * 0.6))
        speech.finishListening()
        #expect(places(speech, seconds: 0.6) == [4800..<9600], "of what was given")
    }

    /// The rest is heard for an engine that says when, and for no other.
    @Test func nobodyListensForNothing() throws {
        let (speech, _) = try listen([0.3, -0.7], gate: gate)
        let heard = gate.position
        var messages: [String] = []
        var check = EventCheck(speech.sent, listen: { speech.finishListening() }) { messages.append($0) }
        let untimed = RecognitionEvent.final(Utterance(text: "go"))
        #expect(check.check(untimed) == [untimed] && check.coverage == nil)
        #expect(gate.position == heard)
        var other = EventCheck(speech.sent, listen: { speech.finishListening() }) { messages.append($0) }
        #expect(other.check(.final(Utterance(text: "thanks", start: 0.6, end: 0.9))) == [], "nobody speaks there")
        #expect(gate.position == 16000 && messages.count == 1)
    }
}

/// An engine without times, asked for each stretch.
@Suite struct Stretches {
    /// Says how many milliseconds of sound it got, and no times.
    private struct Counting: Engine {
        let name = "counting"
        func transcribe(
            _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
            onEvent: (RecognitionEvent) throws -> Void
        ) throws {
            let buffer = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 700)
            defer { buffer.deallocate() }
            var loud = 0
            while true {
                guard let count = try audio.read(into: buffer, within: .seconds(10)) else { continue }
                if count == 0 { break }
                loud += buffer[..<count].count { $0 != 0 }
            }
            if loud > 0 { try onEvent(.final(Utterance(text: "\(loud / 16)"))) }
        }
    }

    /// Fails where it hears so many milliseconds.
    private struct Failing: Engine {
        let name = "failing"
        let limit: String
        func transcribe(
            _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
            onEvent: (RecognitionEvent) throws -> Void
        ) throws {
            try Counting().transcribe(audio, settings: settings, cancellation: nil) { event in
                if case .final(let utterance) = event, utterance.text == limit {
                    throw EngineError(.tryLater, "failing: not now")
                }
                try onEvent(event)
            }
        }
    }

    private func utterances(_ engine: any Engine, of speech: GatedSpeech) throws -> [Utterance] {
        var result: [Utterance] = []
        var check = EventCheck(speech.sent, needsTimes: true) { _ in }
        try engine.transcribe(speech, settings: EngineSettings(), cancellation: nil) { event in
            for event in check.check(event) {
                guard case .final(var utterance) = event else { continue }
                utterance.isTimedByAudio = false
                result.append(utterance)
            }
        }
        return result
    }

    @Test(arguments: [160, 511, 4096]) func eachHasItsTimes(block: Int) throws {
        let speech = GatedSpeech(Recording([-2, 1, -3, 1, -0.3, 0.5, -3], block: block), gate: LevelGate())
        #expect(
            try utterances(StretchwiseEngine(Counting()), of: speech) == [
                Utterance(text: "1000", start: 2, end: 3), Utterance(text: "1500", start: 6, end: 7.8),
            ])
    }

    @Test func oneStretchToTheEnd() throws {
        let speech = GatedSpeech(Recording([1]), gate: LevelGate())
        #expect(
            try utterances(StretchwiseEngine(Counting()), of: speech) == [Utterance(text: "1000", start: 0, end: 1)])
    }

    @Test func silenceIsNoStretch() throws {
        #expect(
            try utterances(StretchwiseEngine(Counting()), of: GatedSpeech(Recording([-5]), gate: LevelGate())).isEmpty)
    }

    /// Another engine goes on behind the stretches whose text is out.
    @Test func inAChain() throws {
        let speech = GatedSpeech(Recording([-2, 1, -3, 0.5, -3, 0.7]), gate: LevelGate())
        let chain = EngineChain([
            StretchwiseEngine(Failing(limit: "500")), StretchwiseEngine(Counting()),
        ])
        #expect(
            try utterances(chain, of: speech) == [
                Utterance(text: "1000", start: 2, end: 3), Utterance(text: "500", start: 6, end: 6.5),
                Utterance(text: "700", start: 9.5, end: 10.2),
            ])
    }
}

/// What an engine says, put right.
@Suite struct CheckedEvents {
    private let speech = GatedSpeech(Recording([-2, 1, -3, 1, -2]), gate: LevelGate())

    private func check(_ events: [RecognitionEvent]) throws -> (events: [RecognitionEvent], messages: [String]) {
        _ = try everything(of: speech)
        var messages: [String] = []
        var result: [RecognitionEvent] = []
        var check = EventCheck(speech.sent) { messages.append($0) }
        for event in events { result += check.check(event) }
        return (result, messages)
    }

    @Test func wordsComeWithTheirFinal() throws {
        let word = Word(text: "go", start: 0.3, end: 1.3)
        let (events, messages) = try check([
            .status("loading"), .word(word), .final(Utterance(text: "go", start: 0.3, end: 1.3, words: [word])),
        ])
        let mapped = Word(text: "go", start: 2, end: 3)
        #expect(
            events == [
                .status("loading"), .word(mapped), .final(Utterance(text: "go", start: 2, end: 3, words: [mapped])),
            ])
        #expect(messages.isEmpty)
    }

    @Test func textWithoutSpeechIsDroppedAndTakenBack() throws {
        let word = Word(text: "thanks", start: 1.5, end: 1.6)
        let (events, messages) = try check([
            .partial(Utterance(text: "thanks", start: 1.5)), .word(word),
            .final(Utterance(text: "thanks", start: 1.5, end: 1.6, words: [word])),
            .final(Utterance(text: "no times")),
        ])
        #expect(events.count == 3)
        #expect(events.dropFirst() == [.partial(Utterance(text: "")), .final(Utterance(text: "no times"))])
        #expect(messages.count == 1 && messages[0].contains("thanks"), "\(messages)")
    }

    /// Where a format can't do without times, an utterance has those of the speech since the last one.
    @Test func theDetectorsTimesDoWhereThereAreNone() throws {
        _ = try everything(of: speech)
        var messages: [String] = []
        var check = EventCheck(speech.sent, needsTimes: true) { messages.append($0) }
        #expect(
            check.check(.final(Utterance(text: "both"))) == [.final(Utterance(text: "both", start: 2, end: 7))])
        var late = Utterance(text: "nobody knows", start: 7, end: 7.2)
        late.isTimeRepaired = true
        #expect(
            check.check(.final(Utterance(text: "nobody knows"))) == [.final(late)],
            "no speech is left that it could be of, but its text stays")
        #expect(messages.count == 1 && messages[0].contains("detected"), "\(messages)")
        // What the engine says itself is better.
        var other = EventCheck(speech.sent, needsTimes: true) { _ in }
        let own = Utterance(text: "own", start: 0.4, end: 1.2)
        #expect(other.check(.final(own)) == [.final(Utterance(text: "own", start: 2.1, end: 2.9))])
        #expect(other.check(.final(Utterance(text: "x"))) == [.final(Utterance(text: "x", start: 2.9, end: 7))])
    }

    /// Of a recording that is complete, utterances without times wait until it is known between which times they were said.
    @Test func severalWithoutTimesShareTheSpeech() throws {
        _ = try everything(of: speech)
        var check = EventCheck(speech.sent, needsTimes: true, holdsUntimed: true) { _ in }
        func times(_ events: [RecognitionEvent]) -> [[Double?]] {
            events.compactMap { if case .final(let utterance) = $0 { [utterance.start, utterance.end] } else { nil } }
        }
        #expect(check.check(.final(Utterance(text: "one"))).isEmpty)
        #expect(check.check(.final(Utterance(text: "two"))).isEmpty)
        #expect(times(check.finish()) == [[2, 3], [6, 7]], "half of the speech for each")
        var other = EventCheck(speech.sent, needsTimes: true, holdsUntimed: true) { _ in }
        #expect(other.check(.final(Utterance(text: "one"))).isEmpty)
        #expect(times(other.check(.final(Utterance(text: "two", start: 1.8, end: 2.8)))) == [[2, 3], [6, 7]])
        #expect(other.finish().isEmpty)
    }

    /// A clock that runs past the end of the audio proves no silence.
    @Test func textBehindTheEndIsBelieved() throws {
        let (events, messages) = try check([.final(Utterance(text: "late words", start: 500, end: 600))])
        #expect(events.count == 1 && messages.isEmpty)
    }

    @Test func withoutAGateTimesStay() {
        var check = EventCheck(nil) { _ in }
        let final = RecognitionEvent.final(Utterance(text: "x", start: 70, end: 71))
        #expect(check.check(final) == [final])
    }

    @Test(arguments: [
        ("thank you thank you thank you thank you", true), ("no no no no", false), ("go go go go go go go go", true),
        ("谢谢谢谢谢谢谢谢谢谢", true), ("he said that that that is what it is", false),
        ("It was. It was, it was; IT WAS", true),
        ("the quick brown fox jumps over the lazy dog and the quick brown fox sleeps", false),
    ])
    func loopsAreFlagged(text: String, isLoop: Bool) {
        var loops = LoopDetector()
        #expect(loops.isRepetition(text) == isLoop)
    }

    @Test func theFourthTimeIsALoop() {
        var loops = LoopDetector()
        #expect(
            ["Yes.", "yes", "Yes!", "yes", "no", "yes"].map { loops.isRepetition($0) }
                == [false, false, false, true, false, false])
    }
}
