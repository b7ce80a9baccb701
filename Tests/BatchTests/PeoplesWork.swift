import Batch
import Glibc
import Harness
import POSIX
import Testing

/// What somebody has written or changed stays.
@Suite struct PeoplesWork {
    private let directory: TemporaryDirectory
    private let name = Path("a")

    init() throws {
        directory = try TemporaryDirectory()
        try makeDirectories(directory("out"))
    }

    private func folder(overwrites: Bool = false, knowsNamelessFiles: Bool = true) -> OutputFolder {
        OutputFolder(Path(directory("out")), overwrites: overwrites, knowsNamelessFiles: knowsNamelessFiles)
    }

    private func stamp(_ text: String) -> Stamp {
        var stamp = Stamp()
        stamp.add("engine", text)
        return stamp
    }

    private func claim(
        _ text: String, _ folder: OutputFolder? = nil, formats: [String] = ["srt"], resumes: Bool = false
    ) throws -> OutputFolder.Claim {
        try (folder ?? self.folder()).claim(name, stamp: stamp(text), formats: formats, resumes: resumes)
    }

    /// - Parameter before: what happens while the input is worked on.
    /// - Returns: the names that were spared.
    @discardableResult
    private func transcribe(
        _ text: String, _ folder: OutputFolder? = nil, formats: [String] = ["srt"], before: () throws -> Void = {}
    ) throws -> [String] {
        guard case .mine(let mine) = try claim(text, folder, formats: formats) else { throw HarnessError("not mine") }
        for format in formats { try mine.open(format).write(text) }
        try before()
        return try mine.commit(status: 0, facts: "{}").map(\.path.name.description)
    }

    private func isComplete(_ text: String, formats: [String] = ["srt"]) throws -> Bool {
        if case .complete = try claim(text, formats: formats, resumes: true) { true } else { false }
    }

    private func edit(_ text: String, in name: String = "a.srt") throws {
        try write(text.utf8, to: directory("out/\(name)"))
    }

    private func text(_ name: String = "a.srt") throws -> String { try Harness.text(of: directory("out/\(name)")) }

    private var outputs: [String] { entries(of: directory("out")).filter { $0 != ".vt-records" } }

    @Test(arguments: [true, false]) func ownOutputsAreReplaced(knowsNamelessFiles: Bool) throws {
        for text in ["one", "two", "three"] {
            #expect(try transcribe(text, folder(knowsNamelessFiles: knowsNamelessFiles)).isEmpty)
            #expect(try self.text() == text)
        }
        #expect(outputs == ["a.srt"])
    }

    /// Longer, shorter, as long; and a file that vt has never made.
    @Test(arguments: ["ONE", "one, corrected", "o", nil]) func whatSomebodyChangedStays(edited: String?) throws {
        if let edited {
            try transcribe("one")
            try edit(edited)
            #expect(try isComplete("one"), "it is done, and better than it was")
        } else {
            try edit("by hand")
        }
        for knowsNamelessFiles in [true, false] {
            for text in ["two", "three"] {
                #expect(try transcribe(text, folder(knowsNamelessFiles: knowsNamelessFiles)) == ["a.srt"])
                #expect(try self.text() == edited ?? "by hand")
                #expect(try self.text("a.new.srt") == text)
                #expect(try isComplete(text))
            }
        }
        #expect(outputs == ["a.new.srt", "a.srt"])
    }

    @Test func whatSomebodyChangedTwiceStaysTwice() throws {
        try edit("by hand")
        try transcribe("one")
        try edit("by hand, too", in: "a.new.srt")
        try transcribe("two")
        #expect(outputs == ["a.new-2.srt", "a.new.srt", "a.srt"])
        #expect(try text() == "by hand" && text("a.new.srt") == "by hand, too" && text("a.new-2.srt") == "two")
        // Who has taken from it what is needed does not want it again.
        unlink(directory("out/a.new-2.srt"))
        #expect(try isComplete("two"))
    }

    @Test(arguments: [true, false]) func whatIsWrittenDuringTheRunStays(knowsNamelessFiles: Bool) throws {
        let folder = folder(knowsNamelessFiles: knowsNamelessFiles)
        #expect(try transcribe("one", folder) { try edit("by hand") } == ["a.srt"])
        #expect(try text() == "by hand" && text("a.new.srt") == "one")
        unlink(directory("out/a.srt"))
        try transcribe("two", folder)
        #expect(try transcribe("three", folder) { try edit("TWO") } == ["a.srt"])
        #expect(try text() == "TWO" && text("a.new.srt") == "three")
    }

    @Test func eachFormatByItself() throws {
        try transcribe("one", formats: ["srt", "txt"])
        try edit("corrected")
        #expect(try transcribe("two", formats: ["srt", "txt"]) == ["a.srt"])
        #expect(outputs == ["a.new.srt", "a.srt", "a.txt"])
        #expect(try text("a.txt") == "two")
        // Of another run that writes one of them, the other stays vt's.
        try transcribe("three", formats: ["srt"])
        #expect(try transcribe("four", formats: ["txt"]).isEmpty)
        #expect(outputs == ["a.new.srt", "a.srt", "a.txt"])
    }

    /// Begun again with other options and killed: what was vt's is vt's still.
    @Test func whatWasGivenUpIsStillVts() throws {
        try transcribe("one")
        do { _ = try claim("two") }
        #expect(try transcribe("three").isEmpty)
        #expect(outputs == ["a.srt"])
    }

    @Test func onlyWhoAsksReplacesEverything() throws {
        try edit("by hand")
        #expect(try transcribe("one", folder(overwrites: true)).isEmpty)
        #expect(outputs == ["a.srt"])
        #expect(try text() == "one")
        symlink("a.srt", directory("out/a.txt"))
        #expect(try transcribe("two", formats: ["txt"]) == ["a.txt"], "a link is somebody's")
        #expect(try text() == "one")
    }

    /// A file that says the same, or nothing, is nobody's loss.
    @Test(arguments: ["", "one"]) func thereMustBeSomethingToLose(text: String) throws {
        try edit(text)
        #expect(try transcribe("one").isEmpty)
        #expect(outputs == ["a.srt"])
    }

    /// A touched file is not another one; the next look finds that written down.
    @Test func contentCountsAndNotTime() throws {
        guard case .mine(let mine) = try claim("one") else { throw HarnessError("not mine") }
        try mine.open("srt").write("words")
        try mine.commit(status: 0, content: stamp("content"), facts: "{}")
        var wasAsked = 0
        func isComplete(_ content: String) throws -> Bool {
            let claim = try folder().claim(
                name, stamp: stamp("touched"),
                content: {
                    wasAsked += 1
                    return stamp(content)
                }, formats: ["srt"], resumes: true)
            return if case .complete = claim { true } else { false }
        }
        #expect(try !isComplete("another"))
        guard case .mine(let again) = try claim("one") else { throw HarnessError("not mine") }
        try again.open("srt").write("words")
        try again.commit(status: 0, content: stamp("content"), facts: "{}")
        #expect(try isComplete("content"))
        #expect(try isComplete("content"))
        #expect(wasAsked == 2, "it is read once")
    }
}
