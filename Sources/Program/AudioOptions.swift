package import ArgumentParser
package import Audio
internal import Glibc

extension SampleFormat: ExpressibleByArgument {}

/// How the samples of an input without a header are stored, or coded.
package enum RawSampleFormat: Equatable, Sendable, ExpressibleByArgument {
    case plain(SampleFormat)
    case coded(HeaderlessFormat)

    package init?(argument: String) {
        if let plain = SampleFormat(rawValue: argument) {
            self = .plain(plain)
        } else if let coded = HeaderlessFormat(rawValue: argument) {
            self = .coded(coded)
        } else {
            return nil
        }
    }

    package static var allValueStrings: [String] {
        let plain = SampleFormat.allCases.map(\.rawValue)
        return plain + HeaderlessFormat.allCases.map(\.rawValue).filter { !plain.contains($0) }
    }

    /// The input that is described so.
    ///
    /// - Throws: `ValidationError` for what the coding has not.
    package func input(rate: Int?, channels: Int?) throws -> HeaderlessInput {
        switch self {
        case .plain(let format):
            return .samples(AudioFormat(sampleRate: rate ?? 16000, channels: channels ?? 1, sampleFormat: format))
        case .coded(let format):
            if format.hasFixedShape {
                if channels ?? 1 != 1 { throw ValidationError("\(format.name) has one channel, not \(channels ?? 1)") }
                let known = format == .gsm || format == .vox
                if let rate, !known, rate != format.usualRate {
                    throw ValidationError("\(format.name) has a rate of \(format.usualRate) Hz, not \(rate)")
                }
            }
            return .coded(HeaderlessAudio(format, rate: rate ?? format.usualRate, channels: channels ?? 1))
        }
    }
}

/// `--raw` and what describes input without a header, but for its channels.
package struct RawShapeOptions: ParsableArguments {
    @Flag(help: "The input has no header: --rate, --channels and --sample-format describe it.")
    package var raw = false

    @Option(
        help: ArgumentHelp(
            "Sample rate of --raw input (default: 16000; of telephony's codings their own).", valueName: "hertz"))
    package var rate: Int?

    @Option(
        help: ArgumentHelp(
            "Samples of --raw input: u8, s16le (default), s24le, s32le, f32le, f64le, s8, s16be, ulaw, alaw, gsm, vox, g722, g729, amr, awb.",
            valueName: "format"))
    package var sampleFormat: RawSampleFormat?

    package init() {}

    package func validate() throws {
        let rates = AudioFormat.sampleRates
        if let rate, !rates.contains(rate) {
            throw ValidationError("--rate is \(rates.lowerBound) to \(rates.upperBound) hertz, not \(rate)")
        }
        if !raw, let stray = rate != nil ? "--rate" : sampleFormat != nil ? "--sample-format" : nil {
            throw ValidationError("\(stray) describes --raw input; a WAV says it itself")
        }
        _ = try (sampleFormat ?? .plain(.s16le)).input(rate: rate, channels: nil)
    }

    /// What the input is if it is headerless; nil if the input says it itself.
    ///
    /// - Parameter channels: how many it has; nil is one.
    package func input(channels: Int?) -> HeaderlessInput? {
        raw ? try? (sampleFormat ?? .plain(.s16le)).input(rate: rate, channels: channels) : nil
    }
}

/// `--raw` and what describes input without a header.
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
        _ = try (shape.sampleFormat ?? .plain(.s16le)).input(rate: shape.rate, channels: channels)
    }

    package var raw: Bool { shape.raw }

    /// Whether the input is samples as we have them ourselves, without a header.
    package var isPlain: Bool { if case .samples = input { true } else { false } }

    /// What the input is if it is headerless; nil if the input says it itself.
    package var input: HeaderlessInput? { shape.input(channels: channels) }
}

/// `--track`, the same in every program that reads files.
package struct TrackOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The sound track of files that have several: its number, from 1, its language, or (vt-transcribe) all (default: the one marked as default).",
            valueName: "track"))
    package var track: String?

    package init() {}

    package func validate() throws {
        if let track, TrackChoice(track) == nil {
            throw ValidationError("--track is all, a number from 1 or a language's code (eng, en), not \(track)")
        }
    }

    /// Refuses all of them at once, where one stream comes out.
    package func refuseAll() throws {
        if choice == .all { throw ValidationError("--track all is for vt-transcribe; one stream comes out here") }
    }

    /// What is asked for.
    package var choice: TrackChoice { track.flatMap { TrackChoice($0) } ?? .standard }
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
