internal import Audio
internal import Configuration
internal import Encoding
internal import Glibc
internal import HTTP
internal import Plugins
internal import POSIX
internal import Program
internal import Text
internal import Transcription

/// An engine with what the configuration says of it alone, and what the user should know before it starts.
struct ConfiguredEngine: Engine {
    let engine: any Engine
    let model: String?
    let options: [EngineSettings.Option]
    /// What it can set, where that is known before it is asked.
    let known: Set<String>?

    var name: String { engine.name }
    var beginsBeforeSpeech: Bool { engine.beginsBeforeSpeech }
    var waitsForOthers: Bool { engine.waitsForOthers }

    func gateRules() throws -> GateRules { try engine.gateRules() }

    func limits(for settings: EngineSettings) throws -> EngineLimits { try engine.limits(for: completed(settings)) }

    func takes(_ original: OriginalFile, settings: EngineSettings) -> Bool {
        engine.takes(original, settings: completed(settings))
    }

    func carriesPrompts(_ settings: EngineSettings) -> Bool { engine.carriesPrompts(completed(settings)) }

    func transcribe(
        _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        try engine.transcribe(audio, settings: completed(settings), cancellation: cancellation, onEvent: onEvent)
    }

    func forBatch() -> any Engine {
        ConfiguredEngine(engine: engine.forBatch(), model: model, options: options, known: known)
    }

    func finish() { engine.finish() }

    func knownOptions() throws -> Set<String>? { try known ?? engine.knownOptions() }

    /// The settings with the engine's own where nothing was said.
    func completed(_ settings: EngineSettings) -> EngineSettings {
        var settings = settings
        settings.model = settings.model ?? model
        settings.options = options.filter { own in !settings.options.contains { $0.key == own.key } } + settings.options
        return settings
    }
}

extension Setup {
    /// The provider of a name: a built-in one, one of the user's own, or the nameless one of `--base-url`; nil where it is none.
    func provider(_ name: String) -> Provider? {
        if let provider = Provider.named(name) { return provider }
        guard name == Setup.namelessEngine || configuration.definesProvider(name) else { return nil }
        let isNear = baseURL(for: name).flatMap { URLParts($0.value)?.isLoopback } ?? false
        return .compatible(named: name, isNear: isNear)
    }

    /// A provider with everything that is said of it.
    func service(_ provider: Provider) throws -> ProviderService {
        let name = provider.name
        let url = baseURL(for: name)
        let headers = try headers(for: name)
        do throws(EngineError) {
            return try ProviderService(
                provider, baseURL: url?.value, keySource: key(for: name, unless: keyVariable(of: provider))?.value,
                format: uploadFormat(for: name)?.value, headers: headers,
                permitsPlain: keyOverHTTP(for: name)?.value ?? false, warn: { Log.warning($0) },
                environment: environment)
        } catch {
            guard case .file? = url?.origin, error.code == .usage, let url else { throw error }
            throw EngineError(.configuration, "\(url.origin): \(error.message)", hint: error.hint)
        }
    }

    /// The variable that its key is looked for in, at the address where it is.
    func keyVariable(of provider: Provider) -> String {
        guard let url = baseURL(for: provider.name).flatMap({ URLParts($0.value) }) else { return provider.keyVariable }
        return provider.owns(url) ? provider.keyVariable : "VT_API_KEY"
    }

    /// An engine at a provider.
    ///
    /// - Parameter isInChain: whether another one waits to take over; then none is tried for long.
    /// - Throws: `EngineError` where it can't be asked for what the user wants, before a word is spoken.
    func cloudEngine(
        _ provider: Provider, _ settings: EngineSettings, isInChain: Bool
    ) throws -> ConfiguredEngine {
        let service = try service(provider)
        // Of a chain's engines only the first is sure to be asked; for one recording that is being spoken there is time.
        if pace != nil, !isInChain { HTTPClient.prepare() }
        forbidCoreDumps()
        var surroundings = LiveUpload.Surroundings(
            makeEncoder: makeUploadEncoder,
            retries: isInChain
                ? RetryPolicy(maximum: 1, longestWait: 3) : pace?.retries ?? RetryPolicy())
        surroundings.pace = pace.map { RequestPace($0.caps, most: $0.jobs) }
        if printsTimings {
            surroundings.onTimings = { timings in try? writeAll(STDERR_FILENO, timings.json + "\n") }
        }
        if let store = PendingStore.ofUser(environment: environment) {
            let folder = store.directory.split(separator: "/").dropLast().joined(separator: "/")
            surroundings.lengthWanted = KnownServers(path: "/\(folder)/servers")
            surroundings.refusedFields = KnownServers(path: "/\(folder)/refused-fields")
        }
        if Log.level >= .debug { surroundings.onDebug = { Log.debug("\(provider.name): \($0)") } }
        let upload = LiveUpload(service, surroundings)
        let model = ownModel(of: provider.name)
        var named = settings
        named.model = settings.model ?? model
        let isStretchwise = settings.timesUse == .needed && !service.tellsTimes(named)
        let engine = ConfiguredEngine(
            engine: ThoroughEngine(isStretchwise ? StretchwiseEngine(upload) : upload), model: model,
            options: engineOptions(for: provider.name)?.value.map { ($0.key, $0.value) } ?? [],
            known: provider.options.map(Set.init))
        var checked = engine.completed(settings)
        // Of a chain's options each engine gets its own.
        if isInChain, let known = engine.known { checked.options.removeAll { !known.contains($0.key) } }
        for warning in try service.check(checked) { Log.warning(warning) }
        return engine
    }

    /// The model that the configuration names for an engine: what the command line names, all are told.
    func ownModel(of engine: String) -> String? {
        if options.model != nil { return nil }
        return model(for: engine)?.value
    }
}

/// What packs speech for the network.
private let makeUploadEncoder: MakeUploadEncoder = { format, sink in
    guard let encoded = EncodedFormat(rawValue: format.rawValue) else {
        throw EngineError(.usage, "audio is not packed as \(format.rawValue)")
    }
    // Somewhat above the 16 to 20 kbit/s that Opus is best at for wide-band speech (RFC 6716, section 2.1.1); WAV takes 256.
    let settings = EncoderSettings(bitrate: encoded == .opus ? 24000 : nil)
    return try encoded.makeEncoder(.speech, settings: settings, sink: sink)
}
