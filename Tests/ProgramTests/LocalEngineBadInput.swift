import Glibc
import Harness
import POSIX
import Testing
import Text

/// A library or a model that the engine `local` can't use: the reason and what to do are said, and the recording stays.
struct LocalEngineBadInput {
    private static let audio = StandIn.speech(StandIn.words(3))

    /// Runs vt-transcribe, which keeps the recording.
    private func expect(
        _ status: Int, _ messages: [String], of engine: StandIn, _ arguments: String...,
        environment: [String: String?] = [:]
    ) throws {
        let result = try run(
            engine.command(["--no-gate", "--raw"] + arguments, environment: environment), input: .bytes(Self.audio),
            home: engine.home)
        #expect(result.status.map(Int.init) == status, "\(result)")
        for message in messages { #expect(result.errors.contains(message), "\(message): \(result)") }
        #expect(result.text.isEmpty)
        #expect(engine.kept == [Self.audio.count])
    }

    // MARK: The library

    @Test func noLibrary() throws {
        let engine = try StandIn()
        unlink(engine.libraryPath)
        try expect(
            69, ["the library libtranscribe is not installed", "hint: vt-models library installs it"], of: engine)
    }

    @Test func aLibraryThatIsAText() throws {
        let engine = try StandIn()
        unlink(engine.libraryPath)
        try write("this is no library\n".utf8, to: engine.libraryPath)
        try expect(69, ["cannot be loaded", "vt-models library installs it again"], of: engine)
    }

    @Test func aLibraryWithoutAFunction() throws {
        let engine = try StandIn()
        var bytes = try contents(of: StandIn.library)
        let name = Array("\0transcribe_stream_feed\0".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: name) })
        bytes[place + 5] = UInt8(ascii: "X")
        unlink(engine.libraryPath)
        try write(bytes, to: engine.libraryPath)
        try expect(
            69, ["is of another version than this program can use: it has no function transcribe_stream_feed"],
            of: engine)
    }

    @Test(arguments: [("7 52", "its structure word has 52 bytes, not 48"), ("2 0", "its structure run_params")])
    func aLibraryOfAnotherLayout(structure: String, message: String) throws {
        let engine = try StandIn(library: ["struct \(structure)"])
        try expect(69, [message, "hint: vt-models library installs the right one"], of: engine)
        #expect(engine.calls.isEmpty)
    }

    @Test func aLibraryThatCanComputeNothing() throws {
        try expect(
            69, ["libtranscribe can compute nothing on this machine"], of: StandIn(library: ["init 8"]))
    }

    /// What a library prints is no transcript, and no event.
    @Test func aLibraryThatTalks() throws {
        let engine = try StandIn(library: ["greets yes"])
        for model in [["streams no"], ["streams yes"]] {
            try engine.addModel("tones", model)
            let plugin = try engine.plugin(input: .bytes(Self.audio))
            #expect(try plugin.texts("final") == [StandIn.heard(3).joined(separator: " ")], "\(plugin)")
            #expect(!plugin.text.contains("greetings"))
        }
        let result = try engine.transcribe("--raw", input: .bytes(Self.audio))
        #expect(result.status == 0 && result.text == StandIn.heard(3).joined(separator: " ") + "\n", "\(result)")
        #expect(result.errors.isEmpty)
        let debug = try engine.transcribe("--raw", input: .bytes(Self.audio), environment: ["VT_LOG": "debug"])
        #expect(debug.errors.contains("libtranscribe: the stand-in speaks"), "\(debug)")
    }

    // MARK: The model

    @Test func noModel() throws {
        try expect(69, ["no model is installed", "hint: vt-models install"], of: StandIn(model: nil))
    }

    @Test func aModelThatIsNotInstalled() throws {
        try expect(
            69, ["the model whisper-large is not installed", "hint: vt-models install whisper-large"], of: StandIn(),
            "--model", "whisper-large")
    }

    private static let kinds = ["a text", "nothing", "a folder", "a FIFO", "a device", "a socket", "missing"]

    /// A path that leads to something else; none of them is waited for.
    @Test(arguments: kinds) func aPathThatIsNotAModel(kind: String) throws {
        let engine = try StandIn()
        let path = "\(engine.home.files)/model"
        var socket: RunningProgram?
        switch kind {
        case "a text": try write("<html>Please log in</html>".utf8, to: path)
        case "nothing": try write([], to: path)
        case "a folder": try makeDirectories(path)
        case "a FIFO": #expect(mkfifo(path, 0o600) == 0)
        case "a device": #expect(symlink("/dev/zero", path) == 0)
        case "a socket":
            socket = try start(
                Command(
                    "perl",
                    ["-MIO::Socket::UNIX", "-e", "IO::Socket::UNIX->new(Local=>'\(path)',Listen=>1); sleep 600"]))
            try eventually("the socket") { access(path, F_OK) == 0 }
        default: break
        }
        try expect(
            kind == "a text" ? 78 : 66, ["the model \(path)", kind == "a text" ? "it is not a model" : ""], of: engine,
            "--model", path)
        socket?.kill()
    }

    @Test(.enabled(if: !isRoot || Tool.isInstalled("setpriv"), "needs setpriv for root")) func aModelOfSomebodyElse()
        throws
    {
        let engine = try StandIn()
        let path = "\(engine.home.files)/model"
        try write(StandIn.gguf([]), to: path)
        #expect(chmod(path, 0) == 0)
        guard isRoot else { return try expect(66, ["Permission denied"], of: engine, "--model", path) }
        // Root without its power to read everything.
        let result = try run(
            Command(
                "setpriv",
                [
                    "--bounding-set=-all", "--inh-caps=-all", "\(BuiltPrograms.directory)/vt-transcribe-local",
                    "transcribe-v1",
                ],
                environment: ["VT_MODEL": path]), input: .bytes(Self.audio), home: engine.home)
        #expect(result.status == 66 && result.errors.contains("Permission denied"), "\(result)")
    }

    @Test(arguments: [
        ("load-status 4", 78, "damaged, or not one for libtranscribe"), ("load-status 5", 78, "does not know"),
        ("load-status 6", 78, "does not know"), ("load-status 7", 69, "needs more memory than there is"),
        ("load-status 8", 69, "hint: --option device=cpu"), ("load-status 99", 70, "stand-in status 99"),
        ("session-status 7", 69, "needs more memory than there is"),
        ("roles 2", 64, "it is for telling speakers apart"), ("roles 4", 64, "it is for telling languages apart"),
        ("roles 8", 64, "it is for detecting speech"), ("roles 0", 64, "it is for something else"),
    ]) func aModelThatCannotBeLoaded(script: String, status: Int, message: String) throws {
        try expect(status, ["the model tones", message], of: StandIn(model: [script]))
    }

    @Test(arguments: [
        ("run-status 7", 69, "needs more memory than there is"), ("run-status 8", 69, "hint: --option device=cpu"),
        ("run-status 1", 70, "stand-in status 1"),
    ]) func aModelThatFails(script: String, status: Int, message: String) throws {
        try expect(status, ["the model tones", message], of: StandIn(model: [script]))
    }

    /// What there is of the text is given, and that it may not be all is said.
    @Test(arguments: [("run-status 18", "stopped before the end"), ("run-status 19", "repeats itself")])
    func aModelThatStopsHalfWay(script: String, message: String) throws {
        let result = try StandIn(model: [script]).transcribe("--raw", input: .bytes(Self.audio))
        #expect(result.text == StandIn.heard(3).joined(separator: " ") + "\n")
        #expect(result.errors.contains(message), "\(result)")
    }

    /// Only punctuation is no text.
    @Test(arguments: [".", " ... ", "♪", " - "]) func aModelThatHearsNoWords(said: String) throws {
        let engine = try StandIn(model: ["says \(said)"])
        let result = try engine.plugin(input: .bytes(Self.audio))
        #expect(result.status == 0)
        #expect(try result.texts("final").isEmpty, "\(result)")
        #expect(try result.texts("partial").allSatisfy(\.isEmpty))
    }

    // MARK: A model while it is used

    /// Another takes its place, or it goes: who has it mapped goes on with what he has.
    @Test(arguments: [true, false]) func aModelThatIsReplacedWhileItIsUsed(isDeleted: Bool) throws {
        let engine = try StandIn()
        let running = try engine.start()
        running.write(StandIn.speech([(111, 0.1), (222, 0.9)]))
        try running.waitForOutput("the first utterance") { $0.contains("\t111 222\n") && $0.contains("final") }
        let path = "\(engine.models)/tones/model.gguf"
        if isDeleted {
            #expect(unlink(path) == 0)
        } else {
            try write(StandIn.gguf(["says something else"]), to: path + ".new")
            #expect(rename(path + ".new", path) == 0)
        }
        running.write(StandIn.speech([(333, 0.1)], lead: 0))
        running.closeInput()
        let result = try running.finish()
        #expect(result.status == 0, "\(result)")
        #expect(try result.texts("final") == ["111 222", "333"])
        #expect(engine.calls("load").count == 1)
    }

    /// It is written over in its place: the system ends who reads what is no more there.
    @Test func aModelThatIsCutShortWhileItIsUsed() throws {
        let engine = try StandIn()
        let running = try start(engine.command(["--no-gate", "--raw"]), input: .open, home: engine.home)
        running.write(StandIn.speech([(111, 0.1), (222, 0.9)]))
        try running.waitForOutput("the first utterance") { $0 == "111 222\n" }
        #expect(truncate("\(engine.models)/tones/model.gguf", 0) == 0)
        running.write(StandIn.speech([(333, 0.1)], lead: 0))
        running.closeInput()
        let result = try running.finish()
        #expect(result.status == 76, "\(result)")
        #expect(result.errors.contains("it died of signal 7"))
        #expect(engine.kept.count == 1)
    }

    @Test func nowhereToLookForModels() throws {
        let engine = try StandIn()
        let path = try engine.addModel("other", [])
        let nowhere: [String: String?] = ["HOME": nil, "XDG_DATA_HOME": nil]
        let none = try engine.plugin(nowhere, input: .bytes(Self.audio))
        #expect(none.status == 69 && none.errors.contains("no model is installed"), "\(none)")
        let byPath = try engine.plugin(nowhere.merging(["VT_MODEL": path]) { $1 }, input: .bytes(Self.audio))
        #expect(byPath.status == 69 && byPath.errors.contains("libtranscribe is not installed"), "\(byPath)")
        // A relative folder is none, as the base directory specification says.
        let relative = try engine.plugin(["HOME": nil, "XDG_DATA_HOME": "data"], input: .bytes(Self.audio))
        #expect(relative.status == 69, "\(relative)")
        // The linker may find the library.
        let linked = try engine.plugin(
            nowhere.merging(["VT_MODEL": path, "LD_LIBRARY_PATH": engine.home.directory("data/vt/lib")]) { $1 },
            input: .bytes(Self.audio))
        #expect(try linked.words() == StandIn.heard(3), "\(linked)")
    }
}
