internal import Configuration
internal import HTTP
internal import Program
internal import Transcription

/// What is in force: the command line before the environment, the environment before the configuration.
struct Setup {
    let configuration: Configuration
    let options: EngineOptions
    /// `--engine`; nil where nobody said it.
    let engineOption: String?
    let printsTimings: Bool
    /// How services are asked where that is said, or there may be several questions at once; nil as they come.
    var pace: BatchPace?
    /// What was found to be used if nobody names an engine; nil if nobody has looked.
    private var chosenEngine: AutomaticEngine?

    init(configuration: Configuration, options: EngineOptions, engineOption: String?, printsTimings: Bool) {
        self.configuration = configuration
        self.options = options
        self.engineOption = engineOption
        self.printsTimings = printsTimings
    }

    typealias Found<Value: Sendable> = Configuration.Found<Value>

    /// The engine, or the chain of them.
    var engine: Found<String> {
        if let namedEngine { return namedEngine }
        let choice = automaticEngine
        return Found(choice.name, from: .chosen(choice.reason))
    }

    /// The one that somebody has named, by option or in the configuration.
    private var namedEngine: Found<String>? {
        if let engineOption { return Found(engineOption, from: .option("--engine")) }
        // A server without a name.
        if options.baseURL != nil { return Found(Setup.namelessEngine, from: .option("--base-url")) }
        if let engines = configuration.engines {
            return Found(engines.value.joined(separator: ","), from: engines.origin)
        }
        return nil
    }

    /// What is used if nobody names an engine.
    var automaticEngine: AutomaticEngine { chosenEngine ?? AutomaticEngine(for: namedLanguages) }

    /// Looks once, and keeps what was found.
    mutating func chooseEngine() {
        if namedEngine == nil { chosenEngine = AutomaticEngine(for: namedLanguages) }
    }

    /// Says how to get better text if nobody has named an engine, and no model of speech is there.
    func adviseOnEngine() {
        // Who sets an option of PocketSphinx's, a grammar perhaps, wants it and no other.
        guard let advice = chosenEngine?.advice, options.engineOptions.isEmpty,
            engineOptions(for: AutomaticEngine.fallback) == nil
        else { return }
        Log.warning(
            "\(advice.problem): using PocketSphinx, which gets about every fourth word wrong", hint: advice.hint)
    }

    /// The engine of `--base-url` alone.
    static let namelessEngine = "compatible"

    /// What every engine is told, apart from what belongs to one of them.
    func settings() throws -> EngineSettings {
        EngineSettings(
            languages: languages?.value ?? [], model: options.model, prompt: prompt?.value,
            keywords: keywords?.value ?? [], temperature: temperature?.value, timestamps: timestamps?.value,
            speakers: speakers?.value ?? false, options: try options.parsedOptions(),
            timeout: try timeout().map { .seconds($0.value.seconds) })
    }

    /// What the command line says, and nothing else.
    func saidNow() throws -> EngineSettings {
        EngineSettings(
            languages: options.languages, model: options.model, prompt: options.prompt, keywords: options.keyword,
            temperature: options.temperature, timestamps: options.timestamps, speakers: options.speakers,
            options: try options.parsedOptions(), timeout: try timeout().map { .seconds($0.value.seconds) })
    }

    var languages: Found<[String]>? {
        if !options.language.isEmpty { return Found(options.languages, from: .option("--language")) }
        return configuration.value(.language).flatMap { found in
            found.strings.map { Found($0.flatMap { $0.split(separator: ",").map(String.init) }, from: found.origin) }
        }
    }

    /// Those that are languages: `auto` is any.
    private var namedLanguages: [String] { (languages?.value ?? []).filter { $0.lowercased() != "auto" } }

    var prompt: Found<String>? {
        if let prompt = options.prompt { return Found(prompt, from: .option("--prompt")) }
        return configuration.value(.prompt).flatMap { found in found.string.map { Found($0, from: found.origin) } }
    }

    var keywords: Found<[String]>? {
        if !options.keyword.isEmpty { return Found(options.keyword, from: .option("--keyword")) }
        return configuration.value(.keywords).flatMap { found in found.strings.map { Found($0, from: found.origin) } }
    }

    var temperature: Found<Double>? {
        if let number = options.temperature { return Found(number, from: .option("--temperature")) }
        return configuration.value(.temperature).flatMap { found in
            found.number.map { Found($0, from: found.origin) }
        }
    }

    var timestamps: Found<EngineSettings.Timestamps>? {
        if let wanted = options.timestamps { return Found(wanted, from: .option("--timestamps")) }
        return configuration.value(.timestamps).flatMap { found in
            found.string.flatMap(EngineSettings.Timestamps.init(rawValue:)).map { Found($0, from: found.origin) }
        }
    }

    var speakers: Found<Bool>? {
        if options.speakers { return Found(true, from: .option("--speakers")) }
        return configuration.value(.speakers).flatMap { found in found.boolean.map { Found($0, from: found.origin) } }
    }

    func timeout() throws -> Found<TimeSpan>? {
        if let timeout = options.timeout { return Found(timeout, from: .option("--timeout")) }
        guard let found = configuration.value(.timeout), let text = found.string else { return nil }
        guard let time = TimeSpan(argument: text) else {
            throw Failure(
                .configuration, "\(found.origin): timeout is a time such as 90s, not \(text)")
        }
        return Found(time, from: found.origin)
    }

    /// What belongs to one engine: the command line's where it is the only one, else the configuration's.
    func model(for engine: String) -> Found<String>? {
        if let model = options.model { return Found(model, from: .option("--model")) }
        return own(.model, engine)
    }

    func baseURL(for engine: String) -> Found<String>? {
        if let url = options.baseURL { return Found(url, from: .option("--base-url")) }
        return own(.baseURL, engine)
    }

    func uploadFormat(for engine: String) -> Found<UploadFormat>? {
        if let format = options.uploadFormat { return Found(format, from: .option("--upload-format")) }
        return own(.uploadFormat, engine).flatMap { found in
            UploadFormat(rawValue: found.value).map { Found($0, from: found.origin) }
        }
    }

    /// Where its key comes from, as far as the configuration says; nil leaves it to the environment.
    ///
    /// - Parameter variable: the environment's, which comes first.
    func key(for engine: String, unless variable: String) -> Found<KeySource>? {
        // An address of the command line is another place than the one that the configuration's key is for.
        if options.baseURL != nil || environment(variable)?.isEmpty == false { return nil }
        if let file = own(.keyFile, engine) { return Found(.file(path(file)), from: file.origin) }
        if let command = own(.keyCommand, engine) { return Found(.command(command.value), from: command.origin) }
        return nil
    }

    /// Headers of the user's for an engine: the configuration's, then the command line's, which may replace them.
    ///
    /// - Throws: `EngineError` where one is none, or its file can be read by others.
    func headers(for engine: String) throws -> ExtraHeaders {
        var headers = ExtraHeaders()
        func warn(_ text: String) { Log.warning(text) }
        // As with keys: an address of the command line is another place than the one that the configuration means.
        if options.baseURL == nil, let found = configuration.value(.headers, for: engine), let lines = found.strings {
            for line in lines {
                do throws(EngineError) {
                    if line.hasPrefix("@") {
                        try headers.add(file: path(Found(String(line.dropFirst()), from: found.origin)), warn: warn)
                    } else {
                        try headers.add(line: line)
                    }
                } catch {
                    let code: EngineError.Code = error.code == .usage ? .configuration : error.code
                    throw EngineError(code, "\(found.origin): \(error.message)", hint: error.hint)
                }
            }
        }
        for line in options.header {
            if line.hasPrefix("@") {
                try headers.add(file: String(line.dropFirst()), warn: warn)
            } else {
                try headers.add(line: line)
            }
        }
        return headers
    }

    /// Whether an engine's key may go over plain http to a private address.
    func keyOverHTTP(for engine: String) -> Found<Bool>? {
        if options.keyOverHTTP { return Found(true, from: .option("--key-over-http")) }
        return configuration.value(.keyOverHTTP, for: engine).flatMap { found in
            found.boolean.map { Found($0, from: found.origin) }
        }
    }

    func engineOptions(for engine: String) -> Found<[ConfigurationTable.Option]>? {
        configuration.value(.options, for: engine).flatMap { found in
            found.options.map { Found($0, from: found.origin) }
        }
    }

    private func own(_ key: ConfigurationKey, _ engine: String) -> Found<String>? {
        configuration.value(key, for: engine).flatMap { found in found.string.map { Found($0, from: found.origin) } }
    }

    /// A path that the configuration names: `~/` as the shell means it, since nobody expands it in a file; a relative one begins
    /// where that file is, and not in whatever folder the program was started.
    private func path(_ found: Found<String>) -> String {
        if found.value.hasPrefix("~/"), let home = environment("HOME") { return home + found.value.dropFirst() }
        // What systemd gives a service (systemd.exec(5)) is at another place each time.
        let credentials = "$CREDENTIALS_DIRECTORY"
        if found.value.hasPrefix(credentials + "/"), let folder = environment("CREDENTIALS_DIRECTORY") {
            return folder + found.value.dropFirst(credentials.count)
        }
        guard !found.value.hasPrefix("/"), case .file(let file, _) = found.origin,
            let slash = file.utf8.lastIndex(of: UInt8(ascii: "/"))
        else { return found.value }
        return file[...slash] + found.value
    }
}

/// How services are asked.
struct BatchPace {
    let caps: RequestPace.Caps
    let jobs: Int
    /// Whether there are many recordings, and nobody sits and waits.
    let isForMany: Bool

    /// Without somebody at a keyboard: five more tries, and a quarter of an hour where a service asks for it.
    var retries: RetryPolicy { isForMany ? RetryPolicy(maximum: 5, longestWait: 900) : RetryPolicy() }
}
