internal import Glibc
package import Plugins
internal import Text

/// An engine that has models of its own, as `models-v1` of vt-plugin(7) lets it show and install them.
package struct EngineModels: Sendable {
    let plugin: Plugin
    private let description: PluginDescription

    /// The engine's.
    package var name: String { plugin.name }

    /// A model of an engine's.
    package struct Model: Equatable, Sendable {
        /// The engine's name.
        package var engine: String
        package var name: String
        package var isInstalled: Bool
        package var isDefault = false
        package var summary = ""
        package var family = ""
        package var languages: [String] = []
        package var size: Int?
        package var wordErrors: Double?
        package var streams: Bool?
        package var licence = ""
        package var path: String?

        package init(engine: String, name: String, isInstalled: Bool) {
            self.engine = engine
            self.name = name
            self.isInstalled = isInstalled
        }
    }

    /// The engines that say `models yes` when they are asked to describe themselves.
    ///
    /// - Parameter onProblem: gets why one could not be asked.
    package static func all(
        in search: PluginSearch = .standard, onProblem: (PluginError) -> Void = { _ in }
    ) -> [EngineModels] {
        Plugin.list(host: "vt-transcribe", in: search).compactMap { listed in
            guard listed.problem == nil else { return nil }
            do throws(PluginError) {
                let plugin = try Plugin.find(host: "vt-transcribe", name: listed.name, in: search)
                let description = try plugin.describe(isToWork: false)
                return description.hasModels ? EngineModels(plugin: plugin, description: description) : nil
            } catch {
                onProblem(error)
                return nil
            }
        }
    }

    /// What there is; nothing is fetched for it.
    ///
    /// - Throws: `.failed` with the engine's status, `.unavailable`, `.cancelled`.
    package func list(cancellation: Cancellation? = nil) throws(InstallingError) -> [Model] {
        var models: [Model] = []
        try call("list", [], limit: .seconds(30), cancellation) { event in
            if let model = model(event) { models.append(model) }
        }
        return models
    }

    /// Installs models, or the engine itself if none is named.
    ///
    /// - Returns: what the engine says it has installed.
    package func install(
        _ names: [String], _ progress: TransferProgress, _ cancellation: Cancellation? = nil
    ) throws(InstallingError) -> [Model] {
        var models: [Model] = []
        let name = names.isEmpty ? plugin.name : "\(plugin.name)/\(names[0])"
        progress.begin("asking \(plugin.name)", of: name)
        defer { progress.end() }
        try call("install", names, limit: nil, cancellation) { event in
            if let model = model(event), model.isInstalled { models.append(model) }
            progress.show(event, of: name)
        }
        return models
    }

    /// Removes models.
    package func remove(_ names: [String], _ cancellation: Cancellation? = nil) throws(InstallingError) {
        try call("remove", names, limit: nil, cancellation) { _ in }
    }

    /// Checks models, all that are installed if none is named.
    ///
    /// - Parameter onModel: gets each name as it has been checked, and what is wrong with it; nil is nothing.
    package func verify(
        _ names: [String], _ progress: TransferProgress, _ cancellation: Cancellation? = nil,
        onModel: (_ name: String, _ problem: String?) -> Void
    ) throws(InstallingError) {
        progress.begin("checking", of: plugin.name)
        defer { progress.end() }
        try call("verify", names, limit: nil, cancellation) { event in
            progress.show(event, of: plugin.name)
            if let model = model(event), model.isInstalled { onModel(model.name, nil) }
            if event.verb == "error", let name = event["name"] { onModel(name.sanitized, event.text.sanitized) }
        }
    }

    private func model(_ event: EventLine) -> Model? {
        guard event.verb == "model", let name = event["name"], !name.isEmpty, name == name.sanitized else { return nil }
        var model = Model(engine: plugin.name, name: name, isInstalled: event["state"] == "installed")
        model.isDefault = event["default"] == "yes"
        model.summary = event.text.sanitized
        model.family = event["family"]?.sanitized ?? ""
        model.languages = event["languages"]?.sanitized.split(separator: ",").map(String.init) ?? []
        model.size = event["size"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
        model.wordErrors = event["word-errors"].flatMap { Double($0) }.flatMap { (0...1000).contains($0) ? $0 : nil }
        model.streams = event["streams"].map { $0 == "yes" }
        model.licence = event["licence"]?.sanitized ?? ""
        model.path = event["path"]
        return model
    }

    private func call(
        _ word: String, _ names: [String], limit: Duration?, _ cancellation: Cancellation?,
        onEvent: (EventLine) -> Void
    ) throws(InstallingError) {
        // A hub's token goes to an engine that asks for it, and no other key: installing needs none.
        var call = Plugin.Call("models-v1", secrets: description.secrets.filter { $0 == "HF_TOKEN" })
        call.arguments = [word] + names
        var problem: EventLine?
        do {
            let outcome = try plugin.withProcess(for: call) { child in
                try unsafe child.stream(
                    limits: ChildProcess.TimeLimits(total: limit), cancellation: cancellation, feed: { _ in 0 }
                ) { line in
                    guard let event = EventLine(parsing: line) else { return }
                    if event.verb == "error" { problem = event }
                    onEvent(event)
                }
            }
            guard !outcome.isSuccess || problem != nil else { return }
            // One that has said an error has failed, whatever its status.
            throw ProgramFailure(outcome, event: problem, of: plugin.name).error
        } catch let error as InstallingError {
            throw error
        } catch let error as PluginError {
            throw InstallingError(
                error.code == .cancelled ? .cancelled : .unavailable, error.message, hint: error.hint)
        } catch {
            throw InstallingError(.unavailable, "\(plugin.name): \(error)")
        }
    }
}
