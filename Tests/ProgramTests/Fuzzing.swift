import Harness
import Testing

/// The fuzzers of scripts/bench vad, for a moment: what they find there in a million inputs is not to come in unseen.
@Suite struct Fuzzing {
    @Test(arguments: [("fuzz-wav", 3000), ("fuzz-encoded", 1200)], [1, 2])
    func damagedAudioIsReadToItsEnd(_ fuzzer: (name: String, count: Int), seed: Int) throws {
        let result = try run("vad-probe", fuzzer.name, String(fuzzer.count), String(seed), within: .seconds(120))
        #expect(result.status == 0, "\(result)")
        // Some inputs can still be read, some cannot.
        #expect(result.text.contains("read ") && result.text.contains("malformed "), "\(result)")
    }

    @Test(.enabled(if: Vad.hasWeights, "needs the weights that scripts/install-model installs"), arguments: [1, 2])
    func damagedWeightsAreNoWeights(seed: Int) throws {
        let home = try Home()
        try Vad.installWeights(in: home)
        let result = try run("vad-probe", "fuzz-weights", "1000", String(seed), home: home, within: .seconds(120))
        #expect(result.status == 0, "\(result)")
        #expect(result.text.contains("checksum ") && result.text.contains("shape "), "\(result)")
    }
}
