internal import Glibc
internal import POSIX

/// A display name as X(7) writes it: `:0`, `host:10.0`, `unix:1`.
struct X11Address: Equatable {
    /// Empty for a local socket.
    var host: String
    var display: Int

    init?(_ name: String) {
        guard let colon = name.lastIndex(of: ":") else { return nil }
        var host = String(name[..<colon])
        if host == "unix" || host.hasPrefix("unix/") { host = "" }
        if host.first == "[", host.last == "]" { host = String(host.dropFirst().dropLast()) }
        // `::` is DECnet's, which nobody has.
        guard host.last != ":" || host.contains("::"), host != ":" else { return nil }
        guard let number = name[name.index(after: colon)...].split(separator: ".").first, let display = Int(number),
            (0...59535).contains(display)
        else { return nil }
        self.host = host
        self.display = display
    }

    /// Connects: Linux's abstract socket, then the one in the file system; TCP where a host is named (ssh -X).
    func connect() throws(SystemError) -> Descriptor {
        if !host.isEmpty { return try connectToHost() }
        let path = "/tmp/.X11-unix/X\(display)"
        if let descriptor = try? connectToSocket(Array("\0\(path)".utf8)) { return descriptor }
        return try connectToSocket(Array(path.utf8) + [0])
    }

    private func connectToSocket(_ path: [UInt8]) throws(SystemError) -> Descriptor {
        let number = try retrying("socket") { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
        let descriptor = Descriptor(owning: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.prefix($0.count)) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        try retrying("connect", on: "display :\(display)") {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(number, $0, length) }
            }
        }
        return descriptor
    }

    private func connectToHost() throws(SystemError) -> Descriptor {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(6000 + display), &hints, &list) == 0 else {
            throw SystemError(code: EHOSTUNREACH, call: "getaddrinfo", subject: host)
        }
        defer { freeaddrinfo(list) }
        var failure = SystemError(code: EHOSTUNREACH, call: "connect", subject: host)
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            let kind = entry.ai_socktype | Int32(SOCK_CLOEXEC.rawValue)
            do throws(SystemError) {
                let number = try retrying("socket") { socket(entry.ai_family, kind, entry.ai_protocol) }
                let descriptor = Descriptor(owning: number)
                try retrying("connect", on: host) { Glibc.connect(number, entry.ai_addr, entry.ai_addrlen) }
                return descriptor
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// The MIT-MAGIC-COOKIE-1 that the user's Xauthority file (Xau(3)) holds for this display; nil where there is none.
    func cookie() -> [UInt8]? {
        let file =
            getenv("XAUTHORITY").map { String(cString: $0) }
            ?? getenv("HOME").map { String(cString: $0) + "/.Xauthority" }
        guard let file, let bytes = try? readSmallFile(file, limit: 1 << 20) else { return nil }
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let ownName = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        // ssh -X listens on this machine's loopback and keeps the cookie under this machine's name, as libXau expects.
        guard host.isEmpty || host == "localhost" || host == "127.0.0.1" || host == "::1" || Array(host.utf8) == ownName
        else { return nil }
        var rest = bytes[...]
        func number() -> Int? {
            guard rest.count >= 2 else { return nil }
            defer { rest = rest.dropFirst(2) }
            return Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
        }
        func counted() -> [UInt8]? {
            guard let count = number(), rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        while let family = number(), let address = counted(), let display = counted(), let name = counted(),
            let data = counted()
        {
            let isThisHost = family == 0xFFFF || (family == 256 && address == ownName)
            let isThisDisplay = display.isEmpty || display == Array(String(self.display).utf8)
            if isThisHost, isThisDisplay, name == Array("MIT-MAGIC-COOKIE-1".utf8) { return data }
        }
        return nil
    }
}

/// Reads a whole file that ought to be small.
func readSmallFile(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let descriptor = try Descriptor.open(path, O_RDONLY)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count < limit {
        var failure: SystemError?
        let count = chunk.withUnsafeMutableBytes { buffer in
            do throws(SystemError) {
                return try readOnce(descriptor.number, into: buffer, name: path)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        if count == 0 { break }
        bytes.append(contentsOf: chunk[..<count])
    }
    return bytes
}
