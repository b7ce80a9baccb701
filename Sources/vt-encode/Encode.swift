internal import ArgumentParser
internal import Audio
internal import Encoding
internal import Glibc
internal import POSIX
internal import Program

/// Options, and what is joined by them.
struct Encode: VoiceProgram {
    static let configuration = CommandConfiguration(
        commandName: "vt-encode",
        abstract: "Convert audio to WAV, FLAC, Ogg Opus, Ogg Vorbis or MP3 while it comes.",
        discussion: """
            Reads a file or standard input, in any of these formats or one that ffmpeg knows, and writes to standard output as soon \
            as the format permits. Ctrl-C lets what reads a pipe go on to the end of its input; a second one aborts.
            """,
        version: version)

    @Argument(help: ArgumentHelp("The audio; - is standard input, and the default.", valueName: "file"))
    var input = "-"

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "wav, flac, opus, vorbis or mp3 (default: what the name after -o asks for).", valueName: "format"))
    var format: EncodedFormat?

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to a file, not to standard output.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Bits a second: 32k, 128000. For opus, vorbis and mp3.", valueName: "rate"))
    var bitrate: Bitrate?

    @Option(help: ArgumentHelp("Work put into small files: opus 0 to 10 (5), flac 0 to 8 (5).", valueName: "level"))
    var complexity: Int?

    @Option(
        help: ArgumentHelp(
            "How much audio opus holds back to make a page: 20ms to 1s (40ms; of a file 1s).", valueName: "time"))
    var page: TimeSpan?

    @Option(help: ArgumentHelp("Sample rate of the output; with --raw, of the input.", valueName: "hertz"))
    var rate: Int?

    @Option(help: ArgumentHelp("Channels of the output; with --raw, of the input.", valueName: "count"))
    var channels: Int?

    @Option(
        help: ArgumentHelp(
            "How wav and flac store samples: u8, s16le, s24le, s32le, f32le, f64le; with --raw, how the input does: also s8, s16be, ulaw, alaw, gsm, vox, g722, g729, amr, awb.",
            valueName: "format"))
    var sampleFormat: RawSampleFormat?

    @Flag(help: "The input has no header: 16000 Hz, one channel, s16le, unless described.")
    var raw = false

    @OptionGroup var trackOptions: TrackOptions

    @Option(help: ArgumentHelp("The title; empty leaves out the input's.", valueName: "text"))
    var title: String?

    @Option(help: ArgumentHelp("The date, for example 2026-11-22; empty leaves out the input's.", valueName: "text"))
    var date: String?

    @Option(help: ArgumentHelp("A comment; empty leaves out the input's.", valueName: "text"))
    var comment: String?

    @Flag(help: "Fail where the input ends before its header says so, also where it is WAV.")
    var strict = false

    @OptionGroup var messages: MessageOptions

    /// Milliseconds of Opus in a page where nobody waits for it: the same as opusenc's, for 2 % fewer bytes.
    private static let pageOfFile = 1000

    /// What the options ask for.
    ///
    /// Not `validate`, which would be asked before it is said which option is unknown.
    private func checkedTarget() throws -> EncodedFormat {
        guard let format = target else {
            guard let output else { throw ValidationError("say the format with -f: wav, flac, opus, vorbis or mp3") }
            throw ValidationError("\(output) names no format that is known; say it with -f")
        }
        if let output, output.isEmpty { throw ValidationError("--output needs a name") }
        if input.isEmpty { throw ValidationError("the input needs a name") }
        try trackOptions.refuseAll()
        if let bitrate { try check(bitrate.bitsPerSecond, "--bitrate", format.bitrates, format) }
        if let complexity { try check(complexity, "--complexity", format.complexities, format) }
        if let page {
            guard format == .opus else { throw ValidationError("--page is for opus, not for \(format.rawValue)") }
            guard (0.02...1).contains(page.seconds), page.milliseconds % 20 == 0 else {
                throw ValidationError("--page is a multiple of 20ms up to 1s, not \(page)")
            }
        }
        let (rates, counts) = (AudioFormat.sampleRates, AudioFormat.channelCounts)
        if let rate, !rates.contains(rate) {
            throw ValidationError("--rate is \(rates.lowerBound) to \(rates.upperBound) hertz, not \(rate)")
        }
        if let channels, !counts.contains(channels) {
            throw ValidationError("--channels is \(counts.lowerBound) to \(counts.upperBound), not \(channels)")
        }
        return format
    }

    private func check(_ value: Int, _ option: String, _ range: ClosedRange<Int>?, _ format: EncodedFormat) throws {
        guard let range else { throw ValidationError("\(option) means nothing to \(format.rawValue)") }
        guard range.contains(value) else {
            throw ValidationError(
                "\(option) is \(range.lowerBound) to \(range.upperBound) for \(format.rawValue), not \(value)")
        }
    }

    /// What is written.
    private var target: EncodedFormat? { format ?? output.flatMap { EncodedFormat(path: $0) } }

    /// What the input is where it is headerless; nil where the input says it itself.
    private func headerlessInput() throws -> HeaderlessInput? {
        raw ? try (sampleFormat ?? .plain(.s16le)).input(rate: rate, channels: channels) : nil
    }

    /// How to store samples; nil keeps it where the format can.
    private func storedFormat() throws -> SampleFormat? {
        switch sampleFormat {
        case nil: return nil
        case .plain(let format): return format
        case .coded(let format):
            if raw { return nil }
            throw ValidationError("--sample-format \(format.rawValue) describes --raw input; it is not written")
        }
    }

    /// Opens the libraries of the formats that are named: it takes as long as parsing the arguments.
    static func prepare(_ arguments: [String]) {
        var wanted: [(format: EncodedFormat, isRead: Bool)] = []
        for (index, argument) in arguments.enumerated() {
            guard let format = EncodedFormat(rawValue: argument) ?? EncodedFormat(path: argument), format != .wav else {
                continue
            }
            let isOption = index > 0 && ["-f", "--format", "-o", "--output"].contains(arguments[index - 1])
            wanted.append((format, !isOption))
        }
        guard !wanted.isEmpty else { return }
        let thread = try? Thread("libraries") { [wanted] in
            for (format, isRead) in wanted { format.prepare(toRead: isRead) }
        }
        thread?.detach()
    }

    mutating func work() throws -> ExitStatus {
        messages.apply()
        if environment("VT_LOG") != "debug" { EncodedAudio.silenceLibraries() }
        let target = try checkedTarget()
        let storedFormat = try storedFormat()
        if input == "-" {
            try refuseTerminal(STDIN_FILENO, hint: "pipe audio into it (vt-record | vt-encode -f opus), or name a file")
        }
        if output == nil {
            try refuseTerminal(
                STDOUT_FILENO, hint: "name a file with -o, or send it on: vt-encode -f \(target.rawValue) > FILE")
        }
        let source = try EncodeInput(input)
        let interruption = try Interruption(of: source)
        let options = AudioReader.Options(try headerlessInput(), track: trackOptions.choice, strict: strict) {
            Log.warning($0)
        }
        let reader: AudioReader
        do {
            reader = try AudioReader(source, name: source.name, options: options)
        } catch {
            // Ended before there was anything to encode.
            interruption.endIfCaught()
            throw error
        }
        let conversion = Conversion(reader: reader, target: target, isRaw: raw)
        let frames = try conversion.makeFrameReader(rate: rate, channels: channels, sampleFormat: storedFormat)
        let settings = EncoderSettings(
            bitrate: bitrate?.bitsPerSecond, complexity: complexity,
            page: page?.milliseconds ?? (source.isRegularFile ? Encode.pageOfFile : nil),
            tags: tags(of: reader))
        let sink = try Signals.deferred {
            let sink = try EncodeOutput(output, keepsHalf: !source.isRegularFile)
            interruption.watch(sink)
            return sink
        }
        do {
            try conversion.run(frames, settings: settings, into: sink)
        } catch {
            sink.abandon()
            interruption.endIfCaught()
            throw error
        }
        interruption.endIfCaught()
        return isDamaged(reader.damage) ? .badAudio : .done
    }

    /// The input's, unless others are given.
    private func tags(of reader: AudioReader) -> AudioTags {
        let old = reader.tags
        func choose(_ new: String?, _ old: String?) -> String? {
            guard let new else { return old }
            return new.isEmpty ? nil : new
        }
        return AudioTags(
            title: choose(title, old.title), date: choose(date, old.date), comment: choose(comment, old.comment))
    }

    static func explain(_ error: any Error) -> Failure? {
        guard let error = error as? EncodingError else { return nil }
        let status: ExitStatus =
            switch error.code {
            case .unsupported: .usage
            case .unavailable: .unavailable
            case .failed: .internalError
            }
        return Failure(status, error.message, hint: error.hint)
    }
}

extension EncodedFormat: ExpressibleByArgument {}

/// Bits a second in an option: `32000`, `32k`, `0.5M`.
struct Bitrate: ExpressibleByArgument, Equatable, CustomStringConvertible {
    let bitsPerSecond: Int

    init?(argument: String) {
        let number = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let scale: Double
        switch argument[number.endIndex...] {
        case "": scale = 1
        case "k", "K": scale = 1000
        case "M": scale = 1_000_000
        default: return nil
        }
        guard let value = Double(number), value * scale < 1e9 else { return nil }
        bitsPerSecond = Int((value * scale).rounded())
    }

    var description: String { String(bitsPerSecond) }
}

extension TimeSpan {
    var milliseconds: Int { Int((seconds * 1000).rounded()) }
}
