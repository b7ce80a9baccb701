import Glibc
import Harness
import Testing

/// scripts/slurm on a cluster of one node.
@Suite(.enabled(if: SlurmCluster.isPossible, "needs munged, slurmctld and slurmd, and the right to run them"))
struct BatchWithSlurm {
    private let batch: BatchHome
    private let cluster: SlurmCluster

    init() throws {
        batch = try BatchHome(recordings: 30)
        cluster = try SlurmCluster(home: batch.home)
        for script in ["vt-transcribe.sbatch", "vt-summary.sbatch"] {
            symlink("\(BuiltPrograms.packageDirectory)/scripts/slurm/\(script)", "\(batch.home.files)/\(script)")
        }
    }

    /// Runs commands as somebody who is logged in to the cluster.
    @discardableResult
    private func shell(_ script: String, environment: [String: String?] = [:]) throws -> String {
        let all = batch.environment.merging(cluster.environment) { $1 }.merging(environment) { $1 }
        var command = Command.shell(script, environment: all)
        command.mayLeaveProcesses = true
        let result = try run(command, home: batch.home)
        try #require(result.status == 0, "\(result)")
        return result.text.filter { $0 != "\n" }
    }

    /// Submits an array of so many tasks.
    private func submit(_ tasks: String, _ options: String = "", environment: [String: String?] = [:]) throws -> String
    {
        try shell(
            "sbatch --parsable --array=\(tasks) \(options) vt-transcribe.sbatch recordings transcripts",
            environment: environment)
    }

    /// Submits the summary of an array and waits for it.
    private func summary(of job: String) throws -> SlurmCluster.Job {
        let name = try shell(
            "sbatch --parsable --dependency=afterany:\(job) vt-summary.sbatch \(job) recordings transcripts")
        return try wait(for: name)
    }

    private static let ends = ["COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY"]

    private func wait(for task: String) throws -> SlurmCluster.Job {
        try cluster.wait(for: task, "has ended", within: .seconds(120)) { Self.ends.contains($0.state) }
    }

    private func log(_ name: String) throws -> String { try text(of: "\(batch.home.files)/slurm-\(name).out") }

    /// All processes of the cluster's jobs that run a program, by the name of its file.
    private func processes(_ program: String) -> [CInt] {
        entries(of: "/proc").compactMap { CInt($0) }.filter { process in
            guard let line = try? contents(of: "/proc/\(process)/cmdline"),
                let environment = try? contents(of: "/proc/\(process)/environ")
            else { return false }
            let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return words.contains { $0.hasSuffix("/\(program)") }
                && String(decoding: environment, as: UTF8.self).contains("HOME=\(batch.home.path)\0")
        }
    }

    @Test func theCommandsOfThePage() throws {
        let scripts = DocumentExample.all.filter { $0.script.contains("sbatch --parsable") }.map(\.script)
        try #require(scripts.count == 1)
        let said = try shell(scripts[0])
        try #require(said.hasPrefix("Submitted batch job "), "\(said)")
        let summary = try wait(for: String(said.dropFirst("Submitted batch job ".count)))
        let jobs = try cluster.jobs()
        #expect(summary.state == "COMPLETED", "\(jobs)")
        #expect(jobs.filter { $0.name.contains("_") && $0.state == "COMPLETED" }.count == 16, "\(jobs)")
        #expect(try batch.faults(formats: ["srt", "json"]) { $1.contains($0) } == [])
    }

    @Test func whatFailsIsInTheStateAndInTheSummary() throws {
        try batch.addBroken("broken.wav")
        let job = try submit("0-6:2")
        let summary = try summary(of: job)
        let tasks = try cluster.jobs().filter { $0.name.hasPrefix("\(job)_") }
        #expect(tasks.filter { $0.state == "COMPLETED" }.count == 3, "\(tasks)")
        let failed = try #require(tasks.first { $0.state == "FAILED" })
        #expect(tasks.count == 4 && failed.exit == "2:0" && failed.restarts == 0, "\(tasks)")
        let message = "vt-transcribe: recordings/broken.wav: is no audio; it looks like text\n"
        #expect(try log(failed.name).contains(message))
        #expect(try batch.faults() == [])

        #expect(summary.state == "FAILED" && summary.exit == "2:0", "\(summary)")
        let text = try log(summary.name)
        #expect(text.contains("{\"input\":\"recordings/broken.wav\",\"outcome\":\"failed\",\"status\":65,"), "\(text)")
        #expect(text.contains("\nrecordings/broken.wav\n"), "\(text)")
        #expect(text.contains("recordings without a complete transcript: 1;"), "\(text)")
    }

    @Test func atItsTimeLimitATaskStopsAndGoesOnLater() throws {
        try batch.hold(after: 10)
        // The limit is a minute, and the signal comes a minute before it, as soon as Slurm looks at the clock.
        let job = try submit("1", "--time=1")
        try eventually("ten are done", within: .seconds(60)) { batch.begun.count == 11 }
        try cluster.wait(for: "\(job)_1", "is back in the queue", within: .seconds(120)) { $0.restarts == 1 }
        // On a slow machine the rest could take until Slurm looks again.
        try shell("scontrol update JobId=\(job)_1 TimeLimit=10")
        try batch.hold(after: nil)
        #expect(try wait(for: "\(job)_1").description == "\(job)_1 COMPLETED 0:0, restarts 1")
        #expect(try log("\(job)_1").contains("stopped by its time limit; back in the queue (1 of 10)"))
        #expect(try batch.faults() == [])
        #expect(batch.begun.count == 31, "what was done is left alone")
        #expect(try summary(of: job).state == "COMPLETED")
    }

    @Test func aTranscriberThatIsKilledIsBegunAgain() throws {
        try batch.hold(after: 10)
        let job = try submit("1")
        try eventually("ten are done", within: .seconds(60)) { batch.begun.count == 11 }
        for process in processes("vt-transcribe") { kill(process, SIGKILL) }
        try cluster.wait(for: "\(job)_1", "is back in the queue") { $0.restarts == 1 }
        try batch.hold(after: nil)
        let end = try wait(for: "\(job)_1")
        #expect(end.state == "COMPLETED" && end.restarts == 1, "\(end)")
        #expect(try log("\(job)_1").contains("vt-transcribe was killed by signal 9; back in the queue"))
        #expect(try batch.faults() == [])
        #expect(batch.begun.count == 31)
    }

    @Test func aTaskThatIsKilledIsMissedAndComesBackWhenAsked() throws {
        try batch.hold(after: 10)
        let job = try submit("1")
        try eventually("ten are done", within: .seconds(60)) { batch.begun.count == 11 }
        // Slurm ends what it leaves behind.
        for process in processes("slurm_script") { kill(process, SIGKILL) }
        let end = try wait(for: "\(job)_1")
        #expect(end.description == "\(job)_1 FAILED 0:9, restarts 0")
        try eventually("its processes are gone") { processes("vt-transcribe").isEmpty }
        try batch.hold(after: nil)
        let missed = try summary(of: job)
        #expect(missed.state == "FAILED" && missed.exit == "2:0", "\(missed)")
        let text = try log(missed.name)
        #expect(text.contains("task 1 of 1 has not come to its end"), "\(text)")
        #expect(text.contains("recordings without a complete transcript: 20;"), "\(text)")

        try shell("scontrol requeue \(job)_1")
        try cluster.wait(for: "\(job)_1", "is done") { $0.state == "COMPLETED" }
        #expect(try batch.faults() == [])
        #expect(batch.begun.count == 31)
        #expect(try summary(of: job).state == "COMPLETED")
    }

    @Test func whatMayWorkLaterIsTriedLaterButNotForEver() throws {
        try batch.refuse(true)
        let job = try submit("1", environment: ["VT_RESTARTS": "1"])
        #expect(try wait(for: "\(job)_1").description == "\(job)_1 FAILED 75:0, restarts 1")
        let text = try log("\(job)_1")
        #expect(text.contains("what failed may work later; back in the queue (1 of 1)"), "\(text)")
        #expect(text.contains("not going on: no restart is left (1 of 1)"), "\(text)")
        #expect(try summary(of: job).exit == "2:0")

        try batch.refuse(false)
        let again = try submit("1")
        #expect(try summary(of: again).state == "COMPLETED")
        #expect(try batch.faults() == [])
    }

    @Test func whatIsCancelledStaysCancelled() throws {
        try batch.hold(after: 0)
        let job = try submit("1-2")
        try eventually("both work", within: .seconds(60)) { batch.begun.count == 2 }
        try shell("scancel \(job)_1")
        let end = try wait(for: "\(job)_1")
        #expect(end.state == "CANCELLED" && end.restarts == 0, "\(end)")
        try eventually("its processes are gone") { processes("vt-transcribe").count == 1 }
        #expect(try cluster.jobs().first { $0.name == "\(job)_1" } == end)
        // A signal alone is no end.
        try shell("scancel --batch --signal=TERM \(job)_2")
        try cluster.wait(for: "\(job)_2", "is back in the queue") { $0.restarts == 1 }
        try batch.hold(after: nil)
        #expect(try wait(for: "\(job)_2").state == "COMPLETED")
    }

    @Test func anArrayWithGapsIsRefused() throws {
        let job = try submit("1,2,4")
        for task in [1, 2, 4] {
            #expect(try wait(for: "\(job)_\(task)").exit == "64:0")
            #expect(try log("\(job)_\(task)").contains("this array has gaps"))
        }
        #expect(batch.begun.isEmpty)
    }
}
