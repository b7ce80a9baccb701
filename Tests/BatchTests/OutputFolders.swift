import Batch
import Glibc
import Harness
import POSIX
import Testing

/// Whose turn an input is, and what is complete.
@Suite struct OutputFolders {
    private let directory: TemporaryDirectory
    private let name = Path("sub/a.wav")

    init() throws {
        directory = try TemporaryDirectory()
    }

    private var folder: OutputFolder { OutputFolder(Path(directory("out"))) }

    private func stamp(_ text: String = "engine") -> Stamp {
        var stamp = Stamp()
        stamp.add("engine", text)
        return stamp
    }

    private func claim(
        _ folder: OutputFolder? = nil, _ stamp: Stamp? = nil, formats: [String] = ["txt"], resumes: Bool = true
    ) throws -> OutputFolder.Claim {
        try (folder ?? self.folder).claim(name, stamp: stamp ?? self.stamp(), formats: formats, resumes: resumes)
    }

    private func mine(_ claim: OutputFolder.Claim) throws -> OutputClaim {
        guard case .mine(let mine) = claim else { throw HarnessError("not mine: \(claim)") }
        return mine
    }

    private func isComplete(_ claim: OutputFolder.Claim) -> Bool {
        if case .complete = claim { true } else { false }
    }

    private func complete(_ texts: [String: String] = ["txt": "words\n"], _ stamp: Stamp? = nil) throws {
        let claim = try mine(claim(nil, stamp, formats: texts.keys.sorted(), resumes: false))
        for (format, text) in texts { try claim.open(format).write(text) }
        try claim.commit(status: 0, facts: "{}")
    }

    @Test func nothingHasItsNameBeforeItIsComplete() throws {
        let claim = try mine(self.claim())
        let file = try claim.open("txt")
        try file.write(String(repeating: "word\n", count: 50_000))
        #expect(entries(of: directory("out/sub")).allSatisfy { $0.hasPrefix(".") })
        try claim.commit(status: 0, facts: "{\"seconds\":1}")
        #expect(entries(of: directory("out/sub")) == [".a.wav.vt", "a.wav.txt"])
        #expect(try contents(of: directory("out/sub/a.wav.txt")).count == 250_000)
        #expect(try text(of: directory("out/sub/.a.wav.vt")).hasSuffix("\n{\"seconds\":1}\n"))
    }

    @Test func whatIsAbandonedLeavesNothing() throws {
        do {
            let claim = try mine(self.claim())
            try claim.open("txt").write("half")
        }
        #expect(entries(of: directory("out/sub")).isEmpty)
        #expect(try !isComplete(claim()))
    }

    @Test func whatIsCompleteIsNotDoneAgain() throws {
        try complete()
        #expect(try isComplete(claim()))
        #expect(try !isComplete(claim(nil, stamp("other"))), "for other options it is not complete")
    }

    @Test func anotherFormatIsNotThere() throws {
        try complete()
        #expect(try !isComplete(claim(formats: ["txt", "srt"])))
    }

    @Test func anOutputThatWasChangedOrRemovedIsNotComplete() throws {
        try complete()
        try write("wor".utf8, to: directory("out/sub/a.wav.txt"))
        #expect(try !isComplete(claim()))
        try complete()
        unlink(directory("out/sub/a.wav.txt"))
        #expect(try !isComplete(claim()))
    }

    @Test func whoWorksOnItHasItAlone() throws {
        let first = try mine(claim())
        guard case .busy = try claim() else { throw HarnessError("not busy") }
        try first.open("txt").write("x")
        try first.commit(status: 1, facts: "{}")
        guard case .complete(let status) = try claim() else { throw HarnessError("not complete") }
        #expect(status == 1)
    }

    /// Two runs over the same folder: what the other has completed meanwhile is not done again, even where nothing is resumed.
    @Test func whatIsCompletedDuringARunIsNotDoneAgainByIt() throws {
        let other = folder
        #expect(try !isComplete(claim(other, resumes: false)))
        // The clock of files ticks every 4 ms or so; a run that begins later is another run.
        try complete()
        #expect(try isComplete(claim(other, resumes: false)))
        try eventually("the clock has ticked") { try !isComplete(claim(folder, resumes: false)) }
    }

    /// A crash right behind the moment in which the record was complete.
    @Test func outputsWithoutTheirNamesGetThem() throws {
        try complete(["txt": "words\n", "srt": "1\n"])
        for format in ["txt", "srt"] {
            rename(directory("out/sub/a.wav.\(format)"), directory("out/sub/.a.wav.\(format).part"))
        }
        #expect(try isComplete(claim(formats: ["srt", "txt"])))
        #expect(entries(of: directory("out/sub")) == [".a.wav.vt", "a.wav.srt", "a.wav.txt"])
        #expect(try text(of: directory("out/sub/a.wav.txt")) == "words\n")
    }

    /// Another process that looks at the record right then gives the output its name before its owner does.
    @Test func whoeverGivesAnOutputItsName() throws {
        let claim = try mine(claim())
        try claim.open("txt").write("words\n")
        rename(directory("out/sub/.a.wav.txt.part"), directory("out/sub/a.wav.txt"))
        try claim.commit(status: 0, facts: "{}")
        #expect(try isComplete(self.claim()))
        #expect(try text(of: directory("out/sub/a.wav.txt")) == "words\n")
    }

    /// A crash before it: what was begun is begun anew.
    @Test func whatWasLeftUnfinishedIsReplaced() throws {
        try makeDirectories(directory("out/sub"))
        try write("hal".utf8, to: directory("out/sub/.a.wav.txt.part"))
        try write("".utf8, to: directory("out/sub/.a.wav.vt"))
        try complete(["txt": "words\n"])
        #expect(entries(of: directory("out/sub")) == [".a.wav.vt", "a.wav.txt"])
        #expect(try text(of: directory("out/sub/a.wav.txt")) == "words\n")
    }

    /// The machine went down and took the bytes with it, but not the names.
    @Test(arguments: ["", "vt-transcript 1", "vt-transcript 2 x 0\n", "garbage\n"])
    func aBrokenRecordIsNone(record: String) throws {
        try complete()
        try write(record.utf8, to: directory("out/sub/.a.wav.vt"))
        #expect(try !isComplete(claim()))
    }

    @Test func longNamesAndOddOnes() throws {
        for bytes in [Array(repeating: UInt8(ascii: "x"), count: 250), [0xFF, 0x0A, 0x20], Array("ü".utf8)] {
            let name = Path(bytes)
            let claim = try folder.claim(name, stamp: stamp(), formats: ["txt"], resumes: true)
            let mine = try mine(claim)
            try mine.open("txt").write("x")
            try mine.commit(status: 0, facts: "{}")
            #expect(try isComplete(folder.claim(name, stamp: stamp(), formats: ["txt"], resumes: true)))
        }
        let tooLong = Path(Array(repeating: UInt8(ascii: "x"), count: 254))
        #expect(throws: SystemError.self, "before anybody has worked for it") {
            try folder.claim(tooLong, stamp: stamp(), formats: ["txt"], resumes: true)
        }
        #expect(entries(of: directory("out")).filter { $0.hasSuffix(".part") } == [])
    }

    @Test func aFolderInTheWayIsAnError() throws {
        try makeDirectories(directory("out/sub/a.wav.srt"))
        #expect(throws: SystemError.self) { try claim(formats: ["txt", "srt"]) }
        #expect(entries(of: directory("out/sub")) == ["a.wav.srt"])
    }

    @Test func aFileInTheWayIsAnError() throws {
        try write("".utf8, to: directory("out"))
        #expect(throws: SystemError.self) { try claim() }
    }
}
