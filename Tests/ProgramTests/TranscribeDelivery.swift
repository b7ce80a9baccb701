import Glibc
import Harness
import Testing

/// What was written is not yet delivered: the recording goes when somebody has read its text.
@Suite struct TranscribeDelivery {
    private let test: TranscribeHome
    private let audio = Tone.stream(seconds: 0.5)

    init() throws {
        test = try TranscribeHome()
    }

    private func start(_ arguments: String..., output: Output = .unread) throws -> RunningProgram {
        var command = test.command(arguments)
        command.mayLeaveProcesses = true
        return try Harness.start(command, input: .bytes(audio), output: output, home: test.home)
    }

    private var state: String {
        get throws {
            try test.bare("--list-pending").text.split(separator: "\t").dropFirst(2).first.map(String.init) ?? ""
        }
    }

    /// A reader that is stopped, or busy with the utterance before; then it is killed.
    @Test func aReaderThatDiesWithTheTextLeavesTheRecording() throws {
        let program = try start()
        #expect(try program.finish().status == 0, "it does not wait")
        #expect(try test.onlyKeptAudio() == audio)
        #expect(try state == "busy", "somebody sees to it")
        #expect(try test.bare("--pending").text.isEmpty, "which may still be read")
        program.breakOutput()
        try eventually("the recording is nobody's") { try state == "waiting" }
        #expect(try test.bare("--list-pending").text.contains("has not been read"))
        #expect(try test.bare("--pending").text.hasSuffix("\tbytes 16000\n"))
    }

    @Test func aReaderThatComesLateHasIt() throws {
        let program = try start()
        #expect(try program.finish().status == 0)
        #expect(try state == "busy")
        try program.readOutput()
        try eventually("the recording is gone") { entries(of: test.home.pending).isEmpty }
        try eventually("the text is there") { program.output.elementsEqual("bytes 16000\n".utf8) }
        try eventually("nobody stays") { program.stragglers.isEmpty }
    }

    /// It is nobody's to delete: neither a kill of the process that stays behind nor one of the reader loses anything.
    @Test func aKillOfWhatStaysBehindLosesNothing() throws {
        let program = try start()
        #expect(try program.finish().status == 0)
        try eventually("somebody sees to it") { !program.stragglers.isEmpty }
        for process in program.stragglers { kill(process, SIGKILL) }
        try eventually("the recording is nobody's") { try state == "waiting" }
        #expect(try test.onlyKeptAudio() == audio)
    }

    @Test func aReaderThatHasGoneIsAFailure() throws {
        let broken = try test.transcribe(input: .bytes(audio), output: .brokenPipe)
        #expect(broken.status == 74 && broken.errors.contains("kept as"), "\(broken)")
    }

    /// In a pipeline whose reader reads nothing remains, and nobody waits.
    @Test(arguments: ["| cat", "| sed -u s/a/a/", "> out; cat out", "-o out; cat out", "| { sleep 0.3; cat; }"])
    func whatWasReadIsGone(rest: String) throws {
        try test.write(audio, to: "a")
        var command = Command.shell("cat a | vt-transcribe --no-gate --engine fake \(rest)")
        command.mayLeaveProcesses = true
        let result = try run(command, home: test.home)
        #expect(result.text == "bytes 16000\n", "\(result)")
        try eventually("nothing is kept") { entries(of: test.home.pending).isEmpty }
    }

    @Test func textOfSeveralThatWereKeptIsDeliveredToo() throws {
        for id in ["x1", "x2"] { _ = try test.transcribe("--pending-id", id, mode: "refuses", input: .bytes(audio)) }
        var command = Command("vt-transcribe", ["--pending", "--option", "mode=none"])
        command.mayLeaveProcesses = true
        let program = try Harness.start(command, output: .unread, home: test.home)
        #expect(try program.finish().status == 0)
        #expect(test.kept == ["x1", "x2"])
        try program.readOutput()
        try eventually("both are gone") { entries(of: test.home.pending).isEmpty }
    }
}
