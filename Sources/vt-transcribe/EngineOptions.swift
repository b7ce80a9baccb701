internal import ArgumentParser
internal import Program
internal import Transcription

/// What is asked of the engine, whichever it is; what one can't do it refuses.
struct EngineOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The language that is spoken, for example en or pt-BR; several with commas, or repeated.", valueName: "tag")
    )
    var language: [String] = []

    @Option(help: ArgumentHelp("The engine's model.", valueName: "name"))
    var model: String?

    @Option(help: ArgumentHelp("Words or a text that the engine should expect.", valueName: "text"))
    var prompt: String?

    @Option(help: ArgumentHelp("A word or name that the engine should expect; can be repeated.", valueName: "word"))
    var keyword: [String] = []

    @Option(help: ArgumentHelp("How freely the engine may guess: 0 is not at all.", valueName: "number"))
    var temperature: Double?

    @Option(help: ArgumentHelp("Demand times, of each segment or each word.", valueName: "segment|word"))
    var timestamps: EngineSettings.Timestamps?

    @Flag(name: [.long, .customLong("diarize")], help: "Demand who said what.")
    var speakers = false

    @Option(
        name: .customLong("option"),
        help: ArgumentHelp("An option of the engine's own; can be repeated.", valueName: "key=value"))
    var engineOptions: [String] = []

    @Option(
        help: ArgumentHelp(
            "How long the engine may take after the end of the audio (default: ten times its length, at least 60s).",
            valueName: "time"))
    var timeout: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "Where the engine is; without --engine, a server that speaks OpenAI's API. Its key is VT_API_KEY.",
            valueName: "url"))
    var baseURL: String?

    @Option(
        help: ArgumentHelp(
            "A header for requests to the engine, or @FILE with one a line; a secret. Can be repeated.",
            valueName: "name: value"))
    var header: [String] = []

    @Flag(
        name: .customLong("key-over-http"),
        help: "Send the engine's key over plain http, too, if its address is a private one.")
    var keyOverHTTP = false

    @Option(
        help: ArgumentHelp(
            "What audio is packed as for the network: opus, flac, mp3 or wav (default: what the engine likes best).",
            valueName: "format"))
    var uploadFormat: UploadFormat?

    func validate() throws {
        if languages.contains(where: \.isEmpty) { throw ValidationError("--language needs a tag") }
        if keyword.contains(where: \.isEmpty) { throw ValidationError("--keyword needs a word") }
        if let temperature, !temperature.isFinite || temperature < 0 {
            throw ValidationError("--temperature is 0 or more, not \(temperature)")
        }
        _ = try parsedOptions()
    }

    var languages: [String] {
        language.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }

    func parsedOptions() throws -> [EngineSettings.Option] {
        try engineOptions.map { option in
            guard let equals = option.firstIndex(of: "="), equals > option.startIndex else {
                throw ValidationError("--option is key=value, not \(option)")
            }
            return (String(option[..<equals]), String(option[option.index(after: equals)...]))
        }
    }
}

extension EngineSettings.Timestamps: ExpressibleByArgument {}

extension UploadFormat: ExpressibleByArgument {
    package static var allValueStrings: [String] { ["opus", "flac", "mp3", "wav"] }

    package init?(argument: String) {
        guard UploadFormat.allValueStrings.contains(argument) else { return nil }
        self.init(rawValue: argument)
    }
}
