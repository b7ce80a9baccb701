import Harness
import Testing
import Text

/// The engine `local` and a model with weights for shorter recordings beside it, as Whisper has them: those are faster.
struct LocalEngineWindows {
    /// - Parameters:
    ///   - takes: milliseconds of a pass of the fast one.
    ///   - more: lines for it.
    private func engine(takes: Int = 0, _ more: String = "says heard fast") throws -> StandIn {
        let engine = try StandIn(model: ["whisper yes", "name whole"])
        try engine.addWindow(10, of: "tones", ["whisper yes", "name fast", "pass-takes \(takes)", more])
        return engine
    }

    /// Drafts are fast, and the text that stays is the best, if there is the time for that in the pause.
    @Test func draftsAreFastAndTheLastWordIsTheBest() throws {
        let engine = try engine()
        let running = try engine.start()
        running.write(StandIn.speech(StandIn.words(3)))
        try running.waitForOutput("a partial result") { $0.contains("partial") && $0.contains("heard") }
        running.write(Tone.silence(seconds: 0.9))
        try running.waitForOutput("the text") { $0.contains("final") }
        running.closeInput()
        let result = try running.finish()
        #expect(try result.texts("final") == [StandIn.heard(3).joined(separator: " ")], "\(result)")
        #expect(engine.calls("load").map(\.["file"]) == ["window-10.gguf", "model.gguf"])
    }

    /// A machine that is too slow for that keeps to the fast one.
    @Test func aSlowMachineKeepsToTheFastOne() throws {
        let engine = try engine(takes: 400)
        let running = try engine.start()
        running.write(StandIn.speech(StandIn.words(3)))
        try running.waitForOutput("a partial result") { $0.contains("partial") && $0.contains("heard") }
        running.write(Tone.silence(seconds: 0.9))
        running.closeInput()
        let result = try running.finish()
        #expect(try result.texts("final") == ["heard fast"], "\(result)")
        #expect(engine.calls("load").map(\.["file"]) == ["window-10.gguf"])
    }

    /// What does not fit the window is for the whole model; a file always is.
    @Test func longAudioIsForTheWholeModel() throws {
        let engine = try engine("detects yes")
        let live = try engine.plugin(input: .bytes(StandIn.speech(StandIn.words(40))))
        #expect(try live.words() == StandIn.heard(40), "\(live)")
        // 9.7 s, and what may be behind it, fit.
        for call in engine.calls("run") {
            #expect(call["model"] == (Int(call["samples"]) ?? 0 <= 155_200 ? "fast" : "whole"), "\(call)")
        }
        #expect(engine.calls("run").last?["model"] == "whole")
        try engine.addRecording(StandIn.speech(StandIn.words(3)), "a.wav")
        let file = try engine.plugin(
            operation: "transcribe-files-v1", input: .text("\(engine.home.files)/a.wav\n"))
        #expect(try file.words() == StandIn.heard(3), "\(file)")
        #expect(engine.calls("run").last?["model"] == "whole")
    }

    @Test func aDamagedWindow() throws {
        let engine = try engine()
        try write("nothing".utf8, to: "\(engine.models)/tones/window-10.gguf")
        let result = try engine.plugin(input: .bytes(StandIn.speech(StandIn.words(3))))
        #expect(result.status == 78, "\(result)")
        #expect(result.errors.contains("vt-models install tones"))
    }
}
