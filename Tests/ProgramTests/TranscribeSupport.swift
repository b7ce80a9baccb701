import Harness
import Testing

/// An engine of ten lines, which says how many bytes of audio it got; `--option mode=` makes it fail.
enum FakeEngine {
    /// 76.
    static let dies = "dies"

    private static let script = """
        #!/bin/sh
        case $1 in
        describe) printf 'vt-plugin 1\\nsummary counts bytes\\ninput s16le\\npartial yes\\noption mode what it does\\n' ;;
        transcribe-v1)
            case $VT_OPTION_MODE in
            dies) kill -9 $$ ;;
            hangs) exec sleep 1000 ;;
            refuses) cat >/dev/null; printf 'error\\tcome back tomorrow\\n'; exit 75 ;;
            missing) printf 'error\\tno model\\n'; exit 69 ;;
            hears-nothing) exec cat >/dev/null ;;
            binary) head -c 100000 /dev/zero | tr '\\0' '\\377'; cat >/dev/null; exit 0 ;;
            controls) cat >/dev/null; printf 'final\\ta\\033[2Jb\\342\\200\\256c\\377d\\n'; exit 0 ;;
            timeless) cat >/dev/null; printf 'final\\tno times\\n'; exit 0 ;;
            at-once) printf 'partial\\thel\\nfinal start=0 end=1\\thello\\n' ;;
            esac
            printf 'final start=0.000 end=1.000\\tbytes %s\\n' "$(wc -c)" ;;
        *) exit 64 ;;
        esac
        """

    /// Installs it for the programs that run in a home.
    static func install(in home: Home) throws {
        try home.addPlugin("vt-transcribe-fake", script)
    }
}

/// Audio made for tests.
enum Tone {
    private static func little(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(value >> (8 * $0) & 255) }
    }

    /// The header of a WAV of 16000 Hz, mono, s16le.
    ///
    /// - Parameter dataSize: bytes that it promises; -1 is a stream.
    static func header(dataSize: Int = -1) -> [UInt8] {
        Array("RIFF".utf8) + little(dataSize < 0 ? -1 : dataSize + 36, 4) + Array("WAVEfmt ".utf8) + little(16, 4)
            + little(1, 2) + little(1, 2) + little(16000, 4) + little(32000, 4) + little(2, 2) + little(16, 2)
            + Array("data".utf8) + little(dataSize, 4)
    }

    /// Samples that are loud enough to be speech: a sawtooth of 100 Hz at -15 dB.
    static func samples(seconds: Double) -> [UInt8] {
        (0..<Int(seconds * 16000)).flatMap { little(($0 % 160) * 125 - 10000, 2) }
    }

    static func silence(seconds: Double) -> [UInt8] { [UInt8](repeating: 0, count: Int(seconds * 16000) * 2) }

    /// A stream as vt-record writes it.
    static func stream(seconds: Double) -> [UInt8] { header() + samples(seconds: seconds) }

    /// A complete file.
    static func file(seconds: Double) -> [UInt8] {
        let samples = samples(seconds: seconds)
        return header(dataSize: samples.count) + samples
    }
}

/// The suites' common ground: a home with the engine in it.
struct TranscribeHome {
    let home: Home

    init() throws {
        home = try Home()
        try FakeEngine.install(in: home)
    }

    /// Runs vt-transcribe with the fake engine to its end.
    func transcribe(
        _ arguments: String..., mode: String? = nil, input: Input = .none, output: Output = .collected,
        environment: [String: String?] = [:]
    ) throws -> Result {
        try run(command(arguments, mode: mode, environment: environment), input: input, output: output, home: home)
    }

    func start(
        _ arguments: String..., mode: String? = nil, input: Input = .open, output: Output = .collected,
        ignoring: [CInt] = []
    ) throws -> RunningProgram {
        var command = command(arguments, mode: mode)
        command.ignoring = ignoring
        return try Harness.start(command, input: input, output: output, home: home)
    }

    func command(
        _ arguments: [String], mode: String? = nil, environment: [String: String?] = [:]
    ) -> Command {
        let options = mode.map { ["--option", "mode=\($0)"] } ?? []
        // What these tests send is no speech: nobody listens for it.
        return Command(
            "vt-transcribe", ["--no-gate", "--engine", "fake"] + options + arguments, environment: environment)
    }

    /// Runs vt-transcribe with nothing but these arguments.
    func bare(_ arguments: String..., input: Input = .none) throws -> Result {
        try run(Command("vt-transcribe", arguments), input: input, home: home)
    }

    /// The recordings that are kept, by name.
    var kept: [String] {
        entries(of: home.pending).filter { $0.hasSuffix(".audio") }.map { String($0.dropLast(6)) }.sorted()
    }

    /// Bytes of all recordings that are kept, so far.
    var keptBytes: Int {
        kept.reduce(0) { $0 + ((try? contents(of: "\(home.pending)/\($1).audio").count) ?? 0) }
    }

    /// What is kept of the one recording.
    func onlyKeptAudio() throws -> [UInt8] {
        try #require(kept.count == 1, "kept: \(kept)")
        return try contents(of: "\(home.pending)/\(kept[0]).audio")
    }

    /// Writes a file into the programs' folder.
    func write(_ bytes: [UInt8], to name: String) throws {
        try Harness.write(bytes, to: "\(home.files)/\(name)")
    }
}
