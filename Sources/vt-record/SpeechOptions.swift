internal import ArgumentParser
internal import Program
internal import VoiceActivity

extension DetectorKind: ExpressibleByArgument {}

/// When a recording begins and ends by what is said in it.
struct SpeechOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "End when so much silence has followed speech; 1.2s where no time is given.", valueName: "time"))
    var untilSilence: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "End with status 1 when nobody has spoken for so long (default: 10s with --until-silence, unless it waits).",
            valueName: "time"))
    var noSpeechTimeout: TimeSpan?

    @Flag(help: "Write nothing until somebody speaks; --duration counts from then on.")
    var waitForSpeech = false

    @Option(
        help: ArgumentHelp(
            "With --wait-for-speech: begin so long before the speech (default: 500ms).", valueName: "time"))
    var preRoll: TimeSpan?

    @Option(
        help: ArgumentHelp("silero or energy (default: silero where its weights are installed).", valueName: "name"))
    var detector: DetectorKind?

    /// The silence that `--until-silence` without a time stands for: longer than pauses within a sentence.
    static let defaultSilence = TimeSpan(seconds: 1.2)

    /// Gives `--until-silence` its time where it has none: ArgumentParser knows no values that may be left out.
    static func arranged(_ arguments: [String]) -> [String] {
        var result = arguments
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        for index in arguments[..<end].indices where arguments[index] == "--until-silence" {
            let next = index + 1
            // An operand in its place could only be its value: there are no others.
            if next < end, !arguments[next].hasPrefix("-") { continue }
            result[index] = "--until-silence=\(defaultSilence)"
        }
        return result
    }

    func validate() throws {
        if let untilSilence, untilSilence.seconds < Endpointer.shortestSilence {
            throw ValidationError("--until-silence is 200ms at least, not \(untilSilence)")
        }
        if let preRoll, preRoll.seconds > 600 { throw ValidationError("--pre-roll is held in memory: 10m at most") }
        if let noSpeechTimeout, noSpeechTimeout.seconds == 0 {
            throw ValidationError("--no-speech-timeout is more than no time at all")
        }
    }

    /// Checks what depends on the configuration, too.
    func validateTogether() throws {
        try validate()
        if preRoll != nil, !waitForSpeech { throw ValidationError("--pre-roll belongs to --wait-for-speech") }
        if detector != nil, !listens {
            throw ValidationError("--detector belongs to --until-silence, --wait-for-speech or --no-speech-timeout")
        }
    }

    /// Whether speech has a say in the recording.
    var listens: Bool { untilSilence != nil || noSpeechTimeout != nil || waitForSpeech }

    /// Seconds in which speech must begin. Who waits for speech does so until it comes.
    var patience: Double? {
        if let noSpeechTimeout { return noSpeechTimeout.seconds }
        return untilSilence != nil && !waitForSpeech ? 10 : nil
    }

    /// The detector that was asked for, or that there is.
    func chooseDetector() throws -> any Detector {
        do throws(WeightsError) {
            let installed = try InstalledDetector(detector)
            if let warning = installed.warning { Log.warning(warning.message, hint: warning.hint) }
            return installed.makeDetector()
        } catch {
            throw Failure(.unavailable, error.description, hint: error.hint)
        }
    }
}
