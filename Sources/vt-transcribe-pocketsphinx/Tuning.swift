/// The constants of the recogniser, with where they come from.
///
/// Chosen on one half of the recordings of `scripts/bench offline` (every other file, beginning with the first), and
/// reported there on the other half.
enum Tuning {
    /// HMMs that are kept for each frame (`-maxhmmpf`): of 876 words of the tuned half 222 are wrong with 3000, 229 with 2000 for
    /// three quarters of the time, 258 with 1500.
    static let activeHMMs = 2000

    /// Frames a second: PocketSphinx's `-frate`.
    static let framesPerSecond = 100

    // Cepstral mean normalisation. PocketSphinx's own live one begins with the model's mean and corrects it after each
    // utterance only: 36 % word errors where 26 % are possible. Ours looks at the first second before it begins.

    /// Frames that are counted before the first is decoded.
    static let lookAhead = 100
    /// How many frames the model's own mean (`-cmninit`) counts for.
    static let priorFrames: Float = 5
    /// When so many frames are counted, they weigh `shrunkFrames` from then on, so that the mean follows a change of
    /// speaker or room; both from sphinxbase's cmn.h (CMN_WIN_HWM, CMN_WIN).
    static let mostFrames: Float = 800
    static let shrunkFrames: Float = 500

    // Endpointing.

    /// Frames before the first speech that belong to an utterance: the model wants some silence, and the onset of a
    /// fricative lies below the threshold.
    static let preRoll = 30
    /// Frames of silence that end an utterance.
    static let pause = 50
    /// Seconds of silence, as a speech detector counts it, that vt-transcribe leaves of a longer pause: `pause`, what detectors
    /// take off it at both ends, and the pre-roll. With less, utterances run into each other.
    static let pauseToHear = 0.9
    /// Frames behind the last speech that are decoded.
    static let hangover = 25
    /// An utterance of so many frames is cut, whether its speaker pauses or not: memory grows with its length.
    static let longestUtterance = 3000
    /// How far back from there the best place for a cut is looked for.
    static let farthestJoin = 1000
    /// From this length on ever shorter pauses end an utterance, down to `shortestPause` at its longest.
    static let longUtterance = 1000
    static let shortestPause = 20
}
