internal import Program
internal import Transcription
internal import VoiceActivity

/// The speech detector in front of an engine.
final class DetectingGate: SpeechGate {
    /// What messages call it.
    let name: String
    /// Whether its word is enough to delete a recording: the network's is, the other's only where the level agrees.
    let isSure: Bool
    private let detector: any Detector
    private var stream: SpeechStream
    /// Samples at full scale ±1, for which there is no memory to be found while somebody speaks.
    private var scaled = [Float](repeating: 0, count: DetectingGate.blockSize)
    private static let blockSize = 4096
    /// Whether the speech that goes on was told of.
    private var hasBegun = false

    private let options: SegmenterOptions
    private let installed: InstalledDetector

    /// - Parameter installed: what it listens with; others may at the same time.
    init(_ installed: InstalledDetector) {
        self.installed = installed
        let made = installed.makeDetector()
        detector = installed.kind == .silero ? CarefulDetector(made) : made
        options = .careful(installed.kind)
        name = "the \(installed.kind.rawValue) detector"
        isSure = installed.kind == .silero
        stream = SpeechStream(detector, options)
    }

    /// A gate of the same kind, for what is heard at the same time.
    func another() -> DetectingGate { DetectingGate(installed) }

    var earliestStart: Int { stream.segmenter.earliestStart }

    func begin() {
        detector.reset()
        stream = SpeechStream(detector, options)
        hasBegun = false
    }

    func hear(_ samples: UnsafeBufferPointer<Int16>, _ tell: (SpeechEdge) -> Void) {
        for start in stride(from: 0, to: samples.count, by: DetectingGate.blockSize) {
            let count = min(DetectingGate.blockSize, samples.count - start)
            scaled.withUnsafeMutableBufferPointer { scaled in
                for index in 0..<count { scaled[index] = Float(samples[start &+ index]) / 32768 }
            }
            stream.push(scaled.span.extracting(0..<count)) { hear($0, tell) }
        }
    }

    func finish(_ tell: (SpeechEdge) -> Void) {
        stream.finish { hear($0, tell) }
    }

    private func hear(_ event: Segmenter.Event, _ tell: (SpeechEdge) -> Void) {
        switch event {
        case .began, .dismissed: break
        case .confirmed(let start):
            hasBegun = true
            tell(.began(at: start))
        case .ended(let segment):
            if !hasBegun { tell(.began(at: segment.start)) }
            hasBegun = false
            tell(.ended(at: segment.end))
        }
    }
}
