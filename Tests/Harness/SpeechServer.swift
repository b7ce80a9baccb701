internal import Glibc
package import Text

/// A transcription service on loopback that does as it is told: Tests/Fixtures/servers/speech-server, which is Python's standard
/// library and nothing of ours.
package final class SpeechServer: Sendable {
    /// Whether the machine has what it takes.
    package static let isInstalled = Tool.isInstalled("python3", "openssl")

    package let port: Int
    private let address: String
    /// Speaks TLS with this.
    package let certificate: Certificate?
    private let directory: TemporaryDirectory
    private let server: RunningProgram

    /// Starts it; returns when it listens.
    ///
    /// - Parameters:
    ///   - behaviours: how it meets each request in turn; the last one stays. The script says what there is.
    ///   - certificate: nil speaks plain http.
    ///   - port: where it listens; 0 is any.
    ///   - address: a loopback address.
    package convenience init(
        _ behaviours: String..., certificate: Certificate? = nil, port: Int = 0, address: String = "127.0.0.1"
    ) throws {
        try self.init(behaviours, certificate: certificate, port: port, address: address)
    }

    /// As above.
    package init(
        _ behaviours: [String], certificate: Certificate? = nil, port: Int = 0, address: String = "127.0.0.1"
    ) throws {
        self.address = address
        directory = try TemporaryDirectory("speech-server")
        self.certificate = certificate
        var arguments = [
            "--log", directory("log"), "--keep", directory("body"), "--port", String(port), "--address", address,
        ]
        if let certificate { arguments += ["--tls", certificate.path, certificate.keyPath] }
        let script = "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/servers/speech-server"
        let server = try start(Command(script, arguments + behaviours))
        self.server = server
        try eventually("the server says its port", detail: { server.errors }) {
            if server.hasEnded { throw HarnessError("speech-server ended: \(server.errors)") }
            return server.text.hasSuffix("\n")
        }
        self.port = Int(server.text.dropLast()) ?? 0
    }

    deinit {
        server.kill()
    }

    /// `http://127.0.0.1:PORT`, or `https://localhost:PORT`; at another address that one, in brackets where it is IPv6's.
    package var url: String {
        let scheme = certificate == nil ? "http" : "https"
        if address != "127.0.0.1" { return "\(scheme)://[\(address)]:\(port)" }
        return certificate == nil ? "http://127.0.0.1:\(port)" : "https://localhost:\(port)"
    }

    /// What it noted of each request that has ended, in the order of their ends.
    package var requests: [JSONValue] {
        get throws {
            guard access(directory("log"), R_OK) == 0 else { return [] }
            let text = String(decoding: try contents(of: directory("log")), as: UTF8.self)
            return text.split(separator: "\n").compactMap { JSONValue(parsing: String($0)) }
        }
    }

    /// What it noted, when so many requests have ended.
    package func requests(_ count: Int) throws -> [JSONValue] {
        try eventually("the server has met \(count) requests", detail: { self.server.errors }) {
            try requests.count >= count
        }
        return try requests
    }

    /// Waits until so many requests have come so far.
    ///
    /// - Parameter step: `head`, or `body` where all of it has come.
    package func wait(for step: String, ofRequests count: Int = 1) throws {
        try eventually("the server has met \(count) times a \(step)", detail: { self.server.errors }) {
            guard access(directory("log.steps"), R_OK) == 0 else { return false }
            return try text(of: directory("log.steps")).split(separator: "\n").count { $0.hasSuffix(step) } >= count
        }
    }

    /// The audio of a request: a file in the body, or the whole body.
    package func audio(ofRequest number: Int) throws -> [UInt8] {
        try contents(of: directory("body.\(number)"))
    }

    /// Ends the server; its port then refuses.
    package func stop() {
        server.kill()
    }
}

/// A certificate that signs itself, and its key, made by openssl.
package final class Certificate: Sendable {
    private let directory: TemporaryDirectory
    package var path: String { directory("certificate.pem") }
    package var keyPath: String { directory("key.pem") }

    /// - Parameter names: for example `DNS:localhost,IP:127.0.0.1`.
    package init(for names: String = "DNS:localhost,IP:127.0.0.1") throws {
        directory = try TemporaryDirectory("certificate")
        let result = try run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2", "-subj", "/CN=test", "-addext", "subjectAltName=\(names)", "-keyout", keyPath, "-out", path)
        guard result.status == 0 else { throw HarnessError("\(result)") }
    }
}
