import Glibc
import Harness
import Testing
import VoiceActivity

/// What scripts/install-model installed for whoever runs the tests.
enum Installed {
    static let isThere = access(SileroWeights.installedPath, R_OK) == 0
    static let reason: Comment = "needs the weights that scripts/install-model installs"

    static func bytes() throws -> [UInt8] { try contents(of: SileroWeights.installedPath) }
}

/// Kernels that this processor can run.
let kernels = SileroDetector.Kernel.allCases.filter(\.isSupported)

/// A file beside the tests, by what the reference answered.
func reference(_ name: String) throws -> String {
    try text(of: "\(BuiltPrograms.packageDirectory)/Tests/VoiceActivityTests/Reference/\(name)")
}

/// Headerless s16le as samples.
func samples(of path: String) throws -> [Float] {
    let bytes = try contents(of: path)
    return stride(from: 0, to: bytes.count - 1, by: 2).map {
        Float(Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)) / 32768
    }
}

/// The windows of a stream, the last filled up with zeros.
func windows(of samples: [Float]) -> [[Float]] {
    stride(from: 0, to: samples.count, by: DetectionWindow.length).map { start in
        let window = Array(samples[start..<min(start + DetectionWindow.length, samples.count)])
        return window + [Float](repeating: 0, count: DetectionWindow.length - window.count)
    }
}

extension Detector {
    func probabilities(of samples: [Float]) -> [Float] {
        windows(of: samples).map { probability(of: $0.span) }
    }
}

/// The same noise on every machine: uniform, of this amplitude.
func noise(_ count: Int, amplitude: Float) -> [Float] {
    var state: UInt32 = 1
    return (0..<count).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return (Float(state >> 8) / 0x1p23 - 1) * amplitude
    }
}
