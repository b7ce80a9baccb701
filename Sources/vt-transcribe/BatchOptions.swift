internal import ArgumentParser
internal import Batch
internal import POSIX
internal import Program
internal import Transcription

/// Many inputs: where they are, where their transcripts go, and how many are worked on at once.
struct BatchOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Transcribe the audio in folders, and in the folders in them.")
    var recursive = false

    @Option(
        help: ArgumentHelp("Read names of files and folders, a line each; - is standard input.", valueName: "list"))
    var filesFrom: Path?

    @Flag(
        name: [.customLong("null"), .customShort("0")],
        help: "Names of --files-from end with NUL, not with a line feed.")
    var null = false

    @Option(
        help: ArgumentHelp(
            "Write each transcript to a file of its own in this folder, in as many formats as --format names.",
            valueName: "folder"))
    var outputDir: Path?

    @Flag(help: "Call a transcript NAME.srt, not NAME.mp4.srt.")
    var stripExtension = false

    @Option(
        name: [.long, .customShort("j", allowingJoined: true)],
        help: ArgumentHelp(
            "Work on so many at once (default: 1; 4 where a service on the network recognises).", valueName: "count"))
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            "Cut longer recordings at pauses into parts of no more (default: 5m with several --jobs, else what the engine takes).",
            valueName: "time"))
    var partLength: TimeSpan?

    @Flag(help: "Leave out what is complete in --output-dir for this engine and these options.")
    var resume = false

    @Flag(help: "Replace outputs that vt-transcribe has not made, or that were changed since.")
    var overwrite = false

    @Flag(help: "Say what would be done; do nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp("Write what became of each input, a line of JSON each, to a file.", valueName: "file"))
    var report: Path?

    @Option(
        help: ArgumentHelp(
            "Work on the inputs of one of several processes: its number, and how many there are.", valueName: "k/n"))
    var shard: ShardOption?

    @Option(
        help: ArgumentHelp("Send no more audio than this, in all; what is left is for another run.", valueName: "time"))
    var maxAudio: TimeSpan?

    @Option(help: ArgumentHelp("Begin no more requests in any minute.", valueName: "count"))
    var requestsPerMinute: Int?

    @Option(help: ArgumentHelp("Send no more audio in any hour.", valueName: "time"))
    var audioPerHour: TimeSpan?

    @Option(help: ArgumentHelp("Add what each question to an engine cost to a ledger.", valueName: "file"))
    var usage: Path?

    @Option(
        help: ArgumentHelp(
            "How to say how far it is: auto, bar, jobs, lines, json or none (default: auto, a bar on a terminal).",
            valueName: "how"))
    var progress: ProgressStyle = .auto

    func validate() throws {
        if let jobs, !(1...1000).contains(jobs) { throw ValidationError("--jobs is 1 to 1000, not \(jobs)") }
        if let partLength, partLength.seconds < LongRecording.shortestPart {
            throw ValidationError("--part-length is a second at least, not \(partLength)")
        }
        if null, filesFrom == nil { throw ValidationError("--null says how the names of --files-from are separated") }
        if outputDir == nil {
            let stray = resume ? "--resume" : stripExtension ? "--strip-extension" : nil
            if let stray { throw ValidationError("\(stray) is about the files in --output-dir") }
        }
        if let requestsPerMinute, requestsPerMinute < 1 {
            throw ValidationError("--requests-per-minute is 1 or more, not \(requestsPerMinute)")
        }
        if let audioPerHour, audioPerHour.seconds < 1 {
            throw ValidationError("--audio-per-hour is a second at least, not \(audioPerHour)")
        }
        if report == Path("-"), outputDir == nil || dryRun {
            throw ValidationError("standard output has the transcripts; --report needs a file")
        }
        if usage == Path("-"), outputDir == nil || dryRun {
            throw ValidationError("standard output has the transcripts; --usage needs a file")
        }
        if outputDir?.bytes.isEmpty == true { throw ValidationError("--output-dir needs a name") }
    }

    /// What was given and says nothing about recordings that were kept.
    var strayWithPending: String? {
        let given: [(name: String, isGiven: Bool)] = [
            ("--recursive", recursive), ("--files-from", filesFrom != nil), ("--jobs", jobs != nil),
            ("--part-length", partLength != nil), ("--dry-run", dryRun), ("--report", report != nil),
            ("--shard", shard != nil), ("--max-audio", maxAudio != nil), ("--progress", progress != .auto),
        ]
        return given.first(where: \.isGiven)?.name
    }

    /// Whether several inputs are meant, however many there turn out to be.
    var areMany: Bool { recursive || filesFrom != nil }

    /// Five minutes: enough for a recogniser to know what it is about, and an hour keeps a dozen busy.
    private static let standardPartLength = 300.0

    /// Seconds of a part at most; nil leaves it to the engine.
    func partLength(jobs: Int) -> Double? {
        partLength?.seconds ?? (jobs > 1 ? BatchOptions.standardPartLength : nil)
    }

    /// What the user permits.
    var caps: RequestPace.Caps {
        RequestPace.Caps(requestsPerMinute: requestsPerMinute, audioPerHour: audioPerHour?.seconds)
    }

    /// Where to look for inputs.
    func sources(_ named: [Path]) -> InputQueue.Sources {
        var sources = InputQueue.Sources()
        sources.named = named
        sources.list = filesFrom
        sources.isListNullSeparated = null
        sources.isRecursive = recursive
        sources.shard = shard?.shard
        sources.namesOutputs = outputDir != nil
        sources.stripsExtensions = stripExtension
        return sources
    }
}

/// `--shard 2/8`.
struct ShardOption: ExpressibleByArgument, CustomStringConvertible {
    let shard: InputQueue.Shard

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1], count >= 1, (1...count).contains(number)
        else { return nil }
        shard = InputQueue.Shard(number, of: count)
    }

    var description: String { "\(shard.number)/\(shard.count)" }
}

/// `--format srt,json`.
struct FormatList: ExpressibleByArgument, CustomStringConvertible {
    let formats: [TranscriptFormat]

    init?(argument: String) {
        var formats: [TranscriptFormat] = []
        for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let format = TranscriptFormat(rawValue: String(name)) else { return nil }
            if !formats.contains(format) { formats.append(format) }
        }
        self.formats = formats
    }

    static let allValueStrings = TranscriptFormat.allCases.filter { $0 != .events }.map(\.rawValue)

    var description: String { formats.map(\.rawValue).joined(separator: ",") }
}
