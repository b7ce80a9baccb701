internal import Configuration
internal import Glibc
internal import Models
internal import POSIX
internal import Plugins
internal import Program
internal import Text
internal import Transcription

/// An engine in `--list-engines`.
struct ListedEngine {
    var name: String
    /// Its address or path.
    var place: String
    /// What it is; or what hides it or forbids it.
    var what = ""
    /// `ready`, or what is missing; empty where nobody knows.
    var state = ""
    /// The command that gets what is missing.
    var hint: String?
    /// The models of its own that are installed.
    var models: [String] = []
    /// Where its key is, or that there is none; empty where it needs none.
    var key = ""
    /// Why it is the one that is used if nothing is said; empty where it isn't.
    var reason = ""

    static let ready = "ready"

    /// Separated by TABs.
    var line: String {
        [name, place, what, state, models.joined(separator: ","), key, reason].map(\.sanitized)
            .joined(separator: "\t") + "\n"
    }
}

/// `--list-engines`: for programs a line for each engine, for people a table.
func printEngines(_ setup: Setup) throws -> ExitStatus {
    var engines: [ListedEngine] = []
    for name in Provider.all.map(\.name) + setup.configuration.ownProviders.filter({ Provider.named($0) == nil }) {
        if let provider = setup.provider(name) { engines.append(listing(of: provider, setup)) }
    }
    engines += try allListings(of: Plugin.list(host: "vt-transcribe"))
    mark(setup, in: &engines)
    let isForPeople = isatty(STDOUT_FILENO) == 1
    try TranscriptOutput(path: nil).write(isForPeople ? table(engines) : engines.map(\.line).joined())
    return .done
}

/// Says which of them are used if nothing is said.
private func mark(_ setup: Setup, in engines: inout [ListedEngine]) {
    let found = setup.engine
    let names = engineNames(found.value)
    for (position, name) in names.enumerated() {
        // The first of a name is the one that counts.
        guard let index = engines.firstIndex(where: { $0.name == name || $0.place == name }) else { continue }
        let place = names.count == 1 ? "default" : "default, \(position + 1) of \(names.count)"
        let why: String? =
            switch found.origin {
            case .chosen(let reason): reason
            case .builtIn: nil
            default: found.origin.description
            }
        engines[index].reason = why.map { "\(place): \($0)" } ?? place
    }
}

private func listing(of provider: Provider, _ setup: Setup) -> ListedEngine {
    var engine = ListedEngine(
        name: provider.name, place: setup.baseURL(for: provider.name)?.value ?? provider.baseURL ?? "",
        what: provider.summary, state: ListedEngine.ready)
    if engine.place.isEmpty {
        engine.state = "no address"
        engine.hint = "--base-url, or base_url in the configuration, says where it is"
    }
    if provider.authorization == .none { return engine }
    let variable = setup.keyVariable(of: provider)
    // Where it is, and never what it is: neither is a file read nor a command run.
    switch setup.key(for: provider.name, unless: variable)?.value {
    case .file(let path): engine.key = "in \(path)"
    case .command: engine.key = "by a command"
    case .environment, .none?, nil:
        let isThere = environment(variable)?.isEmpty == false
        engine.key = isThere ? "in \(variable)" : "none in \(variable)"
        if !isThere {
            if provider.keyIsOptional { engine.key = "" } else { engine.state = "no key" }
            engine.hint = provider.keyIsOptional ? nil : "vt.toml(5) says where a key can be kept"
        }
    }
    return engine
}

/// What there is of each: all are asked at once, since an interpreter takes its time to start.
private func allListings(of plugins: [Plugin.Listed]) throws -> [ListedEngine] {
    let found = Monitor([[ListedEngine]](repeating: [], count: plugins.count))
    let threads = try plugins.enumerated().map { position, plugin in
        try Thread("listing") {
            let listed = listings(of: plugin)
            found.note { $0[position] = listed }
        }
    }
    for thread in threads { thread.join() }
    return found.read { $0.flatMap(\.self) }
}

/// What there is of a plugin, and the files that it hides.
private func listings(of found: Plugin.Listed) -> [ListedEngine] {
    var engine = ListedEngine(name: found.name, place: found.path)
    if let problem = found.problem {
        engine.what = "refused: \(problem)"
        engine.state = "refused"
    } else if let plugin = found.plugin {
        // What came with vt may be asked. Of others it is shown what they have said before: a listing runs nothing of theirs.
        fill(&engine, with: plugin, isOurs: plugin.isBundled())
    }
    let hidden = found.shadowed.map { path in
        ListedEngine(name: found.name, place: path, what: "shadowed by \(found.path)", state: "shadowed")
    }
    return [engine] + hidden
}

private func fill(_ engine: inout ListedEngine, with plugin: Plugin, isOurs: Bool) {
    guard let (description, missing) = plugin.listed(mayRun: isOurs) else { return }
    engine.what = description.summary
    if let first = missing.first {
        engine.state = "lacks \(first)"
    } else if isOurs, engine.name == AutomaticEngine.best {
        fillLocal(&engine)
    } else if isOurs, description.hasModels {
        fill(&engine, withModelsOf: plugin)
    } else {
        engine.state = ListedEngine.ready
    }
    let keys = description.secrets
    if !keys.isEmpty {
        let isThere = keys.allSatisfy { environment($0)?.isEmpty == false }
        engine.key = (isThere ? "in " : "none in ") + keys.joined(separator: ", ")
        if !isThere, engine.state == ListedEngine.ready { engine.state = "no key" }
    }
}

private func fillLocal(_ engine: inout ListedEngine) {
    let store = ModelStore.standard
    engine.models = store.models().filter { $0.task == .recognition }.map(\.name)
    if engine.models.isEmpty {
        (engine.state, engine.hint) = ("no model", "vt-models install")
    } else if LibraryLocation.standard.path == nil {
        (engine.state, engine.hint) = ("no library", "vt-models library")
    } else {
        engine.state = ListedEngine.ready
    }
}

/// Asks one of ours, by `models-v1`, which models it has, and whether it lacks anything beside them.
private func fill(_ engine: inout ListedEngine, withModelsOf plugin: Plugin) {
    var call = Plugin.Call("models-v1")
    call.arguments = ["list"]
    guard
        let outcome = try? plugin.withProcess(for: call, { try $0.run(outputLimit: 1 << 20, timeout: .seconds(5)) }),
        outcome.isSuccess
    else { return }
    var offered: String?
    for text in String(decoding: outcome.output, as: UTF8.self).split(separator: "\n") {
        guard let line = EventLine(parsing: String(text)) else { continue }
        switch line.verb {
        case "model":
            guard let name = line["name"] else { continue }
            if line["state"] == "installed" { engine.models.append(name) }
            if line["default"] == "yes" { offered = name }
        case "warning": (engine.state, engine.hint) = (line.text, line["hint"])
        default: break
        }
    }
    if !engine.state.isEmpty { return }
    engine.state = engine.models.isEmpty ? "no model" : ListedEngine.ready
    if engine.models.isEmpty, let offered { engine.hint = "vt-models install \(engine.name)/\(offered)" }
}

/// The engines that can be used first, each with what a person wants to know of it.
private func table(_ engines: [ListedEngine]) -> String {
    var text = ""
    let width = engines.map(\.name.count).max() ?? 0
    func row(_ mark: String, _ name: String, _ rest: String) {
        let gap = String(repeating: " ", count: max(0, width - name.count))
        text += "\(mark) \(name)\(gap)  \(rest)".sanitized + "\n"
    }
    let order = engines.filter { $0.state == ListedEngine.ready } + engines.filter { $0.state != ListedEngine.ready }
    for engine in order {
        let isThere = engine.state == ListedEngine.ready
        row(engine.reason.isEmpty ? " " : "*", engine.name, engine.what.isEmpty ? engine.place : engine.what)
        if !engine.reason.isEmpty { row(" ", "", engine.reason) }
        if !isThere, !engine.state.isEmpty { row(" ", "", engine.state + (engine.hint.map { ": \($0)" } ?? "")) }
        if !engine.models.isEmpty { row(" ", "", "models: " + engine.models.joined(separator: ", ")) }
        if isThere, !engine.key.isEmpty { row(" ", "", "key: \(engine.key)") }
    }
    return text
}
