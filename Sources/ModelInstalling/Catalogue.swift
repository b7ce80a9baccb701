internal import Glibc
internal import Models
internal import POSIX
internal import Text

/// The models that can be installed for the engine `local`: those of the file that comes with vt, of the machine's, and of the
/// user's. A later one of the same name counts.
package struct Catalogue: Sendable {
    /// In the files' order.
    package private(set) var models: [CatalogueModel] = []

    /// Reads catalogues; those that are not there are left out.
    ///
    /// - Parameter paths: files, in the order in which later ones count more.
    /// - Throws: `.catalogue`, which names the file, the line and the entry.
    package init(reading paths: [String]) throws(InstallingError) {
        for path in paths {
            guard let text = try Catalogue.contents(of: path) else { continue }
            for model in try CatalogueReader(path: path).models(of: text) { add(model) }
        }
    }

    /// The files that are read: `share/vt/models.toml` of the prefix, `/etc/vt/models.toml`, `$XDG_CONFIG_HOME/vt/models.toml`.
    ///
    /// - Throws: `.catalogue` if vt's own is missing.
    package static func standard() throws(InstallingError) -> Catalogue {
        guard let own = ProgramFiles.path("share/vt/models.toml", source: "Sources/vt-models/models.toml") else {
            throw InstallingError(
                .catalogue, "the catalogue of models is missing: share/vt/models.toml beside the program's folder",
                hint: "scripts/install puts it there")
        }
        return try Catalogue(reading: [own, "/etc/vt/models.toml"] + [userPath].compactMap(\.self))
    }

    /// The user's own file; nil without a home.
    package static var userPath: String? {
        if let folder = environmentVariable("XDG_CONFIG_HOME"), folder.hasPrefix("/") {
            return folder + "/vt/models.toml"
        }
        return environmentVariable("HOME").map { $0 + "/.config/vt/models.toml" }
    }

    private mutating func add(_ model: CatalogueModel) {
        if let index = models.firstIndex(where: { $0.name == model.name }) {
            models[index] = model
        } else {
            models.append(model)
        }
    }

    /// The one of a name; nil if there is none.
    package subscript(name: String) -> CatalogueModel? { models.first { $0.name == name } }

    /// The one whose weights have this hash; nil if there is none.
    package func model(withHash sha256: String) -> CatalogueModel? { models.first { $0.sha256 == sha256 } }

    /// The one that is installed if no name is given: of those that are recommended, the first that understands a language.
    ///
    /// - Parameters:
    ///   - language: a tag.
    ///   - asWheel: whether it must be one that `vt-wheel` has, since no publisher can be reached.
    package func recommended(for language: String, asWheel: Bool = false) -> CatalogueModel? {
        models.filter { model in
            model.recommendation != nil && model.task == .recognition && model.understands(language)
                && (model.wheel != nil || !asWheel)
        }.min { ($0.recommendation ?? 0) < ($1.recommendation ?? 0) }
    }

    /// The language of the user's locale (locale(7)): `de` for `de_AT.UTF-8`, and `en` for `C`.
    package static var localeLanguage: String {
        let value = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap(environmentVariable).first ?? "C"
        let language = value.prefix { $0.isASCII && $0.isLetter }.lowercased()
        return language.isEmpty || language == "c" || language == "posix" ? "en" : language
    }

    /// The name that a file's model has if nobody gives it another: that of the catalogue for a file of its, and
    /// `whisper-base.en-q5_1` for `ggml-base.en-q5_1.bin`.
    ///
    /// - Parameter path: a path, or an address.
    /// - Returns: nil if none can be made of it.
    package func name(ofFile path: String) -> String? {
        let file = path.prefix { $0 != "?" && $0 != "#" }.split(separator: "/").last.map(String.init) ?? ""
        let known = models.first { model in
            if case .hub(_, _, let published) = model.place {
                published.split(separator: "/").last ?? "" == file
            } else {
                false
            }
        }
        if let known { return known.name }
        var name = file
        for ending in [".gguf", ".bin"] where name.lowercased().hasSuffix(ending) {
            name.removeLast(ending.count)
            break
        }
        if name.hasPrefix("ggml-") { name = "whisper-" + name.dropFirst("ggml-".count) }
        return ModelStore.isName(name) ? name : nil
    }

    /// 4 MiB: more than anybody writes.
    private static let largest = 4 << 20

    private static func contents(of path: String) throws(InstallingError) -> [UInt8]? {
        func problem(_ reason: String, hint: String? = nil) -> InstallingError {
            InstallingError(.catalogue, "\(path): \(reason)", hint: hint)
        }
        let number = unsafe Glibc.open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        if number < 0 {
            let error = SystemError(code: errno, call: "open")
            if error.code == ENOENT || error.code == ENOTDIR { return nil }
            throw problem(error.reason)
        }
        let file = Descriptor(owning: number)
        var status = stat()
        unsafe fstat(file.number, &status)
        guard status.st_mode & S_IFMT == S_IFREG else { throw problem("is not a regular file") }
        // It decides what is fetched, and from where.
        guard status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & S_IWOTH == 0 else {
            throw problem("can be changed by others", hint: "chown it to you, and chmod o-w")
        }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while text.count <= largest {
            let count: Int
            do {
                count = try unsafe chunk.withUnsafeMutableBytes { try unsafe readOnce(file.number, into: $0) }
            } catch {
                throw problem((error as? SystemError)?.reason ?? "\(error)")
            }
            if count == 0 { return text }
            text += chunk[..<count]
        }
        throw problem("is larger than \(largest >> 20) MiB")
    }
}

extension CatalogueModel {
    /// Whether it understands a language, by its primary subtag: yes if the catalogue names none.
    package func understands(_ language: String) -> Bool {
        var model = InstalledModel(name: name, folder: "", file: "")
        model.languages = languages
        return model.understands(language)
    }
}

/// The value of an environment variable; nil if it is unset or empty.
func environmentVariable(_ name: String) -> String? {
    guard let value = unsafe getenv(name), unsafe value[0] != 0 else { return nil }
    return unsafe String(cString: value)
}
