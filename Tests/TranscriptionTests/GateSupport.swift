import Audio
import Harness
import Transcription

/// A gate that hears speech wherever a sample is not zero, 100 ms later than it came, as detectors do.
final class LevelGate: SpeechGate {
    let isSure: Bool
    /// Samples heard of the stream.
    private(set) var position = 0
    private var start: Int?
    private var lastLoud = 0

    init(isSure: Bool = true) {
        self.isSure = isSure
    }

    var earliestStart: Int { start ?? position }

    func begin() { (position, start, lastLoud) = (0, nil, 0) }

    func hear(_ samples: UnsafeBufferPointer<Int16>, _ tell: (SpeechEdge) -> Void) {
        for sample in samples {
            position += 1
            if sample != 0 {
                lastLoud = position
                if start == nil {
                    start = position - 1
                    tell(.began(at: position - 1))
                }
            } else if start != nil, position - lastLoud > 1600 {
                start = nil
                tell(.ended(at: lastLoud))
            }
        }
    }

    func finish(_ tell: (SpeechEdge) -> Void) {
        if start != nil { tell(.ended(at: lastLoud)) }
        start = nil
    }
}

/// Sound and silence of known lengths; each sample of sound tells its place.
final class Recording: SpeechSource {
    private let samples: [Int16]
    private var next = 0
    private let block: Int
    /// Whether its speaker begins to speak; not asked again once he has.
    private let begins: () -> Bool
    private var hasBegun = false

    /// - Parameters:
    ///   - parts: seconds, positive of sound and negative of silence.
    ///   - begins: as long as it says no, the first sound has not come.
    init(_ parts: [Double], block: Int = 4096, begins: @escaping () -> Bool = { true }) {
        self.begins = begins
        var samples: [Int16] = []
        for part in parts {
            for _ in 0..<Int(abs(part) * 16000) { samples.append(part > 0 ? Int16(samples.count / 160 + 1) : 0) }
        }
        self.samples = samples
        self.block = block
    }

    func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        var count = min(buffer.count, block, samples.count - next)
        hasBegun = hasBegun || begins()
        if !hasBegun {
            let silence = samples.firstIndex { $0 != 0 } ?? samples.count
            count = min(count, silence - next)
            if count == 0 {
                pause(min(patience, .milliseconds(10)))
                return nil
            }
        }
        for index in 0..<count { buffer[index] = samples[next + index] }
        next += count
        return count
    }

    func restart(at sample: Int) { next = sample }
}
