package import Plugins

/// A driver by name: one that is built in, or a plugin of vt-type.
package enum DriverChoice: Sendable {
    case builtIn(DriverRow)
    case plugin(Plugin)

    /// What `--driver auto` tries in each session, in this order.
    package static func candidates(for session: Session) -> [String] {
        let typing = DriverRow.all.filter { $0.sessions.contains(session) }.map(\.name)
        // Where nothing may press keys the bundled clipboard driver tells the user what to press.
        return typing.isEmpty ? [] : typing + ["clipboard"]
    }

    package var name: String {
        switch self {
        case .builtIn(let row): row.name
        case .plugin(let plugin): plugin.name
        }
    }

    /// The driver of that name; with a `/` it is the path of a plugin.
    ///
    /// - Throws: `.unknownDriver` where there is none, `.noDriver` where it may not be run.
    package static func named(_ name: String, in search: PluginSearch = .standard) throws(TypingError) -> DriverChoice {
        if let row = DriverRow.all.first(where: { $0.name == name }) { return .builtIn(row) }
        do throws(PluginError) {
            return .plugin(try Plugin.find(host: "vt-type", name: name, in: search))
        } catch {
            switch error.code {
            case .notFound:
                throw TypingError(
                    .unknownDriver, "no driver is called \(name): \(error.message)",
                    hint: "vt-type --list-drivers lists them")
            case .usage: throw TypingError(.unknownDriver, error.message, hint: error.hint)
            default: throw TypingError(.noDriver, error.message, hint: error.hint)
            }
        }
    }

    /// Those that `--driver auto` would use here: of the candidates those that are installed.
    package static func automatic(
        for session: Session, in search: PluginSearch = .standard
    ) throws(TypingError) -> [DriverChoice] {
        let names = candidates(for: session)
        guard !names.isEmpty else {
            throw TypingError(
                .noDriver, "there is no window to type into: neither WAYLAND_DISPLAY nor DISPLAY is set",
                hint: "--driver print writes to standard output")
        }
        let found = names.compactMap { try? named($0, in: search) }
        let installed = found.filter(\.isInstalled)
        guard installed.isEmpty else { return installed }
        let window = session == .x11 ? "X11" : "Wayland"
        for case .builtIn(let row) in found {
            guard let requires = row.requires else { continue }
            throw TypingError(
                .noDriver, "\(requires.program) is not installed, and types into \(window) windows",
                hint: "install the package \(requires.package), for example with: sudo apt install \(requires.package)")
        }
        throw TypingError(.noDriver, "no driver types into \(window) windows here")
    }

    /// Whether what it needs seems to be there; asks no plugin.
    private var isInstalled: Bool {
        switch self {
        case .builtIn(let row): row.program != nil
        case .plugin: true
        }
    }

    /// The names of the options that it knows. Runs a plugin's `describe`.
    package func optionNames() throws(TypingError) -> [String] {
        guard case .plugin(let plugin) = self else { return [] }
        do throws(PluginError) {
            return try plugin.describe().options.map(\.name)
        } catch {
            throw TypingError(.noDriver, error.message, hint: error.hint)
        }
    }

    /// Makes the driver.
    ///
    /// - Parameters:
    ///   - options: `--option key=value`; it gets those that it knows.
    ///   - isAsked: asks a plugin what it needs now, and not only when it is used.
    /// - Throws: `.noDriver` where something that it needs is missing.
    private func driver(
        options: [(key: String, value: String)], isAsked: Bool, _ settings: DriverSettings
    ) throws(TypingError) -> any Driver {
        switch self {
        case .builtIn(let row): return try row.driver(settings)
        case .plugin(let plugin):
            let known = isAsked ? try optionNames() : []
            return PluginDriver(plugin, options: options.filter { known.contains($0.key) }, settings)
        }
    }

    /// The driver for `--driver`: one, or a chain.
    ///
    /// - Throws: `.unknownDriver`, also for an option that none of them knows; `.noDriver` where none can be made.
    package static func driver(
        of choices: [DriverChoice], options: [(key: String, value: String)], _ settings: DriverSettings
    ) throws(TypingError) -> any Driver {
        var drivers: [any Driver] = []
        var known: Set<String> = []
        var failures: [TypingError] = []
        for choice in choices {
            do throws(TypingError) {
                if !options.isEmpty { known.formUnion(try choice.optionNames()) }
                drivers.append(
                    try choice.driver(options: options, isAsked: choices.count == 1 || !options.isEmpty, settings))
            } catch {
                failures.append(error)
                if choices.count > 1 { settings.note(error.message) }
            }
        }
        if let first = failures.first, drivers.isEmpty { throw first }
        if let option = options.first(where: { !known.contains($0.key) }) {
            let names = choices.map(\.name).joined(separator: ", ")
            throw TypingError(
                .unknownDriver, "\(names) has no option “\(option.key)”",
                hint: known.isEmpty ? "it has no options" : "options are: \(known.sorted().joined(separator: ", "))")
        }
        return drivers.count == 1 ? drivers[0] : DriverChain(drivers, settings)
    }
}
