internal import ArgumentParser
internal import Audio
internal import Encoding
internal import Glibc
internal import POSIX
internal import Program
internal import VoiceActivity

/// What is done with the speech that is found.
enum Operation: String, CaseIterable, ExpressibleByArgument {
    case trim
    case segments
    case split
    case gate
    case probabilities
}

/// How segments are written.
enum ListFormat: String, CaseIterable, ExpressibleByArgument {
    case tsv
    case json
    case jsonl
}

extension DetectorKind: ExpressibleByArgument {}

/// `vt-vad`: where speech is.
struct VoiceActivityProgram: VoiceProgram {
    static let configuration = CommandConfiguration(
        commandName: "vt-vad",
        abstract: "Find speech in audio: cut the silence away, list, split, or ask whether there is any.",
        discussion: """
            vt-vad trim [FILE]            pass the speech on, without the silence
            vt-vad segments [FILE]        list where speech begins and ends
            vt-vad split DIR [FILE]       write every utterance to a file of its own
            vt-vad gate [FILE]            pass everything on from the first speech; exit 1 where there is none
            vt-vad probabilities [FILE]   print the probability of speech every 32 ms
            """,
        version: version)

    // Optional, so that a wrong option is what is complained about where both are wrong.
    @Argument(help: ArgumentHelp("trim, segments, split, gate or probabilities.", valueName: "operation"))
    var chosenOperation: Operation?

    var operation: Operation { chosenOperation ?? .segments }

    @Argument(help: ArgumentHelp("The folder of split; the audio (default: standard input).", valueName: "operand"))
    var operands: [String] = []

    @Option(
        help: ArgumentHelp("silero or energy (default: silero where its weights are installed).", valueName: "name"))
    var detector: DetectorKind?

    @Option(help: ArgumentHelp("The weights of the silero detector.", valueName: "file"))
    var model: String?

    @OptionGroup(title: "What is speech") var speech: SpeechOptions

    @Option(
        name: .customLong("format"),
        help: ArgumentHelp("How segments and split list what they find (default: tsv).", valueName: "format"))
    var chosenFormat: ListFormat?

    var format: ListFormat { chosenFormat ?? .tsv }

    @Flag(help: "With segments: event lines, the beginning of speech as soon as it is heard (vt-events(5)).")
    var events = false

    @Flag(help: "Give positions in samples of 1/16000 s rather than in seconds.")
    var samples = false

    @Option(
        help: ArgumentHelp(
            "With gate: pass on this much of what came before the speech (default: 30s).", valueName: "time"))
    var preRoll: TimeSpan?

    @OptionGroup(title: "Headerless input") var raw: RawInputOptions

    @OptionGroup var trackOptions: TrackOptions

    @Flag(help: "Fail where audio ends before its header says so.")
    var strict = false

    @OptionGroup var messages: MessageOptions

    func validate() throws {
        try trackOptions.refuseAll()
        let most = operation == .split ? 2 : 1
        if operation == .split, operands.isEmpty { throw ValidationError("split needs a folder") }
        if operands.count > most { throw ValidationError("one input at a time: \(operands[most]) is too many") }
        if events, operation != .segments { throw ValidationError("--events belongs to segments") }
        if events, chosenFormat != nil { throw ValidationError("--events and --format exclude each other") }
        if chosenFormat != nil, operation != .segments, operation != .split {
            throw ValidationError("--format belongs to segments and split")
        }
        if samples, operation == .trim || operation == .gate {
            throw ValidationError("--samples belongs to segments, split and probabilities")
        }
        if operation == .probabilities, speech.segmenter != SegmenterOptions() {
            throw ValidationError("probabilities are what they are: what counts as speech does not matter to them")
        }
        if preRoll != nil, operation != .gate { throw ValidationError("--pre-roll belongs to gate") }
        if let preRoll, preRoll.seconds > 600 { throw ValidationError("--pre-roll is held in memory: 10m at most") }
        if detector == .energy, model != nil { throw ValidationError("--model belongs to --detector silero") }
    }

    func work() throws -> ExitStatus {
        guard chosenOperation != nil else {
            throw Failure(
                .usage, "nothing to do is named", hint: "trim, segments, split, gate or probabilities; vt-vad --help")
        }
        messages.apply()
        // We say ourselves what is wrong with an input, once.
        if environment("VT_LOG") != "debug" { EncodedAudio.silenceLibraries() }
        if operation == .split { try refuseFile(operands[0]) }
        let path = operation == .split ? operands.dropFirst().first : operands.first
        let isPCM = operation == .trim || operation == .gate
        if isPCM { try refuseTerminal(STDOUT_FILENO, hint: "vt-vad \(operation.rawValue) … >speech.wav") }
        let interruption = try Interruption()
        let source = try openInput(path)
        interruption.isReadingPipe = !source.isRegularFile
        let detector = try chooseDetector()
        let options = AudioReader.Options(raw.input, track: trackOptions.choice, strict: strict) { Log.warning($0) }
        let reader = try AudioReader(
            source, name: path == nil || path == "-" ? "standard input" : path ?? "", options: options)
        let hasSpoken =
            switch operation {
            case .probabilities: try listProbabilities(reader, detector)
            case .segments: try listSegments(reader, detector)
            case .trim, .split, .gate: try passSpeech(reader, detector, interruption)
            }
        if isDamaged(reader.damage) { return .badAudio }
        return hasSpoken ? .done : .noSpeech
    }

    /// `split FILE`, where the folder was forgotten, would wait for standard input.
    private func refuseFile(_ folder: String) throws {
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return }
        throw Failure(.usage, "\(folder): no folder", hint: "vt-vad split DIR \(folder)")
    }

    private func openInput(_ path: String?) throws -> DescriptorSource {
        guard let path, path != "-" else {
            try refuseTerminal(STDIN_FILENO, hint: "vt-record | vt-vad \(operation.rawValue)")
            return DescriptorSource(borrowing: STDIN_FILENO, name: "standard input")
        }
        do throws(SystemError) {
            return try DescriptorSource(path: path)
        } catch {
            throw Failure(.noInput, "\(path): \(error.reason)")
        }
    }

    private func chooseDetector() throws -> any Detector {
        do throws(WeightsError) {
            let installed = try InstalledDetector(detector, weights: model)
            if let warning = installed.warning { Log.warning(warning.message, hint: warning.hint) }
            return installed.makeDetector()
        } catch {
            throw Failure(.unavailable, error.description, hint: error.hint)
        }
    }
}
