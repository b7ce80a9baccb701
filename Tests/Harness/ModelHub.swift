internal import Glibc

/// Models on loopback, as the Hugging Face hub and Vosk's site publish them: Tests/Fixtures/servers/model-hub.
package final class ModelHub: Sendable {
    /// `http://127.0.0.1:PORT`.
    package let url: String
    private let server: RunningProgram

    /// Starts it; returns when it listens.
    ///
    /// - Parameters:
    ///   - folder: repositories `OWNER/NAME` and models of Vosk's `NAME`.
    ///   - behaviour: what the script knows beside `plain`: `cut`, `stall` and `wrong`.
    package init(_ folder: String, _ behaviour: String = "plain") throws {
        let script = "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/servers/model-hub"
        let server = try start(Command(script, [folder, behaviour]))
        self.server = server
        try eventually("the hub says its port", detail: { server.errors }) {
            if server.hasEnded { throw HarnessError("model-hub ended: \(server.errors)") }
            return server.text.hasSuffix("\n")
        }
        url = "http://127.0.0.1:\(server.text.dropLast())"
    }

    deinit {
        server.kill()
    }

    /// What makes the engines ask it.
    package var environment: [String: String?] { ["HF_ENDPOINT": url, "VT_MODEL_MIRROR": url] }
}
