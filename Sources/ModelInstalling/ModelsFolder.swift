internal import Glibc
internal import Models
internal import POSIX

/// The folder below which models, the library and what belongs to them are installed.
package struct ModelsFolder: Equatable, Sendable {
    /// `.../vt/models`
    package let path: String
    /// Where libtranscribe is put.
    package let library: String
    /// What must be there already: nobody makes a home.
    private let base: String

    /// The user's own: `$XDG_DATA_HOME/vt`.
    ///
    /// - Throws: `.noPlace` if there is no home.
    package static func own() throws(InstallingError) -> ModelsFolder {
        guard let data = ModelStore.userDataDirectory else {
            throw InstallingError(
                .noPlace, "there is no home to install into: neither HOME nor XDG_DATA_HOME is set",
                hint: "set one of them, or use --shared")
        }
        let home = environmentVariable("HOME")
        let isBelowHome = home.map { data == $0 || data.hasPrefix($0 + "/") } ?? false
        // Of $XDG_DATA_HOME itself the last part may be new.
        let base = isBelowHome ? home : data.parentFolder.flatMap(\.parentFolder)
        return ModelsFolder(path: data + "/models", library: data + "/lib", base: base ?? "/")
    }

    /// The one beside the program, for everybody on this machine: `PREFIX/share/vt/models`, `PREFIX/lib/vt`.
    ///
    /// - Throws: `.noPlace` if the prefix cannot be told.
    package static func shared() throws(InstallingError) -> ModelsFolder {
        guard let prefix = ModelStore.prefixes.first else {
            throw InstallingError(.noPlace, "the program's own folder cannot be found in /proc/self/exe")
        }
        return ModelsFolder(path: prefix + "/share/vt/models", library: prefix + "/lib/vt", base: prefix)
    }

    /// Exactly these.
    package init(path: String, library: String, base: String) {
        self.path = path
        self.library = library
        self.base = base
    }

    /// The models of the engine `local`.
    package var local: String { path + "/local" }

    /// Makes a folder below this one, and those above it, if they are not there.
    ///
    /// - Throws: `.noPlace`: a home that is not there is not made, and root makes nothing in another user's home, which its owner
    ///   could not change afterwards.
    package func make(_ folder: String) throws(InstallingError) {
        guard ModelsFolder.isFolder(base) else {
            throw InstallingError(
                .noPlace, "\(base) is not there, and not vt's to make",
                hint: "HOME and XDG_DATA_HOME say where models go; --shared installs beside the program")
        }
        var missing: [String] = []
        var existing = folder
        while !ModelsFolder.isFolder(existing), let parent = existing.parentFolder {
            missing.append(existing)
            existing = parent
        }
        var status = stat()
        if geteuid() == 0, unsafe stat(existing, &status) == 0, status.st_uid != 0 {
            throw InstallingError(
                .noPlace, "\(existing) is another user's, who could not change what root puts there",
                hint: "run it as that user, or set HOME")
        }
        for path in missing.reversed() {
            if unsafe mkdir(path, 0o755) < 0, errno != EEXIST {
                throw InstallingError(.noPlace, "\(path): cannot create: \(SystemError(code: errno, call: "").reason)")
            }
        }
        if unsafe access(folder, W_OK) != 0 {
            throw InstallingError(.noPlace, "\(folder): cannot write: \(SystemError(code: errno, call: "").reason)")
        }
    }

    /// Makes sure that there is room for so many bytes more.
    ///
    /// - Throws: `.noPlace`
    static func requireRoom(for bytes: Int, in folder: String) throws(InstallingError) {
        var status = statvfs()
        guard bytes > 0, unsafe statvfs(folder, &status) == 0 else { return }
        let (free, isHuge) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
            by: Int(clamping: status.f_frsize))
        guard !isHuge, free - slack < bytes else { return }
        throw InstallingError(
            .noPlace, "\(folder): \(readableSize(bytes)) are needed, and \(readableSize(free)) are free",
            hint: "make room, or set XDG_DATA_HOME to a folder on another disk")
    }

    /// What else is written beside the weights.
    private static let slack = 1 << 18

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

extension String {
    /// The folder of an absolute path; nil for `/`.
    var parentFolder: String? {
        guard let slash = lastIndex(of: "/"), self != "/" else { return nil }
        return slash == startIndex ? "/" : String(self[..<slash])
    }
}

/// A size for people: `135 MB`, `1.2 GB`, by powers of ten as publishers and disks have it.
package func readableSize(_ bytes: Int) -> String {
    var value = Double(bytes)
    var unit = "B"
    for next in ["kB", "MB", "GB", "TB"] where value >= 999.5 {
        value /= 1000
        unit = next
    }
    let isSmall = unit != "B" && value < 9.95
    return (isSmall ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))") + " \(unit)"
}
