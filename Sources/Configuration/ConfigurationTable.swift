internal import Text
internal import TOML

/// The settings of one table, each with its line.
package struct ConfigurationTable: Sendable {
    /// A value that its key may have.
    package enum Value: Equatable, Sendable {
        case string(String)
        case strings([String])
        case number(Double)
        case boolean(Bool)
        case options([Option])
    }

    /// A member of `options`.
    package struct Option: Equatable, Sendable {
        package var key: String
        package var value: String
    }

    package struct Entry: Equatable, Sendable {
        package var value: Value
        package var line: Int
    }

    package private(set) var entries: [ConfigurationKey: Entry] = [:]
    private let path: String

    init(
        _ members: [TOMLDocument.Entry], _ known: [ConfigurationKey], _ path: String, _ line: Int,
        tables: [String] = []
    ) throws(ConfigurationError) {
        self.path = path
        for member in members {
            guard let key = known.first(where: { $0.rawValue == member.key }) else {
                throw ConfigurationTable.unknown(member, known, path, tables: tables)
            }
            guard let value = ConfigurationTable.value(member.value, key.kind) else {
                throw ConfigurationError(
                    path, member.line, "\(key.rawValue) is \(ConfigurationTable.description(of: key.kind))")
            }
            entries[key] = Entry(value: value, line: member.line)
        }
    }

    /// The engines that the table names, in order.
    package var engines: [String] {
        guard case .strings(let names)? = entries[.engine]?.value else { return [] }
        return names.flatMap { $0.contains("/") ? [$0] : $0.split(separator: ",").map(String.init) }
    }

    /// A key is somebody's: without the name of the engine beside it, it could go to another.
    func requireKeysOwner() throws(ConfigurationError) {
        guard let entry = entries[.keyFile] ?? entries[.keyCommand] ?? entries[.headers] else { return }
        let name = entries[.keyFile] != nil ? "key_file" : entries[.keyCommand] != nil ? "key_command" : "headers"
        if entries[.keyFile] != nil, entries[.keyCommand] != nil {
            throw ConfigurationError(path, entry.line, "key_file and key_command are both there; one is enough")
        }
        guard engines.count == 1 || (engines.isEmpty && entries[.baseURL] != nil) else {
            throw ConfigurationError(
                path, entry.line, "whose key it is that \(name) gives is not said",
                hint: "put it into [provider.NAME], or name one engine beside it")
        }
    }

    private static func unknown(
        _ member: TOMLDocument.Entry, _ known: [ConfigurationKey], _ path: String, tables: [String]
    ) -> ConfigurationError {
        let name = member.key.sanitized
        let spelt = name.lowercased()
        if spelt.hasSuffix("key") || spelt.contains("token") || spelt.contains("secret") {
            return ConfigurationError(
                path, member.line, "\(name) is unknown",
                hint: "a key has no place in this file: use key_file or key_command, or the environment")
        }
        if let owner = ConfigurationProgram.allCases.first(where: { $0.keys.map(\.rawValue).contains(name) }) {
            return ConfigurationError(
                path, member.line, "\(name) is unknown here", hint: "it belongs into [\(owner.rawValue)]")
        }
        let names = known.map(\.rawValue) + tables
        let hint =
            nearestName(to: name, among: names).map { "did you mean \($0)?" }
            ?? "known are " + names.joined(separator: ", ")
        return ConfigurationError(path, member.line, "\(name) is unknown", hint: hint)
    }

    private static func value(_ value: TOMLDocument.Value, _ kind: ConfigurationKey.Kind) -> Value? {
        switch (kind, value) {
        case (.string, .string(let text)): return text.isEmpty ? nil : .string(text)
        case (.strings, .string(let text)): return text.isEmpty ? nil : .strings([text])
        case (.strings, .array(let entries)):
            var texts: [String] = []
            for entry in entries {
                guard case .string(let text) = entry.value, !text.isEmpty else { return nil }
                texts.append(text)
            }
            return texts.isEmpty ? nil : .strings(texts)
        case (.number, .integer(let number)): return .number(Double(number))
        case (.number, .number(let number)): return number.isFinite ? .number(number) : nil
        case (.boolean, .boolean(let value)): return .boolean(value)
        case (.choice(let names), .string(let text)): return names.contains(text) ? .string(text) : nil
        case (.time, .string(let text)), (.timeOrTrue, .string(let text)): return .string(text)
        case (.time, .integer(let seconds)), (.timeOrTrue, .integer(let seconds)):
            return seconds >= 0 ? .string(String(seconds)) : nil
        case (.time, .number(let seconds)), (.timeOrTrue, .number(let seconds)):
            return seconds >= 0 && seconds < 1e9 ? .string(String(seconds)) : nil
        case (.timeOrTrue, .boolean(true)): return .boolean(true)
        case (.options, .table(let members)):
            var options: [Option] = []
            for member in members {
                guard let text = scalar(member.value) else { return nil }
                options.append(Option(key: member.key, value: text))
            }
            return .options(options)
        default: return nil
        }
    }

    private static func scalar(_ value: TOMLDocument.Value) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .boolean(let value): value ? "true" : "false"
        default: nil
        }
    }

    private static func description(of kind: ConfigurationKey.Kind) -> String {
        switch kind {
        case .string: "a string"
        case .strings: "a string, or a list of strings"
        case .number: "a number"
        case .boolean: "true or false"
        case .choice(let names): "one of " + names.map(\.jsonQuoted).joined(separator: ", ")
        case .time: "a time such as \"90s\""
        case .timeOrTrue: "a time such as \"1.2s\", or true"
        case .options: "a table of strings, numbers, true and false"
        }
    }
}
