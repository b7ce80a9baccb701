internal import Glibc

/// Where the plugins of our programs are looked for: folders, in the order in which the first match counts.
package struct PluginSearch: Sendable {
    package var folders: [String]
    /// Those of them that hold nothing but what came with the running program: what is in them may be asked what it is for a mere
    /// listing.
    package let ownFolders: [String]

    /// Exactly these folders.
    package init(folders: [String]) {
        self.folders = folders
        ownFolders = []
    }

    /// The order of vt-plugin(7): the bundled ones; then `VT_PLUGIN_PATH`, which replaces the rest; else
    /// `$XDG_DATA_HOME/vt/plugins`, then PATH. Empty and relative entries are skipped.
    ///
    /// - Parameters:
    ///   - program: the path of the running program's file.
    ///   - environment: gives a variable's value.
    package init(program: String?, environment: (String) -> String?) {
        var folders: [String] = []
        if let program, let own = program.parentFolder {
            folders = [own]
            if let prefix = own.parentFolder { folders.append((prefix == "/" ? "" : prefix) + "/libexec/vt") }
        }
        // Others put programs into a folder for programs, too; a build has one of its own.
        ownFolders = folders.filter { !$0.hasSuffix("/bin") && !$0.hasSuffix("/sbin") }
        if let path = environment("VT_PLUGIN_PATH") {
            folders += path.searchPath
        } else {
            var data = environment("XDG_DATA_HOME")
            if data?.hasPrefix("/") != true { data = environment("HOME").map { $0 + "/.local/share" } }
            if let data, data.hasPrefix("/") { folders.append(data + "/vt/plugins") }
            folders += environment("PATH")?.searchPath ?? []
        }
        var seen: Set<String> = []
        self.folders = folders.filter { seen.insert($0).inserted }
    }

    /// The running program's own order.
    package static var standard: PluginSearch {
        PluginSearch(program: runningProgram()) { name in getenv(name).map { String(cString: $0) } }
    }

    /// The file that this process runs, links resolved.
    private static func runningProgram() -> String? {
        guard let resolved = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

extension String {
    /// The folder of an absolute path; nil for `/`.
    var parentFolder: String? {
        guard self != "/", let slash = lastIndex(of: "/") else { return nil }
        return slash == startIndex ? "/" : String(self[..<slash])
    }

    /// The absolute folders of a value like PATH's.
    var searchPath: [String] {
        split(separator: ":").filter { $0.hasPrefix("/") }.map { entry in
            var entry = entry
            while entry.count > 1, entry.last == "/" { entry.removeLast() }
            return String(entry)
        }
    }
}
