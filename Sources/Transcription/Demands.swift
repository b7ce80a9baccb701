internal import Plugins

/// What is demanded of a plugin that can't be told of it, since it does not declare that it heeds it.
///
/// It may give it all the same. If it does not, a transcript without it would only look like one with it.
struct Demands {
    private let untold: [(setting: PluginDescription.Setting, option: String)]
    private var hasText = false
    private var met: Set<PluginDescription.Setting> = []

    init(_ settings: EngineSettings, of description: PluginDescription) {
        let all: [(PluginDescription.Setting, String, Bool)] = [
            (.languages, "several languages", settings.namedLanguages.count > 1),
            (.keywords, "--keyword", !settings.keywords.isEmpty),
            (.temperature, "--temperature", settings.temperature != nil),
            (.speakers, "--speakers", settings.speakers), (.timestamps, "--timestamps", settings.timestamps != nil),
        ]
        untold = all.filter { $0.2 && !description.heeds.contains($0.0) }.map { ($0.0, $0.1) }
    }

    /// What to warn of, before it begins.
    var warnings: [RecognitionEvent] {
        untold.map { .warning("it can't be told of \($0.option), which is ignored", hint: nil) }
    }

    /// Notes what it gives unasked.
    mutating func note(_ event: RecognitionEvent) {
        guard case .final(let utterance) = event else { return }
        hasText = true
        if utterance.speaker != nil { met.insert(.speakers) }
        if utterance.start != nil || !utterance.words.isEmpty { met.insert(.timestamps) }
    }

    /// What is missing in its text; nil if nothing is.
    func failure(of engine: String) -> EngineError? {
        guard hasText else { return nil }
        let missing = untold.first { [.speakers, .timestamps].contains($0.setting) && !met.contains($0.setting) }
        return missing.map { demand in
            EngineError(
                .unavailable, "\(engine) can't be told of \(demand.option), and its text is without",
                hint: demand.setting == .speakers
                    ? "--engine local does it, with a model that tells speakers apart"
                    : "leave it out, or name another engine")
        }
    }
}
