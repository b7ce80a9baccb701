/// The parts of an address that decide where a credential may go (RFC 3986, section 3).
package struct URLParts: Sendable, Equatable {
    /// `http` or `https`.
    package let scheme: String
    /// In lower case; an IPv6 address without its brackets.
    package let host: String
    package let port: Int
    /// From the first `/` on; never empty.
    package let path: String
    /// Whether there is a user's name, and perhaps a password, before the host.
    package let hasCredentials: Bool

    /// - Parameter url: an absolute address; nil where it is none, or another scheme's.
    package init?(_ url: String) {
        guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")), url.utf8[colon...].starts(with: "://".utf8) else {
            return nil
        }
        let scheme = url[..<colon].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        // A space or a control character in an address is somebody's mistake, or somebody's attack.
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else { return nil }
        let rest = url[url.utf8.index(colon, offsetBy: 3)...]
        let authority = rest[..<(rest.utf8.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex)]
        var location = authority
        let at = authority.utf8.lastIndex(of: UInt8(ascii: "@"))
        hasCredentials = at != nil
        if let at { location = authority[authority.utf8.index(after: at)...] }
        var host = location
        var port = scheme == "https" ? 443 : 80
        if location.hasPrefix("[") {
            guard let end = location.firstIndex(of: "]") else { return nil }
            host = location[location.index(after: location.startIndex)..<end]
            location = location[location.index(after: end)...]
        } else {
            host = location[..<(location.utf8.firstIndex(of: UInt8(ascii: ":")) ?? location.endIndex)]
            location = location[host.endIndex...]
        }
        if location.hasPrefix(":") {
            guard let number = Int(location.dropFirst()), (1...65535).contains(number) else { return nil }
            port = number
        } else if !location.isEmpty {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
        let tail = rest[authority.endIndex...]
        path = tail.hasPrefix("/") ? String(tail) : "/" + tail
    }

    /// Whether the host can only be this machine: then plain http shows a credential to nobody. libcurl knows `localhost`
    /// without asking anybody since 7.77.
    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }

    /// Scheme, host and port, as messages and a list of hosts name it: the port only where it is unusual.
    package var origin: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(name)" + (port == (scheme == "https" ? 443 : 80) ? "" : ":\(port)")
    }

    /// The address without user, password and query, in which some put keys.
    package var withoutSecrets: String {
        origin + path.prefix { $0 != "?" && $0 != "#" }
    }

    /// The address that a `Location` means, from here (RFC 3986, section 5, as far as servers use it); nil where it is none.
    package func resolving(_ location: String) -> String? {
        if location.contains("://") { return URLParts(location) == nil ? nil : location }
        if location.hasPrefix("//") { return URLParts("\(scheme):\(location)") == nil ? nil : "\(scheme):\(location)" }
        if location.hasPrefix("/") { return origin + location }
        guard !location.isEmpty else { return nil }
        let directory = path.prefix { $0 != "?" && $0 != "#" }
        guard let slash = directory.lastIndex(of: "/") else { return nil }
        return origin + directory[...slash] + location
    }
}
