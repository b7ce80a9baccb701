internal import Glibc
internal import Text

/// An executable that works for one of our programs (vt-plugin(7)).
package struct Plugin: Equatable, Sendable {
    /// What the user calls it: NAME of `HOST-NAME`, or the path that was given.
    package let name: String
    /// The file, absolute.
    package let path: String

    /// Finds a plugin.
    ///
    /// - Parameters:
    ///   - host: the program that it works for: `vt-transcribe`.
    ///   - name: its name; with a `/` it is a path that the user chose.
    ///   - search: where to look.
    /// - Throws: `.usage` for a name that breaks the rule, `.notFound`, `.unsafe` where the first match may not be run.
    package static func find(
        host: String, name: String, in search: PluginSearch = .standard
    ) throws(PluginError) -> Plugin {
        if name.utf8.contains(UInt8(ascii: "/")) { return try chosen(name) }
        guard isName(name) else {
            throw PluginError(
                .usage, "“\(name.sanitized)” is no name of a plugin",
                hint: "a name has lower case letters, digits, ., _, + and -; a path has a /")
        }
        var refused: (path: String, reason: String)?
        for folder in search.folders {
            let path = folder + "/" + host + "-" + name
            switch inspect(path) {
            case .absent: continue
            case .unfit(let reason): refused = refused ?? (path, reason)
            case .unsafe(let reason): throw PluginError(.unsafe, reason, hint: unsafeHint)
            case .good: return Plugin(name: name, path: path)
            }
        }
        if let refused { throw PluginError(.notFound, "\(refused.path) \(refused.reason)") }
        throw PluginError(
            .notFound, "there is no \(host)-\(name)",
            hint: "it is searched in \(search.folders.joined(separator: ", "))")
    }

    /// Every plugin of a program. Runs none of them.
    ///
    /// - Returns: by name; where several have a name, the one that counts, and the others as shadowed.
    package static func list(host: String, in search: PluginSearch = .standard) -> [Listed] {
        let prefix = host + "-"
        var found: [String: Listed] = [:]
        // A folder that PATH reaches under another name, too, hides nothing.
        var seen: Set<String> = []
        for folder in search.folders {
            guard let resolved = realpath(folder, nil) else { continue }
            defer { free(resolved) }
            guard seen.insert(String(cString: resolved)).inserted else { continue }
            guard let directory = opendir(folder) else { continue }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let file = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard file.hasPrefix(prefix), isName(file.dropFirst(prefix.count)) else { continue }
                let name = String(file.dropFirst(prefix.count))
                let path = folder + "/" + file
                var problem: String?
                switch inspect(path) {
                case .absent, .unfit: continue
                case .unsafe(let reason): problem = reason
                case .good: break
                }
                if found[name] == nil {
                    found[name] = Listed(name: name, path: path, shadowed: [], problem: problem)
                } else {
                    found[name]?.shadowed.append(path)
                }
            }
        }
        return found.values.sorted { $0.name < $1.name }
    }

    /// A plugin in a listing.
    package struct Listed: Equatable, Sendable {
        package var name: String
        package var path: String
        /// Files of the same name in later folders.
        package var shadowed: [String]
        /// Why it would not be run; nil where it would.
        package var problem: String?

        /// The one that counts; nil where it would not be run.
        package var plugin: Plugin? { problem == nil ? Plugin(name: name, path: path) : nil }
    }

    /// Whether it came with the running program.
    package func isBundled(in search: PluginSearch = .standard) -> Bool {
        search.ownFolders.contains { path.hasPrefix($0 + "/") && !path.dropFirst($0.utf8.count + 1).contains("/") }
    }

    /// `[a-z0-9][a-z0-9._+-]*`
    static func isName(_ name: some StringProtocol) -> Bool {
        guard let first = name.utf8.first, isLowerOrDigit(first) else { return false }
        return name.utf8.allSatisfy { isLowerOrDigit($0) || "._+-".utf8.contains($0) }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }

    private static let unsafeHint =
        "a plugin and its folder belong to you or to root, and only their owner may write to them"

    private static func chosen(_ given: String) throws(PluginError) -> Plugin {
        var path = given
        if !path.hasPrefix("/") {
            guard let here = getcwd(nil, 0) else {
                throw PluginError(.notFound, "\(given): the current directory has no name any more")
            }
            defer { free(here) }
            path = String(cString: here) + "/" + given
        }
        switch inspect(path) {
        case .absent: throw PluginError(.notFound, "there is no \(given.sanitized)")
        case .unfit(let reason): throw PluginError(.notFound, "\(given.sanitized) \(reason)")
        case .unsafe(let reason): throw PluginError(.unsafe, reason, hint: unsafeHint)
        case .good: return Plugin(name: given, path: path)
        }
    }
}
