internal import Plugins
internal import Program
internal import Text
internal import Transcription

/// An engine that was found, and is asked what it is when it is needed: on the engine's time, not before the first read.
struct FoundEngine: Engine {
    let plugin: Plugin

    var name: String { plugin.name }

    func transcribe(
        _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        try described().transcribe(audio, settings: settings, cancellation: cancellation, onEvent: onEvent)
    }

    /// The engine with its description, which is cached between calls.
    func described() throws -> PluginEngine {
        let name = plugin.name
        do throws(PluginError) {
            return PluginEngine(plugin, try plugin.describe(cache: .standard)) { Log.debug("\(name): \($0)") }
        } catch {
            throw EngineError(error)
        }
    }
}

/// Finds an engine.
///
/// - Throws: `EngineError` where there is none of that name, or it doesn't know an option.
func findEngine(_ name: String, _ settings: EngineSettings) throws -> any Engine {
    let found: FoundEngine
    do throws(PluginError) {
        found = FoundEngine(plugin: try Plugin.find(host: "vt-transcribe", name: name))
    } catch {
        let failure = EngineError(error)
        throw EngineError(
            failure.code, failure.message,
            hint: failure.hint ?? (error.code == .notFound ? "vt-transcribe --list-engines shows what there is" : nil))
    }
    if settings.options.isEmpty { return found }
    // A misspelt option is found before the first word is spoken.
    let engine = try found.described()
    do throws(PluginError) {
        _ = try engine.description.variables(for: settings.options, of: name)
    } catch {
        throw EngineError(error)
    }
    return engine
}

/// `--list-engines`: a line for each engine: name, path, and what hides it or forbids it.
func printEngines() throws -> ExitStatus {
    var text = ""
    for engine in Plugin.list(host: "vt-transcribe") {
        let remark = engine.problem.map { "refused: \($0)" } ?? ""
        text += [engine.name, engine.path, remark].map(\.sanitized).joined(separator: "\t") + "\n"
        for path in engine.shadowed {
            text += [engine.name, path, "shadowed by \(engine.path)"].map(\.sanitized).joined(separator: "\t") + "\n"
        }
    }
    try TranscriptOutput(path: nil).write(text)
    return .done
}
