import Glibc
import Harness
import Testing

/// The lines for cron in vt-batch(7), run as cron runs them: by /bin/sh, in the home, with next to no environment.
@Suite(.enabled(if: Tool.isInstalled("flock"), "needs flock"))
struct BatchByCron {
    private let night: Night

    init() throws { night = try Night() }

    @Test func itSaysNothingWhileAllIsWell() throws {
        for _ in 1...2 {
            let result = try night.folder()
            #expect(result.status == 0 && result.text == "" && result.errors == "", "\(result)")
            #expect(try night.batch.faults() == [])
        }
        #expect(night.batch.begun.count == Night.recordings, "what is done is left alone")
    }

    @Test func oneAtATime() throws {
        try night.batch.hold(after: 0)
        let first = try night.start(Night.folderLine())
        try eventually("it works") { night.batch.begun.count == 1 }
        let second = try night.folder()
        #expect(second.status == 0 && second.text == "" && second.errors == "", "\(second)")
        #expect(!first.hasEnded && night.batch.begun.count == 1)
        try night.batch.hold(after: nil)
        #expect(try first.finish().status == 0)
        #expect(try night.batch.faults() == [])
        #expect(night.batch.begun.count == Night.recordings)
    }

    @Test func whatFailedIsSaid() throws {
        try night.batch.addBroken("broken.wav")
        for _ in 1...2 {
            let result = try night.folder()
            #expect(result.status != 0 && result.text == "", "\(result)")
            #expect(result.errors == "vt-transcribe: recordings/broken.wav: is no audio; it looks like text\n")
            #expect(try night.batch.faults() == [])
        }
    }

    @Test func thatNobodySpeaksIsNoFailure() throws {
        try night.silence()
        let result = try night.folder()
        #expect(result.status == 0 && result.text == "" && result.errors == "", "\(result)")
        #expect(try text(of: "\(night.batch.transcripts)/silent.wav.txt") == "")
    }

    @Test func aFolderThatIsNotThereIsSaid() throws {
        unlink("\(night.batch.home.path)/recordings")
        let result = try night.folder()
        #expect(result.status != 0 && result.errors.hasPrefix("vt-transcribe: recordings: "), "\(result)")
    }

    @Test func oneThatIsKilledDoesNotEndInSilence() throws {
        try night.batch.hold(after: 3)
        let program = try night.start(Night.folderLine())
        try eventually("it works") { night.batch.begun.count == 4 }
        // With --no-fork the shell's child is vt-transcribe itself.
        let children = try text(of: "/proc/\(program.pid)/task/\(program.pid)/children").split(separator: " ")
        let transcriber = try #require(children.first.flatMap { CInt($0) })
        kill(transcriber, SIGKILL)
        let result = try program.finish()
        #expect(result.status != 0 && result.errors != "", "\(result)")
        try night.batch.hold(after: nil)
        #expect(try night.folder().status == 0)
        #expect(try night.batch.faults() == [])
    }

    @Test func whatAnOutageHasLeftBehind() throws {
        let none = try night.pending()
        #expect(none.status == 0 && none.text == "" && none.errors == "", "\(none)")

        try night.dictate()
        let failed = try night.pending()
        #expect(failed.status != 0 && failed.text == "" && failed.errors.contains("come back later"), "\(failed)")
        #expect(try night.dictations() == [])

        try night.batch.refuse(false)
        let done = try night.pending()
        #expect(done.status == 0 && done.text == "" && done.errors == "", "\(done)")
        #expect(try night.dictations() == ["007"])
    }
}
