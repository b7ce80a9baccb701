internal import Configuration
internal import HTTP
internal import Program
internal import Text
internal import Transcription

/// `--show-config`: a configuration file that says what is in force, each line with where that comes from. It holds no key.
func showConfiguration(_ setup: Setup) throws -> ExitStatus {
    var listing = ConfigurationListing(setup.configuration)
    func quoted(_ text: String) -> String { text.jsonQuoted }
    func list(_ texts: [String]) -> String { "[" + texts.map(\.jsonQuoted).joined(separator: ", ") + "]" }
    let names = engineNames(setup.engine.value)
    listing.add("engine", setup.engine) { _ in names.count == 1 ? quoted(names[0]) : list(names) }
    if names.count > 1 { listing.add("model", setup.options.model.map { .init($0, from: .option("--model")) }, quoted) }
    listing.add("language", setup.languages, list)
    listing.add("prompt", setup.prompt, quoted)
    listing.add("keywords", setup.keywords, list)
    listing.add("temperature", setup.temperature) { String($0) }
    listing.add("timestamps", setup.timestamps) { quoted($0.rawValue) }
    listing.add("speakers", setup.speakers) { String($0) }
    listing.add("timeout", try setup.timeout()) { quoted($0.description) }
    listing.add("log", setup.configuration.logLevel(Log.level.name, environment), quoted)
    listing.endTable()
    for name in names { listEngine(name, of: setup, in: &listing) }
    try TranscriptOutput(path: nil).write(listing.text)
    return .done
}

/// What is said of one engine.
private func listEngine(_ name: String, of setup: Setup, in listing: inout ConfigurationListing) {
    let provider = setup.provider(name)
    listing.add("model", setup.model(for: name) ?? provider?.defaultModel.map { .init($0, from: .builtIn) }) {
        $0.jsonQuoted
    }
    listing.add("base_url", setup.baseURL(for: name) ?? provider?.baseURL.map { .init($0, from: .builtIn) }) {
        $0.jsonQuoted
    }
    let format = provider?.formats.compactMap(\.uploadFormat).first
    listing.add("upload_format", setup.uploadFormat(for: name) ?? format.map { .init($0, from: .builtIn) }) {
        $0.rawValue.jsonQuoted
    }
    if provider != nil {
        listing.add("key_over_http", setup.keyOverHTTP(for: name)) { String($0) }
        // Their names; what they hold is a secret.
        let names = (try? setup.headers(for: name))?.headers.map { "\($0.name): ****" } ?? []
        let origin: Configuration.Origin? =
            setup.options.header.isEmpty
            ? setup.configuration.value(.headers, for: name)?.origin : .option("--header")
        if let origin, !names.isEmpty {
            listing.add("headers", .init(names, from: origin)) {
                "[" + $0.map(\.jsonQuoted).joined(separator: ", ") + "]"
            }
        }
    }
    if setup.options.engineOptions.isEmpty { listing.add(options: setup.engineOptions(for: name)) }
    var remark: String?
    if let provider, provider.authorization != .none {
        let variable = setup.keyVariable(of: provider)
        if let key = setup.key(for: name, unless: variable) {
            switch key.value {
            case .file(let path): listing.add("key_file", .init(path, from: key.origin)) { $0.jsonQuoted }
            case .command(let command): listing.add("key_command", .init(command, from: key.origin)) { $0.jsonQuoted }
            case .environment, .none: break
            }
        } else {
            remark =
                "its key is what \(variable) holds: "
                + (environment(variable)?.isEmpty == false
                    ? "there is one"
                    : provider.keyIsOptional ? "there is none, and none is needed" : "there is none")
        }
    }
    if listing.isEmpty, remark == nil { return }
    let isBare = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
    listing.endTable("[provider.\(isBare ? name : name.jsonQuoted)]", remark: remark)
}
