internal import Glibc
internal import Models

/// Files that come with the programs: below the prefix of the running one, or in the sources if it runs where it was built.
package enum ProgramFiles {
    /// The first of these that is there; nil if none is.
    ///
    /// - Parameters:
    ///   - name: below `PREFIX`, for example `share/vt/models.toml`.
    ///   - source: below the folder of Package.swift.
    package static func path(_ name: String, source: String) -> String? {
        (ModelStore.prefixes.map { "\($0)/\(name)" } + [sourceFolder.map { "\($0)/\(source)" }].compactMap(\.self))
            .first { unsafe access($0, R_OK) == 0 }
    }

    /// The folder of Package.swift, if the running program is among its products.
    private static var sourceFolder: String? {
        guard let prefix = ModelStore.prefixes.first else { return nil }
        let parts = prefix.split(separator: "/")
        guard let build = parts.lastIndex(of: ".build") else { return nil }
        let folder = "/" + parts[..<build].joined(separator: "/")
        return unsafe access(folder + "/Package.swift", R_OK) == 0 ? folder : nil
    }
}
