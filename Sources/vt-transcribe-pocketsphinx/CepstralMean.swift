/// The mean of the cepstra heard so far, which is taken off every frame: it is the microphone and the room, not the words.
struct CepstralMean {
    private var sum: [Float]
    private var count: Float
    /// What to take off.
    private(set) var mean: [Float]

    /// Begins with the model's own mean.
    init(prior: [Float]) {
        mean = prior
        count = Tuning.priorFrames
        sum = prior.map { $0 * Tuning.priorFrames }
    }

    /// Counts a frame.
    mutating func add(_ frame: ArraySlice<Float>) {
        if count >= Tuning.mostFrames {
            for index in sum.indices { sum[index] *= Tuning.shrunkFrames / count }
            count = Tuning.shrunkFrames
        }
        count += 1
        for (index, value) in zip(sum.indices, frame) {
            sum[index] += value
            mean[index] = sum[index] / count
        }
    }

    /// Writes a frame without the mean.
    func normalise(_ frame: ArraySlice<Float>, into result: inout [Float]) {
        for (index, value) in zip(mean.indices, frame) { result[index] = value - mean[index] }
    }
}
