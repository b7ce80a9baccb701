internal import Glibc
internal import POSIX

/// The folders in which models of the engine `local` are installed, and which one is used where nothing is said.
///
/// Each model is a folder `local/NAME` of a models folder. `local/default` of the first holds the name of the user's default.
package struct ModelStore: Sendable {
    /// Models folders (`.../vt/models`), the user's own first: a model that is there hides one of the same name behind it.
    package let directories: [String]

    package init(directories: [String]) {
        self.directories = directories
    }

    /// The user's own models folder, `$XDG_DATA_HOME/vt/models`, and those beside the running program.
    package static var standard: ModelStore {
        ModelStore(directories: [userDataDirectory.map { $0 + "/models" }].compactMap(\.self) + sharedDirectories)
    }

    /// `$XDG_DATA_HOME/vt`, or `~/.local/share/vt`; nil where there is no home.
    package static var userDataDirectory: String? {
        if let data = variable("XDG_DATA_HOME"), data.hasPrefix("/") { return "\(data)/vt" }
        return variable("HOME").map { "\($0)/.local/share/vt" }
    }

    /// `PREFIX` of the running program, which is in `PREFIX/bin` or `PREFIX/libexec/vt`; nil where it can't be told.
    package static var prefixes: [String] {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/self/exe", &bytes, bytes.count)
        guard count > 0 else { return [] }
        let path = String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        let folder = path.split(separator: "/").dropLast()
        if folder.suffix(2) == ["libexec", "vt"] { return ["/" + folder.dropLast(2).joined(separator: "/")] }
        return ["/" + folder.dropLast().joined(separator: "/")]
    }

    private static var sharedDirectories: [String] { prefixes.map { $0 + "/share/vt/models" } }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name), unsafe value[0] != 0 else { return nil }
        return unsafe String(cString: value)
    }

    /// All that are installed, by name.
    package func models() -> [InstalledModel] {
        var result: [String: InstalledModel] = [:]
        for directory in directories {
            for name in entries(of: "\(directory)/local") where result[name] == nil {
                if let model = model(named: name, in: directory) { result[name] = model }
            }
        }
        return result.values.sorted { $0.name < $1.name }
    }

    /// The one of this name; nil where none is installed.
    package func model(named name: String) -> InstalledModel? {
        guard ModelStore.isName(name) else { return nil }
        for directory in directories {
            if let model = model(named: name, in: directory) { return model }
        }
        return nil
    }

    /// The name that the user chose; nil where he chose none. It need not be installed any more.
    package var defaultName: String? {
        guard let directory = directories.first, let text = contents(of: "\(directory)/local/default") else {
            return nil
        }
        let name = text.split(whereSeparator: \.isWhitespace).first.map(String.init)
        return name.flatMap { ModelStore.isName($0) ? $0 : nil }
    }

    /// The one that is used where nothing is said: the user's default if it understands the languages, else the best that does.
    ///
    /// - Parameter languages: language tags; none is whatever is spoken.
    package func best(for languages: [String] = []) -> InstalledModel? {
        let suitable = models().filter { model in
            model.task == .recognition && languages.allSatisfy(model.understands)
        }
        if let chosen = defaultName, let model = suitable.first(where: { $0.name == chosen }) { return model }
        return suitable.min { ($0.rank, $0.name) < ($1.rank, $1.name) }
    }

    /// The one that tells speakers apart; nil where none is installed.
    package var diarizer: InstalledModel? {
        models().filter { $0.task == .diarization }.min { ($0.rank, $0.name) < ($1.rank, $1.name) }
    }

    /// Whether this may be the name of a model: no path, nothing hidden.
    package static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 100, first != UInt8(ascii: "."),
            first != UInt8(ascii: "-")
        else { return false }
        return name != "default"
            && name.utf8.allSatisfy {
                switch $0 {
                case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2E, 0x5F, 0x2B, 0x2D: true
                default: false
                }
            }
    }

    private func model(named name: String, in directory: String) -> InstalledModel? {
        guard ModelStore.isName(name) else { return nil }
        let folder = "\(directory)/local/\(name)"
        return contents(of: folder + "/about").flatMap { InstalledModel(name: name, folder: folder, about: $0) }
    }

    private func entries(of folder: String) -> [String] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }

    /// The text of a small regular file.
    private func contents(of path: String) -> String? {
        guard let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK) else { return nil }
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(file.number, $0.baseAddress, $0.count) }
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}
