import Glibc
import Harness
import Testing
import Text

/// The engine `local` and recordings that are complete.
struct LocalEngineFiles {
    @Test func aFileIsHeardWordForWord() throws {
        let engine = try StandIn()
        try engine.addRecording(StandIn.speech(StandIn.words(30)), "a.wav")
        let result = try engine.transcribe("a.wav")
        #expect(result.status == 0, "\(result)")
        #expect(result.text == StandIn.heard(30).joined(separator: " ") + "\n")
        #expect(result.errors.isEmpty)
        #expect(engine.calls("load").map(\.["file"]) == ["model.gguf"])
    }

    @Test func wordsHaveTheirTimes() throws {
        let engine = try StandIn()
        // A word every 0.31 s: 0.21 s of sound and 0.1 s of silence.
        try engine.addRecording(StandIn.speech(StandIn.words(12)), "a.wav")
        let result = try engine.transcribe("--events", "a.wav")
        let words = try result.events().filter { $0.verb == "word" }
        #expect(words.map(\.text) == StandIn.heard(12))
        for (index, word) in words.enumerated() {
            let start = try #require(word["start"].flatMap { Double($0) })
            let end = try #require(word["end"].flatMap { Double($0) })
            #expect(abs(start - (0.5 + 0.31 * Double(index))) < 0.015, "\(word)")
            #expect(abs(end - start - 0.21) < 0.015, "\(word)")
            #expect(word["confidence"] == "0.750", "\(word)")
        }
    }

    /// An utterance for each segment that the model makes, where nobody was shown anything before.
    @Test func theModelsSegmentsAreUtterances() throws {
        let engine = try StandIn(model: ["segment-words 4"])
        try engine.addRecording(StandIn.speech(StandIn.words(12)), "a.wav")
        let result = try engine.plugin(
            operation: "transcribe-files-v1", input: .text("\(engine.home.files)/a.wav\n"))
        let finals = try result.events().filter { $0.verb == "final" }
        let words = StandIn.heard(12)
        #expect(finals.map(\.text) == [0, 4, 8].map { words[$0..<$0 + 4].joined(separator: " ") })
        #expect(finals.map { $0["start"] } == ["0.50", "1.74", "2.98"], "\(result)")
        #expect(finals.map { $0["end"] } == ["1.64", "2.88", "4.12"], "\(result)")
        #expect(try result.texts("done") == [""])
    }

    /// Longer than the model takes at once: cut at pauses, and where there is none between two words.
    @Test(arguments: [(0.1, 24), (0.45, 12), (0.02 + 0.06, 24)])
    func aLongRecordingIsCutBetweenWords(pause: Double, count: Int) throws {
        let engine = try StandIn(model: ["longest 3000"])
        try engine.addRecording(StandIn.speech(StandIn.words(count, pause: pause)), "a.wav")
        let result = try engine.plugin(
            operation: "transcribe-files-v1", input: .text("\(engine.home.files)/a.wav\n"))
        #expect(try result.words() == StandIn.heard(count), "\(result)")
        #expect(engine.calls("run").count > 1)
        #expect(engine.calls("run").allSatisfy { Int($0["samples"]) ?? .max <= 48000 })
        let events = try result.events()
        let starts = events.filter { $0.verb == "final" }.compactMap { $0["start"].flatMap { Double($0) } }
        let ends = events.filter { $0.verb == "final" }.compactMap { $0["end"].flatMap { Double($0) } }
        #expect(zip(ends, starts.dropFirst()).allSatisfy { $0 <= $1 + 0.02 }, "in order: \(starts) \(ends)")
        // Words come with the times of the whole recording.
        let words = events.filter { $0.verb == "word" }.compactMap { $0["start"].flatMap { Double($0) } }
        for (index, start) in words.enumerated() {
            #expect(abs(start - (0.5 + (0.21 + pause) * Double(index))) < 0.02)
        }
    }

    @Test func severalFilesShareAModelAndTheProcessor() throws {
        let engine = try StandIn()
        for number in 0..<6 {
            try engine.addRecording(StandIn.speech([(100 + number, 0.1), (200 + number, 0.1)]), "\(number).wav")
        }
        let result = try run(
            engine.command(
                ["--no-gate", "--jobs", "2", "--output-dir", "out"] + (0..<6).map { "\($0).wav" }), home: engine.home)
        #expect(result.status == 0, "\(result)")
        for number in 0..<6 {
            #expect(try text(of: "\(engine.home.files)/out/\(number).wav.txt") == "10\(number) 20\(number)\n")
        }
        // One process for each job, and each loads its model once.
        #expect((1...2).contains(engine.calls("load").count))
        let threads = max(1, Int(sysconf(CInt(_SC_NPROCESSORS_ONLN))) / 2)
        #expect(Set(engine.calls("session").map(\.["threads"])) == [String(threads)])
    }

    /// One that can't be read, and one on which the model fails, do not touch the others.
    @Test func eachFileHasAnAnswerOfItsOwn() throws {
        let engine = try StandIn(model: ["longest 20000", "shortest 1000"])
        try engine.addRecording(StandIn.speech(StandIn.words(5)), "one.wav")
        try engine.addRecording(StandIn.speech(StandIn.words(1, last: 0), lead: 0), "short.wav")
        try write(Array("no audio at all".utf8), to: "\(engine.home.files)/text.wav")
        let names = ["one", "missing", "text", "short", "one"].map { "\(engine.home.files)/\($0).wav\n" }
        let result = try engine.plugin(operation: "transcribe-files-v1", input: .text(names.joined()))
        #expect(result.status == 0, "\(result)")
        let events = try result.events()
        #expect(events.filter { $0.verb == "done" }.compactMap { $0["status"] } == ["0", "66", "65", "0", "0"])
        let text = StandIn.heard(5).joined(separator: " ")
        #expect(try result.texts("final") == [text, text])
        #expect(engine.calls("load").count == 1)
    }

    @Test func aModelThatRunsOutOfMemoryInOneFileGoesOnWithTheNext() throws {
        let engine = try StandIn(model: ["run-status 7"])
        try engine.addRecording(StandIn.speech(StandIn.words(3)), "a.wav")
        let name = "\(engine.home.files)/a.wav\n"
        let result = try engine.plugin(operation: "transcribe-files-v1", input: .text(name + name))
        #expect(result.status == 0, "\(result)")
        let events = try result.events()
        #expect(events.map(\.verb) == ["error", "done", "error", "done"])
        #expect(events.filter { $0.verb == "done" }.compactMap { $0["status"] } == ["69", "69"])
        #expect(events.first?.text.contains("more memory than there is") == true)
        #expect(engine.calls("load").count == 1)
    }

    /// Nothing of a recording that failed is left: neither the thread that reads it nor its file.
    @Test func failuresLeaveNothingBehind() throws {
        let engine = try StandIn(model: ["run-status 7", "longest 1000"])
        try engine.addRecording(StandIn.speech(StandIn.words(15)), "long.wav")
        let running = try start(
            Command("vt-transcribe-local", ["transcribe-files-v1"]), input: .open, home: engine.home)
        for count in 1...12 {
            running.write(Array("\(engine.home.files)/long.wav\n".utf8))
            try running.waitForOutput("an answer") {
                $0.split(separator: "\n").filter { $0.hasPrefix("done") }.count == count
            }
        }
        try eventually("the threads are gone") { entries(of: "/proc/\(running.pid)/task").count < 8 }
        #expect(entries(of: "/proc/\(running.pid)/fd").count < 12)
        running.closeInput()
        #expect(try running.finish().status == 0)
    }

    /// Without a model there is no sense in the next file.
    @Test func aBatchEndsWithoutAModel() throws {
        let engine = try StandIn(model: ["load-status 4"])
        try engine.addRecording(StandIn.speech(StandIn.words(3)), "a.wav")
        let name = "\(engine.home.files)/a.wav\n"
        let result = try engine.plugin(operation: "transcribe-files-v1", input: .text(name + name))
        #expect(result.status == 78, "\(result)")
        #expect(try result.texts("error").count == 1)
        #expect(engine.calls("load").count == 1)
    }

    @Test func theHostsChecksAreAllPassed() throws {
        let engine = try StandIn()
        let result = try run(
            Command("vt-transcribe", ["--check-engine", "local"]), home: engine.home, within: .seconds(120))
        #expect(result.status == 0, "\(result)")
        let lines = result.text.split(separator: "\n")
        #expect(lines.count >= 19)
        #expect(lines.allSatisfy { $0.hasPrefix("ok\t") }, "\(result)")
    }

    /// A file of a hundredth of a second, of nothing, and of less than a sample.
    @Test(arguments: [320, 0, 1]) func hardlyAnyAudio(bytes: Int) throws {
        let engine = try StandIn()
        let audio = Array(StandIn.speech([(123, 0)], lead: 0).prefix(bytes))
        try engine.addRecording(audio, "a.wav")
        let file = try engine.plugin(
            operation: "transcribe-files-v1", input: .text("\(engine.home.files)/a.wav\n"))
        #expect(try file.texts("final").isEmpty, "\(file)")
        #expect(try file.events().last?.verb == "done")
        let pipe = try engine.plugin(input: .bytes(audio))
        #expect(pipe.status == 0, "\(pipe)")
        #expect(pipe.text.isEmpty)
        #expect(engine.calls("run").allSatisfy { Int($0["samples"]) ?? .max <= 160 })
    }
}
