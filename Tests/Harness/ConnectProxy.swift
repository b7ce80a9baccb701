internal import Glibc
package import Text

/// A proxy on loopback that connects to one port there, whatever name it is asked for: Tests/Fixtures/servers/connect-proxy.
package final class ConnectProxy: Sendable {
    package let port: Int
    private let directory: TemporaryDirectory
    private let server: RunningProgram

    /// Starts it; returns when it listens.
    ///
    /// - Parameters:
    ///   - server: where all its connections go.
    ///   - options: as the script's.
    ///   - certificate: it speaks TLS itself with this.
    package init(to server: SpeechServer, _ options: String..., certificate: Certificate? = nil) throws {
        directory = try TemporaryDirectory("connect-proxy")
        var arguments = ["--log", directory("log"), "--to", String(server.port)] + options
        if let certificate { arguments += ["--tls", certificate.path, certificate.keyPath] }
        let script = "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/servers/connect-proxy"
        let proxy = try start(Command(script, arguments))
        self.server = proxy
        try eventually("the proxy says its port", detail: { proxy.errors }) {
            if proxy.hasEnded { throw HarnessError("connect-proxy ended: \(proxy.errors)") }
            return proxy.text.hasSuffix("\n")
        }
        port = Int(proxy.text.dropLast()) ?? 0
    }

    deinit {
        server.kill()
    }

    /// What it was asked for.
    package var requests: [JSONValue] {
        get throws {
            guard access(directory("log"), R_OK) == 0 else { return [] }
            return try text(of: directory("log")).split(separator: "\n").compactMap { JSONValue(parsing: String($0)) }
        }
    }
}
