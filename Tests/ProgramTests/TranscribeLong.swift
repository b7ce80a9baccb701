import Glibc
import Harness
import Testing
import Text
import ToneWords

/// Long recordings are cut at pauses, and joined again.
@Suite struct TranscribeLong {
    private let home: Home
    private static let engine = "\(BuiltPrograms.directory)/tone-engine"

    init() throws {
        home = try Home()
    }

    /// Words with pauses as people make them, and some that nobody makes.
    private static func words(_ count: Int, seed: UInt64, shortest: Double = 0.06) -> [(number: Int, pause: Double)] {
        var random = Random(seed)
        return (0..<count).map { index in
            let pauses: [Double] = [shortest, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.2, 2.5]
            let pause = pauses.randomElement(using: &random) ?? shortest
            return (index % 1000, pause + .random(in: 0...0.03, using: &random))
        }
    }

    /// A generator whose numbers are the same in every run (xorshift64*, Vigna 2014).
    struct Random: RandomNumberGenerator {
        private var state: UInt64

        init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

        mutating func next() -> UInt64 {
            state ^= state >> 12
            state ^= state << 25
            state ^= state >> 27
            return state &* 0x2545_F491_4F6C_DD1D
        }
    }

    private func write(_ words: [(number: Int, pause: Double)], to name: String) throws -> [Int16] {
        let samples = [Int16](repeating: 0, count: 4000) + ToneWords.samples(words)
        let bytes = samples.withUnsafeBytes { Array($0) }
        try Harness.write(Tone.header(dataSize: bytes.count) + bytes, to: "\(home.files)/\(name)")
        return samples
    }

    private func transcribe(_ arguments: [String], input: Input = .none) throws -> Result {
        try run(
            Command("vt-transcribe", ["--engine", Self.engine, "--option", "log=\(home.files)/log"] + arguments),
            input: input, home: home)
    }

    /// How many recordings the engine got.
    private func asked() -> Int {
        ((try? text(of: "\(home.files)/log")) ?? "").split(separator: "\n").count
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let arguments: [String]
        let seed: UInt64
    }

    static let cases: [Case] = [
        Case(testDescription: "in turn", arguments: ["--detector", "energy", "--part-length", "3s"], seed: 1),
        Case(
            testDescription: "side by side", arguments: ["--detector", "energy", "--part-length", "2.2s", "-j", "3"],
            seed: 2),
        Case(testDescription: "without a detector", arguments: ["--no-gate", "--part-length", "2.7s"], seed: 3),
        Case(
            testDescription: "without one, side by side", arguments: ["--no-gate", "--part-length", "4.1s", "-j", "4"],
            seed: 4),
    ]

    /// Every word once and whole, at its time, over hundreds of cuts.
    @Test(arguments: cases) func noWordIsLostOrDoubledWhereItIsCut(_ test: Case) throws {
        let words = Self.words(400, seed: test.seed)
        let samples = try write(words, to: "a.wav")
        let result = try transcribe(test.arguments + ["--format", "json", "a.wav"])
        #expect(result.status == 0, "\(result)")
        let document = try #require(JSONValue(parsing: String(result.text.dropLast())))
        let heard = document["segments"]?.array?.flatMap { $0["words"]?.array ?? [] } ?? []
        let expected = ToneWords.words(in: samples)
        #expect(
            expected.map(\.text) == words.map { String(1000 + $0.number).dropFirst().description },
            "the test's own ears")
        let (said, texts) = (expected.map(\.text), heard.compactMap { $0["word"]?.string })
        let difference = texts.difference(from: said).map { "\($0)" }.prefix(8)
        #expect(difference.isEmpty)
        let late = zip(heard, expected).map { abs(($0["start"]?.double ?? 0) - Double($1.samples.lowerBound) / 16000) }
        #expect(late.max() ?? 1 < 0.006, "frames of 5 ms, and times in whole milliseconds")
        #expect(asked() > 40, "it was cut \(asked() - 1) times")
    }
}

/// A transcript that ends long before the speech does.
@Suite(
    .enabled(if: Vad.hasWeights, "needs the network's weights"),
    .enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata"))
struct TranscribeCoverage {
    private let home: Home
    private let seconds: Int

    init() throws {
        home = try Home()
        try Vad.installWeights(in: home)
        var samples: [UInt8] = []
        let folder = "\(Speech.directory)/librivox"
        for clip in entries(of: folder) where clip.hasSuffix(".wav") {
            samples += try contents(of: "\(folder)/\(clip)").dropFirst(44)
        }
        samples += samples
        seconds = samples.count / 32000
        try write(Tone.header(dataSize: samples.count) + samples, to: "\(home.files)/speech.wav")
        try home.addPlugin(
            "vt-transcribe-lazy",
            """
            #!/bin/sh
            # Hears ten seconds of whatever it gets, and that --option times=N times.
            case $1 in
            describe) printf 'vt-plugin 1\\ninput s16le\\noption times how often\\noption first what it says\\n' ;;
            transcribe-v1)
                length=$(($(wc -c) / 32000))
                echo $length >>asked
                [ "$(wc -l <asked)" -le "${VT_OPTION_TIMES:-100}" ] || exit 0
                end=$length; [ $end -lt 10 ] || end=10
                [ -n "$VT_OPTION_FIRST" ] || printf 'final start=0 end=%s\\tpart %s\\n' $end "$(wc -l <asked)"
                [ -z "$VT_OPTION_FIRST" ] || printf 'final\\t%s\\n' "$VT_OPTION_FIRST" ;;
            *) exit 64 ;;
            esac
            """)
    }

    private func transcribe(_ arguments: String...) throws -> Result {
        try run(Command("vt-transcribe", ["--engine", "lazy"] + arguments), home: home)
    }

    private func report() throws -> JSONValue {
        try #require(JSONValue(parsing: String(text(of: "\(home.files)/report").dropLast())))
    }

    @Test func whatIsMissingIsAskedFor() throws {
        let result = try transcribe("--format", "tsv", "--report", "report", "speech.wav")
        #expect(result.status == 0, "\(result)")
        let starts = result.text.split(separator: "\n").dropFirst().map { Int($0.prefix { $0 != "\t" }) ?? -1 }
        #expect(starts.count >= seconds / 10 - 1, "\(result)")
        // Each part goes on where the one before ended, in the recording's own time.
        #expect(zip(starts, starts.dropFirst()).allSatisfy { (9_000...12_000).contains($1 - $0) }, "\(starts)")
        #expect(result.errors.contains("its text ends at 10.0 s, but somebody speaks until "), "\(result)")
        #expect(result.errors.contains("; asking for the rest"))
        let report = try report()
        #expect(report["coverage"]?.double ?? 0 > 0.8, "\(report.line)")
        #expect(report["attempts"]?.integer == starts.count)
    }

    /// PEERS 21: a transcript that ended at 377 s of 8,766 was called a success.
    @Test func whatStaysMissingIsAnError() throws {
        let result = try transcribe("--option", "times=1", "--output-dir", "out", "--report", "report", "speech.wav")
        #expect(result.status == 76, "\(result)")
        #expect(result.errors.contains("lazy: it gave no text, but somebody speaks until "), "\(result)")
        #expect(entries(of: "\(home.files)/out") == [".vt-records"], "half a transcript gets no name")
        #expect(try report()["attempts"]?.integer == 3, "the rest is asked for once more")
        #expect(try report()["outcome"]?.string == "failed")
    }

    @Test func anotherEngineGoesOnThere() throws {
        let result = try run(
            Command(
                "vt-transcribe",
                ["--engine", "lazy,pocketsphinx", "--option", "times=1", "--format", "tsv", "speech.wav"]),
            home: home)
        #expect(result.status == 0, "\(result)")
        let lines = result.text.split(separator: "\n").dropFirst()
        #expect(lines.first?.hasSuffix("\tpart 1") == true)
        #expect(lines.count > 2, "\(result)")
        #expect(lines.dropFirst().allSatisfy { Int($0.prefix { $0 != "\t" }) ?? 0 >= 9_500 }, "\(result)")
    }

    /// Nothing can be said of an engine that does not say when words were said.
    @Test func withoutTimesItIsBelieved() throws {
        let result = try transcribe("--option", "first=all of it", "--report", "report", "speech.wav")
        #expect(result.status == 0, "\(result)")
        #expect(result.text == "all of it\n")
        #expect(try report()["coverage"] == nil)
    }

    /// Who calls every sound speech is no witness.
    @Test func withoutACertainDetectorItIsBelieved() throws {
        for options in [["--detector", "energy"], ["--no-gate"]] {
            let result = try run(
                Command("vt-transcribe", ["--engine", "lazy", "--option", "times=1", "speech.wav"] + options),
                home: home)
            #expect(result.status == 0, "\(result)")
            unlink("\(home.files)/asked")
        }
    }
}
