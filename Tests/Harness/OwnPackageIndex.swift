/// A package index on loopback with wheels of the test's own: Tests/Fixtures/servers/package-index.
package final class OwnPackageIndex: Sendable {
    private let directory: TemporaryDirectory
    private let server: RunningProgram
    private let port: Int

    /// Starts it; returns when it listens.
    ///
    /// - Parameters:
    ///   - wheels: what it offers, by the names of their files.
    ///   - stall: bytes of a wheel after which it sends nothing more; nil sends all.
    package init(_ wheels: [String: [UInt8]], stall: Int? = nil) throws {
        directory = try TemporaryDirectory("package-index")
        for (name, bytes) in wheels { try write(bytes, to: directory(name)) }
        let script = "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/servers/package-index"
        let options = stall.map { ["--stall", String($0)] } ?? []
        let index = try start(Command(script, options + [directory.path]))
        server = index
        try eventually("the index says its port", detail: { index.errors }) {
            if index.hasEnded { throw HarnessError("package-index ended: \(index.errors)") }
            return index.text.hasSuffix("\n")
        }
        port = Int(index.text.dropLast()) ?? 0
    }

    deinit {
        server.kill()
    }

    /// What makes pip ask this index, and no other.
    package var environment: [String: String?] {
        ["PIP_INDEX_URL": "http://127.0.0.1:\(port)/simple", "PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": nil]
    }
}
