package import ArgumentParser
package import Audio
internal import Glibc

extension SampleFormat: ExpressibleByArgument {}

/// `--raw` and what describes headerless PCM on the way in, but for its channels.
package struct RawShapeOptions: ParsableArguments {
    @Flag(help: "The input is headerless PCM, described by --rate, --channels and --sample-format.")
    package var raw = false

    @Option(help: ArgumentHelp("Sample rate of --raw input (default: 16000).", valueName: "hertz"))
    package var rate: Int?

    @Option(help: ArgumentHelp("Sample format of --raw input (default: s16le).", valueName: "format"))
    package var sampleFormat: SampleFormat?

    package init() {}

    package func validate() throws {
        let rates = AudioFormat.sampleRates
        if let rate, !rates.contains(rate) {
            throw ValidationError("--rate is \(rates.lowerBound) to \(rates.upperBound) hertz, not \(rate)")
        }
        if !raw, let stray = rate != nil ? "--rate" : sampleFormat != nil ? "--sample-format" : nil {
            throw ValidationError("\(stray) describes --raw input; a WAV says it itself")
        }
    }

    /// The format of the input if it is headerless; nil if the input says it itself.
    ///
    /// - Parameter channels: how many it has; nil is one.
    package func format(channels: Int?) -> AudioFormat? {
        guard raw else { return nil }
        return AudioFormat(sampleRate: rate ?? 16000, channels: channels ?? 1, sampleFormat: sampleFormat ?? .s16le)
    }
}

/// `--raw` and what describes headerless PCM on the way in.
package struct RawInputOptions: ParsableArguments {
    @OptionGroup package var shape: RawShapeOptions

    @Option(help: ArgumentHelp("Channels of --raw input (default: 1).", valueName: "count"))
    package var channels: Int?

    package init() {}

    package func validate() throws {
        let counts = AudioFormat.channelCounts
        if let channels, !counts.contains(channels) {
            throw ValidationError("--channels is \(counts.lowerBound) to \(counts.upperBound), not \(channels)")
        }
        if channels != nil, !shape.raw {
            throw ValidationError("--channels describes --raw input; a WAV says it itself")
        }
    }

    package var raw: Bool { shape.raw }

    /// The format of the input if it is headerless; nil if the input says it itself.
    package var format: AudioFormat? { shape.format(channels: channels) }
}

/// `--quiet`, the same in every program.
package struct MessageOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Say nothing on standard error but why it failed.")
    package var quiet = false

    package init() {}

    /// Puts it into force.
    package func apply() {
        if quiet { Log.beQuiet() }
    }
}

/// Refuses to exchange audio with a terminal.
package func refuseTerminal(_ descriptor: CInt, hint: String) throws {
    guard isatty(descriptor) == 1 else { return }
    if descriptor == STDIN_FILENO { throw Failure(.usage, "standard input is a terminal, not audio", hint: hint) }
    throw Failure(.usage, "won't write audio to a terminal", hint: hint)
}

/// Whether encoded audio was damaged, which makes the status 65 although what could be decoded was used.
///
/// A warning has said why; where only failures are said, it is said here.
package func isDamaged(_ damage: AudioError?) -> Bool {
    guard let damage else { return false }
    if Log.level == .error { Log.error(damage.description, hint: damage.hint) }
    return true
}
