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
    /// Whether the host can only be this machine: then plain http shows a credential to nobody. libcurl knows `localhost`
    /// without asking anybody since 7.77.
    package let isLoopback: Bool

    /// - Parameter url: an absolute address; nil where it is none, or another scheme's.
    package init?(_ url: String) {
        let bytes = Array(url.utf8)
        // A space or a control character in an address is somebody's mistake, or somebody's attack.
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8),
            bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") })
        else { return nil }
        let scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = bytes[(colon + 3)...]
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let authority = rest[..<(end ?? rest.endIndex)]
        var location = authority
        let at = authority.lastIndex(of: UInt8(ascii: "@"))
        hasCredentials = at != nil
        if let at { location = authority[(at + 1)...] }
        let host: ArraySlice<UInt8>
        if location.first == UInt8(ascii: "[") {
            guard let end = location.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = location[(location.startIndex + 1)..<end]
            location = location[(end + 1)...]
        } else {
            host = location[..<(location.firstIndex(of: UInt8(ascii: ":")) ?? location.endIndex)]
            location = location[host.endIndex...]
        }
        var port = scheme == "https" ? 443 : 80
        if location.first == UInt8(ascii: ":") {
            guard let number = Int(String(decoding: location.dropFirst(), as: UTF8.self)), (1...65535).contains(number)
            else { return nil }
            port = number
        } else if !location.isEmpty {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.scheme = scheme
        self.host = String(decoding: host, as: UTF8.self).lowercased()
        self.port = port
        let tail = String(decoding: rest[authority.endIndex...], as: UTF8.self)
        path = rest[authority.endIndex...].first == UInt8(ascii: "/") ? tail : "/" + tail
        isLoopback = URLParts.isLoopback(self.host)
    }

    /// Whether the host is in a network of the user's own, as far as its name or number says: private and link-local addresses (RFC 1918,
    /// 3927, 4193, 4291, 6598), names without a dot, which only a local resolver knows, and the domains that are kept for local
    /// networks (RFC 6762, 8375; ICANN's `.internal`).
    package var isPrivate: Bool {
        if isLoopback { return true }
        let names = host.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = names.compactMap { UInt8($0) }
        if names.count == 4, numbers.count == 4 {
            switch (numbers[0], numbers[1]) {
            case (10, _), (192, 168), (172, 16...31), (169, 254), (100, 64...127): return true
            default: return false
            }
        }
        if host.contains(":") {
            let first = UInt16(host.prefix { $0 != ":" }, radix: 16) ?? 0
            return first & 0xFE00 == 0xFC00 || first & 0xFFC0 == 0xFE80
        }
        // A number alone is an address, too (RFC 3986 leaves that to the system).
        if names.count == 1 { return names[0].contains { $0.isLetter } && !names[0].hasPrefix("0x") }
        return ["local", "lan", "internal", "home", "localdomain"].contains(names.last ?? "")
            || host.hasSuffix(".home.arpa")
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0].elementsEqual("127".utf8)
            && numbers.allSatisfy { UInt8(Substring($0)) != nil }
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
