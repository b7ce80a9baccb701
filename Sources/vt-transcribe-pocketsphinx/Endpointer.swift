/// Tells speech from the background, frame by frame, by the level over a floor that follows the background.
///
/// The level is the cepstrum's C0 of PocketSphinx's front end: five times the mean logarithm of 25 mel bands, so that one
/// unit is 0.87 dB. Steady noise of any level stays within two units of its mean, speech rises 20 to 50 above its pauses,
/// and unvoiced consonants count as much as vowels, which a plain energy would miss.
struct Endpointer {
    /// Over the floor, in units of C0: to begin with, and to go on.
    private static let beginsAbove: Float = 12
    private static let continuesAbove: Float = 8
    /// Below this there is no speech, only dither and digital silence; it isn't background either.
    private static let lowest: Float = 10
    /// Speech begins with `enough` frames of speech in a window of `window`; a click is shorter.
    private static let enough = 10
    private static let window = 15
    /// The floor is the least smoothed level of the last `blocks` blocks of `blockLength` frames: a speaker pauses, if only
    /// for a plosive, within four seconds.
    private static let blockLength = 50
    private static let blocks = 8
    private static let smoothing: Float = 5

    /// Frames that are held to be speech, newest in bit 0.
    private var recent: UInt32 = 0
    private var level: Float = 0
    private var levelFrames: Float = 0
    private var minima = [Float](repeating: .infinity, count: blocks)
    private var framesInBlock = 0

    /// What a frame is.
    enum Verdict: Equatable {
        case silence
        case speech
        /// Enough frames are speech; the first of them was so many frames ago.
        case onset(age: Int)
    }

    /// Judges the next frame.
    ///
    /// - Parameters:
    ///   - c0: its level.
    ///   - inUtterance: whether speech is going on, which a lower level keeps up.
    mutating func judge(_ c0: Float, inUtterance: Bool) -> Verdict {
        follow(c0)
        let floor = max(minima.min() ?? .infinity, Endpointer.lowest)
        let isSpeech =
            floor.isFinite && c0 > floor + (inUtterance ? Endpointer.continuesAbove : Endpointer.beginsAbove)
        recent = (recent << 1 | (isSpeech ? 1 : 0)) & ((1 << UInt32(Endpointer.window)) - 1)
        if !inUtterance, isSpeech, recent.nonzeroBitCount >= Endpointer.enough {
            return .onset(age: UInt32.bitWidth - 1 - recent.leadingZeroBitCount)
        }
        return isSpeech ? .speech : .silence
    }

    /// Moves the floor.
    private mutating func follow(_ c0: Float) {
        guard c0 > Endpointer.lowest / 2 else { return }
        // A mean of the frames there are, until there are enough for the filter.
        levelFrames = min(levelFrames + 1, Endpointer.smoothing)
        level += (c0 - level) / levelFrames
        if framesInBlock == Endpointer.blockLength {
            minima.removeFirst()
            minima.append(.infinity)
            framesInBlock = 0
        }
        framesInBlock += 1
        if levelFrames == Endpointer.smoothing {
            minima[Endpointer.blocks - 1] = min(minima[Endpointer.blocks - 1], level)
        }
    }
}
