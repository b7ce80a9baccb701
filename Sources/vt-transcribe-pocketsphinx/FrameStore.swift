/// The cepstra from some frame of the input on, by their number in the input.
struct FrameStore {
    /// Coefficients of a frame.
    let width: Int
    /// The number of the first frame that is still here.
    private(set) var first = 0
    private var values: [Float] = []

    init(width: Int) {
        self.width = width
        values.reserveCapacity((Tuning.longestUtterance + 2 * Tuning.framesPerSecond) * width)
    }

    /// The number that the next frame will have: how many frames the input has had.
    var end: Int { first + values.count / width }

    mutating func append(_ frame: [Float]) {
        values.append(contentsOf: frame)
    }

    subscript(number: Int) -> ArraySlice<Float> {
        let start = (number - first) * width
        return values[start..<start + width]
    }

    /// Forgets frames. Cheap on average: it waits until as many can go as will stay, or a second's worth.
    mutating func forget(before number: Int) {
        let gone = min(number, end) - first
        guard gone >= min(Tuning.framesPerSecond, max(1, end - number)) else { return }
        values.removeFirst(gone * width)
        first += gone
    }
}
