internal import Configuration
internal import Glibc
internal import Plugins
internal import Program
internal import Text
internal import Transcription

/// An engine that was found, and is asked what it is when it is needed: on the engine's time, not before the first read.
struct FoundEngine: Engine {
    let plugin: Plugin

    var name: String { plugin.name }

    /// What it has said before: where nobody speaks, one that never was asked is not run even for that.
    var beginsBeforeSpeech: Bool { plugin.knownDescription()?.standsBy ?? false }

    func gateRules() throws -> GateRules { try described().gateRules() }

    func transcribe(
        _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        try described().transcribe(audio, settings: settings, cancellation: cancellation, onEvent: onEvent)
    }

    func knownOptions() throws -> Set<String>? { try described().knownOptions() }

    func forBatch() -> any Engine { FoundBatchEngine(self) }

    /// The engine with its description, which is cached between calls.
    ///
    /// - Parameter cache: nil asks it anew.
    func described(cache: DescriptionCache? = .standard) throws -> PluginEngine {
        let name = plugin.name
        do throws(PluginError) {
            return PluginEngine(plugin, try plugin.describe(cache: cache)) { Log.debug("\(name): \($0)") }
        } catch {
            throw EngineError(error)
        }
    }
}

/// A found engine that keeps what it has loaded between recordings, where it can.
// Sendable: not used by two threads at the same time.
private final class FoundBatchEngine: Engine, @unchecked Sendable {
    private let found: FoundEngine
    private var engine: (any Engine)?

    var name: String { found.name }

    init(_ found: FoundEngine) {
        self.found = found
    }

    func transcribe(
        _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        let engine = try self.engine ?? found.described().forBatch()
        self.engine = engine
        try engine.transcribe(audio, settings: settings, cancellation: cancellation, onEvent: onEvent)
    }

    func gateRules() throws -> GateRules { try found.gateRules() }

    func knownOptions() throws -> Set<String>? { try found.knownOptions() }

    func finish() { engine?.finish() }
}

/// The engines that a value of `--engine` names: one, or several with commas between.
func engineNames(_ value: String) -> [String] {
    // A path may hold a comma.
    if value.contains("/"), access(value, F_OK) == 0 { return [value] }
    return value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
}

/// Finds the engine that a value of `--engine` names, or the chain of them.
///
/// Each name must be that of an engine, also of one that might never be needed: a misspelt one is found today and not on the day
/// on which the others fail.
///
/// - Parameters:
///   - setup: where engines are, and what belongs to them.
///   - isRecorded: whether this was asked for when something was recorded. Of several engines some may be gone by now.
/// - Throws: `EngineError` where there is none of that name, or none knows an option.
func findEngine(
    _ value: String, _ settings: EngineSettings, _ setup: Setup, isRecorded: Bool = false
) throws -> any Engine {
    let names = engineNames(value)
    if names.count == 1 {
        if let provider = setup.provider(value) {
            return try setup.cloudEngine(provider, settings, isInChain: false)
        }
        let found = try findPlugin(names[0])
        let configured = setup.configured(found)
        let options = configured.completed(settings).options
        if options.isEmpty { return configured }
        // A misspelt option is found before the first word is spoken.
        let engine = try found.described()
        do throws(PluginError) {
            _ = try engine.description.variables(for: options, of: value)
        } catch {
            throw EngineError(error)
        }
        return setup.configured(engine)
    }
    if setup.options.baseURL != nil {
        throw EngineError(
            .usage, "--base-url says where one engine is, not which of \(value)",
            hint: "name the address in the configuration, in [provider.NAME]")
    }
    if !setup.options.header.isEmpty {
        throw EngineError(
            .usage, "--header is for one engine, and not for which of \(value)",
            hint: "name it in the configuration, as headers in [provider.NAME]")
    }
    var engines: [any Engine] = []
    var missing: EngineError?
    for name in names {
        do {
            if let provider = setup.provider(name) {
                engines.append(try setup.cloudEngine(provider, settings, isInChain: true))
            } else {
                engines.append(setup.configured(try findPlugin(name)))
            }
        } catch let error as EngineError where error.code == .noPermission || (isRecorded && error.code == .unavailable)
        {
            // Without its key it is passed over, as it would be when the service refused it.
            Log.warning(error.message, hint: error.hint)
            missing = error
        }
    }
    guard !engines.isEmpty else {
        if let missing, missing.code == .noPermission { throw missing }
        throw EngineError(.unavailable, "none of the engines \(value) is there any more")
    }
    try refuseUnknownOptions(settings, of: engines)
    return EngineChain(engines, onNotice: tellUser)
}

extension Setup {
    /// A plugin with what the configuration says of it.
    func configured(_ engine: any Engine) -> ConfiguredEngine {
        ConfiguredEngine(
            engine: ThoroughEngine(engine), model: ownModel(of: engine.name),
            options: engineOptions(for: engine.name)?.value.map { ($0.key, $0.value) } ?? [], known: nil)
    }
}

func findPlugin(_ name: String) throws -> FoundEngine {
    do throws(PluginError) {
        return FoundEngine(plugin: try Plugin.find(host: "vt-transcribe", name: name))
    } catch {
        let failure = EngineError(error)
        throw EngineError(
            failure.code, failure.message,
            hint: error.code == .notFound ? whereElse(than: name) : failure.hint)
    }
}

/// How to go on where there is no engine of this name.
private func whereElse(than name: String) -> String {
    let all = "vt-transcribe --list-engines shows all"
    return name.hasPrefix("whisper")
        ? "engines for Whisper's models are local, faster-whisper and whisper-cpp; \(all)" : all
}

/// Of several engines each gets the options that it declares; one that none declares is misspelt.
private func refuseUnknownOptions(_ settings: EngineSettings, of engines: [any Engine]) throws {
    if settings.options.isEmpty { return }
    var known: Set<String> = []
    for engine in engines {
        // One that can't say is passed over when its turn comes; what it would have known is not to be told from a slip.
        guard let names = try? engine.knownOptions() else { return }
        known.formUnion(names)
    }
    for (key, _) in settings.options where !known.contains(key) {
        throw EngineError(
            .usage, "none of \(engines.map(\.name).joined(separator: ", ")) has an option “\(key.sanitized)”",
            hint: known.isEmpty
                ? "they have no options" : "their options are: \(known.sorted().joined(separator: ", "))")
    }
}

private func tellUser(_ notice: EngineChain.Notice) {
    switch notice {
    case .retry(let error, let pause):
        Log.info("\(error.message); trying it again in \(decimal(pause / .seconds(1), places: 1)) s")
    case .next(let error, let engine, let time):
        let place = time > 0 ? " from \(decimal(time, places: 2)) s on" : ""
        Log.warning("\(error.message); going on with \(engine)\(place)", hint: error.hint)
    }
}
