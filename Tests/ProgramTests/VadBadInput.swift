import Glibc
import Harness
import Testing
import VoiceActivity

@Suite struct VadBadInput {
    @Test(
        arguments: [
            (["segments"], [UInt8](), 65), (["segments"], Array("Dear diary".utf8), 65),
            (["trim"], Array(Tone.header().prefix(20)), 65), (["segments", "/nowhere/a.wav"], [], 66),
            (["segments", "/tmp"], [], 66), (["listen"], [], 64), ([], [], 64), (["split"], [], 64),
            (["segments", "a", "b"], [], 64), (["trim", "--events"], [], 64),
            (["segments", "--threshold", "2"], [], 64),
            (["segments", "--threshold", "nan"], [], 64), (["segments", "--negative-threshold", "0.9"], [], 64),
            (["segments", "--max-speech", "10ms"], [], 64), (["segments", "--pre-roll", "1s"], [], 64),
            (["segments", "--detector", "magic"], [], 64), (["gate", "--pre-roll", "1h"], [], 64),
            (["split", "/proc/parts"], Tone.header(), 73), (["split", "/etc/passwd"], Tone.header(), 64),
            (["trim", "--format", "json"], [], 64), (["gate", "--samples"], [], 64),
            (["probabilities", "--threshold", "0.4"], [], 64), (["probabilities", "--format", "tsv"], [], 64),
            (["segments", "--events", "--format", "tsv"], [], 64),
        ] as [([String], [UInt8], CInt)])
    func hasItsStatus(_ arguments: [String], _ input: [UInt8], _ status: CInt) throws {
        let result = try run(Command("vt-vad", arguments + ["--quiet"]), input: .bytes(input))
        #expect(result.status == status, "\(result)")
        #expect(result.text == "" && result.errors.hasPrefix("vt-vad: "))
    }

    @Test func headerOnlyIsNoSpeech() throws {
        let result = try Vad.run("segments", "--detector", "energy", input: .bytes(Tone.header()))
        #expect(result.status == 1 && result.text == "", "\(result)")
    }

    @Test func aTruncatedFileIsUsedAndSaidSo() throws {
        let audio = Tone.header(dataSize: 640_000) + Tone.silence(seconds: 1)
        let result = try Vad.run("segments", "--detector", "energy", input: .bytes(audio))
        #expect(result.status == 1 && result.errors.contains("truncated"), "\(result)")
        let strict = try Vad.run("segments", "--detector", "energy", "--strict", input: .bytes(audio))
        #expect(strict.status == 65, "\(strict)")
    }

    @Test(arguments: Vad.detectors) func samplesThatAreNoSoundAreSilence(_ detector: String) throws {
        let strange: [Float] = [.nan, .infinity, -.infinity, 3e38, .signalingNaN, .leastNonzeroMagnitude]
        let bytes = (0..<48000).flatMap { index in
            withUnsafeBytes(of: strange[index % strange.count].bitPattern.littleEndian) { Array($0) }
        }
        let result = try Vad.run(
            "probabilities", "--detector", detector, "--raw", "--sample-format", "f32le", input: .bytes(bytes))
        let lines = Vad.segments(result.text)
        #expect(result.status == 0 && lines.count == 94 && lines.allSatisfy { (0...1).contains($0[1]) }, "\(result)")
    }

    @Test(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata"), arguments: Vad.detectors)
    func offsetAndClippingDoNotHideSpeech(_ detector: String) throws {
        let data = try Vad.data(Vad.chapter)
        let samples = stride(from: 0, to: data.count, by: 2).map {
            Int(Int16(bitPattern: UInt16(data[$0]) | UInt16(data[$0 + 1]) << 8))
        }
        for change in [{ $0 / 2 + 12000 }, { $0 * 12 }] as [(Int) -> Int] {
            let bytes = samples.flatMap { sample -> [UInt8] in
                let value = Int16(clamping: change(sample))
                return [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
            }
            let result = try Vad.run("segments", "--raw", "--detector", detector, input: .bytes(bytes))
            let speech = Vad.segments(result.text).map { $0[1] - $0[0] }.reduce(0, +)
            #expect(speech > 3.5, "\(result)")
        }
    }

    @Test func missingWeightsThatWereAskedFor() throws {
        for arguments in [["--detector", "silero"], ["--model", "/nowhere/weights"]] {
            let result = try run(Command("vt-vad", ["segments"] + arguments), input: .bytes(Tone.header()))
            #expect(result.status == 69 && result.errors.contains("\nhint: vt-models install silero"), "\(result)")
        }
    }

    @Test(.enabled(if: Vad.hasWeights, "needs the weights that scripts/install-model installs"))
    func damagedWeights() throws {
        let home = try Home()
        let whole = try contents(of: SileroWeights.installedPath)
        var flipped = whole
        flipped[5000] ^= 1
        var other = whole
        other[88] ^= 1
        var newer = whole
        newer[8] += 1
        for (bytes, reason) in [
            (Array(whole.dropLast(9)), "truncated"), (flipped, "checksum"), ([1, 2, 3], "no weights"),
            ([], "no weights"), (whole + [0], "longer than it says"), (other, "tensor 0 is not encoder0.weight"),
            (newer, "version 3"),
        ] {
            try write(bytes, to: "\(home.files)/weights")
            let result = try run("vt-vad", "segments", "--model", "weights", input: .bytes(Tone.header()), home: home)
            #expect(result.status == 69 && result.errors.contains(reason), "\(result)")
        }
    }

    @Test func aFullDiskIs74AndAClosedPipeEndsIt() throws {
        let audio = Tone.header() + Tone.silence(seconds: 1)
        #expect(
            try Vad.run("trim", "--detector", "energy", input: .bytes(audio), output: .file("/dev/full")).status == 74)
        let broken = try Vad.run("trim", "--detector", "energy", input: .bytes(audio), output: .brokenPipe)
        #expect(broken.ending == .signalled(SIGPIPE), "\(broken)")
    }
}
