internal import ArgumentParser
internal import Audio
internal import Program
internal import Transcription

/// What becomes of several channels.
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
    /// Who speaks on each channel, in order, as far as somebody has said it.
    var speakers: [String] = []

    /// What is read of a recording. If each channel is to be read by itself, how many there are is known later.
    var choice: ChannelChoice { if case .only(let number) = which { .only(number - 1) } else { .mix } }

    /// Who speaks on each of so many channels.
    func speakers(of count: Int, _ layout: ChannelLayout?) -> [String] {
        (0..<count).map { channel in
            if speakers.indices.contains(channel) { return speakers[channel] }
            if let name = layout?.name(of: channel) { return name }
            return count == 2 ? ["left", "right"][channel] : "channel \(channel + 1)"
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
            "Who speaks on a channel, for --channels each; in order, once for each channel.", valueName: "name"))
    var speakerName: [String] = []

    func validate() throws {
        for text in named where ChannelPlan.Which(text) == nil {
            let counts = AudioFormat.channelCounts
            throw ValidationError(
                "--channels is mix, each, or a number from \(counts.lowerBound) to \(counts.upperBound), not \(text)")
        }
        if !speakerName.isEmpty, named.last != "each" {
            throw ValidationError("--speaker-name says who speaks on a channel: --channels each")
        }
        if speakerName.contains(where: \.isEmpty) { throw ValidationError("--speaker-name needs a name") }
    }

    /// - Parameter isRaw: whether the first number is how many channels there are.
    /// - Returns: that number, and what becomes of them.
    func plan(isRaw: Bool) throws -> (count: Int?, plan: ChannelPlan) {
        var wanted = named.compactMap(ChannelPlan.Which.init)
        var count: Int?
        if isRaw, case .only(let number)? = wanted.first {
            count = number
            wanted.removeFirst()
        }
        guard wanted.count <= 1 else { throw ValidationError("--channels is given \(named.count) times") }
        return (count, ChannelPlan(which: wanted.first ?? .mix, speakers: speakerName))
    }
}
