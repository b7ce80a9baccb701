import Glibc
import Harness
import VoiceActivity

/// What the tests of `vt-vad` share.
enum Vad {
    static let card = "\(Speech.directory)/cards/005.wav"
    static let chapter = "\(Speech.directory)/librivox/sense_and_sensibility_01_austen_64kb-0870.wav"

    static let weights = SileroWeights.installedPath
    static let hasWeights = access(weights, R_OK) == 0
    static let detectors = hasWeights ? ["silero", "energy"] : ["energy"]

    /// Gives the programs of a home the weights of whoever runs the tests, where there are any.
    static func installWeights(in home: Home) throws {
        guard hasWeights else { return }
        let folder = home.directory("data/vt/models")
        try makeDirectories(folder)
        guard symlink(weights, "\(folder)/\(SileroWeights.fileName)") == 0 else {
            throw HarnessError("symlink to \(weights) failed")
        }
    }

    /// Runs it; the weights are those of whoever runs the tests.
    static func run(
        _ arguments: String..., input: Input = .none, output: Output = .collected, home: Home? = nil
    ) throws -> Result {
        try Harness.run(Command("vt-vad", with(arguments)), input: input, output: output, home: home)
    }

    static func with(_ arguments: [String]) -> [String] {
        let isEnergy = arguments.contains("energy") || arguments.contains("--model")
        return arguments + (hasWeights && !isEnergy ? ["--model", SileroWeights.installedPath] : [])
    }

    /// The samples of a recording, s16le.
    static func data(_ path: String) throws -> [UInt8] { Array(try contents(of: path).dropFirst(44)) }

    /// A list in TSV as numbers.
    static func segments(_ text: String) -> [[Double]] {
        text.split(separator: "\n").map { $0.split(separator: "\t").compactMap { Double($0) } }
    }
}
