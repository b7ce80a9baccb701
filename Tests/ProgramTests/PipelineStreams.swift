import Glibc
import Harness
import Testing

/// Streams that are not what a program hopes for.
@Suite struct PipelineStreams {
    @Test(arguments: ["vt-record", "vt-transcribe"]) func audioAndATerminalDoNotMeet(_ program: String) throws {
        let terminal = try Terminal(program)
        #expect(try terminal.finish() == [64])
        #expect(terminal.screen.contains("\(program): "))
        #expect(terminal.screen.contains("terminal"))
        #expect(terminal.screen.contains("\r\nhint: "))
    }

    @Test(arguments: ["vt-transcribe", "vt-type"]) func aClosedInputIsAFailure(_ program: String) throws {
        let arguments = program == "vt-type" ? ["--driver", "print"] : []
        let result = try run(Command(program, arguments), input: .closed)
        #expect(result.status == 74, "\(result)")
        #expect(result.errors.hasPrefix("\(program): "))
    }

    @Test func aClosedOutputIsAFailure() throws {
        let result = try run("vt-type", "--driver", "print", input: .text("a\n"), output: .closed)
        #expect(result.ending != .exited(0), "\(result)")
    }

    @Test func aReaderThatHasGoneEndsTheTypistAsItEndsCat() throws {
        let result = try run("vt-type", "--driver", "print", input: .text("a\n"), output: .brokenPipe)
        #expect(result.ending == .signalled(SIGPIPE) || result.status == 69, "\(result)")
    }

    @Test func aFullDiskIsAFailure() throws {
        let result = try run("vt-type", "--driver", "print", input: .text("a\n"), output: .file("/dev/full"))
        #expect(result.status == 74 || result.status == 69, "\(result)")
    }
}
