internal import HTTP
internal import Models
internal import Text
internal import TOML

/// Makes models out of a file's tables `[[model]]`, and says what is wrong with it.
struct CatalogueReader {
    let path: String

    /// - Throws: `.catalogue`
    func models(of text: [UInt8]) throws(InstallingError) -> [CatalogueModel] {
        let document: TOMLDocument
        do throws(TOMLDocument.SyntaxError) {
            document = try TOMLDocument(text)
        } catch {
            throw problem(error.line, error.reason.sanitized)
        }
        var result: [CatalogueModel] = []
        for entry in document.entries {
            guard entry.key == "model", case .array(let tables) = entry.value else {
                throw problem(entry.line, "\(entry.key.sanitized) is unknown", hint: "a model is a table [[model]]")
            }
            for (index, table) in tables.enumerated() {
                guard case .table(let members) = table.value else {
                    throw problem(table.line, "a model is a table [[model]]")
                }
                let model = try model(members, number: index + 1, line: table.line)
                if result.contains(where: { $0.name == model.name }) {
                    throw problem(table.line, "\(model.name): is there twice")
                }
                result.append(model)
            }
        }
        return result
    }

    private func problem(_ line: Int, _ reason: String, hint: String? = nil) -> InstallingError {
        InstallingError(
            .catalogue, "\(path)\(line > 0 ? ":\(line)" : ""): \(reason)",
            hint: hint ?? "vt-models(1) says what a catalogue holds")
    }

    private static let keys = [
        "name", "summary", "family", "task", "languages", "size", "sha256", "licence", "attribution", "word_errors",
        "word_errors_on", "streams", "rank", "recommended", "repository", "revision", "file", "url", "mirror", "wheel",
    ]

    private func model(
        _ members: [TOMLDocument.Entry], number: Int, line: Int
    ) throws(InstallingError) -> CatalogueModel {
        guard let entry = members.first(where: { $0.key == "name" }), case .string(let name) = entry.value else {
            throw problem(line, "model \(number) has no name")
        }
        guard ModelStore.isName(name) else {
            throw problem(
                entry.line, "“\(name.sanitized)” cannot be the name of a model",
                hint: "a name has letters, digits, ., _, + and -, and begins with none of these marks but _ and +")
        }
        let fields = Fields(path: path, name: name, members: members, line: line)
        for member in members where !CatalogueReader.keys.contains(member.key) {
            let key = member.key.sanitized
            throw problem(
                member.line, "\(name): \(key) is unknown",
                hint: nearestName(to: key, among: CatalogueReader.keys).map { "did you mean \($0)?" })
        }
        var model = CatalogueModel(name: name, place: try place(fields))
        model.summary = try fields.string("summary") ?? ""
        model.family = try fields.string("family") ?? ""
        if let task = try fields.string("task") {
            guard let known = InstalledModel.Task(rawValue: task) else {
                throw fields.problem("task", "is recognition or diarization, not “\(task)”")
            }
            model.task = known
        }
        model.languages = try fields.strings("languages")
        if let tag = model.languages.first(where: { !CatalogueReader.isTag($0) }) {
            throw fields.problem("languages", "are tags such as en or pt-BR, not “\(tag)”")
        }
        model.size = try fields.integer("size", in: 1...(1 << 50))
        model.sha256 = try fields.string("sha256")?.lowercased()
        if let hash = model.sha256, !isHash(hash) { throw fields.problem("sha256", "has 64 hexadecimal digits") }
        model.licence = try fields.string("licence") ?? ""
        model.attribution = try fields.string("attribution")
        model.wordErrors = try fields.number("word_errors", in: 0...1000)
        model.wordErrorsOn = try fields.string("word_errors_on") ?? ""
        model.streams = try fields.boolean("streams") ?? false
        model.rank = try fields.integer("rank", in: 0...1_000_000) ?? InstalledModel.unranked
        model.recommendation = try fields.integer("recommended", in: 1...1000)
        model.mirror = try fields.address("mirror")
        model.wheel = try fields.string("wheel")
        return model
    }

    private func place(_ fields: Fields) throws(InstallingError) -> CatalogueModel.Place {
        let repository = try fields.string("repository")
        if let url = try fields.address("url") {
            if repository != nil { throw fields.problem("url", "and repository exclude each other") }
            return .url(url)
        }
        guard let repository else { throw fields.problem(nil, "url, or repository, revision and file, are missing") }
        guard let revision = try fields.string("revision"), let file = try fields.string("file") else {
            throw fields.problem("repository", "needs revision and file beside it")
        }
        for (key, value) in [("repository", repository), ("revision", revision), ("file", file)] {
            let isPlain = value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"?#%\\".utf8.contains($0) }
            let parts = value.split(separator: "/", omittingEmptySubsequences: false)
            guard isPlain, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
                throw fields.problem(key, "“\(value)” cannot be a part of an address")
            }
        }
        return .hub(repository: repository, revision: revision, file: file)
    }

    private static func isTag(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2D: true
                default: false
                }
            }
    }
}

/// Whether a text is a SHA-256 in hexadecimal digits of lower case.
func isHash(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
}

/// The members of one table.
private struct Fields {
    let path: String
    let name: String
    let members: [TOMLDocument.Entry]
    let line: Int

    func problem(_ key: String?, _ reason: String) -> InstallingError {
        let line = members.first { $0.key == key }?.line ?? line
        let place = "\(path)\(line > 0 ? ":\(line)" : "")"
        return InstallingError(
            .catalogue, "\(place): \(name): \(key.map { $0 + " " } ?? "")\(reason.sanitized)",
            hint: "vt-models(1) says what a catalogue holds")
    }

    private func value(_ key: String) -> TOMLDocument.Value? { members.first { $0.key == key }?.value }

    func string(_ key: String) throws(InstallingError) -> String? {
        guard let value = value(key) else { return nil }
        guard case .string(let text) = value, !text.isEmpty else { throw problem(key, "is a string") }
        // It is shown, and written into a file of lines.
        guard text == text.sanitized else { throw problem(key, "holds a control character") }
        return text
    }

    func strings(_ key: String) throws(InstallingError) -> [String] {
        guard let value = value(key) else { return [] }
        guard case .array(let entries) = value else { throw problem(key, "is a list of strings") }
        var result: [String] = []
        for entry in entries {
            guard case .string(let text) = entry.value else { throw problem(key, "is a list of strings") }
            result.append(text)
        }
        return result
    }

    func boolean(_ key: String) throws(InstallingError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard case .boolean(let result) = value else { throw problem(key, "is true or false") }
        return result
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(InstallingError) -> Int? {
        guard let value = value(key) else { return nil }
        guard case .integer(let result) = value, range.contains(result) else {
            throw problem(key, "is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return result
    }

    func number(_ key: String, in range: ClosedRange<Double>) throws(InstallingError) -> Double? {
        switch value(key) {
        case nil: return nil
        case .integer(let result)? where range.contains(Double(result)): return Double(result)
        case .number(let result)? where range.contains(result): return result
        default: throw problem(key, "is a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))")
        }
    }

    /// An address of the web, or of a file.
    func address(_ key: String) throws(InstallingError) -> String? {
        guard let text = try string(key) else { return nil }
        guard URLParts(text) != nil || text.hasPrefix("file:///") else {
            throw problem(key, "is an address that begins with https://, http:// or file:///")
        }
        return text
    }
}
