import Audio
import Glibc
import Harness
import Testing
import Text

/// What every plugin owes its host.
struct PocketSphinxPlugin {
    static let engine = "vt-transcribe-pocketsphinx"

    @Test func itDescribesItself() throws {
        let result = try run(Self.engine, "describe", environment: ["HOME": nil, "PATH": nil])
        #expect(result.status == 0)
        let lines = result.text.split(separator: "\n")
        #expect(lines.first == "vt-plugin 1")
        #expect(lines.contains("input s16le"))
        #expect(lines.contains("partial yes"))
        #expect(lines.contains("files yes"))
        #expect(lines.contains { $0.hasPrefix("summary ") })
        #expect(lines.contains { $0.hasPrefix("option jsgf ") })
        #expect(result.errors.isEmpty)
    }

    /// One model for several recordings, and each is recognised as if it were the only one.
    @Test(.enabled(if: PocketSphinx.isInstalled, "needs the model"))
    func severalFilesAreAnsweredOneByOne() throws {
        let home = try Home()
        let samples = try PocketSphinx.samples("goforward.raw")
        try write(WAVHeader.streaming(.speech) + samples, to: "\(home.files)/one.wav")
        try write(Array("no audio at all".utf8), to: "\(home.files)/none.wav")
        let names = ["one.wav", "none.wav", "missing.wav", "one.wav"].map { "\(home.files)/\($0)" }
        let result = try run(
            Command(Self.engine, ["transcribe-files-v1"]),
            input: .bytes(Array((names.joined(separator: "\n") + "\n").utf8)), home: home)
        #expect(result.status == 0, "\(result)")
        let lines = result.text.split(separator: "\n").filter { !$0.hasPrefix("partial") }
        let answers = lines.split { $0.hasPrefix("done ") }.map(Array.init)
        #expect(
            lines.filter { $0.hasPrefix("done ") }
                == zip([0, 65, 66, 0], names).map { "done status=\($0) path=\($1)\t" }, "\(result)"
        )
        #expect(answers.count == 4)
        let alone = try run(Command(Self.engine, ["transcribe-v1"]), input: .bytes(samples))
        let words = alone.text.split(separator: "\n").filter { !$0.hasPrefix("partial") }
        #expect(!words.isEmpty && answers.first == words && answers.last == words, "\(alone)")
    }

    @Test(arguments: [["transcribe-v2"], ["type-v1"], [], ["describe", "more"], ["--nonsense"]])
    func anUnknownOperationIsUsage(_ arguments: [String]) throws {
        let result = try run(Command(Self.engine, arguments))
        #expect(result.status == 64, "\(result)")
        #expect(result.text.isEmpty)
    }

    @Test(arguments: ["--help", "--version"])
    func aPersonIsAnswered(_ option: String) throws {
        let result = try run(Self.engine, option)
        #expect(result.status == 0)
        #expect(!result.text.isEmpty && result.errors.isEmpty)
    }

    @Test(.enabled(if: PocketSphinx.isInstalled, "needs the model"), arguments: [SIGTERM, SIGHUP])
    func aSignalEndsIt(_ signal: CInt) throws {
        let running = try start(Command(Self.engine, ["transcribe-v1"]), input: .open)
        running.write(try PocketSphinx.samples("goforward.raw") + PocketSphinx.silence(seconds: 1))
        try running.waitForOutput("some text") { $0.contains("final") }
        running.signal(signal)
        #expect(try running.finish(within: .seconds(5)).ending == .signalled(signal))
    }

    /// Somebody's Ctrl-C in `vt-record | vt-transcribe-pocketsphinx` stops the recorder; what it recorded is still written.
    @Test(.enabled(if: PocketSphinx.isInstalled, "needs the model"))
    func theFirstInterruptIsForTheRecorderTheSecondForUs() throws {
        let running = try start(Command(Self.engine, ["transcribe-v1"]), input: .open)
        let phrase = try PocketSphinx.samples("goforward.raw")
        running.write(phrase.prefix(57600))
        try running.waitForOutput("a partial") { $0.contains("partial") }
        running.signal(SIGINT)
        running.write(phrase.dropFirst(57600) + PocketSphinx.silence(seconds: 1))
        try running.waitForOutput("the rest") { $0.contains("\tgo forward ten meters\n") }
        running.signal(SIGINT)
        #expect(try running.finish(within: .seconds(5)).ending == .signalled(SIGINT))
    }

    @Test(.enabled(if: PocketSphinx.isInstalled, "needs the model"))
    func aClosedReaderEndsItAsItEndsCat() throws {
        let result = try run(
            Command(Self.engine, ["transcribe-v1"]), input: .file(Speech.goForward), output: .brokenPipe)
        #expect(result.ending == .signalled(SIGPIPE), "\(result)")
    }

    @Test(.enabled(if: PocketSphinx.isInstalled, "needs the model"))
    func aFullDiskIsAnError() throws {
        let result = try run(
            Command(Self.engine, ["transcribe-v1"]), input: .file(Speech.goForward), output: .file("/dev/full"))
        #expect(result.status == 74, "\(result)")
    }

    @Test func aDirectoryIsNoRecording() throws {
        let result = try run(Command(Self.engine, ["transcribe-v1"]), input: .file("/etc"))
        #expect(result.status == (PocketSphinx.isInstalled ? 74 : 69), "\(result)")
    }

    /// Without its model it says how to get it. (A name space of its own hides the files.)
    @Test(.enabled(if: isRoot && PocketSphinx.isInstalled && Tool.isInstalled("unshare"), "needs root and unshare"))
    func aMissingModelIsNamedWithItsPackage() throws {
        let result = try run(
            Command.shell(
                "exec unshare -m sh -c 'mount -t tmpfs none /usr/share/pocketsphinx/model && exec vt-transcribe-pocketsphinx transcribe-v1'"
            ))
        #expect(result.status == 69, "\(result)")
        #expect(result.errors.contains("apt-get install pocketsphinx-en-us"))
    }
}
