internal import Models
internal import Plugins

/// The engine that is used if nobody names one: `local` if a model and the library are installed for it, else PocketSphinx.
///
/// Found out by looking at files: it is on the way of every start.
struct AutomaticEngine {
    let name: String
    /// Why it is this one, for people.
    let reason: String
    /// What is missing for a better one, and the command that gets it; nil if nothing is.
    let advice: (problem: String, hint: String)?

    static let best = "local"
    static let fallback = "pocketsphinx"

    /// - Parameter languages: those that are spoken; none is any.
    init(
        for languages: [String], store: ModelStore = .standard, library: LibraryLocation = .standard,
        search: PluginSearch = .standard
    ) {
        guard let model = store.best(for: languages) else {
            let isThereAny = store.models().contains { $0.task == .recognition }
            self.init(
                lacking: isThereAny
                    ? "no installed model knows \(languages.joined(separator: " and "))"
                    : "no speech model is installed",
                hint: "vt-models install" + (languages.first.map { " --language \($0)" } ?? ""))
            return
        }
        guard library.path != nil else {
            self.init(
                lacking: "the model \(model.name) is installed, but its library is missing", hint: "vt-models library")
            return
        }
        guard (try? Plugin.find(host: "vt-transcribe", name: AutomaticEngine.best, in: search)) != nil else {
            self.init(
                lacking: "the model \(model.name) is installed, but vt-transcribe-local is missing",
                hint: "install vt again")
            return
        }
        self.init(
            AutomaticEngine.best,
            store.defaultName == model.name
                ? "\(model.name) is the default model" : "\(model.name) is the best model that is installed", nil)
    }

    private init(lacking problem: String, hint: String) {
        self.init(AutomaticEngine.fallback, problem, (problem, hint))
    }

    private init(_ name: String, _ reason: String, _ advice: (String, String)?) {
        self.name = name
        self.reason = reason
        self.advice = advice
    }
}
