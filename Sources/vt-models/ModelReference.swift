internal import Glibc
internal import ModelInstalling
internal import Models
internal import Plugins
internal import Program
internal import Text

/// The engines that have models of their own, asked when they are first needed.
final class Engines {
    private let interruption: Interruption
    private(set) lazy var all = EngineModels.all { error in Log.debug(error.message) }
    private var listed: [String: [EngineModels.Model]] = [:]

    init(_ interruption: Interruption) {
        self.interruption = interruption
    }

    subscript(name: some StringProtocol) -> EngineModels? { all.first { $0.name == name } }

    /// The models of all engines; one that cannot say is left out, with a warning.
    func models() throws(InstallingError) -> [EngineModels.Model] {
        var result: [EngineModels.Model] = []
        for engine in all { result += try models(of: engine) }
        return result
    }

    func models(of engine: EngineModels) throws(InstallingError) -> [EngineModels.Model] {
        if let known = listed[engine.name] { return known }
        do throws(InstallingError) {
            let models = try engine.list(cancellation: interruption.cancellation)
            listed[engine.name] = models
            return models
        } catch {
            if error.code == .cancelled { throw error }
            Log.warning(error.message, hint: error.hint)
            listed[engine.name] = []
            return []
        }
    }

    /// The one engine that has a model of this name; nil if none has.
    ///
    /// - Throws: `.usage` if several have.
    func owner(of name: String, isInstalled: Bool) throws(InstallingError) -> EngineModels? {
        let owners = try models().filter { $0.name == name && ($0.isInstalled || !isInstalled) }.map(\.engine)
        guard let first = owners.first else { return nil }
        if owners.count > 1 {
            throw InstallingError(
                .usage, "\(owners.count) engines have a model \(name)",
                hint: "say which: " + owners.map { "\($0)/\(name)" }.joined(separator: " or "))
        }
        return self[first]
    }
}

/// What a name on the command line of `install` means.
enum Installable {
    case catalogue(CatalogueModel)
    case url(String)
    case file(String)
    /// A model of an engine's, or the engine itself.
    case engine(EngineModels, String?)
    case detector
    case library

    init(_ name: String, _ catalogue: Catalogue, _ engines: Engines) throws(InstallingError) {
        if name == DetectorWeights.name {
            self = .detector
        } else if name == Operation.library.rawValue {
            self = .library
        } else if name.contains("://") {
            guard ["https://", "http://", "file:///"].contains(where: name.lowercased().hasPrefix) else {
                throw InstallingError(.usage, "\(name): an address begins with https://, http:// or file:///")
            }
            self = .url(name)
        } else if ["/", "./", "../"].contains(where: name.hasPrefix) {
            self = .file(name)
        } else if let slash = name.firstIndex(of: "/") {
            let (engine, rest) = (name[..<slash], String(name[name.index(after: slash)...]))
            if engine == "local", let model = catalogue[rest] {
                self = .catalogue(model)
            } else if let engine = engines[engine] {
                self = .engine(engine, rest.isEmpty ? nil : rest)
            } else if access(name, F_OK) == 0 {
                self = .file(name)
            } else if engine == "local" {
                throw Installable.unknown(rest, catalogue)
            } else {
                throw InstallingError(
                    .usage, "\(name): no engine \(engine) has models to install, and there is no such file",
                    hint: "vt-models list --all shows what there is")
            }
        } else if let model = catalogue[name] {
            self = .catalogue(model)
        } else if let engine = engines[name] {
            self = .engine(engine, nil)
        } else if let engine = try engines.owner(of: name, isInstalled: false) {
            self = .engine(engine, name)
        } else if [".gguf", ".bin"].contains(where: name.lowercased().hasSuffix) {
            self = .file(name)
        } else {
            throw Installable.unknown(name, catalogue)
        }
    }

    private static func unknown(_ name: String, _ catalogue: Catalogue) -> InstallingError {
        let near = nearestName(to: name, among: catalogue.models.map(\.name))
        return InstallingError(
            .usage, "no model is called \(name)",
            hint: near.map { "did you mean \($0)?" } ?? "vt-models list shows what there is")
    }
}

/// What a name means where something is installed already.
enum Present {
    /// In the folder of the models folder in which it lies.
    case local(InstalledModel)
    /// A part of one.
    case partial(String)
    case engine(EngineModels, String)
    case detector(path: String)

    init(_ name: String, _ engines: Engines) throws(InstallingError) {
        let store = ModelStore.standard
        if name == DetectorWeights.name, let path = DetectorWeights.path(in: store) {
            self = .detector(path: path)
            return
        }
        let plain = name.hasPrefix("local/") ? String(name.dropFirst("local/".count)) : name
        if let model = store.model(named: plain) {
            self = .local(model)
        } else if let own = try? ModelsFolder.own(), own.partial.contains(plain) {
            self = .partial(plain)
        } else if let slash = name.firstIndex(of: "/"), let engine = engines[name[..<slash]] {
            self = .engine(engine, String(name[name.index(after: slash)...]))
        } else if let engine = try engines.owner(of: name, isInstalled: true) {
            self = .engine(engine, name)
        } else {
            let near = nearestName(to: name, among: store.models().map(\.name))
            throw InstallingError(
                .unavailable, "\(name) is not installed",
                hint: near.map { "did you mean \($0)?" } ?? "vt-models list --installed shows what is")
        }
    }
}
