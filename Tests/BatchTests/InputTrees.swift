import Batch
import Glibc
import Harness
import POSIX
import Testing

/// What is found of files, folders and lists, and what it is called.
@Suite struct InputTrees {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func make(_ names: String...) throws {
        for name in names {
            try makeDirectories(directory(name).split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 })
            try write([1], to: directory(name))
        }
    }

    /// Paths below the test's folder and names of outputs, in the order in which they were found.
    private func find(
        _ named: [String], list: [UInt8]? = nil, isRecursive: Bool = true,
        configure: (inout InputQueue.Sources) -> Void = { _ in }
    ) throws -> [String] {
        var sources = InputQueue.Sources()
        sources.named = named.map { Path($0.hasPrefix("/") ? $0 : directory($0)) }
        sources.isRecursive = isRecursive
        sources.namesOutputs = true
        if let list {
            try write(list, to: directory("list"))
            sources.list = Path(directory("list"))
        }
        configure(&sources)
        let queue = try InputQueue(sources) { $0.name.bytes.starts(with: "audio".utf8) }
        var found: [String] = []
        while let taken = queue.next() {
            #expect(taken.number == found.count)
            let path = String(taken.path.description.trimmingPrefix(directory.path + "/"))
            switch taken.item {
            case .input(let input):
                found.append(
                    "\(path) as \(String(input.name.description.trimmingPrefix(directory.path.dropFirst() + "/")))")
            case .problem(_, .isFolder): found.append("\(path) is a folder")
            case .problem(_, .unreadable(let error)): found.append("\(path): \(error.code)")
            case .problem(_, .clash(let name)): found.append("\(path) clashes as \(name)")
            }
        }
        return found
    }

    @Test func aFolderAloneIsTheTop() throws {
        try make("in/b.wav", "in/a.mp3", "in/deep/er/c.flac", "in/z.txt", "in/audio-without-extension", "in/UPPER.WAV")
        #expect(
            try find(["in"]) == [
                "in/UPPER.WAV as UPPER.WAV", "in/a.mp3 as a.mp3",
                "in/audio-without-extension as audio-without-extension",
                "in/b.wav as b.wav", "in/deep/er/c.flac as deep/er/c.flac",
            ])
        #expect(try find(["in/"]) == find(["in"]).map { $0.replacing("in/", with: "in/", maxReplacements: 1) })
    }

    @Test func severalAreCalledAsTheyWereNamed() throws {
        try make("one/a.wav", "two/a.wav")
        #expect(try find(["one", "two"]) == ["one/a.wav as one/a.wav", "two/a.wav as two/a.wav"])
        #expect(
            try find(["one/a.wav", "two/../two/./a.wav"]) == [
                "one/a.wav as one/a.wav", "two/../two/./a.wav as two/a.wav",
            ])
    }

    @Test func whatIsHiddenAndWhatIsNoFileIsPassedOver() throws {
        try make("in/.hidden.wav", "in/.git/a.wav", "in/._resource.mp3", "in/seen.wav")
        mkfifo(directory("in/fifo.wav"), 0o600)
        symlink(directory("nowhere"), directory("in/gone.wav"))
        #expect(try find(["in"]) == ["in/seen.wav as seen.wav"])
        // One that is named is what was asked for.
        #expect(try find(["in/.hidden.wav"]) == ["in/.hidden.wav as in/.hidden.wav"])
    }

    @Test func linksAreFollowedAndLoopsEnd() throws {
        try make("in/sub/a.wav", "elsewhere/b.wav")
        symlink(directory("in"), directory("in/sub/up"))
        symlink(directory("elsewhere"), directory("in/link"))
        symlink("a.wav", directory("in/sub/same.wav"))
        #expect(
            try find(["in"]) == [
                "in/link/b.wav as link/b.wav", "in/sub/a.wav as sub/a.wav", "in/sub/same.wav as sub/same.wav",
            ])
    }

    @Test func aFolderNeedsToBeAskedFor() throws {
        try make("in/a.wav")
        #expect(try find(["in"], isRecursive: false) == ["in is a folder"])
    }

    @Test func whatCannotBeReadIsSaid() throws {
        try make("in/a.wav")
        #expect(
            try find([], list: nil, isRecursive: true) { $0.list = Path(directory("nosuch")) } == ["nosuch: \(ENOENT)"])
        // A file that is not there is found when it is opened.
        #expect(try find(["nosuch.wav"]) == ["nosuch.wav as nosuch.wav"])
    }

    @Test func namesOfAList() throws {
        try make("a.wav", "b c.wav", "in/d.wav")
        let list = "\(directory("a.wav"))\n\n\(directory("b c.wav"))\n\(directory("in"))"
        #expect(
            try find([], list: Array(list.utf8)) == ["a.wav as a.wav", "b c.wav as b c.wav", "in/d.wav as in/d.wav"])
    }

    /// Standard input is read as a recording where the command line says so, not where a file is called like it.
    @Test func aHyphenInAListIsAFile() throws {
        try write("-\n".utf8, to: directory("list"))
        var sources = InputQueue.Sources()
        sources.list = Path(directory("list"))
        #expect(try InputQueue(sources) { _ in false }.next()?.path == Path("./-"))
    }

    @Test func namesWithLineFeedsAndWithoutUTF8() throws {
        let odd = Path(Array(directory("x").utf8) + [0x0A, 0xFF, 0xFE] + Array(".wav".utf8))
        let file = try Descriptor.open(odd, O_WRONLY | O_CREAT)
        try file.close()
        let list = odd.bytes + [0] + Array(directory("y.wav").utf8) + [0]
        var sources = InputQueue.Sources()
        try write(list, to: directory("list"))
        (sources.list, sources.isListNullSeparated) = (Path(directory("list")), true)
        let queue = try InputQueue(sources) { _ in false }
        #expect(queue.next()?.path == odd)
        #expect(queue.next()?.path == Path(directory("y.wav")))
        #expect(queue.next().map(\.path) == nil)
    }

    @Test func theSameNameTwiceIsOneInputAndAnotherIsAClash() throws {
        try make("a.wav", "a.mp3", "sub/a.wav")
        #expect(try find(["a.wav", "a.wav"]) == ["a.wav as a.wav"])
        let inOtherWords = ["/./a.wav", "//a.wav", "/sub/.././a.wav"].map { directory.path + $0 }
        #expect(try find(["a.wav"] + inOtherWords.prefix(2)) == ["a.wav as a.wav"])
        // Where `sub` is a link this is another file.
        #expect(try find(["a.wav"] + inOtherWords.suffix(1)).last?.contains(" clashes as ") == true)
        #expect(try find(["a.wav", "a.mp3"]) == ["a.wav as a.wav", "a.mp3 as a.mp3"])
        #expect(
            try find(["a.wav", "a.mp3"]) { $0.stripsExtensions = true }.last?.hasPrefix("a.mp3 clashes as ") == true)
    }

    /// More names than wait for being taken elsewhere: they are all there before anybody takes one.
    @Test func aLongCommandLineDoesNotWaitForItself() throws {
        let names = (0..<70_000).map { Path(directory("\($0).wav")) }
        let made = Monitor<InputQueue?>(nil)
        try Thread("queue") {
            var sources = InputQueue.Sources()
            sources.named = names
            let queue = try? InputQueue(sources) { _ in false }
            made.change { $0 = queue }
        }.detach()
        let queue = try #require(made.wait(atMost: 60) { $0 })
        var found: [Path] = []
        while let taken = queue.next() { found.append(taken.path) }
        #expect(found == names)
    }

    /// Every input is one process's, whatever the others are.
    @Test func shardsShareTheInputs() throws {
        for number in 0..<40 { try make("in/\(number).wav") }
        let all = try find(["in"])
        var shares: [String] = []
        for number in 1...3 {
            let share = try find(["in"]) { $0.shard = .init(number, of: 3) }
            #expect(share.count > 4, "about a third each: \(share.count)")
            shares += share
        }
        #expect(shares.sorted() == all.sorted())
        let second = try find(["in"]) { $0.shard = .init(2, of: 3) }
        try make("in/another.wav")
        #expect(try find(["in"]) { $0.shard = .init(2, of: 3) }.filter { !$0.contains("another") } == second)
    }
}
