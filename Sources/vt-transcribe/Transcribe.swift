internal import ArgumentParser
internal import Audio
internal import Batch
internal import Configuration
internal import Encoding
internal import Glibc
internal import POSIX
internal import Program
internal import Transcription
internal import VoiceActivity

/// The options of vt-transcribe, and which of its jobs they ask for.
struct Transcribe: VoiceProgram {
    static let configuration = CommandConfiguration(
        commandName: "vt-transcribe",
        abstract: "Recognise speech: audio in, text out.",
        discussion: """
            Reads standard input or files (WAV, FLAC, Ogg, MP3, what ffmpeg knows, or --raw) and writes a line of text for each utterance as soon as it is final. Audio \
            from a pipe is kept until its text is out; --pending gives the text of recordings that are still owed one.
            """,
        version: version)

    @Argument(help: ArgumentHelp("Audio files, or folders; - is standard input, and the default.", valueName: "file"))
    var named: [NamedInputs] = []

    private var inputs: [Path] { named.flatMap(\.paths) }

    static func arranged(_ arguments: [String]) -> [String] { NamedInputs.arranged(arguments) }

    @Option(
        help: ArgumentHelp(
            "The recogniser, by name or path (default: the best that is installed); after a comma, who goes on where it fails.",
            valueName: "name,..."))
    var engine: String?

    @Flag(help: "List the engines: what each is, whether it is ready, its models, its key, and which is the default.")
    var listEngines = false

    @Option(
        help: ArgumentHelp(
            "Try whether an engine keeps to the protocol, and say what it does wrong.", valueName: "name"))
    var checkEngine: String?

    @OptionGroup var engineOptions: EngineOptions

    @Option(
        help: ArgumentHelp(
            "txt, srt, vtt, tsv, json or jsonl (default: txt); several with commas, for --output-dir.",
            valueName: "format"))
    var format: FormatList?

    @Flag(help: "Write every event, partial results too, as vt-events(5) describes.")
    var events = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
    var output: String?

    @OptionGroup var subtitleOptions: SubtitleOptions

    @OptionGroup var batchOptions: BatchOptions

    @OptionGroup var raw: RawShapeOptions

    @OptionGroup var channelOptions: ChannelOptions

    @OptionGroup var trackOptions: TrackOptions

    @Flag(help: "Fail where the audio ends before its header says so.")
    var strict = false

    @OptionGroup var gateOptions: GateOptions

    @Flag(help: "Leave nothing behind: audio from a pipe goes to a nameless temporary file.")
    var noKeep = false

    @Flag(help: "Transcribe recordings that were kept: all that nobody works on, or those named.")
    var pending = false

    @Flag(help: "List the recordings that were kept.")
    var listPending = false

    @Option(help: ArgumentHelp("Delete a recording that was kept; can be repeated.", valueName: "id"))
    var discard: [String] = []

    @Option(help: ArgumentHelp("Name the recording from a pipe, for --pending and --discard.", valueName: "id"))
    var pendingID: String?

    @Flag(help: "Say on standard error what each request to the network cost, a line of JSON for each.")
    var timings = false

    @OptionGroup var configurationOptions: ConfigurationOptions

    @OptionGroup var messages: MessageOptions

    mutating func validate() throws {
        let jobs = [
            ("--list-engines", listEngines), ("--check-engine", checkEngine != nil), ("--list-pending", listPending),
            ("--pending", pending),
            ("--discard", !discard.isEmpty), ("--show-config", configurationOptions.showConfig),
        ].filter(\.1).map(\.0)
        if jobs.count > 1 { throw ValidationError("\(jobs[0]) and \(jobs[1]) do not go together") }
        if let job = jobs.first, job != "--pending", !inputs.isEmpty {
            throw ValidationError("\(job) takes no files, but \(inputs[0]) was named")
        }
        if format?.formats.contains(.events) == true {
            throw ValidationError("there is no --format events; say --events")
        }
        if let format, events { throw ValidationError("--events and --format \(format) do not go together") }
        if engine?.isEmpty == true { throw ValidationError("--engine needs a name") }
        if let engine, engineNames(engine).contains("") {
            throw ValidationError("--engine \(engine) has a comma too many")
        }
        if let pendingID {
            guard PendingStore.isID(pendingID) else {
                throw ValidationError("--pending-id is letters, digits and . _ + -, not \(pendingID)")
            }
            if noKeep || pending { throw ValidationError("--pending-id names a recording that is kept") }
            if inputs.count > 1 { throw ValidationError("--pending-id names one recording, not \(inputs.count)") }
        }
        if pending {
            if raw.raw { throw ValidationError("--raw is known of a recording that was kept") }
            if noKeep { throw ValidationError("--no-keep is for audio from a pipe, not for --pending") }
            if let stray = batchOptions.strayWithPending {
                throw ValidationError("\(stray) is about files, not about recordings that were kept (--pending)")
            }
            if let stray = inputs.first(where: { !PendingStore.isID($0.description) }) {
                throw ValidationError("\(stray) is no recording's name; --list-pending shows them")
            }
        }
        let channels = try channelOptions.plan(isRaw: raw.raw, trackOptions.choice).plan
        if channels.namesSpeakers, engineOptions.speakers {
            let option = channels.which == .each ? "--channels each" : "--track all"
            throw ValidationError("\(option) and --speakers do not go together: each is a speaker")
        }
        if pending, !channelOptions.named.isEmpty {
            throw ValidationError("--channels is known of a recording that was kept")
        }
        try validateOutputs()
        let readers =
            inputs.filter { $0 == Transcribe.standardInput }.count
            + (batchOptions.filesFrom == Transcribe.standardInput ? 1 : 0)
        if readers > 1 { throw ValidationError("standard input can be read only once") }
    }

    private func validateOutputs() throws {
        let formats = transcriptFormats
        if let stray = subtitleOptions.given, !formats.contains(where: { $0 == .srt || $0 == .vtt }) {
            throw ValidationError("\(stray) is about subtitles: --format srt or vtt")
        }
        if batchOptions.overwrite, batchOptions.outputDir == nil, output ?? "-" == "-" {
            throw ValidationError("--overwrite is about the files of --output-dir or -o")
        }
        if batchOptions.outputDir != nil {
            let stray =
                output != nil
                ? "--output" : pending ? "--pending" : events ? "--events" : pendingID != nil ? "--pending-id" : nil
            if let stray { throw ValidationError("\(stray) and --output-dir do not go together") }
            if inputs.contains(Transcribe.standardInput) {
                throw ValidationError("standard input has no name for --output-dir; use -o")
            }
            if inputs.isEmpty, batchOptions.filesFrom == nil { throw ValidationError("--output-dir needs files") }
            return
        }
        if formats.count > 1 {
            throw ValidationError("--format \(format?.description ?? "") needs --output-dir, with a file for each")
        }
        if areMany, !formats[0].namesItsInput {
            let name = events ? "--events" : "--format \(formats[0].rawValue)"
            throw ValidationError(
                "\(name) has no place for several inputs' names; use txt, jsonl, --output-dir, or one file at a time")
        }
    }

    private static let standardInput = Path("-")
    /// Several at once, as a service permits that permits little.
    private static let jobsForServices = 4

    /// Whether several inputs are meant.
    private var areMany: Bool {
        pending ? inputs.count != 1 : inputs.count > 1 || batchOptions.areMany
    }

    var transcriptFormats: [TranscriptFormat] { events ? [.events] : format?.formats ?? [.txt] }

    private func isPipe(_ descriptor: CInt) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT)
    }

    /// What the recording is to be called: `--pending-id`, else what vt-dictate(1) has chosen to find it by.
    private func recordingName(for inputs: [Path]) -> RecordingName? {
        if let pendingID { return RecordingName(id: pendingID, isDemanded: true) }
        guard inputs.count == 1, let id = environment("VT_PENDING_ID"), PendingStore.isID(id) else { return nil }
        return RecordingName(id: id, isDemanded: false)
    }

    func work() throws -> ExitStatus {
        messages.apply()
        // We say ourselves what is wrong with an input, once.
        if environment("VT_LOG") != "debug" { EncodedAudio.silenceLibraries() }
        Signals.surviveFailedWrites()
        let configuration = try configurationOptions.read(environment)
        if let level = configuration.value(.log)?.string { Log.use(level) }
        var setup = Setup(
            configuration: configuration, options: engineOptions, engineOption: engine,
            printsTimings: timings)
        let isForMany = areMany || batchOptions.outputDir != nil
        if isForMany || batchOptions.caps != RequestPace.Caps() || batchOptions.jobs ?? 1 > 1 {
            setup.pace = BatchPace(
                caps: batchOptions.caps, jobs: batchOptions.jobs ?? (isForMany ? Transcribe.jobsForServices : 1),
                isForMany: isForMany)
        }
        setup.chooseEngine()
        if configurationOptions.showConfig { return try showConfiguration(setup) }
        if listEngines { return try printEngines(setup) }
        if let checkEngine { return try check(engine: checkEngine) }
        if listPending { return try printPending() }
        if !discard.isEmpty { return try discardPending(discard) }
        let inputs =
            self.inputs.isEmpty && !pending && batchOptions.filesFrom == nil ? [Transcribe.standardInput] : self.inputs
        if inputs.contains(Transcribe.standardInput), !pending {
            try refuseTerminal(
                STDIN_FILENO, hint: "pipe audio into it (vt-record | vt-transcribe), or name a file")
        }
        let interruption = try Interruption(
            expectsPipe: inputs.contains(Transcribe.standardInput) && isPipe(STDIN_FILENO))
        var settings = try pending ? setup.saidNow() : setup.settings()
        let detector = try gateOptions.chooseDetector()
        let channels = try channelOptions.plan(isRaw: raw.raw, trackOptions.choice)
        settings.timesUse = transcriptFormats.timesUse(isGated: detector != nil)
        if channels.plan.namesSpeakers { settings.timesUse = settings.timesUse.forChannels(isGated: detector != nil) }
        let engine = try pending ? nil : findEngine(setup.engine.value, settings, setup)
        if !pending, !batchOptions.dryRun { setup.adviseOnEngine() }
        let output = try Signals.deferred {
            let output = try TranscriptOutput(path: self.output, overwrites: batchOptions.overwrite)
            interruption.setTemporaryOutput(output.temporaryPath)
            return output
        }
        let status: ExitStatus
        if let engine {
            status = try transcribe(inputs, engine, settings, setup, detector, interruption, output)
        } else {
            let run = PendingRun(
                setup: setup, settings: settings, format: transcriptFormats[0], subtitles: subtitleOptions.rules,
                strict: strict,
                gateOptions: gateOptions, gate: detector.map { DetectingGate($0) }, interruption: interruption,
                output: output,
                ledger: try batchOptions.usage.map(UsageLedger.init))
            status = try run.transcribe(inputs.map(\.description))
        }
        // Of a transcript that failed there is nothing under its name; of a batch, what succeeded is worth having.
        if status == .done || status == .noSpeech || status == .someFailed { try output.commit() }
        output.leave()
        return status
    }

    /// Transcribes files, folders, pipes.
    private func transcribe(
        _ inputs: [Path], _ engine: any Engine, _ settings: EngineSettings, _ setup: Setup,
        _ detector: InstalledDetector?, _ interruption: Interruption, _ output: TranscriptOutput
    ) throws -> ExitStatus {
        let (channelCount, channels) = try channelOptions.plan(isRaw: raw.raw, trackOptions.choice)
        let rawInput = raw.input(channels: channelCount)
        let jobs = batchOptions.jobs ?? (areMany && engine.waitsForOthers ? Transcribe.jobsForServices : 1)
        var settings = settings
        settings.jobs = jobs
        let task = Batch.Task(
            settings: settings, setup: setup, formats: transcriptFormats, subtitles: subtitleOptions.rules,
            raw: rawInput, track: trackOptions.choice, channels: channels, strict: strict,
            isKept: !noKeep, detector: detector, recordingName: recordingName(for: inputs),
            ledger: try batchOptions.usage.map(UsageLedger.init),
            budget: batchOptions.maxAudio.map { AudioBudget(seconds: $0.seconds) },
            pace: batchOptions.caps == RequestPace.Caps() ? nil : RequestPace(batchOptions.caps, most: jobs),
            partLength: batchOptions.partLength(jobs: jobs),
            folder: batchOptions.outputDir.map { folder in
                OutputFolder(folder, overwrites: batchOptions.overwrite) { Log.warning($0) }
            }, resumes: batchOptions.resume,
            stampOfOptions: Batch.Task.stampOfOptions(
                settings, setup, gateOptions, subtitles: subtitleOptions.rules, raw: rawInput,
                track: trackOptions.choice, channels: channels,
                strict: strict),
            namesInputs: areMany || batchOptions.outputDir != nil)
        let style = ProgressDisplay.chosen(
            areMany || batchOptions.outputDir != nil || batchOptions.progress != .auto ? batchOptions.progress : .none,
            writesFiles: batchOptions.outputDir != nil, isQuiet: messages.quiet)
        var sources = batchOptions.sources(inputs)
        sources.measures = style != .none
        let passedOver = PassedOver(isShare: sources.shard != nil)
        let queue = try InputQueue(sources, isAudio: holdsAudio) { passedOver.note($0, $1) }
        if batchOptions.dryRun {
            return try DryRun(task: task, queue: queue, output: output, passedOver: passedOver).run()
        }
        let batch = Batch(
            task, engines: EnginePool(engine, size: jobs, isForMany: areMany || jobs > 1), queue: queue,
            interruption: interruption, output: output,
            report: try batchOptions.report.map(makeReport),
            progress: style == .none ? nil : ProgressDisplay(style, queue), passedOver: passedOver)
        return try batch.run()
    }

    private func makeReport(_ path: Path) throws -> LineFile {
        guard LineFile.mayBeReplaced(path) else {
            throw Failure(
                .cannotCreate, "\(path) is not a report, and is not replaced", hint: "--report needs a file of its own")
        }
        do throws(SystemError) {
            return try LineFile(path, appends: false)
        } catch {
            throw Failure(.cannotCreate, "\(path): \(error.reason)")
        }
    }

    /// `--check-engine`: a line for each check, as soon as it has been made.
    private func check(engine name: String) throws -> ExitStatus {
        let interruption = try Interruption(expectsPipe: false)
        let setup = Setup(
            configuration: .none, options: engineOptions, engineOption: name, printsTimings: false)
        return try runEngineCheck(name, setup.saidNow(), interruption, TranscriptOutput(path: output))
    }

    static func explain(_ error: any Error) -> Failure? {
        switch error {
        case let error as EngineError:
            Failure(ExitStatus(rawValue: CInt(error.code.rawValue)) ?? .internalError, error.message, hint: error.hint)
        case let error as ConfigurationError: Failure(.configuration, error.message, hint: error.hint)
        case let error as AudioError:
            Failure(error.code == .readFailed ? .inputOutput : .badAudio, error.description, hint: error.hint)
        case let error as OutputError:
            Failure(error.code == .cannotCreate ? .cannotCreate : .inputOutput, error.description)
        case let error as TranscriptOutput.WriteFailure:
            Failure(
                .inputOutput,
                error.underlying.description
                    + (error.kept.isEmpty ? "" : "; the recording is kept as \(error.kept.joined(separator: ", "))"),
                hint: error.kept.isEmpty ? nil : "vt-transcribe --pending gives its text later")
        default: nil
        }
    }
}

/// Whether a file's first bytes are those of audio.
private func holdsAudio(_ path: Path) -> Bool {
    guard let file = try? Descriptor.open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK) else { return false }
    let source = DescriptorSource(file, name: path.description)
    return (try? EncodedAudio().recognisesAny(ReadAhead(source, name: path.description))) ?? false
}
