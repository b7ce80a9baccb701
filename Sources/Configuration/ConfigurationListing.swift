internal import Text

/// What is in force, written as a configuration file: each line with where it comes from.
package struct ConfigurationListing {
    /// So far.
    package private(set) var text: String
    private var lines: [(text: String, origin: Configuration.Origin)] = []

    /// - Parameter configuration: what was read; its file and profile are named first.
    package init(_ configuration: Configuration) {
        switch configuration.file {
        case let file?:
            text = "# \(file.path.sanitized)" + (configuration.profile.map { ", profile \($0)" } ?? "") + "\n"
        case nil: text = "# no configuration file\n"
        }
    }

    /// Adds a line of the table; nothing where there is no value.
    ///
    /// - Parameter spell: the value as TOML spells it.
    package mutating func add<Value>(
        _ name: String, _ found: Configuration.Found<Value>?, _ spell: (Value) -> String
    ) {
        if let found { lines.append(("\(name) = \(spell(found.value))", found.origin)) }
    }

    /// Adds the options of an engine, a driver or a recorder.
    package mutating func add(options found: Configuration.Found<[ConfigurationTable.Option]>?) {
        add("options", found) { options in
            "{ " + options.map { "\($0.key.jsonQuoted) = \($0.value.jsonQuoted)" }.joined(separator: ", ") + " }"
        }
    }

    /// Whether lines of the table wait to be written.
    package var isEmpty: Bool { lines.isEmpty }

    /// Writes the lines so far as a table.
    ///
    /// - Parameters:
    ///   - header: `[record]`; nil outside of all tables.
    ///   - remark: a line behind them.
    package mutating func endTable(_ header: String? = nil, remark: String? = nil) {
        if let header { text += "\n\(header)\n" }
        let width = min(40, lines.map(\.text.count).max() ?? 0)
        for (line, origin) in lines {
            let gap = String(repeating: " ", count: max(0, width - line.count))
            text += "\(line)\(gap)  # \(origin.description.sanitized)\n"
        }
        if let remark { text += "# \(remark)\n" }
        lines = []
    }
}

extension Configuration.Origin: CustomStringConvertible {
    /// For people.
    package var description: String {
        switch self {
        case .option(let name): name
        case .environment(let variable): "environment: \(variable)"
        case .file(let path, let line): "\(path):\(line)"
        case .builtIn: "default"
        case .chosen(let reason): "default: \(reason)"
        }
    }
}
