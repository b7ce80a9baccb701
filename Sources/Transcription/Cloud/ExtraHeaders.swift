internal import Glibc
package import HTTP
internal import Text

/// Headers that the user adds to requests: what a gateway in front of a server wants (Cloudflare Access, LiteLLM). They may be
/// credentials, and are treated as such.
package struct ExtraHeaders: Sendable {
    package private(set) var headers: [Header] = []

    package init() {}

    /// What the request itself decides.
    private static let own: Set<String> = [
        "host", "content-length", "content-type", "transfer-encoding", "connection", "expect", "accept-encoding", "te",
        "upgrade", "trailer",
    ]

    /// Adds `Name: value`.
    ///
    /// - Throws: `EngineError` with `usage`, which does not repeat the value.
    package mutating func add(line: String) throws(EngineError) {
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw EngineError(.usage, "a header is “Name: value”", hint: "@FILE names a file of them")
        }
        let name = String(line[..<colon])
        guard !name.isEmpty, name.utf8.allSatisfy(ExtraHeaders.isToken) else {
            throw EngineError(.usage, "the name of a header has letters, digits and hyphens, and a colon behind it")
        }
        guard !ExtraHeaders.own.contains(name.lowercased()) else {
            throw EngineError(.usage, "the header \(name) is the request's own")
        }
        let value = String(line[line.utf8.index(after: colon)...]).trimmingSpace
        guard !value.isEmpty, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw EngineError(.usage, "the header \(name) has no value, or control characters in it")
        }
        headers.removeAll { $0.name.lowercased() == name.lowercased() }
        headers.append(Header(name, value, isSecret: true))
    }

    /// Adds the headers of a file: one a line; empty lines, and those that begin with `#`, are none.
    ///
    /// - Parameter warn: gets what the user should know of the file.
    /// - Throws: `EngineError`: `noPermission` if others can read it.
    package mutating func add(file path: String, warn: (String) -> Void = { _ in }) throws(EngineError) {
        let text: String
        do throws(SecretFile.Refused) {
            text = try SecretFile.contents(of: path, warn: warn)
        } catch {
            throw EngineError(.noPermission, "the file of headers \(path) \(error.reason)", hint: error.hint)
        }
        for line in text.split(whereSeparator: \.isNewline) {
            let line = String(line).trimmingSpace
            if !line.isEmpty, !line.hasPrefix("#") { try add(line: line) }
        }
    }

    /// Their values, which no message shows.
    var secrets: [Secret] { headers.map { Secret($0.value) } }

    /// Whether one of them says who the user is, so that no key is sent beside it.
    var holdAuthorization: Bool { headers.contains { $0.name.lowercased() == "authorization" } }

    /// RFC 9110, 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
