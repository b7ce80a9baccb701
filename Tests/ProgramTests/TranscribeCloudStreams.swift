import Glibc
import Harness
import Testing

/// Answers that come in pieces: what they cost, and how they end.
@Suite(.enabled(if: CloudHome.isPossible, "needs python3 and openssl"))
struct TranscribeCloudStreams {
    private static let stream = ["--option", "stream=true"]

    private func transcribe(_ behaviours: String..., arguments: [String] = []) throws -> (
        Result, CloudHome
    ) {
        let cloud = try CloudHome(behaviours, names: nil)
        let command = cloud.command(Self.stream + arguments)
        return (try run(command, input: .bytes(Tone.stream(seconds: 0.5)), home: cloud.home), cloud)
    }

    /// Each delta costs what it weighs: the test would take a minute if it cost what there was already.
    @Test func manyDeltas() throws {
        let (result, _) = try transcribe("sse_many:20000", arguments: ["--events"])
        #expect(result.status == 0, "\(result.errors)")
        let final = try #require(result.text.split(separator: "\n").last { $0.hasPrefix("final") })
        #expect(final.split(separator: " ").count { $0.hasSuffix("wörd") } == 20000)
        // Nobody can see twenty thousand of them.
        #expect(result.text.split(separator: "\n").count { $0.hasPrefix("partial") } < 5000)
    }

    @Test func aSignalInTheMiddleIsObeyed() throws {
        let cloud = try CloudHome(["sse_endless"], names: nil)
        let program = try start(
            cloud.command(Self.stream + ["--events"]), input: .bytes(Tone.stream(seconds: 0.5)),
            home: cloud.home)
        try program.waitForOutput("a partial") { $0.contains("partial") }
        program.signal(SIGTERM)
        #expect(try program.finish().ending == .signalled(SIGTERM))
        #expect(cloud.ground.kept.count == 1)
    }

    @Test func anAnswerWithoutEndIsNotReadForEver() throws {
        let (result, cloud) = try transcribe("sse_flood")
        #expect(result.status == 76, "\(result.errors)")
        #expect(result.errors.contains("is larger than"), "\(result.errors)")
        #expect(result.text.isEmpty && cloud.ground.kept.count == 1)
    }

    @Test(arguments: ["sse_open", "sse_bad_chunk", "sse_broken", "sse_turn:0.3"])
    func whatBreaksOffIsNoSuccess(behaviour: String) throws {
        let (result, cloud) = try transcribe(behaviour)
        #expect(result.status == 75, "\(result)")
        #expect(cloud.ground.kept.count == 1)
    }

    /// What comes behind the last event is none of the text.
    @Test func whatIsCompleteIsASuccess() throws {
        let (result, cloud) = try transcribe("sse_then_reset")
        #expect(result.status == 0 && result.text == CloudHome.text + "\n", "\(result)")
        #expect(cloud.ground.kept.isEmpty)
    }

    @Test(arguments: ["sse_comments", "silent", "drip"]) func whoSaysNothingIsWaitedForOnce(
        behaviour: String
    ) throws {
        let (result, cloud) = try transcribe(behaviour, arguments: ["--timeout", "1s"])
        #expect(result.status == 75, "\(result)")
        #expect(
            result.errors.contains(behaviour == "drip" ? " 2.0 s" : behaviour == "silent" ? " 1.0 s" : " 1 s"),
            "\(result)")
        #expect(try cloud.server.requests.count <= 1)
    }
}
