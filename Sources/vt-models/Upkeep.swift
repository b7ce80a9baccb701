internal import Glibc
internal import ModelInstalling
internal import Models
internal import POSIX
internal import Program
internal import VoiceActivity

extension ModelsProgram {
    /// `remove`.
    func remove(_ interruption: Interruption) throws -> ExitStatus {
        let engines = Engines(interruption)
        return try forEach(names) { name in
            switch try Present(name, engines) {
            case .local(let model): try remove(model.name, in: shared ? .shared() : place(of: model), interruption)
            case .partial(let name): try remove(name, in: .own(), interruption)
            case .engine(let engine, let model):
                try engine.remove([model], interruption.cancellation)
                Log.notice("\(engine.name)/\(model) is removed")
            case .detector(let path):
                if unlink(path) < 0 {
                    throw Failure(.cannotCreate, "\(path): cannot remove: \(SystemError(code: errno, call: "").reason)")
                }
                Log.notice("silero is removed; the detector energy stands in for it")
            }
        }
    }

    private func remove(_ name: String, in folder: ModelsFolder, _ interruption: Interruption) throws {
        let installer = Installer(
            folder: folder, cancellation: interruption.cancellation, notice: { Log.notice($0) })
        guard try installer.remove(name) else {
            throw InstallingError(.unavailable, "\(name) is not installed in \(folder.local)")
        }
        let store = ModelStore.standard
        guard store.defaultName == name, store.model(named: name) == nil else {
            return Log.notice("\(name) is removed")
        }
        try Installer(folder: .own()).setDefault(nil)
        let next = store.best().map { "\($0.name) is used now" } ?? "no model is installed any more"
        Log.notice("\(name) is removed; it was your default: \(next)")
    }

    /// The folder in which an installed model lies.
    private func place(of model: InstalledModel) throws -> ModelsFolder {
        let own = try? ModelsFolder.own()
        return try own.map { model.folder.hasPrefix($0.local + "/") ? $0 : try .shared() } ?? .shared()
    }

    /// `verify`.
    func verify(_ interruption: Interruption) throws -> ExitStatus {
        let engines = Engines(interruption)
        let progress = TransferProgress()
        return try ProgressBar.during(progress, isQuiet: messages.quiet) {
            if !names.isEmpty {
                return try forEach(names) { try verify(try Present($0, engines), progress, interruption) }
            }
            let store = ModelStore.standard
            var present = store.models().map { Present.local($0) }
            if let path = DetectorWeights.path(in: store) { present.append(.detector(path: path)) }
            for model in try engines.models() where model.isInstalled {
                if let engine = engines[model.engine] { present.append(.engine(engine, model.name)) }
            }
            if present.isEmpty { Log.notice("no model is installed") }
            return try forEach(present.indices.map(String.init)) {
                try verify(present[Int($0) ?? 0], progress, interruption)
            }
        }
    }

    private func verify(_ present: Present, _ progress: TransferProgress, _ interruption: Interruption) throws {
        switch present {
        case .local(let model):
            let installer = Installer(
                folder: try place(of: model), progress: progress, cancellation: interruption.cancellation)
            try installer.verify(model)
            let isKnown = !model.sha256.isEmpty
            try say(isKnown ? "\(model.name): sound\n" : "\(model.name): of the right size; its hash is not known\n")
        case .partial(let name):
            throw InstallingError(
                .unavailable, "\(name): only a part of it has come", hint: "vt-models install \(name) goes on with it")
        case .engine(let engine, let model):
            var problem: String?
            var wasSeen = false
            try engine.verify([model], progress, interruption.cancellation) { name, what in
                if let what { problem = "\(engine.name)/\(name): \(what)" }
                wasSeen = true
            }
            if let problem { throw InstallingError(.wrongContent, problem) }
            if !wasSeen { throw InstallingError(.unavailable, "\(engine.name)/\(model) is not installed") }
            try say("\(engine.name)/\(model): sound\n")
        case .detector(let path):
            do throws(WeightsError) {
                _ = try SileroWeights(path: path)
            } catch {
                throw InstallingError(
                    .wrongContent, error.description, hint: "vt-models remove silero; vt-models install silero")
            }
            try say("silero: sound\n")
        }
    }

    /// `path`.
    func printPath(_ interruption: Interruption) throws -> ExitStatus {
        guard let name = names.first else {
            guard let model = ModelStore.standard.best() else { throw ModelsProgram.nothingInstalled }
            try say(model.path + "\n")
            return .done
        }
        if name == Operation.library.rawValue {
            guard let path = LibraryLocation.standard.path else {
                throw InstallingError(
                    .unavailable, "libtranscribe is not installed", hint: "vt-models library fetches it")
            }
            try say(path + "\n")
            return .done
        }
        let engines = Engines(interruption)
        switch try Present(name, engines) {
        case .local(let model): try say(model.path + "\n")
        case .detector(let path): try say(path + "\n")
        case .partial(let name):
            throw InstallingError(
                .unavailable, "\(name): only a part of it has come", hint: "vt-models install \(name) goes on with it")
        case .engine(let engine, let name):
            let model = try engines.models(of: engine).first { $0.name == name && $0.isInstalled }
            guard let model else {
                throw InstallingError(.unavailable, "\(engine.name)/\(name) is not installed")
            }
            guard let path = model.path else {
                throw InstallingError(.unavailable, "\(engine.name) does not say where \(name) is")
            }
            try say(path + "\n")
        }
        return .done
    }

    static let nothingInstalled = InstallingError(
        .unavailable, "no model is installed", hint: "vt-models install fetches one")

    /// `default`.
    func printDefault() throws -> ExitStatus {
        let store = ModelStore.standard
        let chosen = store.defaultName
        guard let best = store.best() else { throw ModelsProgram.nothingInstalled }
        if chosen == best.name {
            Log.notice("it is your choice; --unset takes it back")
        } else {
            if let chosen { Log.warning("\(chosen), your choice, is not installed any more") }
            Log.notice("it is the best that is installed; vt-models default NAME chooses another")
        }
        try say(best.name + "\n")
        return .done
    }

    /// `default NAME`, `default --unset`.
    func chooseDefault() throws -> ExitStatus {
        let installer = Installer(folder: try .own())
        guard var name = names.first else {
            try installer.setDefault(nil)
            return .done
        }
        if name.hasPrefix("local/") { name.removeFirst("local/".count) }
        guard let model = ModelStore.standard.model(named: name) else {
            throw InstallingError(
                .unavailable, "\(name) is not installed", hint: "vt-models install \(name) fetches it")
        }
        if model.task != .recognition {
            throw InstallingError(.usage, "\(name) tells speakers apart, and recognises no words")
        }
        try installer.setDefault(name)
        Log.notice("\(name) is used from now on if no model is named")
        return .done
    }
}

/// Writes to standard output.
func say(_ text: String) throws(SystemError) {
    try writeAll(STDOUT_FILENO, text, name: "standard output")
}
