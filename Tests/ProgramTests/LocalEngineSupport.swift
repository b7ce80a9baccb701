import Glibc
import Harness
import POSIX
import Testing
import Text
import ToneWords

/// The engine `local` in a home of its own, with the library of Tests/StandInTranscribe in place of libtranscribe and models that do
/// what they are told: which words are right is known for certain.
struct StandIn {
    let home: Home

    /// - Parameters:
    ///   - library: lines for the library, as Tests/StandInTranscribe/Library.c lists them.
    ///   - model: lines for the model `tones`; nil installs no model.
    init(library: [String] = [], model: [String]? = []) throws {
        home = try Home()
        try makeDirectories(home.directory("data/vt/lib"))
        try write(
            Array((["log \(home.files)/calls"] + library).map { $0 + "\n" }.joined().utf8),
            to: home.directory("data/vt/lib/stand-in"))
        guard symlink(StandIn.library, libraryPath) == 0 else { throw HarnessError("symlink to \(StandIn.library)") }
        if let model { try addModel("tones", model) }
    }

    /// The library as it was built.
    static let library = "\(BuiltPrograms.directory)/libStandInTranscribe.so"
    /// Where the engine finds it.
    var libraryPath: String { home.directory("data/vt/lib/libtranscribe.so") }
    var models: String { home.directory("data/vt/models/local") }

    /// Installs a model.
    ///
    /// - Parameters:
    ///   - script: what it does.
    ///   - about: further lines of its `about`.
    /// - Returns: the path of its file.
    @discardableResult
    func addModel(_ name: String, _ script: [String], about: [String] = []) throws -> String {
        let folder = "\(models)/\(name)"
        try makeDirectories(folder)
        try write(Array((["file model.gguf"] + about).map { $0 + "\n" }.joined().utf8), to: "\(folder)/about")
        try write(StandIn.gguf(script), to: "\(folder)/model.gguf")
        return "\(folder)/model.gguf"
    }

    /// Adds a file of the same weights for shorter recordings to a model, as Whisper has them.
    func addWindow(_ seconds: Int, of name: String, _ script: [String]) throws {
        let folder = "\(models)/\(name)"
        let about = try text(of: "\(folder)/about") + "window \(seconds) window-\(seconds).gguf\n"
        try write(about.utf8, to: "\(folder)/about")
        try write(StandIn.gguf(script), to: "\(folder)/window-\(seconds).gguf")
    }

    /// The smallest file of the format that tells the stand-in what to do.
    static func gguf(_ script: [String]) -> [UInt8] {
        func bytes(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
        func string(_ text: String) -> [UInt8] { bytes(text.utf8.count, 8) + text.utf8 }
        let entries = [
            ("general.architecture", "stand-in"), ("stand-in.script", script.map { $0 + "\n" }.joined()),
        ]
        return "GGUF".utf8 + bytes(3, 4) + bytes(0, 8) + bytes(entries.count, 8)
            + entries.flatMap { string($0) + bytes(8, 4) + string($1) }
    }

    /// A command of vt-transcribe with this engine.
    func command(_ arguments: [String], environment: [String: String?] = [:]) -> Command {
        Command("vt-transcribe", ["--engine", "local"] + arguments, environment: environment)
    }

    /// Runs vt-transcribe with this engine, and without its own listening for speech.
    func transcribe(
        _ arguments: String..., input: Input = .none, environment: [String: String?] = [:],
        within deadline: Duration = .seconds(60)
    ) throws -> Result {
        try run(
            command(["--no-gate"] + arguments, environment: environment), input: input, home: home, within: deadline)
    }

    /// Runs the plugin as vt-transcribe does.
    func plugin(
        _ settings: [String: String?] = [:], operation: String = "transcribe-v1", input: Input = .none,
        within deadline: Duration = .seconds(60)
    ) throws -> Result {
        try run(
            Command("vt-transcribe-local", [operation], environment: settings), input: input, home: home,
            within: deadline)
    }

    /// Starts the plugin, for a test that talks to it.
    func start(_ settings: [String: String?] = [:], input: Input = .open) throws -> RunningProgram {
        try Harness.start(
            Command("vt-transcribe-local", ["transcribe-v1"], environment: settings), input: input, home: home)
    }

    /// Writes a WAV file into the programs' folder.
    func addRecording(_ samples: [UInt8], _ name: String) throws {
        try write(Tone.header(dataSize: samples.count) + samples, to: "\(home.files)/\(name)")
    }

    /// Bytes of recordings that are kept.
    var kept: [Int] {
        entries(of: home.pending).filter { $0.hasSuffix(".audio") }
            .map { (try? contents(of: "\(home.pending)/\($0)").count) ?? -1 }
    }

    // MARK: What the library was asked for

    /// A call of the library.
    struct Call: CustomStringConvertible {
        let verb: String
        let values: [String: String]

        subscript(name: String) -> String { values[name] ?? "" }
        var description: String { "\(verb) \(values)" }

        init(_ line: Substring) {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            verb = String(parts.first ?? "")
            values = parts.dropFirst().reduce(into: [:]) { values, part in
                let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                values[String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
            }
        }
    }

    /// All calls so far, in order.
    var calls: [Call] {
        ((try? text(of: "\(home.files)/calls")) ?? "").split(separator: "\n").map(Call.init)
    }

    func calls(_ verb: String) -> [Call] { calls.filter { $0.verb == verb } }

    // MARK: What is said

    /// Speech in a quiet room: half a second of it first.
    ///
    /// - Parameter words: numbers from 0 to 999, and seconds of silence behind each.
    /// - Returns: s16le.
    static func speech(_ words: [(Int, Double)], lead: Double = 0.5) -> [UInt8] {
        let samples =
            [Int16](repeating: 0, count: Int(lead * 16000)) + ToneWords.samples(words.map { (number: $0, pause: $1) })
        var state: UInt32 = 1
        return samples.flatMap { sample in
            state = state &* 1_664_525 &+ 1_013_904_223
            let noisy = sample &+ Int16(state >> 27) - 16
            return [UInt8(truncatingIfNeeded: noisy), UInt8(truncatingIfNeeded: noisy >> 8)]
        }
    }

    /// Numbers of three digits, each said once: which are missing or doubled is seen at once.
    static func words(_ count: Int, pause: Double = 0.1, last: Double = 0.1) -> [(Int, Double)] {
        (0..<count).map { (StandIn.number($0), $0 == count - 1 ? last : pause) }
    }

    /// The same as text.
    static func heard(_ count: Int) -> [String] {
        (0..<count).map { String(String(1000 + StandIn.number($0)).dropFirst()) }
    }

    private static func number(_ index: Int) -> Int { (123 + index * 37) % 1000 }
}

extension Result {
    /// The words of all finals, in order.
    func words() throws -> [String] {
        try texts("final").flatMap { $0.split(separator: " ").map(String.init) }
    }
}

extension EventLine {
    /// How many Unicode scalars a partial result promises to keep.
    var stable: Int { self["stable"].flatMap { Int($0) } ?? 0 }
}

/// Fails a test if a partial result promised what the utterance then did not begin with.
func expectKeptPromises(_ events: [EventLine]) {
    var promises: [String] = []
    for event in events {
        switch event.verb {
        case "partial":
            promises.append(String(String.UnicodeScalarView(event.text.unicodeScalars.prefix(event.stable))))
        case "final":
            for promise in promises {
                #expect(event.text.hasPrefix(promise), "promised “\(promise)”, final “\(event.text)”")
            }
            promises = []
        default: break
        }
        if event.verb == "partial" {
            for promise in promises {
                #expect(event.text.hasPrefix(promise), "promised “\(promise)”, then “\(event.text)”")
            }
        }
    }
}
