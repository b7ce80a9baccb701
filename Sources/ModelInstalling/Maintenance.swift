internal import Glibc
package import Models
internal import Plugins
internal import POSIX

extension ModelsFolder {
    /// The names of folders that somebody left behind who was killed while he installed or removed a model.
    func leftovers(of name: String) -> [String] {
        entries.filter { entry in
            guard entry.hasPrefix(".\(name).") else { return false }
            let rest = entry.dropFirst(name.count + 2).split(separator: ".")
            return rest.first?.allSatisfy { $0.isASCII && $0.isNumber } == true
        }
    }

    /// The names of models of which a part has come.
    package var partial: [String] {
        entries.compactMap { entry in
            guard entry.hasPrefix("."), entry.hasSuffix(".part") else { return nil }
            let name = String(entry.dropFirst().dropLast(".part".count))
            return ModelStore.isName(name) ? name : nil
        }.sorted()
    }

    private var entries: [String] { ModelsFolder.entries(of: local) }

    /// The names in a folder; none if it is not there.
    static func entries(of folder: String) -> [String] {
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
}

extension Installer {
    /// Removes a model, or what has come of it; who has it mapped keeps it.
    ///
    /// - Returns: whether there was anything.
    /// - Throws: `.noPlace`, `.cancelled`.
    package func remove(_ name: String) throws(InstallingError) -> Bool {
        let place = "\(folder.local)/\(name)"
        let parts = ["\(folder.local)/.\(name).part", "\(folder.local)/.\(name).part.notes"]
        guard unsafe access(place, F_OK) == 0 || access(parts[0], F_OK) == 0 else { return false }
        if unsafe access(folder.local, W_OK) != 0 {
            throw InstallingError(.noPlace, "\(place): cannot remove: \(SystemError(code: errno, call: "").reason)")
        }
        let lock = try NameLock(name, in: folder.local, cancellation: cancellation) {
            notice("\(name): another process is at it; waiting for that")
        }
        defer { _ = lock }
        var isRemoved = false
        // Nobody shall find half of it.
        let temporary = "\(folder.local)/.\(name).\(getpid())"
        if unsafe rename(place, temporary) == 0 {
            removeTree(AT_FDCWD, temporary)
            isRemoved = true
        } else if errno != ENOENT {
            throw InstallingError(.noPlace, "\(place): cannot remove: \(SystemError(code: errno, call: "").reason)")
        }
        for path in parts where unsafe unlink(path) == 0 { isRemoved = true }
        for entry in folder.leftovers(of: name) { removeTree(AT_FDCWD, "\(folder.local)/\(entry)") }
        return isRemoved
    }

    /// Reads a model's weights, and compares them with what was written down when it was installed.
    ///
    /// - Throws: `.wrongContent` if they differ, `.noInput` if they are not there.
    package func verify(_ model: InstalledModel) throws(InstallingError) {
        let hint = "vt-models install --force \(model.name) fetches it again"
        do throws(InstallingError) {
            let (size, hash) = try hashed(model.path, of: model.name)
            if model.size > 0, size != model.size {
                throw InstallingError(
                    .wrongContent, "\(model.path): it has \(size) bytes instead of \(model.size)", hint: hint)
            }
            if !model.sha256.isEmpty, hash != model.sha256 {
                throw InstallingError(
                    .wrongContent, "\(model.path): it is damaged: its SHA-256 is \(hash), not \(model.sha256)",
                    hint: hint)
            }
        } catch {
            guard error.code == .noInput else { throw error }
            throw InstallingError(.wrongContent, error.message, hint: hint)
        }
    }

    /// Chooses the model that is used if nothing is said.
    ///
    /// - Parameter name: of one that is installed; nil takes the choice back.
    package func setDefault(_ name: String?) throws(InstallingError) {
        let path = folder.local + "/default"
        guard let name else {
            if unsafe unlink(path) < 0, errno != ENOENT {
                throw InstallingError(.noPlace, "\(path): cannot remove: \(SystemError(code: errno, call: "").reason)")
            }
            return
        }
        try folder.make(folder.local)
        let temporary = "\(folder.local)/.default.\(getpid())"
        try write(name + "\n", to: temporary)
        if unsafe rename(temporary, path) < 0 {
            let error = SystemError(code: errno, call: "")
            unsafe unlink(temporary)
            throw InstallingError(.noPlace, "\(path): cannot create: \(error.reason)")
        }
    }
}
