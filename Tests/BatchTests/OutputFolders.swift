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

    /// On a file system that knows no files without a name, as NFS.
    private var plainFolder: OutputFolder { OutputFolder(Path(directory("out")), knowsNamelessFiles: false) }

    private var records: String { get throws { try text(of: directory("out/.vt-records")) } }

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

    private func complete(
        _ texts: [String: String] = ["txt": "words\n"], _ stamp: Stamp? = nil, _ folder: OutputFolder? = nil
    ) throws {
        let claim = try mine(claim(folder, stamp, formats: texts.keys.sorted(), resumes: false))
        for (format, text) in texts.sorted(by: { $0.key < $1.key }) { try claim.open(format).write(text) }
        try claim.commit(status: 0, facts: "{}")
    }

    @Test(arguments: [true, false]) func nothingHasItsNameBeforeItIsComplete(knowsNamelessFiles: Bool) throws {
        let claim = try mine(self.claim(knowsNamelessFiles ? folder : plainFolder))
        let file = try claim.open("txt")
        try file.write(String(repeating: "word\n", count: 50_000))
        #expect(entries(of: directory("out/sub")) == (knowsNamelessFiles ? [] : [".a.wav.txt.part"]))
        try claim.commit(status: 0, facts: "{\"seconds\":1}")
        #expect(entries(of: directory("out/sub")) == ["a.wav.txt"])
        #expect(try contents(of: directory("out/sub/a.wav.txt")).count == 250_000)
        let hash = try ContentHash(of: Path(directory("out/sub/a.wav.txt")))
        let mark = knowsNamelessFiles ? "" : "*"
        let fields = try records.split(separator: " ", maxSplits: 2).map(String.init)
        #expect(fields[0] == "2" && fields[1].utf8.count == 8)
        #expect(fields[2] == "\(stamp()) - 0 sub/a.wav txt:250000:\(hash)\(mark) {\"seconds\":1}\n")
    }

    @Test(arguments: [true, false]) func whatIsAbandonedLeavesNothing(knowsNamelessFiles: Bool) throws {
        do {
            let claim = try mine(self.claim(knowsNamelessFiles ? folder : plainFolder))
            try claim.open("txt").write("half")
        }
        #expect(entries(of: directory("out/sub")).isEmpty)
        #expect(try !isComplete(claim()))
    }

    /// As any new file, for everybody whom the umask lets.
    @Test func outputsHaveUsualPermissions() throws {
        try complete()
        try write("".utf8, to: directory("usual"))
        #expect(try mode(of: directory("out/sub/a.wav.txt")) == mode(of: directory("usual")))
    }

    private func mode(of path: String) throws -> mode_t {
        var status = stat()
        guard stat(path, &status) == 0 else { throw HarnessError("\(path): \(errno)") }
        return status.st_mode & 0o7777
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

    /// Two runs that differ in their formats only leave each other's outputs alone.
    @Test func otherFormatsGoOnBeingComplete() throws {
        try complete(["txt": "words\n"])
        try complete(["srt": "1\n"])
        #expect(try isComplete(claim(formats: ["txt"])))
        #expect(try isComplete(claim(formats: ["srt", "txt"])))
        try complete(["srt": "other\n"], stamp("other"))
        #expect(try !isComplete(claim(formats: ["txt"])), "what is there of another engine is no part of this")
        #expect(try !isComplete(claim(nil, stamp("other"), formats: ["txt"])))
    }

    @Test func anOutputThatWasRemovedIsNotComplete() throws {
        try complete()
        unlink(directory("out/sub/a.wav.txt"))
        #expect(try !isComplete(claim()))
    }

    /// A crash of the machine leaves a name without bytes, or whole pages of it.
    @Test(arguments: [0, 4096, 8192]) func whatACrashHasCutOffIsNotComplete(size: Int) throws {
        try complete(["txt": String(repeating: "word\n", count: 2000)])
        truncate(directory("out/sub/a.wav.txt"), off_t(size))
        #expect(try !isComplete(claim()))
        try complete()
        #expect(entries(of: directory("out/sub")) == (size == 0 ? ["a.wav.txt"] : ["a.wav.new.txt", "a.wav.txt"]))
        #expect(try isComplete(claim()))
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
        try complete()
        #expect(try isComplete(claim(other, resumes: false)))
        #expect(try !isComplete(claim(folder, resumes: false)), "a run that begins later is another run")
    }

    /// A kill right behind the moment in which the record was complete.
    @Test(arguments: [true, false]) func outputsWithoutTheirNamesGetThem(knowsNamelessFiles: Bool) throws {
        try complete(["txt": "old\n", "srt": "0\n"], stamp("other"))
        try complete(["txt": "words\n", "srt": "1\n"], nil, knowsNamelessFiles ? folder : plainFolder)
        for format in ["txt", "srt"] {
            rename(directory("out/sub/a.wav.\(format)"), directory("out/sub/.a.wav.\(format).part"))
        }
        #expect(try isComplete(claim(formats: ["srt", "txt"])))
        #expect(entries(of: directory("out/sub")) == ["a.wav.srt", "a.wav.txt"])
        #expect(try text(of: directory("out/sub/a.wav.txt")) == "words\n")
    }

    /// Of an output that never had a hidden name none is found under it.
    @Test func aHiddenFileThatIsNobodysIsNotTaken() throws {
        try complete()
        try write("WORDS\n".utf8, to: directory("out/sub/.a.wav.txt.part"))
        #expect(try isComplete(claim()))
        #expect(try text(of: directory("out/sub/a.wav.txt")) == "words\n")
        unlink(directory("out/sub/a.wav.txt"))
        #expect(try !isComplete(claim()))
    }

    /// Killed while it does again what was complete for another engine: then neither is.
    @Test func whatIsDoneAgainIsNotCompleteMeanwhile() throws {
        try complete(["txt": "words\n"], nil, plainFolder)
        let again = try mine(claim(plainFolder, stamp("other")))
        try again.open("txt").write("other\n")
        try again.commit(status: 0, facts: "{}")
        // The kill: all is there but the second record.
        let lines = try records.split(separator: "\n", omittingEmptySubsequences: false)
        try write((lines[..<2].joined(separator: "\n") + "\n").utf8, to: directory("out/.vt-records"))
        rename(directory("out/sub/a.wav.txt"), directory("out/sub/.a.wav.txt.part"))
        try write("words\n".utf8, to: directory("out/sub/a.wav.txt"))
        #expect(try !isComplete(claim()))
        #expect(try !isComplete(claim(nil, stamp("other"))))
    }

    /// Another process that looks at the record right then gives the output its name before its owner does.
    @Test func whoeverGivesAnOutputItsName() throws {
        let claim = try mine(claim(plainFolder))
        try claim.open("txt").write("words\n")
        rename(directory("out/sub/.a.wav.txt.part"), directory("out/sub/a.wav.txt"))
        try claim.commit(status: 0, facts: "{}")
        #expect(try isComplete(self.claim()))
        #expect(try text(of: directory("out/sub/a.wav.txt")) == "words\n")
    }

    /// A kill before it: what was begun is begun anew.
    @Test func whatWasLeftUnfinishedIsReplaced() throws {
        try makeDirectories(directory("out/sub"))
        try write("half of it".utf8, to: directory("out/sub/.a.wav.txt.part"))
        try complete(["txt": "words\n"], nil, plainFolder)
        #expect(entries(of: directory("out/sub")) == ["a.wav.txt"])
        #expect(try text(of: directory("out/sub/a.wav.txt")) == "words\n")
    }

    /// The machine went down and took the bytes with it, but not the names.
    @Test(arguments: [
        "", "2", "2 \n", "1 STAMP 0 sub/a.wav txt:6 {}\n", "garbage\n", "\0\0\0\0\n", "1 abc  5 \n", "2 abc  5 \n",
        "2 00000000 - - 4294967296 sub/a.wav {}\n",
    ])
    func aBrokenRecordIsNone(record: String) throws {
        try complete()
        try write(record.utf8, to: directory("out/.vt-records"))
        #expect(try !isComplete(claim()))
        try complete()
        #expect(try isComplete(claim()))
    }

    /// A kill in the middle of a line; the next one does not become part of it.
    @Test func halfALineIsNone() throws {
        try complete(["txt": "words\n"])
        let line = try records
        for end in [1, 10, line.utf8.count - 5, line.utf8.count - 1] {
            try write(line.utf8.prefix(end), to: directory("out/.vt-records"))
            #expect(try !isComplete(claim()))
            try complete(["txt": "words\n"])
            #expect(try isComplete(claim()))
            let lines = try records.split(separator: "\n").map(String.init)
            #expect(
                lines.count == 2 && lines[0] == line.prefix(end) && lines[1].contains("*"),
                "the older output is replaced")
            try write(line.utf8, to: directory("out/.vt-records"))
        }
    }

    /// A later line counts instead of an earlier one, and so many that do not count are left out, but not under others' eyes.
    @Test func linesThatDoNotCountAreLeftOut() throws {
        for number in 0..<50 {
            let claim = try folder.claim(Path("other/\(number)"), stamp: stamp(), formats: ["txt"], resumes: true)
            try mine(claim).commit(status: 0, facts: "{}")
        }
        let foreign = try records
        try complete(["txt": "words\n"])
        let line = String(try records.dropFirst(foreign.count))
        let all = foreign + String(repeating: line, count: 3000)
        try write(all.utf8, to: directory("out/.vt-records"))
        _ = folder.completed(name, stamp: stamp(), formats: ["txt"])
        #expect(try records == all, "who only looks writes nothing")
        let other = folder
        guard case .mine(let held) = try other.claim(Path("b"), stamp: stamp(), formats: ["txt"], resumes: false) else {
            throw HarnessError("not mine")
        }
        // It was alone, and the file is small; what is added now does not count either, and it still has it open.
        #expect(try records == foreign + line)
        try write(all.utf8, to: directory("out/.vt-records"))
        #expect(try !isComplete(claim(resumes: false)))
        #expect(try records == all)
        held.abandon()
    }

    /// Also by who resumes, and has looked at the records before.
    @Test func whoResumesLeavesOutToo() throws {
        try complete(["txt": "words\n"])
        let line = try records
        try write(String(repeating: line, count: 3000).utf8, to: directory("out/.vt-records"))
        let folder = folder
        #expect(try isComplete(claim(folder)))
        let other = try folder.claim(Path("b"), stamp: stamp(), formats: ["txt"], resumes: true)
        #expect(try records == line)
        withExtendedLifetime(other) {}
        #expect(try isComplete(claim(folder)))
    }

    /// Only 0, 1 and 65 are how a transcript can end; each byte of the fields counts.
    @Test(arguments: [0, 1, 65, 2, 9, 75, -1, 4_294_967_296]) func whatCountsIsCertain(status: Int) throws {
        let claim = try mine(self.claim())
        try claim.open("txt").write("words\n")
        try claim.commit(status: status, facts: "{\"seconds\":1}")
        #expect(try isComplete(self.claim()) == [0, 1, 65].contains(status))
        let line = Array(try records.utf8)
        guard [0, 1, 65].contains(status) else { return }
        for place in 0..<(line.firstIndex(of: UInt8(ascii: "{")) ?? 0) {
            var damaged = line
            damaged[place] ^= 1
            try write(damaged, to: directory("out/.vt-records"))
            #expect(try !isComplete(self.claim()), "byte \(place)")
        }
    }

    @Test(.enabled(if: isRoot, "needs another user's file")) func recordsOfSomebodyElseAreNotBelieved() throws {
        try complete()
        chown(directory("out/.vt-records"), 12345, 12345)
        #expect(try isComplete(claim()), "who shares a folder shares its records")
        chmod(directory("out"), 0o1777)
        #expect(throws: SystemError.self) { try claim() }
    }

    /// A link leads to where nobody has asked to write; a FIFO would be waited for.
    @Test(arguments: ["link", "fifo"]) func recordsThatAreNoFileAreAnError(kind: String) throws {
        try makeDirectories(directory("out"))
        if kind == "link" {
            try write("".utf8, to: directory("target"))
            symlink(directory("target"), directory("out/.vt-records"))
        } else {
            mkfifo(directory("out/.vt-records"), 0o600)
        }
        #expect(throws: SystemError.self) { try claim() }
        if kind == "link" { #expect(try contents(of: directory("target")).isEmpty) }
    }

    /// Whoever may add files to a folder may add records, but not where nobody may touch what is another's.
    @Test func whoSharesTheFolderSharesItsRecords() throws {
        try write("".utf8, to: directory("usual"))
        let usual = try mode(of: directory("usual"))
        for (folderMode, more) in [(0o755, 0), (0o775, 0o020), (0o1777, 0)] as [(mode_t, mode_t)] {
            let path = directory("shared\(folderMode)")
            try makeDirectories(path)
            chmod(path, folderMode)
            let claim = try OutputFolder(Path(path)).claim(Path("a"), stamp: stamp(), formats: ["txt"], resumes: true)
            #expect(try mode(of: path + "/.vt-records") == usual | more)
            withExtendedLifetime(claim) {}
        }
    }

    @Test func longNamesAndOddOnes() throws {
        let names = [
            Array(repeating: UInt8(ascii: "x"), count: 250), [0xFF, 0x0A, 0x20], Array("ü 100% {a}:b*".utf8),
            Array((String(repeating: "{deep} /", count: 63) + "{a}").utf8),
        ]
        for bytes in names {
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
        #expect(try records.split(separator: "\n").count == names.count)
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
