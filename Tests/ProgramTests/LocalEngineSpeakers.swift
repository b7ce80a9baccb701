import Harness
import Testing
import Text

/// Who says what, with the engine `local`: in these recordings the first digit of a word is the one who says it.
struct LocalEngineSpeakers {
    private static let audio = StandIn.speech([
        (101, 0.1), (102, 0.1), (201, 0.1), (202, 0.1), (103, 0.9), (203, 0.1), (204, 0.1),
    ])
    private static let turns = [("1", "101 102"), ("2", "201 202"), ("1", "103"), ("2", "203 204")]

    /// Speakers and texts of the finals.
    private func turns(_ result: Result) throws -> [[String]] {
        #expect(result.status == 0, "\(result)")
        return try result.events().filter { $0.verb == "final" }.map { [$0["speaker"] ?? "", $0.text] }
    }

    /// A second model tells them apart, which hears all of the recording: also on a pipe, and in a file.
    @Test func anotherModelTellsThemApart() throws {
        let engine = try StandIn()
        try engine.addModel("who", ["roles 2"], about: ["task diarization"])
        let expected = Self.turns.map { [$0.0, $0.1] }
        let pipe = try engine.plugin(["VT_SPEAKERS": "yes"], input: .bytes(Self.audio))
        #expect(try turns(pipe) == expected, "\(pipe)")
        try engine.addRecording(Self.audio, "a.wav")
        let file = try engine.plugin(
            ["VT_SPEAKERS": "yes"], operation: "transcribe-files-v1",
            input: .text("\(engine.home.files)/a.wav\n\(engine.home.files)/a.wav\n"))
        #expect(try turns(file) == expected + expected, "\(file)")
        // The words of each keep their times.
        let words = try pipe.events().filter { $0.verb == "word" }
        #expect(words.map(\.text) == ["101", "102", "201", "202", "103", "203", "204"])
        #expect(words.map { $0["start"] } == words.map { $0["start"] }.sorted { $0 ?? "" < $1 ?? "" })
        #expect(engine.calls("diarized").count == 3)
        #expect(engine.calls("diarized").allSatisfy { $0["samples"] == String(Self.audio.count / 2) })
    }

    /// Who is who is known at the end only, and so all of it is kept.
    @Test func inARecordingOfElevenMinutes() throws {
        let engine = try StandIn()
        try engine.addModel("who", ["roles 2"], about: ["task diarization"])
        let audio = StandIn.speech([(101, 0.1)]) + Tone.silence(seconds: 660) + StandIn.speech([(201, 0.1)])
        let result = try engine.plugin(["VT_SPEAKERS": "yes"], input: .bytes(audio))
        #expect(try turns(result) == [["1", "101"], ["2", "201"]], "\(result)")
        #expect(engine.calls("diarized").map(\.["samples"]) == [String(audio.count / 2)])
    }

    /// Without times of words, an utterance is one speaker's: who speaks most of it.
    @Test func aModelWithoutTimes() throws {
        let engine = try StandIn(model: ["times none"])
        try engine.addModel("who", ["roles 2"], about: ["task diarization"])
        let audio = StandIn.speech([(101, 0.1), (201, 0.1), (202, 0.1)])
        let result = try engine.plugin(["VT_SPEAKERS": "yes"], input: .bytes(audio))
        #expect(try turns(result) == [["2", "101 201 202"]], "\(result)")
        #expect(try result.events().last?["start"] != nil)
    }

    /// A model that streams is not streamed then: who is who is known at the end.
    @Test func alsoBesideAModelThatStreams() throws {
        let engine = try StandIn(model: ["streams yes"])
        try engine.addModel("who", ["roles 2"], about: ["task diarization"])
        let result = try engine.plugin(["VT_SPEAKERS": "yes"], input: .bytes(Self.audio))
        #expect(try turns(result) == Self.turns.map { [$0.0, $0.1] }, "\(result)")
        #expect(engine.calls("begin").isEmpty)
    }

    /// Feature 6: the model tells them apart by itself, segment by segment.
    @Test func theModelItselfTellsThemApart() throws {
        let engine = try StandIn(model: ["features 6", "segment-words 1"])
        try engine.addRecording(Self.audio, "a.wav")
        let result = try engine.plugin(
            ["VT_SPEAKERS": "yes"], operation: "transcribe-files-v1",
            input: .text("\(engine.home.files)/a.wav\n"))
        #expect(
            try turns(result) == [
                ["1", "101"], ["1", "102"], ["2", "201"], ["2", "202"], ["1", "103"], ["2", "203"], ["2", "204"],
            ], "\(result)")
        #expect(engine.calls("run").allSatisfy { $0["diarize"] == "2" })
        let unasked = try engine.plugin(
            operation: "transcribe-files-v1", input: .text("\(engine.home.files)/a.wav\n"))
        #expect(try turns(unasked).allSatisfy { $0[0].isEmpty })
    }

    @Test func nobodyTellsThemApart() throws {
        let engine = try StandIn()
        let result = try engine.plugin(["VT_SPEAKERS": "yes"], input: .bytes(Self.audio))
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("no model that tells speakers apart is installed"))
        #expect(result.errors.contains("vt-models list"))
    }

    @Test(arguments: [("load-status 7", 69), ("load-status 4", 78), ("run-status 7", 69), ("roles 1", 64)])
    func theOtherModelFails(script: String, status: Int) throws {
        let engine = try StandIn()
        let script = script == "roles 1" ? [script] : ["roles 2", script]
        try engine.addModel("who", script, about: ["task diarization"])
        let result = try engine.plugin(["VT_SPEAKERS": "yes"], input: .bytes(Self.audio))
        #expect(result.status.map(Int.init) == status, "\(result)")
        #expect(result.errors.contains("the model who"))
    }

    /// It is named by mistake.
    @Test func aModelOfSpeakersAlone() throws {
        let engine = try StandIn()
        let path = try engine.addModel("who", ["roles 2"], about: ["task diarization"])
        let named = try engine.transcribe("--raw", "--model", "who", input: .bytes(Self.audio))
        #expect(named.status == 64, "\(named)")
        #expect(named.errors.contains("recognises no words") && named.errors.contains("--speakers"))
        let byPath = try engine.transcribe("--raw", "--model", path, input: .bytes(Self.audio))
        #expect(byPath.status == 64, "\(byPath)")
        #expect(byPath.errors.contains("it is for telling speakers apart"))
        #expect(engine.kept.count == 2)
    }
}
