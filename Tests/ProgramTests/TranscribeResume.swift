import Glibc
import Harness
import Testing
import Text
import ToneWords

/// A run that was interrupted goes on where it was.
@Suite struct TranscribeResume {
    private let home: Home
    private static let engine = "\(BuiltPrograms.directory)/tone-engine"

    init() throws {
        home = try Home()
        try makeDirectories("\(home.files)/in")
    }

    private var files: String { home.files }

    /// Files of words, each of another length: so the engine's log tells which it got.
    private func make(_ count: Int) throws {
        for number in 0..<count {
            let samples = ToneWords.samples([(number, 0.2), (number + 1, Double(number) * 0.001)])
            let bytes = samples.withUnsafeBytes { Array($0) }
            try write(Tone.header(dataSize: bytes.count) + bytes, to: "\(files)/in/\(number).wav")
        }
    }

    private func command(_ arguments: [String]) -> Command {
        Command(
            "vt-transcribe",
            [
                "--no-gate", "--engine", Self.engine, "--option", "log=\(files)/log", "-q", "-r", "in", "--output-dir",
                "out",
            ]
                + arguments)
    }

    private func transcribe(_ arguments: String...) throws -> Result {
        try run(command(arguments), home: home)
    }

    /// The files that the engine was asked about, in order.
    private func asked() throws -> [Int] {
        let lengths = try text(of: "\(files)/log").split(separator: "\n").compactMap { Int($0) }
        let fixed = 2 * ToneWords.wordLength + 3200
        return lengths.map { ($0 - fixed) / 16 }
    }

    /// The files that have their transcript, which must be whole.
    private func complete() throws -> Set<Int> {
        var result: Set<Int> = []
        for name in entries(of: "\(files)/out") where !name.hasPrefix(".") {
            let number = try #require(Int(name.prefix { $0 != "." }))
            let words = [number, number + 1].map { String(1000 + $0).dropFirst() }.joined(separator: " ")
            #expect(try text(of: "\(files)/out/\(name)") == words + "\n", "\(name)")
            result.insert(number)
        }
        return result
    }

    @Test func whatIsCompleteIsLeftOut() throws {
        try make(3)
        #expect(try transcribe().status == 0)
        #expect(try asked() == [0, 1, 2])
        #expect(try transcribe("--resume").status == 0)
        #expect(try asked().count == 3, "nothing is asked again")
        // Without --resume it is a new run.
        #expect(try transcribe().status == 0)
        #expect(try asked().count == 6)
        // One that was removed, one that was changed, one that is new.
        unlink("\(files)/out/0.wav.txt")
        try write(contents(of: "\(files)/in/2.wav"), to: "\(files)/in/1.wav")
        try write(contents(of: "\(files)/in/2.wav"), to: "\(files)/in/3.wav")
        #expect(try transcribe("--resume", "--report", "report").status == 0)
        #expect(try asked().suffix(from: 6) == [0, 2, 2])
        let outcomes = try text(of: "\(files)/report").split(separator: "\n").compactMap {
            JSONValue(parsing: String($0))?["outcome"]?.string
        }
        #expect(outcomes == ["done", "done", "complete", "done"])
    }

    @Test(arguments: [
        ["--format", "srt"], ["--option", "wait=0"], ["--model", "other"], ["--prompt", "x"],
        ["--format", "srt", "--lines", "1"],
    ])
    func aChangedOptionDoesTheWorkAgain(arguments: [String]) throws {
        try make(2)
        #expect(try transcribe().status == 0)
        #expect(try run(command(arguments + ["--resume"]), home: home).status == 0)
        #expect(try asked().count == 4)
        #expect(try run(command(arguments + ["--resume"]), home: home).status == 0)
        #expect(try asked().count == 4)
    }

    @Test func aFailureIsTriedAgain() throws {
        try make(2)
        try write("no audio".utf8, to: "\(files)/in/1.wav")
        #expect(try transcribe().status == 2)
        #expect(try transcribe("--resume").status == 2, "it is still none")
        #expect(try asked() == [0])
    }

    /// Wherever it is killed: no half transcript, and nothing that was complete is asked for again.
    @Test(arguments: [1, 3, 6, 10, 15, 21]) func killedAtAnyMoment(moment: Int) throws {
        try make(24)
        let program = try start(command(["-j", "3"]), home: home)
        try eventually("the engine was asked \(moment) times") { ((try? asked().count) ?? 0) >= moment }
        program.kill()
        let done = try complete()
        let before = try asked().count
        let result = try transcribe("--resume", "-j", "3")
        #expect(result.status == 0, "\(result)")
        #expect(try complete().count == 24)
        let again = try asked().suffix(from: before)
        #expect(done.isDisjoint(with: again), "\(done.sorted()) were complete, \(again) were asked again")
        #expect(Set(again).count == again.count)
        #expect(entries(of: "\(files)/out").filter { $0.hasSuffix(".part") || $0.hasSuffix(".parts") } == [])
    }

    @Test func aSignalLeavesWhatIsComplete() throws {
        try make(12)
        let program = try start(command(["-j", "2", "--option", "wait=0.05", "--report", "report"]), home: home)
        try eventually("some are complete") { try complete().count >= 3 }
        program.signal(SIGTERM)
        let result = try program.finish()
        #expect(result.ending == .signalled(SIGTERM), "\(result)")
        #expect(program.stragglers.isEmpty)
        let done = try complete()
        #expect((3..<12).contains(done.count))
        #expect(entries(of: "\(files)/out").filter { $0.hasSuffix(".part") } == [], "nothing half done is left")
        #expect(try text(of: "\(files)/report").split(separator: "\n").count == done.count)
        #expect(try transcribe("--resume").status == 0)
        #expect(try complete().count == 12)
    }

    /// Two runs over the same folder, as two timers start them.
    @Test func twoRunsAtOnceDoNothingTwice() throws {
        try make(20)
        let one = try start(command(["--resume", "-j", "2", "--option", "wait=0.02", "--report", "one"]), home: home)
        let two = try start(command(["--resume", "-j", "2", "--option", "wait=0.02", "--report", "two"]), home: home)
        #expect(try one.finish().status == 0)
        #expect(try two.finish().status == 0)
        #expect(try complete().count == 20)
        #expect(try asked().sorted() == Array(0..<20))
        let reports = try text(of: "\(files)/one") + text(of: "\(files)/two")
        #expect(reports.split(separator: "\n").count == 40, "each tells of every input")
        #expect(reports.split(separator: "\n").filter { $0.contains(#""outcome":"done""#) }.count == 20)
    }

    /// The parts of a long recording that are finished are not asked for again.
    @Test func aLongRecordingGoesOnInTheMiddle() throws {
        let words = (0..<60).map { (number: $0, pause: 0.4) }
        let samples = ToneWords.samples(words)
        let bytes = samples.withUnsafeBytes { Array($0) }
        try write(Tone.header(dataSize: bytes.count) + bytes, to: "\(files)/in/long.wav")
        for jobs in ["1", "2"] {
            _ = try run(.shell("rm -rf out log"), home: home)
            let arguments = ["--part-length", "4s", "-j", jobs, "--option", "wait=0.1"]
            let program = try start(command(arguments), home: home)
            try eventually("parts are finished") {
                ((try? text(of: "\(files)/out/.long.wav.vt.parts")) ?? "").split(separator: "\n").filter {
                    $0.hasPrefix("part ")
                }.count >= 3
            }
            program.kill()
            let finished = try text(of: "\(files)/out/.long.wav.vt.parts").split(separator: "\n").filter {
                $0.hasPrefix("part ")
            }.count
            let before = try text(of: "\(files)/log").split(separator: "\n").count
            let result = try run(command(arguments + ["--resume", "--format", "txt"]), home: home)
            #expect(result.status == 0, "\(result)")
            let heard = try text(of: "\(files)/out/long.wav.txt").split { " \n".contains($0) }.map(String.init)
            #expect(heard == words.map { String(1000 + $0.number).dropFirst().description })
            let log = try text(of: "\(files)/log").split(separator: "\n").compactMap { Int($0) }
            let all = try run(.shell("rm -rf out2; vt-transcribe --version"), home: home)
            #expect(all.status == 0)
            // Of the nine or so parts those that were finished are not among the new questions.
            let total = log[before...].reduce(0, +)
            #expect(total < samples.count - finished * 3 * 16000 + 16000, "\(finished) parts were finished; \(log)")
            #expect(entries(of: "\(files)/out") == [".vt-records", "long.wav.txt"])
        }
    }

    @Test func shardsOfSeveralProcessesAreTheWhole() throws {
        try make(9)
        for shard in 1...3 { #expect(try transcribe("--shard", "\(shard)/3").status == 0) }
        #expect(try complete().count == 9)
        #expect(try asked().sorted() == Array(0..<9))
    }
}
