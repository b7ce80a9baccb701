/// How loud the speech is that goes on, and where it was last: what a detector still calls speech behind that is its own inertia.
///
/// A window of the detectors is 32 ms, and the network's memory makes it say speech for one or two more: on prompts from a studio its
/// ends are 20 to 90 ms behind the last 10 ms within 30 dB of the loudest (5 % to 95 %), the other detector's up to 90.
struct SpeechLevel {
    /// Samples: 10 ms.
    private static let block = DetectionWindow.sampleRate / 100
    /// Blocks that are remembered: two thirds of a second, more than what is decided late.
    private static let memory = 64
    /// Blocks by which an end may be moved at most: 130 ms, as late as a detector was seen to be.
    private static let farthest = 13
    /// How far below the loudest block of the speech its last one may be: 30 dB. Where the room is not quieter nothing is moved.
    private static let range: Float = 1e-3

    /// What is left of the loudest block's power with every block: 10 dB in 10 s, so that a door's slam is forgotten.
    private static let decay: Float = 0.9977

    private var powers = [Float](repeating: 0, count: memory)
    /// The power of the loudest block lately.
    private var loudest: Float = 0
    private var blocks = 0
    private var filled = 0
    private var (sum, squares): (Float, Float) = (0, 0)

    /// Takes samples of the stream, one channel.
    mutating func push(_ samples: Span<Float>) {
        for index in samples.indices {
            let sample = samples[index]
            sum += sample
            squares += sample * sample
            filled &+= 1
            if filled == SpeechLevel.block { close() }
        }
    }

    private mutating func close() {
        // The variance: an offset is no sound.
        let mean = sum / Float(SpeechLevel.block)
        let power = squares / Float(SpeechLevel.block) - mean * mean
        let audible = power.isFinite ? max(power, 0) : 0
        powers[blocks % SpeechLevel.memory] = audible
        loudest = max(audible, loudest * SpeechLevel.decay)
        blocks += 1
        (filled, sum, squares) = (0, 0, 0)
    }

    /// Where speech ended that a detector has heard until `end`.
    ///
    /// - Parameter end: the sample behind the last one that the detector calls speech; at most half a second ago.
    /// - Returns: a sample not behind `end`: that where the level fell, if it fell, but no more than 130 ms before `end`.
    func end(before end: Int) -> Int {
        let last = min((end + SpeechLevel.block - 1) / SpeechLevel.block, blocks)
        let first = max(last - SpeechLevel.farthest, blocks - SpeechLevel.memory, 0)
        let limit = loudest * SpeechLevel.range
        var block = max(last, first)
        while block > first, powers[(block - 1) % SpeechLevel.memory] < limit { block -= 1 }
        return min(end, block * SpeechLevel.block)
    }
}
