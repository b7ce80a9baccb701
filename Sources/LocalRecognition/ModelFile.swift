internal import Glibc
internal import Models
internal import Program

/// The file of a model that was asked for, and the files of the same weights for shorter recordings.
struct ModelFile: Equatable {
    /// For messages: the name of an installed model, or the path that was given.
    let name: String
    let path: String
    let windows: [Window]

    struct Window: Equatable {
        /// Seconds of audio.
        let seconds: Int
        let path: String
    }

    /// Finds a model.
    ///
    /// - Parameters:
    ///   - wanted: the name of an installed model, or a path; nil is the best that is installed for the languages.
    ///   - languages: language tags.
    /// - Throws: `Failure` 69 if there is none, 66 if a path leads nowhere.
    init(_ wanted: String?, languages: [String], in store: ModelStore = .standard) throws(Failure) {
        guard let wanted else {
            guard let model = store.best(for: languages) else {
                let isEmpty = store.models().allSatisfy { $0.task != .recognition }
                throw Failure(
                    .unavailable,
                    isEmpty
                        ? "no model is installed"
                        : "no installed model understands \(languages.joined(separator: " and "))",
                    hint: isEmpty ? "vt-models install" : "vt-models list shows what there is")
            }
            self.init(model)
            return
        }
        if let model = store.model(named: wanted) {
            guard model.task == .recognition else {
                throw Failure(
                    .usage, "the model \(wanted) tells speakers apart, and recognises no words",
                    hint: "--speakers uses it beside another model")
            }
            self.init(model)
            return
        }
        let isThere = unsafe access(wanted, F_OK) == 0
        guard isThere || wanted.contains("/") else {
            throw Failure(
                .unavailable, "the model \(wanted) is not installed",
                hint: "vt-models install \(wanted); vt-models list shows what there is")
        }
        guard unsafe access(wanted, R_OK) == 0 else {
            let reason = unsafe String(cString: strerror(errno))
            throw Failure(.noInput, "the model \(wanted): \(reason)")
        }
        self.init(name: wanted, path: wanted, windows: [])
    }

    /// Seconds that a window shall be longer than the audio: what ends right at its end is cut short now and then.
    private static let margin = 0.3

    /// The shortest window that so much audio fits; nil if only the model as it is holds it.
    ///
    /// - Parameter samples: at 16000 Hz.
    func window(for samples: Int) -> Window? {
        let seconds = Double(samples) / 16000 + ModelFile.margin
        return windows.first { Double($0.seconds) >= seconds }
    }

    private init(name: String, path: String, windows: [Window]) {
        (self.name, self.path, self.windows) = (name, path, windows)
    }

    private init(_ model: InstalledModel) {
        self.init(
            name: model.name, path: model.path,
            windows: model.windows.map { Window(seconds: $0.seconds, path: model.path(of: $0)) })
    }
}
