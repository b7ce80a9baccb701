import Glibc
import Harness
import Testing
import Text

/// The commands of vt-batch(7) for GNU parallel, as they stand there, on two machines.
@Suite(
    .enabled(
        if: Tool.isInstalled("parallel") && SSHMachines.arePossible,
        "needs GNU parallel, and an sshd that one may log in to"))
struct BatchWithParallel {
    private let batch: BatchHome
    private let machines: SSHMachines

    init() throws {
        batch = try BatchHome(recordings: 40)
        machines = try SSHMachines(
            ["alpha", "beta"], home: batch.home, path: batch.programs,
            configuration: Self.example { $0.hasPrefix("Host alpha beta\n") })
    }

    /// What vt-batch(7) shows.
    private static func example(_ isIt: (String) -> Bool) throws -> String {
        let scripts = DocumentExample.all.filter { $0.document == "man/vt-batch.7" }.map(\.script).filter(isIt)
        try #require(scripts.count == 1, "\(scripts)")
        return scripts[0]
    }

    private static func shards() throws -> String { try example { $0.contains("--shard {}") } }
    private static func names() throws -> String { try example { $0.contains("--pipe") } }

    private func start(_ script: String) throws -> RunningProgram {
        try Harness.start(.shell(script, environment: machines.environment), home: batch.home)
    }

    private func run(_ script: String) throws -> Result { try start(script).finish(within: .seconds(120)) }

    /// The statuses of the jobs, as parallel has noted them.
    private func statuses() throws -> [Int] {
        try text(of: "\(batch.home.files)/batch.log").split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: "\t")
            return fields.count > 6 ? Int(fields[6]) : nil
        }
    }

    @Test func shardsOnMachinesThatShareTheirFolders() throws {
        let result = try run(Self.shards())
        #expect(result.status == 0 && result.text == "" && result.errors == "", "\(result)")
        #expect(try batch.faults() == [])
        #expect(Set(batch.begun) == ["alpha", "beta"])
        #expect(try statuses() == Array(repeating: 0, count: 8))
        // All is done: nobody begins anything.
        let begun = batch.begun.count
        #expect(try run(Self.shards()).status == 0)
        #expect(batch.begun.count == begun)
    }

    @Test func whatFailsIsSaidOnceAndCounted() throws {
        try batch.addBroken("broken.wav")
        let result = try run(Self.shards())
        // One of the 8, in which something failed.
        #expect(result.status == 1, "\(result)")
        let lines = result.errors.split(separator: "\n").map(String.init)
        #expect(lines == ["vt-transcribe: recordings/broken.wav: is no audio; it looks like text"], "\(result)")
        #expect(try statuses().filter { $0 != 0 }.count == 1)
        #expect(try batch.faults() == [])
    }

    @Test func thatNobodySpeaksIsNoFailure() throws {
        // Two shards that hold nothing else.
        for name in batch.words.keys { unlink("\(batch.recordings)/\(name)") }
        for name in ["one.wav", "two.wav"] { try batch.addSilent(name) }
        let shards = try run(Self.shards())
        #expect(shards.status == 0 && shards.errors == "", "\(shards)")
        #expect(try text(of: "\(batch.transcripts)/two.wav.txt") == "")
        let names = try run(Self.names())
        #expect(names.status == 0 && names.errors == "", "\(names)")
    }

    @Test func aMachineThatDiesLosesNothing() throws {
        try batch.hold(after: 0)
        let program = try start(Self.shards())
        try eventually("both machines work") { Set(batch.begun) == ["alpha", "beta"] }
        machines.crash("beta")
        try batch.hold(after: nil)
        let result = try program.finish(within: .seconds(120))
        #expect(result.status == 0, "\(result)")
        #expect(try batch.faults() == [])
        #expect(batch.begun.filter { $0 == "beta" }.count == 1)
    }

    @Test func whenAllMachinesAreGoneTheSameCommandGoesOnLater() throws {
        try batch.hold(after: 0)
        let program = try start(Self.shards())
        try eventually("both machines work") { Set(batch.begun) == ["alpha", "beta"] }
        machines.crash("alpha")
        machines.crash("beta")
        try batch.hold(after: nil)
        let result = try program.finish(within: .seconds(120))
        #expect(result.status == 8, "\(result)")
        #expect(try !batch.faults().isEmpty)

        let last = try Self.example { $0.hasPrefix("vt-transcribe -r recordings") }
        let rest = try Harness.run(.shell(last, environment: batch.environment), home: batch.home)
        #expect(rest.status == 0, "\(rest)")
        #expect(try batch.faults() == [])
    }

    @Test func namesGoInAndTextComesOut() throws {
        let result = try run(Self.names())
        #expect(result.status == 0 && result.errors == "", "\(result)")
        #expect(try heard() == batch.words)
    }

    @Test func textOfAMachineThatDiesIsNoHalfLine() throws {
        try batch.hold(after: 0)
        let program = try start(Self.names().replacing("-N 50", with: "-N 5"))
        try eventually("both machines work") { Set(batch.begun) == ["alpha", "beta"] }
        machines.crash("alpha")
        try batch.hold(after: nil)
        let result = try program.finish(within: .seconds(120))
        #expect(result.status == 0, "\(result)")
        #expect(try heard() == batch.words)
    }

    @Test func aBadFileAmongNamesIsSaidAndCounted() throws {
        try batch.addBroken("broken.wav")
        let result = try run(Self.names())
        #expect(result.status == 1, "\(result)")
        #expect(result.errors == "vt-transcribe: recordings/broken.wav: is no audio; it looks like text\n")
        #expect(try heard() == batch.words)
    }

    /// What transcripts.jsonl holds; each recording once.
    private func heard() throws -> [String: String] {
        var heard: [String: String] = [:]
        for line in try text(of: "\(batch.home.files)/transcripts.jsonl").split(separator: "\n") {
            let event = try #require(JSONValue(parsing: String(line)), "\(line)")
            guard event["event"]?.string == "final" else { continue }
            let name = try #require(event["file"]?.string).dropFirst("recordings/".count)
            #expect(heard.updateValue(try #require(event["text"]?.string), forKey: String(name)) == nil, "\(line)")
        }
        return heard
    }
}
