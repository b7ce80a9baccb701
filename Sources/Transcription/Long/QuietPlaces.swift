/// How loud the last seconds of a recording were, in frames of 10 ms: where it is quiet, and how quiet it is there at all.
struct QuietPlaces {
    /// Samples of a frame.
    static let frame = 160
    /// Seconds that are remembered: 12.
    private static let mostFrames = 1200

    private var energies: [Int] = []
    /// The number of the first of them, counted from the beginning of the recording.
    private var first: Int
    private var begun = 0
    private var sum = 0

    /// - Parameter sample: where the recording is heard from; a multiple of a frame is taken for it.
    init(from sample: Int = 0) {
        first = sample / QuietPlaces.frame
        begun = sample % QuietPlaces.frame
    }

    mutating func add(_ samples: UnsafeBufferPointer<Int16>) {
        var rest = samples[...]
        while !rest.isEmpty {
            let part = rest.prefix(QuietPlaces.frame - begun)
            for sample in part { sum &+= Int(sample) &* Int(sample) }
            begun += part.count
            rest = rest.dropFirst(part.count)
            if begun == QuietPlaces.frame {
                energies.append(sum)
                (begun, sum) = (0, 0)
            }
        }
        if energies.count > 2 * QuietPlaces.mostFrames {
            first += energies.count - QuietPlaces.mostFrames
            energies.removeFirst(energies.count - QuietPlaces.mostFrames)
        }
    }

    /// A stretch that is quieter than others.
    struct Place {
        /// A sample of the recording.
        let middle: Int
        /// Of all frames of it.
        let energy: Int
    }

    /// The quietest stretch; of equal ones that nearest to the middle.
    ///
    /// - Parameters:
    ///   - length: samples of it.
    ///   - range: samples of the recording, of which whole frames count.
    /// - Returns: nil where the range is too short, or forgotten.
    func quietest(_ length: Int, in range: Range<Int>) -> Place? {
        let count = length / QuietPlaces.frame
        let from = max(0, (range.lowerBound + QuietPlaces.frame - 1) / QuietPlaces.frame - first)
        let to = min(energies.count, range.upperBound / QuietPlaces.frame - first)
        guard to - from >= count else { return nil }
        var energy = energies[from..<from + count].reduce(0, &+)
        var (best, least) = (from, energy)
        let central = from + (to - from - count) / 2
        for start in stride(from: from + 1, through: to - count, by: 1) {
            energy += energies[start + count - 1] - energies[start - 1]
            if energy < least || (energy == least && abs(start - central) < abs(best - central)) {
                (best, least) = (start, energy)
            }
        }
        return Place(middle: (first + best) * QuietPlaces.frame + length / 2, energy: least)
    }

    /// Whether a place is about as quiet as it gets in the seconds that are remembered, which is the sound of the room.
    func isRoom(_ place: Place, length: Int) -> Bool {
        let all = first * QuietPlaces.frame..<(first + energies.count) * QuietPlaces.frame
        guard let floor = quietest(length, in: all) else { return true }
        // 6 dB, or what is inaudible anyhow.
        return place.energy <= max(4 * floor.energy, length * 16)
    }

    /// Whether a place is 20 dB below what is around it.
    func isSilent(_ place: Place, length: Int, in range: Range<Int>) -> Bool {
        let from = max(0, range.lowerBound / QuietPlaces.frame - first)
        let to = min(energies.count, range.upperBound / QuietPlaces.frame - first)
        guard from < to else { return false }
        let mean = Double(energies[from..<to].reduce(0, &+)) / Double(to - from)
        return Double(place.energy) / Double(length / QuietPlaces.frame) <= mean / 100
    }
}
