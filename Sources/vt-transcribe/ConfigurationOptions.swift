internal import ArgumentParser
internal import Configuration
internal import Program
internal import Text
internal import Transcription

/// Which configuration counts.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read this configuration instead of ~/.config/vt/config.toml (vt.toml(5)).", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Use a profile of the configuration.", valueName: "name"))
    var profile: String?

    @Flag(help: "Show what is in force and where it comes from; recognise nothing.")
    var showConfig = false

    /// Reads it, and puts into force what is everybody's.
    func read() throws -> Configuration {
        let configuration = try Configuration(path: config, profile: profile, environment: environment)
        // The environment comes first.
        if environment("VT_LOG") == nil, let level = configuration.value(.log)?.string {
            Log.use(level)
        }
        return configuration
    }
}

/// `--show-config`: a configuration file that says what is in force, each line with where that comes from. It holds no key.
func showConfiguration(_ setup: Setup) throws -> ExitStatus {
    var lines: [(String, Configuration.Origin)] = []
    func add<Value>(_ name: String, _ found: Configuration.Found<Value>?, _ text: (Value) -> String) {
        if let found { lines.append(("\(name) = \(text(found.value))", found.origin)) }
    }
    func quoted(_ text: String) -> String { text.jsonQuoted }
    func list(_ texts: [String]) -> String { "[" + texts.map(\.jsonQuoted).joined(separator: ", ") + "]" }
    let names = engineNames(setup.engine.value)
    add("engine", setup.engine) { _ in names.count == 1 ? quoted(names[0]) : list(names) }
    if names.count > 1 { add("model", setup.options.model.map { .init($0, from: .option("--model")) }, quoted) }
    add("language", setup.languages, list)
    add("prompt", setup.prompt, quoted)
    add("keywords", setup.keywords, list)
    add("temperature", setup.temperature) { String($0) }
    add("timestamps", setup.timestamps) { quoted($0.rawValue) }
    add("speakers", setup.speakers) { String($0) }
    add("timeout", try setup.timeout()) { quoted($0.description) }
    let level: Configuration.Origin =
        environment("VT_LOG") != nil ? .environment("VT_LOG") : setup.configuration.value(.log)?.origin ?? .builtIn
    lines.append(("log = \(quoted(Log.level.name))", level))
    var text = ""
    switch setup.configuration.file {
    case let file?:
        text += "# \(file.path.sanitized)" + (setup.configuration.profile.map { ", profile \($0)" } ?? "") + "\n"
    case nil: text += "# no configuration file\n"
    }
    func write() {
        let width = min(40, lines.map(\.0.count).max() ?? 0)
        for (line, origin) in lines {
            let gap = String(repeating: " ", count: max(0, width - line.count))
            text += "\(line)\(gap)  # \(place(origin).sanitized)\n"
        }
        lines = []
    }
    write()
    for name in names {
        let provider = setup.provider(name)
        let model =
            setup.model(for: name) ?? provider?.defaultModel.map { .init($0, from: .builtIn) }
        add("model", model, quoted)
        add("base_url", setup.baseURL(for: name) ?? provider?.baseURL.map { .init($0, from: .builtIn) }, quoted)
        let format = provider?.formats.compactMap(\.uploadFormat).first
        add("upload_format", setup.uploadFormat(for: name) ?? format.map { .init($0, from: .builtIn) }) {
            quoted($0.rawValue)
        }
        let options =
            setup.options.engineOptions.isEmpty
            ? setup.engineOptions(for: name) : nil
        add("options", options) { options in
            "{ " + options.map { "\($0.key.jsonQuoted) = \($0.value.jsonQuoted)" }.joined(separator: ", ") + " }"
        }
        var remark: String?
        if let provider, provider.authorization != .none {
            let variable = setup.keyVariable(of: provider)
            if let key = setup.key(for: name, unless: variable) {
                switch key.value {
                case .file(let path): lines.append(("key_file = \(quoted(path))", key.origin))
                case .command(let command): lines.append(("key_command = \(quoted(command))", key.origin))
                case .environment, .none: break
                }
            } else {
                remark =
                    "# its key is what \(variable) holds: "
                    + (environment(variable)?.isEmpty == false
                        ? "there is one"
                        : provider.keyIsOptional ? "there is none, and none is needed" : "there is none")
            }
        }
        if lines.isEmpty, remark == nil { continue }
        text +=
            "\n[provider.\(name.contains { !($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") } ? quoted(name) : name)]\n"
        write()
        if let remark { text += remark + "\n" }
    }
    try TranscriptOutput(path: nil).write(text)
    return .done
}
