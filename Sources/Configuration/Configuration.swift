internal import Text

/// What a configuration file, and a profile in it, say; and which file that was.
package struct Configuration: Sendable {
    /// The file that was read; nil where there is none.
    package let file: ConfigurationFile?
    /// The name of the profile that was chosen.
    package let profile: String?

    /// Where a value comes from.
    package enum Origin: Equatable, Sendable {
        /// An option of the command line, with its dashes.
        case option(String)
        case environment(String)
        case file(String, line: Int)
        /// Nobody said anything.
        case builtIn
        /// Nobody said anything, and the program chose; the text says why.
        case chosen(String)
    }

    /// A value and where it comes from.
    package struct Found<Value: Sendable>: Sendable {
        package var value: Value
        package var origin: Origin

        package init(_ value: Value, from origin: Origin) {
            self.value = value
            self.origin = origin
        }
    }

    /// Nothing at all.
    package static let none = Configuration(nil)

    private init(_ file: ConfigurationFile?, profile: String? = nil) {
        self.file = file
        self.profile = profile
    }

    /// The same with another profile.
    ///
    /// - Throws: `ConfigurationError` where there is none of that name.
    package func choosing(profile: String) throws(ConfigurationError) -> Configuration {
        guard file?.profiles[profile] != nil else {
            throw ConfigurationError(file?.path ?? "the configuration", nil, "there is no profile \(profile) any more")
        }
        return Configuration(file, profile: profile)
    }

    /// Reads the user's configuration.
    ///
    /// - Parameters:
    ///   - path: what was asked for with `--config`; nil is `$XDG_CONFIG_HOME/vt/config.toml`, which need not exist.
    ///   - profile: what was asked for with `--profile`; nil is none. No variable chooses one, since a profile can name an engine.
    ///   - environment: looks a variable up.
    /// - Throws: `ConfigurationError`.
    package init(
        path: String?, profile: String?, environment: (String) -> String?
    ) throws(ConfigurationError) {
        guard let place = path ?? Configuration.standardPath(environment) else {
            if let profile {
                throw ConfigurationError(
                    "the profile \(profile)", nil, "neither XDG_CONFIG_HOME nor HOME names a folder")
            }
            self.init(nil)
            return
        }
        let file = try ConfigurationFile(reading: place)
        if file == nil, path != nil, path != "/dev/null" {
            throw ConfigurationError(place, nil, "there is no such file")
        }
        if let profile, file?.profiles[profile] == nil {
            let names = file?.profiles.keys.sorted() ?? []
            let hint =
                nearestName(to: profile, among: names).map { "did you mean \($0)?" }
                ?? (names.isEmpty
                    ? "a profile is a table [profile.NAME] in it" : "there are " + names.joined(separator: ", "))
            throw ConfigurationError(place, nil, "there is no profile \(profile)", hint: hint)
        }
        self.init(file, profile: profile)
    }

    /// `$XDG_CONFIG_HOME/vt/config.toml`, or the same below `~/.config`; nil where there is no home.
    package static func standardPath(_ environment: (String) -> String?) -> String? {
        // A relative one is to be ignored (XDG Base Directory Specification).
        if let folder = environment("XDG_CONFIG_HOME"), folder.hasPrefix("/") { return folder + "/vt/config.toml" }
        guard let home = environment("HOME"), home.hasPrefix("/") else { return nil }
        return home + "/.config/vt/config.toml"
    }

    /// The engines that the configuration names, and where; nil where it names none.
    package var engines: Found<[String]>? {
        for table in tables {
            if let entry = table.entries[.engine] { return Found(table.engines, from: origin(entry)) }
        }
        return nil
    }

    /// A value, the profile's before the general one.
    ///
    /// - Parameters:
    ///   - key: its name.
    ///   - engine: who is going to use it. What belongs to one engine counts for that one only: first what
    ///     `[provider.NAME]` says, then what stands in a table that names no other engine.
    package func value(_ key: ConfigurationKey, for engine: String? = nil) -> Found<ConfigurationTable.Value>? {
        if key.belongsToEngine, let engine {
            if let entry = file?.providers[engine]?.entries[key] { return Found(entry.value, from: origin(entry)) }
            for table in tables where table.engines.isEmpty || table.engines == [engine] {
                if let entry = table.entries[key] { return Found(entry.value, from: origin(entry)) }
                // What a nearer table says of the address, the key of a farther one is not meant for.
            }
            return nil
        }
        for table in tables {
            if let entry = table.entries[key] { return Found(entry.value, from: origin(entry)) }
        }
        return nil
    }

    /// A value of `[record]` or `[type]`, the profile's before the general one.
    package func value(
        _ key: ConfigurationKey, in program: ConfigurationProgram
    ) -> Found<ConfigurationTable.Value>? {
        guard let file else { return nil }
        let tables = [profile.flatMap { file.programsOfProfiles[$0]?[program] }, file.programs[program]]
        return tables.lazy.compactMap { $0?.entries[key] }.first.map { Found($0.value, from: origin($0)) }
    }

    /// How much is said, and who says so.
    ///
    /// - Parameters:
    ///   - level: the one that is in force.
    ///   - environment: looks a variable up.
    package func logLevel(_ level: String, _ environment: (String) -> String?) -> Found<String> {
        Found(level, from: environment("VT_LOG") != nil ? .environment("VT_LOG") : value(.log)?.origin ?? .builtIn)
    }

    /// A provider of the user's own: a name with an address.
    package func definesProvider(_ name: String) -> Bool {
        file?.providers[name]?.entries[.baseURL] != nil
    }

    /// The names of the user's own providers.
    package var ownProviders: [String] {
        (file?.providers ?? [:]).filter { $0.value.entries[.baseURL] != nil }.keys.sorted()
    }

    /// The nearest first.
    private var tables: [ConfigurationTable] {
        guard let file else { return [] }
        return (profile.flatMap { file.profiles[$0] }.map { [$0] } ?? []) + [file.general]
    }

    private func origin(_ entry: ConfigurationTable.Entry) -> Origin {
        .file(file?.path ?? "", line: entry.line)
    }
}

extension Configuration.Found where Value == ConfigurationTable.Value {
    package var string: String? {
        if case .string(let text) = value { text } else { nil }
    }

    package var strings: [String]? {
        if case .strings(let texts) = value { texts } else { nil }
    }

    package var number: Double? {
        if case .number(let number) = value { number } else { nil }
    }

    package var boolean: Bool? {
        if case .boolean(let value) = value { value } else { nil }
    }

    package var options: [ConfigurationTable.Option]? {
        if case .options(let options) = value { options } else { nil }
    }
}
