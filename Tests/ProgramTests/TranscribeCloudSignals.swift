import Glibc
import Harness
import Testing

/// Ctrl-C and its kin while speech is sent, and while its text is waited for.
@Suite(.enabled(if: CloudHome.isPossible, "needs python3 and openssl")) struct TranscribeCloudSignals {
    private let audio = Tone.stream(seconds: 0.5)

    /// Runs what a user would on a terminal: a recorder, which ends its stream at Ctrl-C, and us.
    private func dictate(_ cloud: CloudHome, _ input: String) throws -> Terminal {
        try cloud.ground.write(audio, to: "a.raw")
        let command = cloud.command([])
        return try Terminal(
            "\(input) \(command)", environment: cloud.environment, home: cloud.home)
    }

    /// As vt-record does.
    private let recorder = "(trap 'exit 0' INT; cat a.raw; while :; do sleep 0.05; done) |"

    /// The words that were spoken already are sent, and their text comes.
    @Test func theFirstWaitsForTheAnswer() throws {
        let cloud = try CloudHome("slow:0.3")
        let terminal = try dictate(cloud, recorder)
        try cloud.server.wait(for: "head")
        terminal.type("\u{3}")
        try cloud.server.wait(for: "body")
        #expect(try terminal.finish() == [0, 0], "\(terminal.screen)")
        #expect(terminal.screen.contains(CloudHome.text))
        #expect(cloud.ground.kept.isEmpty)
    }

    @Test func theSecondEndsTheWaitForTheAnswer() throws {
        let cloud = try CloudHome("silent", "json")
        let terminal = try dictate(cloud, recorder)
        try cloud.server.wait(for: "head")
        terminal.type("\u{3}")
        try cloud.server.wait(for: "body")
        terminal.type("\u{3}")
        #expect(try terminal.finish() == [0, 130], "\(terminal.screen)")
        try isKept(cloud, terminal.screen)
    }

    /// While speech still comes: the first Ctrl-C means nothing to a recorder that does not care, the second ends it.
    @Test func theSecondEndsTheUpload() throws {
        let cloud = try CloudHome("json", "json")
        let terminal = try dictate(cloud, "(trap '' INT; cat a.raw; exec sleep 600) |")
        try cloud.server.wait(for: "head")
        terminal.type("\u{3}")
        pause(.milliseconds(100))
        #expect(!terminal.processes(named: "vt-transcribe").isEmpty, "\(terminal.screen)")
        terminal.type("\u{3}")
        try eventually("it has ended") { terminal.processes(named: "vt-transcribe").isEmpty }
        for pid in terminal.processes(named: "sleep") { kill(pid, SIGKILL) }
        #expect(try terminal.finish().last == 130, "\(terminal.screen)")
        try isKept(cloud, terminal.screen)
    }

    @Test(arguments: [SIGTERM, SIGHUP], [false, true])
    func theOthersEndItAtOnce(signal: CInt, whileWaiting: Bool) throws {
        let cloud = try CloudHome("silent", "json")
        let program = try start(cloud.command([]), input: .open, home: cloud.home)
        program.write(audio)
        try cloud.server.wait(for: "head")
        if whileWaiting {
            program.closeInput()
            try cloud.server.wait(for: "body")
        }
        program.signal(signal)
        let result = try program.finish()
        #expect(result.ending == .signalled(signal), "\(result)")
        try isKept(cloud, result.errors)
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aFileStaysWhereItIs(signal: CInt) throws {
        let cloud = try CloudHome("silent")
        try cloud.ground.write(Tone.file(seconds: 0.5), to: "a.wav")
        let program = try start(cloud.command(["a.wav", "-o", "a.txt"]), home: cloud.home)
        try cloud.server.wait(for: "body")
        program.signal(signal)
        let result = try program.finish()
        #expect(result.ending == .signalled(signal), "\(result)")
        #expect(cloud.ground.kept.isEmpty)
        #expect(entries(of: cloud.home.files) == ["a.wav"], "nothing else is left")
    }

    /// While it waits to ask again, nobody has to wait with it.
    @Test func aPauseBeforeTheNextTryEndsToo() throws {
        let cloud = try CloudHome("status:429,Retry-After=100", "json")
        let program = try start(cloud.command([]), input: .open, home: cloud.home)
        program.write(audio)
        program.closeInput()
        _ = try cloud.server.requests(1)
        program.signal(SIGTERM)
        let result = try program.finish()
        #expect(result.ending == .signalled(SIGTERM), "\(result)")
        try isKept(cloud, result.errors)
    }

    /// All that was said is there, and its text is had later.
    private func isKept(_ cloud: CloudHome, _ errors: String) throws {
        #expect(try cloud.ground.onlyKeptAudio() == audio)
        #expect(errors.contains("interrupted; the recording is kept as \(cloud.ground.kept[0])"), "\(errors)")
        #expect(try cloud.bare("--pending", "--no-gate").text.hasSuffix("\t\(CloudHome.text)\n"))
    }
}
