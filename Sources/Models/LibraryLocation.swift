internal import Glibc

/// Where libtranscribe is: the first of these files that is there, else wherever the linker finds it.
package struct LibraryLocation: Sendable {
    /// As the linker knows it.
    package static let fileName = "libtranscribe.so"

    /// Absolute, the user's own first.
    package let paths: [String]

    package init(paths: [String]) {
        self.paths = paths
    }

    /// `$XDG_DATA_HOME/vt/lib` and `PREFIX/lib/vt` of the running program.
    package static var standard: LibraryLocation {
        let folders =
            [ModelStore.userDataDirectory.map { $0 + "/lib" }].compactMap(\.self)
            + ModelStore.prefixes.map { $0 + "/lib/vt" }
        return LibraryLocation(paths: folders.map { "\($0)/\(fileName)" })
    }

    /// The file that is used; nil if none of the paths has one, and the linker is to be asked.
    package var installedPath: String? {
        paths.first { unsafe access($0, R_OK) == 0 }
    }

    /// The file that is used, or its bare name if only the linker knows it; nil if it is nowhere. To ask the linker is to open it, which
    /// takes some 10 ms.
    package var path: String? {
        if let installedPath { return installedPath }
        guard let library = unsafe dlopen(LibraryLocation.fileName, RTLD_LAZY | RTLD_LOCAL) else { return nil }
        _ = unsafe dlclose(library)
        return LibraryLocation.fileName
    }
}
