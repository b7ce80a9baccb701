import Glibc
import Harness
import Testing
import Text

/// What a user sees, and what Ctrl-C does.
@Suite(.enabled(if: ModelServer.isInstalled, "needs python3 and sha256sum")) struct ModelsTerminal {
    private let ground: ModelsHome
    private static let file = ModelServer.weights(3_000_000)

    init() throws {
        ground = try ModelsHome()
    }

    @Test func ctrlCKeepsWhatHasCome() throws {
        let server = try ModelServer(Self.file, "stay=2000000", "serve")
        try ground.publish("tiny", server)
        let terminal = try Terminal("vt-models install tiny", home: ground.home)
        try terminal.waitFor("tiny  fetching  [")
        try terminal.waitFor("2.0 MB of 3.0 MB")
        terminal.type("\u{3}")
        #expect(try terminal.finish() == [130], "\(terminal.screen)")
        #expect(ground.partial("tiny") == 2_000_000)
        #expect(entries(of: ground.local) == [".tiny.part", ".tiny.part.notes"])
        let again = try Terminal("vt-models install tiny", home: ground.home)
        #expect(try again.finish() == [0], "\(again.screen)")
        #expect(again.screen.contains("tiny is installed: 3.0 MB"))
        #expect(ground.weights("tiny") == Self.file && ground.isClean)
    }

    /// In every step: while it waits for another, and for a server that says nothing.
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func signalsEndIt(_ signal: CInt) throws {
        let server = try ModelServer(Self.file, "stay=0", "stay=0")
        try ground.publish("tiny", server)
        let first = try start(Command("vt-models", ["install", "tiny"]), home: ground.home)
        try eventually("the server was asked") { server.requests.count == 1 }
        let second = try start(Command("vt-models", ["install", "tiny"]), home: ground.home)
        try second.waitForErrors(containing: "another process is at it")
        for program in [second, first] {
            program.signal(signal)
            #expect(try program.finish().ending == .signalled(signal))
        }
        #expect(entries(of: ground.local).allSatisfy { $0.hasPrefix(".tiny.part") })
    }

    @Test func noBarWithoutATerminalOrWithQuiet() throws {
        let server = try ModelServer(Self.file, "serve")
        try ground.publish("tiny", server)
        let piped = try ground.models("install", "tiny")
        #expect(piped.errors == "vt-models: tiny is installed: 3.0 MB\n", "\(piped)")
        let quiet = try Terminal("vt-models install --force --quiet tiny", home: ground.home)
        #expect(try quiet.finish() == [0])
        #expect(quiet.screen == "", "\(quiet.screen)")
    }
}
