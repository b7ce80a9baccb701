/// How channels become fewer or more: each that goes out is a weighted sum of those that come in.
///
/// The weights of a sum add up to one, so nothing is clipped. One channel becomes two by being in both.
struct ChannelMix {
    let inputs: Int
    let outputs: Int
    /// `inputs` weights for each output, in order.
    private let weights: [Float]

    /// One channel out of several is nobody's sum: none may cancel another.
    private let mono: MonoMix?

    /// - Parameters:
    ///   - source: what comes in, its channels in the order of WAV.
    ///   - outputs: channels that go out.
    ///   - layout: where the channels that come in belong, if that is known.
    init(from source: AudioFormat, to outputs: Int, layout: ChannelLayout? = nil) {
        let inputs = source.channels
        self.inputs = inputs
        self.outputs = outputs
        mono = outputs == 1 ? MonoMix(channels: inputs, layout: layout, sampleRate: source.sampleRate) : nil
        var weights: [Float] = []
        for output in 0..<outputs {
            let row = (0..<inputs).map { ChannelMix.weight(of: $0, among: inputs, in: output, among: outputs) }
            let sum = row.reduce(0, +)
            weights += sum > 0 ? row.map { $0 / sum } : row
        }
        self.weights = weights
    }

    private static func weight(of input: Int, among inputs: Int, in output: Int, among outputs: Int) -> Float {
        if outputs == 1 || inputs == 1 { return 1 }
        if outputs == 2, let places = standardPlaces[inputs] {
            // ITU-R BS.775: what is not at its own side is 3 dB down; the low-frequency effects are left out.
            switch places[places.index(places.startIndex, offsetBy: input)] {
            case "L": return output == 0 ? 1 : 0
            case "R": return output == 1 ? 1 : 0
            case "C": return ChannelMix.threeDecibelsDown
            case "l": return output == 0 ? ChannelMix.threeDecibelsDown : 0
            case "r": return output == 1 ? ChannelMix.threeDecibelsDown : 0
            default: return 0
            }
        }
        // No names for their places: every second one goes to the same side, as every second loudspeaker does.
        return input % outputs == output ? 1 : 0
    }

    private static let threeDecibelsDown: Float = 0.70710678

    /// Where so many channels stand, as WAV orders them (ksmedia.h): front left and right, centre, low frequencies (x), back or
    /// side left and right (l, r).
    private static let standardPlaces = [3: "LRC", 4: "LRlr", 5: "LRClr", 6: "LRCxlr", 7: "LRCxClr", 8: "LRCxlrlr"]

    /// Mixes whole frames.
    ///
    /// - Parameters:
    ///   - source: `frames * inputs` samples.
    ///   - target: room for `frames * outputs` samples.
    func mix(_ source: UnsafePointer<Float>, frames: Int, into target: UnsafeMutablePointer<Float>) {
        if let mono { return unsafe mono.mix(source, frames: frames, into: target) }
        let (inputs, outputs) = (self.inputs, self.outputs)
        unsafe weights.withUnsafeBufferPointer { weights in
            for frame in 0..<frames {
                for output in 0..<outputs {
                    var sum: Float = 0
                    for input in 0..<inputs {
                        unsafe sum += source[frame &* inputs &+ input] * weights[output &* inputs &+ input]
                    }
                    unsafe target[frame &* outputs &+ output] = sum
                }
            }
        }
    }
}
