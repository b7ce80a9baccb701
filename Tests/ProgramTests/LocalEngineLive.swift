import Glibc
import Harness
import Testing
import Text

/// The engine `local` while somebody speaks, with a model that answers once for each piece of audio.
struct LocalEngineLive {
    /// Silence in which an utterance ends: longer than it takes to be certain of it.
    private static let ending = 0.9
    /// Silence after which it is asked whether one has ended, and after which that is not certain yet.
    private static let hesitation = 0.3

    /// Each word is shown before the next but one is spoken, and what stayed the same for a while is promised.
    @Test func wordsComeWhileTheyAreSpoken() throws {
        let engine = try StandIn()
        let running = try Harness.start(
            engine.command(["--no-gate", "--raw", "--events"]), input: .open, home: engine.home)
        let words = StandIn.heard(9)
        for (index, word) in StandIn.words(9).enumerated() {
            running.write(StandIn.speech([word], lead: index == 0 ? 0.5 : 0))
            guard index > 0 else { continue }
            let shown = words[0..<index].joined(separator: " ")
            try running.waitForOutput("“\(shown)”") {
                $0.split(separator: "\n").contains { $0.hasSuffix("\t\(shown)") }
            }
        }
        running.closeInput()
        let result = try running.finish()
        #expect(result.status == 0, "\(result)")
        let events = try result.events()
        expectKeptPromises(events)
        #expect(events.contains { $0.verb == "partial" && $0.stable > 0 }, "\(result)")
        #expect(try result.words() == words)
        #expect(events.last?.verb == "final")
    }

    /// The same at the pace of speech, when a pass takes longer than a word.
    @Test func aSlowModelKeepsUp() throws {
        let engine = try StandIn(model: ["pass-takes 250"])
        let result = try run(
            engine.command(["--no-gate", "--raw", "--events"]),
            input: .paced(StandIn.speech(StandIn.words(8), lead: 0.2), bytesPerSecond: 32000), home: engine.home)
        #expect(result.status == 0, "\(result)")
        expectKeptPromises(try result.events())
        #expect(try result.texts("final") == [StandIn.heard(8).joined(separator: " ")], "\(result)")
    }

    @Test func anUtteranceIsFinalAtItsPause() throws {
        let engine = try StandIn()
        let running = try engine.start()
        var heard = 0
        for count in [3, 2, 4] {
            let words = (heard..<heard + count).map { (100 + $0, $0 == heard + count - 1 ? Self.ending : 0.1) }
            heard += count
            running.write(StandIn.speech(words, lead: heard == count ? 0.5 : 0))
            // Nothing more is said until it is there.
            let text = words.map { String($0.0) }.joined(separator: " ")
            try running.waitForOutput("its text") { $0.contains("\t\(text)\n") && $0.contains("final") }
        }
        running.closeInput()
        let result = try running.finish()
        #expect(result.status == 0, "\(result)")
        #expect(try result.texts("final") == ["100 101 102", "103 104", "105 106 107 108"])
        expectKeptPromises(try result.events())
    }

    /// What is asked in the pause is the answer: nothing is asked when the pause proves to be the end.
    @Test func theLastPassBeginsInThePause() throws {
        let engine = try StandIn()
        let running = try engine.start()
        running.write(StandIn.speech(StandIn.words(4, last: Self.hesitation)))
        let text = " " + StandIn.heard(4).joined(separator: " ")
        try eventually("all of it is understood") { engine.calls("ran").contains { $0["text"] == text } }
        // Neither is more asked of the same, nor is it certain.
        pause(.milliseconds(300))
        #expect(!running.text.contains("final"))
        let asked = engine.calls("run").count
        running.closeInput()
        let result = try running.finish()
        #expect(try result.words() == StandIn.heard(4))
        #expect(engine.calls("run").count == asked, "\(engine.calls)")
    }

    /// A pass that is not done when the input ends is the last one all the same.
    @Test func aPassThatRunsWhenTheInputEndsIsNotBegunAgain() throws {
        let engine = try StandIn()
        try engine.addModel("slow", ["hold \(engine.home.files)/hold"])
        let running = try engine.start(["VT_MODEL": "slow"])
        running.write(StandIn.speech(StandIn.words(3, last: 0)))
        try eventually("words are understood") { engine.calls("ran").count > 0 }
        try write([], to: "\(engine.home.files)/hold")
        running.write(StandIn.speech([], lead: Self.hesitation))
        // The pass that looks beyond the end of the words.
        try eventually("the pause is heard") { engine.calls("run").count > engine.calls("ran").count }
        pause(.milliseconds(100))
        running.closeInput()
        pause(.milliseconds(200))
        unlink("\(engine.home.files)/hold")
        let result = try running.finish()
        #expect(try result.words() == StandIn.heard(3), "\(result)")
        let last = try #require(engine.calls("ran").last)
        #expect(last["status"] == "0")
        #expect(engine.calls("ran").filter { $0["text"] == last["text"] && $0["status"] == "0" }.count <= 2)
    }

    /// It seems to be the end, and the speaker goes on: no word twice, none lost, and one utterance.
    @Test func aSpeakerMayGoOn() throws {
        let engine = try StandIn()
        let running = try engine.start()
        running.write(StandIn.speech([(111, 0.1), (222, Self.hesitation)]))
        try eventually("the pause is noticed") { engine.calls("ran").contains { $0["text"] == " 111 222" } }
        running.write(StandIn.speech([(333, 0.1), (444, Self.hesitation)], lead: 0))
        try eventually("the next pause, too") { engine.calls("ran").contains { $0["text"] == " 111 222 333 444" } }
        running.write(StandIn.speech([(555, 0.1)], lead: 0))
        running.closeInput()
        let result = try running.finish()
        #expect(try result.texts("final") == ["111 222 333 444 555"], "\(result)")
        expectKeptPromises(try result.events())
    }

    /// The same while the pass in the pause still works: it is of no use any more.
    @Test func aSpeakerMayGoOnWhileThePauseIsStillBeingThoughtOf() throws {
        let engine = try StandIn()
        try engine.addModel("slow", ["hold \(engine.home.files)/hold"])
        try write([], to: "\(engine.home.files)/hold")
        let running = try engine.start(["VT_MODEL": "slow"])
        running.write(StandIn.speech([(111, 0.1), (222, Self.hesitation)]))
        try eventually("a pass works") { engine.calls("run").count > 0 }
        running.write(StandIn.speech([(333, 0.1), (444, Self.ending)], lead: 0))
        // It is certain now that the utterance is another: what worked is given up, or its answer is not taken.
        pause(.milliseconds(200))
        unlink("\(engine.home.files)/hold")
        running.write(StandIn.speech([(555, 0.1)], lead: 0))
        running.closeInput()
        let result = try running.finish()
        #expect(try result.texts("final") == ["111 222 333 444", "555"], "\(result)")
    }

    /// Longer than the model takes at once, without a pause.
    @Test(arguments: [
        ["longest 3000"], ["longest 3000", "pass-takes 30"], ["longest 2000", "deaf yes", "pass-takes 20"],
    ])
    func aLongUtteranceIsCutBetweenWords(model: [String]) throws {
        let engine = try StandIn(model: model)
        let result = try engine.plugin(input: .bytes(StandIn.speech(StandIn.words(25))))
        #expect(result.status == 0, "\(result)")
        #expect(try result.words() == StandIn.heard(25), "\(result)")
        let times = try result.events().filter { $0.verb == "final" }.compactMap { event in
            event["start"].flatMap { Double($0) }
        }
        #expect(times == times.sorted() && times.count > 2)
        expectKeptPromises(try result.events())
    }

    @Test func aPauseIsWhereALongUtteranceIsCut() throws {
        let engine = try StandIn(model: ["longest 4000"])
        let running = try engine.start()
        // Longer than half of what it takes, and a pause that would end no short one.
        running.write(StandIn.speech(StandIn.words(9, last: 0.4) + [(900, 0.1), (901, 0.1), (902, 0.1), (903, 0.1)]))
        running.closeInput()
        let result = try running.finish()
        #expect(
            try result.texts("final") == [StandIn.heard(9).joined(separator: " "), "900 901 902 903"], "\(result)")
    }

    /// The input ends in the middle of a word, and of a sample: all whole words are there.
    @Test func theInputMayEndAnywhere() throws {
        let engine = try StandIn()
        let audio = StandIn.speech(StandIn.words(6))
        // The sixth word begins at 0.5 + 5 × 0.31 s, and lasts for 0.21 s.
        let result = try engine.plugin(input: .bytes(Array(audio.prefix(Int(2.15 * 32000) + 1))))
        #expect(result.status == 0, "\(result)")
        #expect(try result.words() == StandIn.heard(5) + ["?"], "\(result)")
        #expect(result.errors.contains("the input ends in the middle of a sample"))
    }

    /// A model that says something else of the beginning later on: what was promised is kept.
    @Test func whatWasPromisedIsKept() throws {
        let engine = try StandIn(model: ["forgets-from 3500"])
        let running = try engine.start()
        let audio = StandIn.speech(StandIn.words(11), lead: 0.3)
        let (early, late) = (Int(0.95 * 32000), Int(3.2 * 32000))
        running.write(audio[..<early])
        try running.waitForOutput("the first word") { $0.contains("partial") }
        // Two seconds later it is still the same.
        running.write(audio[early..<late])
        try running.waitForOutput("a promise") {
            $0.split(separator: "\n").contains { $0.hasPrefix("partial ") && !$0.hasPrefix("partial stable=0\t") }
        }
        running.write(audio[late...])
        running.closeInput()
        let result = try running.finish()
        let events = try result.events()
        expectKeptPromises(events)
        #expect(engine.calls("ran").last?["text"].hasPrefix(" 000") == true)
        #expect(try result.words() == StandIn.heard(11), "\(result)")
        // Words that were changed have no times: those of the model are of others.
        #expect(!events.contains { $0.verb == "word" })
    }

    @Test func whatWasNotPromisedMayChange() throws {
        let engine = try StandIn(model: ["forgets-from 1200"])
        let result = try engine.plugin(input: .bytes(StandIn.speech(StandIn.words(3))))
        expectKeptPromises(try result.events())
        #expect(try result.words() == ["000"] + StandIn.heard(3).dropFirst(), "\(result)")
    }

    /// Nothing is heard in a while of silence, and nothing is asked of the model. Memory does not grow with it.
    @Test(arguments: [true, false]) func silenceCostsNothing(isDigital: Bool) throws {
        let engine = try StandIn()
        let running = try engine.start()
        let minute = isDigital ? Tone.silence(seconds: 60) : StandIn.speech([], lead: 60)
        for _ in 0..<2 { running.write(minute) }
        let early = try running.peakMemory
        for _ in 0..<8 { running.write(minute) }
        let late = try running.peakMemory
        #expect(late < early + 8 << 20, "\(early) \(late)")
        running.write(StandIn.speech([(123, 0.1)], lead: 0))
        running.closeInput()
        let result = try running.finish(within: .seconds(60))
        #expect(try result.texts("final") == ["123"], "\(result)")
        #expect(engine.calls("run").count <= 3, "\(engine.calls)")
    }

    /// The engine is not even loaded for an hour of silence; without vt-transcribe's own ears it listens itself, and asks nothing.
    @Test(arguments: [(60, []), (10, ["--no-gate"])]) func anHourWithoutSpeech(minutes: Int, options: [String]) throws {
        let engine = try StandIn()
        let running = try Harness.start(
            engine.command(["--raw", "--no-keep"] + options), input: .open, home: engine.home)
        let minute = Tone.silence(seconds: 60)
        for _ in 0..<minutes { running.write(minute) }
        running.closeInput()
        let result = try running.finish(within: .seconds(120))
        #expect(result.status == 1 && result.text.isEmpty, "\(result)")
        #expect(engine.calls("run").isEmpty)
        #expect(engine.calls("load").isEmpty == options.isEmpty)
    }
}
