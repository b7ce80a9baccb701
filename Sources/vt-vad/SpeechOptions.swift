internal import ArgumentParser
internal import Program
internal import VoiceActivity

/// What counts as speech, with the defaults of the reference implementation.
struct SpeechOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Probability from which on it is speech.", valueName: "probability"))
    var threshold: Float = 0.5

    @Option(
        help: ArgumentHelp(
            "Probability below which speech ends (default: 0.15 less than the threshold).", valueName: "probability"))
    var negativeThreshold: Float?

    @Option(help: ArgumentHelp("Drop shorter speech.", valueName: "time"))
    var minSpeech = TimeSpan(seconds: 0.25)

    @Option(help: ArgumentHelp("Shorter pauses are part of the speech.", valueName: "time"))
    var minSilence = TimeSpan(seconds: 0.1)

    @Option(help: ArgumentHelp("Keep this much in front of and behind speech.", valueName: "time"))
    var padding = TimeSpan(seconds: 0.03)

    @Option(help: ArgumentHelp("Cut longer speech, at its longest pause (default: never).", valueName: "time"))
    var maxSpeech: TimeSpan?

    @Option(help: ArgumentHelp("Cut at pauses from this length on.", valueName: "time"))
    var minPause = TimeSpan(seconds: 0.098)

    @Flag(help: "Cut at the last pause rather than at the longest.")
    var cutAtLastPause = false

    func validate() throws {
        guard threshold > 0, threshold <= 1 else {
            throw ValidationError("--threshold is above 0 and at most 1, not \(threshold)")
        }
        if let negativeThreshold, !(0...threshold).contains(negativeThreshold) {
            throw ValidationError("--negative-threshold is 0 to the threshold, not \(negativeThreshold)")
        }
        for (name, span) in [("--min-speech", minSpeech), ("--min-silence", minSilence), ("--padding", padding)]
        where span.seconds > 3600 {
            throw ValidationError("\(name) is 1h at most")
        }
        if let maxSpeech, maxSpeech.seconds < 0.1 + 2 * padding.seconds {
            throw ValidationError("--max-speech is at least 100ms and twice the padding")
        }
    }

    var segmenter: SegmenterOptions {
        SegmenterOptions(
            threshold: threshold, negativeThreshold: negativeThreshold, minimumSpeech: minSpeech.seconds,
            minimumSilence: minSilence.seconds, padding: padding.seconds, maximumSpeech: maxSpeech?.seconds,
            minimumPauseToCut: minPause.seconds, cutsAtLongestPause: !cutAtLastPause)
    }
}
