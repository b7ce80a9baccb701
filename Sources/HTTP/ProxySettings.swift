internal import Glibc
internal import Text

/// The proxies that the environment names, for messages; libcurl itself looks which one it takes.
///
/// Their addresses may hold a name and a password, which no message shows.
struct ProxySettings: Sendable {
    struct Entry: Sendable {
        let variable: String
        let value: String

        /// The address without name and password.
        var address: String {
            let rest = value.firstRange(of: "://").map { value[$0.upperBound...] } ?? value[...]
            let authority = rest.prefix { $0 != "/" }
            return String(authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority)
        }

        /// `NAME:PASSWORD`; nil where there is none.
        var credentials: String? {
            let rest = value.firstRange(of: "://").map { value[$0.upperBound...] } ?? value[...]
            guard let at = rest.lastIndex(of: "@") else { return nil }
            return String(rest[..<at])
        }
    }

    private let entries: [Entry]

    init(_ environment: (String) -> String?) {
        // All that libcurl knows; HTTP_PROXY is what a web server's client may set, so it is none of them.
        entries = ["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"].compactMap { name in
            environment(name).flatMap { $0.isEmpty ? nil : Entry(variable: name, value: $0) }
        }
    }

    static let fromEnvironment = ProxySettings { name in
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// The proxy for a scheme, unless `NO_PROXY` names the host (curl's lib/url.c, `detect_proxy`).
    func entry(for scheme: String) -> Entry? {
        let names =
            scheme == "https"
            ? ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] : ["http_proxy", "all_proxy", "ALL_PROXY"]
        return names.lazy.compactMap { name in entries.first { $0.variable == name } }.first
    }

    /// A text of libcurl's, which repeats an address that it does not understand.
    func redacted(_ text: String) -> String {
        var text = text
        for entry in entries {
            if let credentials = entry.credentials { text = text.replacing(credentials + "@", with: "****@") }
        }
        return text
    }

    /// What a proxy's answer to CONNECT means.
    ///
    /// - Parameters:
    ///   - status: not of the 200s.
    ///   - offers: the ways in which it lets somebody say who he is, as it names them: `Negotiate`, `NTLM`, `Basic`.
    ///   - target: where the connection was to go.
    func refusal(_ status: Int, offering offers: [String] = [], to target: URLParts) -> HTTPError {
        let entry = entry(for: target.scheme)
        let proxy = entry.map { "the proxy \($0.address.sanitized)" } ?? "the proxy"
        let variable = entry?.variable ?? "HTTPS_PROXY"
        let message = "\(target.origin): \(proxy) refuses to connect (\(status))"
        switch status {
        case 407:
            let ways = offers.joined(separator: ", ").sanitized
            if !offers.isEmpty, !offers.contains(where: { ["basic", "digest", "ntlm"].contains($0.lowercased()) }) {
                return HTTPError(
                    .proxyWantsCredentials, "\(message): it wants \(ways)",
                    hint:
                        "name and password are no help there; a proxy of one's own such as cntlm or px speaks \(ways) for vt"
                )
            }
            return HTTPError(
                .proxyWantsCredentials,
                offers.isEmpty || offers.contains("Basic") ? message : "\(message): it wants \(ways)",
                hint: entry?.credentials == nil
                    ? "put name and password into \(variable): http://NAME:PASSWORD@HOST:PORT"
                    : "look at name and password in \(variable)")
        case 500...: return HTTPError(.cannotConnect, message)
        default:
            return HTTPError(.proxyRefused, message, hint: "\(variable) names it; NO_PROXY names hosts that need none")
        }
    }

    /// The hint for a connection that was not made: it may be the proxy that is not there.
    ///
    /// - Parameter text: what libcurl says; it names the host that it tried.
    func hint(for target: URLParts, said text: String) -> String? {
        guard let entry = entry(for: target.scheme), let host = URLParts("http://\(entry.address)/")?.host,
            text.contains(host)
        else { return nil }
        return "\(entry.variable) says that the way there is through the proxy \(entry.address.sanitized)"
    }
}
