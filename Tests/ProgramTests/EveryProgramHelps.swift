import Harness
import Testing

/// What every program does with its command line.
@Suite struct EveryProgramHelps {
    @Test(arguments: EveryProgram.all) func helpIsTheOutput(_ program: String) throws {
        let result = try run(program, "--help")
        #expect(result.status == 0, "\(result)")
        #expect(result.text.contains("USAGE: \(program)"))
        #expect(result.errors == "")
    }

    @Test(arguments: EveryProgram.all) func versionsAreTheSame(_ program: String) throws {
        let result = try run(program, "--version")
        #expect(result.status == 0, "\(result)")
        #expect(try result.text == run("vt-record", "--version").text)
        #expect(result.text.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    }

    @Test(arguments: EveryProgram.compiled + EveryProgram.scripts) func unknownOptionsAre64(_ program: String) throws {
        let result = try run(program, "--no-such-option")
        #expect(result.status == 64)
        #expect(result.text == "")
        let lines = result.errors.split(separator: "\n")
        try #require(lines.count == 2, "\(result)")
        #expect(lines[0].hasPrefix("\(program): ") && lines[0].contains("--no-such-option"))
        #expect(lines[1].hasPrefix("hint: "))
    }

    @Test(arguments: EveryProgram.all, [Output.closed, .file("/dev/full")])
    func helpThatCannotBeWrittenIsNoSuccess(_ program: String, to output: Output) throws {
        let result = try run(program, "--help", output: output)
        #expect(result.ending != .exited(0), "\(result)")
    }

    @Test(arguments: EveryProgram.compiled) func aWrongLogLevelIsSaidAndNothingMore(_ program: String) throws {
        let result = try run(program, "--no-such-option", environment: ["VT_LOG": "loud"])
        #expect(result.status == 64, "\(result)")
    }
}
