internal import Glibc

/// A port of 127.0.0.1.
package enum LoopbackPort {
    /// One that nobody listens at.
    package static func free() throws -> Int {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var address = address(0)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && getsockname(listener, address, &size) == 0
            }
        }
        guard status else { throw HarnessError("no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Waits until a server listens at a port.
    package static func wait(for port: Int, of server: RunningProgram) throws {
        try eventually("a server listens at \(port)", detail: { server.errors + server.text }) {
            if server.hasEnded { throw HarnessError("\(server.command) ended: \(server.errors)") }
            let connection = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            defer { close(connection) }
            return withUnsafePointer(to: address(port)) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
        }
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
