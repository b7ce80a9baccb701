internal import Glibc
package import Text

/// A publisher of models on loopback that does as it is told: Tests/Fixtures/servers/model-server.
package final class ModelServer: Sendable {
    /// Whether the machine has what it takes.
    package static let isInstalled = Tool.isInstalled("python3", "sha256sum")

    package let port: Int
    private let certificate: Certificate?
    private let directory: TemporaryDirectory
    private let server: RunningProgram
    /// The file that it publishes.
    package let content: [UInt8]

    /// Starts it; returns when it listens.
    ///
    /// - Parameters:
    ///   - content: of the file.
    ///   - behaviours: how it meets each request in turn; the last one stays. The script says what there is.
    ///   - certificate: nil speaks plain http.
    package init(_ content: [UInt8], _ behaviours: String..., certificate: Certificate? = nil) throws {
        self.content = content
        self.certificate = certificate
        directory = try TemporaryDirectory("model-server")
        try write(content, to: directory("file"))
        let server = try start(
            Command(
                "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/servers/model-server",
                ["--file", directory("file"), "--log", directory("log")]
                    + (certificate.map { ["--tls", $0.path, $0.keyPath] } ?? []) + behaviours))
        self.server = server
        try eventually("the server says its port", detail: { server.errors }) {
            if server.hasEnded { throw HarnessError("model-server ended: \(server.errors)") }
            return server.text.hasSuffix("\n")
        }
        self.port = Int(server.text.dropLast()) ?? 0
    }

    deinit {
        server.kill()
    }

    /// `http://127.0.0.1:PORT`, or `https://localhost:PORT`.
    package var url: String {
        certificate == nil ? "http://127.0.0.1:\(port)" : "https://localhost:\(port)"
    }

    /// What it noted of each request.
    package var requests: [JSONValue] {
        guard let text = try? text(of: directory("log")) else { return [] }
        return text.split(separator: "\n").compactMap { JSONValue(parsing: String($0)) }
    }

    /// Ends it; its port then refuses.
    package func stop() {
        server.kill()
    }

    /// A GGUF file without tensors, and noise behind its head.
    ///
    /// - Parameters:
    ///   - size: bytes, at least 24.
    ///   - seed: other noise for another number.
    package static func weights(_ size: Int, seed: UInt64 = 1) -> [UInt8] {
        // Version 3, no tensor, no entry.
        var bytes = Array("GGUF".utf8) + [3, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
        bytes.reserveCapacity(size)
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        while bytes.count < size {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            for shift in 0..<8 where bytes.count < size {
                bytes.append(UInt8(truncatingIfNeeded: state >> (8 * shift)))
            }
        }
        return bytes
    }

    /// The SHA-256 of bytes, by sha256sum(1).
    package static func sha256(_ bytes: [UInt8]) throws -> String {
        let result = try run("sha256sum", input: .bytes(bytes))
        guard result.status == 0, let hash = result.text.split(separator: " ").first else {
            throw HarnessError("\(result)")
        }
        return String(hash)
    }
}
