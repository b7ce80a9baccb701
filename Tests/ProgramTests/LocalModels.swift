import Glibc
import Harness
import Testing

/// The engine `local` with models that vt-wheel made and with tiny ones of random weights: they load, run, and say what they can.
@Suite(
    .enabled(
        if: OpenModels.library != nil && Speech.isInstalled && Tool.isInstalled("python3"),
        "needs pocketsphinx-testdata and libtranscribe, which scripts/test installs"))
struct LocalModels {
    /// Those that recognise, by their names in Tests/Fixtures/models.
    static let recognising = entries(of: "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/models")
        .filter { $0.hasSuffix(".txt") && $0 != "sortformer.txt" }.map { String($0.dropLast(4)) }

    @Test(arguments: recognising) func eachFamilyHearsAFile(_ name: String) throws {
        let result = try transcribe(try OpenModels.tiny(name))
        #expect(result.status == 0, "\(result)")
        #expect(result.text.contains { $0.isLetter }, "\(result)")
    }

    /// These answer while the audio comes.
    @Test(arguments: ["moonshine-streaming", "nemotron-streaming", "nemotron-multilingual", "voxtral-realtime"])
    func whatStreamsSaysSomethingBeforeTheEnd(_ name: String) throws {
        let home = try Home()
        try OpenModels.install(in: home, withWhisper: false)
        let model = try OpenModels.tiny(name)
        let listening = try start(
            Command("vt-transcribe", ["--engine", "local", "--no-gate", "--model", model, "--raw", "--events"]),
            input: .open, home: home)
        // Three seconds of speech, and no end.
        listening.write(try contents(of: Speech.goForward))
        try listening.waitForOutput("a partial result", within: .seconds(60)) { $0.contains("partial ") }
        listening.closeInput()
        let result = try listening.finish(within: .seconds(60))
        #expect(result.status == 0 && result.text.contains("\nfinal "), "\(result)")
    }

    @Test func whatTellsSpeakersApartRecognisesNothing() throws {
        let result = try transcribe(try OpenModels.tiny("sortformer"))
        #expect(result.status == 64 && result.errors.contains("does not recognise speech"), "\(result)")
    }

    @Test(.enabled(if: OpenModels.whisperTiny != nil, "\(OpenModels.needsWhisper)"))
    func whisperUnderstandsRealSpeech() throws {
        let home = try Home()
        try OpenModels.install(in: home)
        let result = try run(
            Command("vt-transcribe", ["--engine", "local", "--raw"]), input: .file(Speech.goForward), home: home,
            within: .seconds(60))
        let words = result.text.lowercased().filter { $0.isLetter || $0 == " " || $0.isNumber }
        #expect(result.status == 0 && words == "go forward 10 meters", "\(result)")
    }

    private func transcribe(_ model: String) throws -> Result {
        let home = try Home()
        try OpenModels.install(in: home, withWhisper: false)
        return try run(
            Command("vt-transcribe", ["--engine", "local", "--no-gate", "--model", model, "--raw"]),
            input: .file(Speech.goForward), home: home, within: .seconds(60))
    }
}
