internal import ArgumentParser
internal import Audio
internal import Program
internal import Transcription

/// What becomes of several channels, or of several sound tracks.
struct ChannelPlan: Equatable, Sendable {
    enum Which: Equatable, Sendable {
        case mix
        /// Counted from 1.
        case only(Int)
        case each

        /// - Parameter text: as on the command line.
        init?(_ text: String) {
            switch text {
            case "mix": self = .mix
            case "each": self = .each
            default:
                guard let number = Int(text), AudioFormat.channelCounts.contains(number) else { return nil }
                self = .only(number)
            }
        }

        var text: String {
            switch self {
            case .mix: "mix"
            case .only(let number): String(number)
            case .each: "each"
            }
        }
    }

    var which = Which.mix
    /// Whether each sound track is a speaker.
    var hasTracks = false
    /// Who speaks on each channel or track, in order, as far as somebody has said it.
    var speakers: [String] = []

    /// What is read of a recording. If each channel is to be read by itself, how many there are is known later.
    var choice: ChannelChoice { if case .only(let number) = which { .only(number - 1) } else { .mix } }

    /// Whether there is a speaker for each part of a recording.
    var namesSpeakers: Bool { which == .each || hasTracks }

    /// Who speaks in each part of a recording.
    func speakers(of parts: [RecordedSpeech]) -> [String] {
        parts.enumerated().map { number, part in
            if speakers.indices.contains(number) { return speakers[number] }
            if let name = part.part { return name }
            return parts.count == 2 ? ["left", "right"][number] : "channel \(number + 1)"
        }
    }
}

/// `--channels` and `--speaker-name`.
struct ChannelOptions: ParsableArguments {
    @Option(
        name: .customLong("channels"),
        help: ArgumentHelp(
            "mix, each (each channel is a speaker), or the number of one (default: mix); behind --raw a first number says how many there are.",
            valueName: "which"))
    var named: [String] = []

    @Option(
        help: ArgumentHelp(
            "Who speaks on a channel or track, for --channels each and --track all; in order, once for each.",
            valueName: "name"))
    var speakerName: [String] = []

    func validate() throws {
        for text in named where ChannelPlan.Which(text) == nil {
            let counts = AudioFormat.channelCounts
            throw ValidationError(
                "--channels is mix, each, or a number from \(counts.lowerBound) to \(counts.upperBound), not \(text)")
        }
        if speakerName.contains(where: \.isEmpty) { throw ValidationError("--speaker-name needs a name") }
    }

    /// - Parameters:
    ///   - isRaw: whether the first number is how many channels there are.
    ///   - track: which sound tracks are wanted.
    /// - Returns: that number, and what becomes of them.
    func plan(isRaw: Bool, _ track: TrackChoice) throws -> (count: Int?, plan: ChannelPlan) {
        var wanted = named.compactMap(ChannelPlan.Which.init)
        var count: Int?
        if isRaw, case .only(let number)? = wanted.first {
            count = number
            wanted.removeFirst()
        }
        guard wanted.count <= 1 else { throw ValidationError("--channels is given \(named.count) times") }
        let plan = ChannelPlan(which: wanted.first ?? .mix, hasTracks: track == .all, speakers: speakerName)
        if plan.which == .each, plan.hasTracks {
            throw ValidationError("--channels each and --track all do not go together: each is a speaker")
        }
        if !speakerName.isEmpty, !plan.namesSpeakers {
            throw ValidationError("--speaker-name says who speaks on a channel or track: --channels each, --track all")
        }
        return (count, plan)
    }
}
