import Harness
import Testing
import Text

@Suite(.enabled(if: PocketSphinx.isInstalled, "needs pocketsphinx-en-us and pocketsphinx-testdata"))
struct PocketSphinxSilence {
    /// Steady noise as a fan makes it: white, from a generator whose numbers are the same everywhere.
    static func noise(seconds: Double, amplitude: Int) -> [UInt8] {
        var state: UInt64 = 1
        return (0..<Int(seconds * 16000)).flatMap { _ -> [UInt8] in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let sample = Int16(truncatingIfNeeded: Int(state >> 40) % (2 * amplitude + 1) - amplitude)
            return [UInt8(truncatingIfNeeded: sample), UInt8(truncatingIfNeeded: sample >> 8)]
        }
    }

    /// One full-scale sample in silence, ten times.
    static let clicks: [UInt8] = (0..<10).flatMap { _ -> [UInt8] in PocketSphinx.silence(seconds: 0.5) + [0xFF, 0x7F] }

    @Test(arguments: [
        ("nothing", [UInt8]()), ("one byte", [7]), ("one sample", [7, 7]),
        ("digital silence", PocketSphinx.silence(seconds: 6)),
        ("dither", noise(seconds: 6, amplitude: 1)), ("a quiet room", noise(seconds: 6, amplitude: 30)),
        ("a fan", noise(seconds: 6, amplitude: 3000)),
        ("clicks", clicks),
    ])
    func whatIsNoSpeechGivesNoText(_ name: String, _ bytes: [UInt8]) throws {
        let result = try PocketSphinx.transcribe(.bytes(bytes))
        #expect(result.status == 0, "\(name): \(result)")
        #expect(try result.events().allSatisfy { $0.verb != "final" && $0.verb != "word" }, "\(name): \(result)")
    }

    @Test func halfASampleAtTheEndIsSaidAndTheRestIsHeard() throws {
        let result = try PocketSphinx.transcribe(.bytes(PocketSphinx.samples("goforward.raw") + [1]))
        #expect(result.status == 0)
        #expect(try result.texts("final") == ["go forward ten meters"])
        #expect(result.errors.contains("middle of a sample"), "\(result)")
    }

    @Test func speechAfterALongSilenceKeepsItsFirstWord() throws {
        let bytes = try PocketSphinx.silence(seconds: 20) + PocketSphinx.samples("goforward.raw")
        let result = try PocketSphinx.transcribe(.bytes(bytes))
        let final = try #require(result.events().last)
        #expect(final.text == "go forward ten meters")
        let start = try #require(final["start"].flatMap { Double($0) })
        #expect(abs(start - 20.46) < 0.1)
    }

    @Test func speechInNoiseIsStillCutOut() throws {
        let speech = try PocketSphinx.samples("goforward.raw")
        let noise = Self.noise(seconds: 9, amplitude: 60)
        var mixed = noise
        let offset = 4 * 32000
        for index in stride(from: 0, to: speech.count - 1, by: 2) {
            let place = offset + index
            let a = Int16(bitPattern: UInt16(speech[index]) | UInt16(speech[index + 1]) << 8)
            let b = Int16(bitPattern: UInt16(noise[place]) | UInt16(noise[place + 1]) << 8)
            let sum = a.addingReportingOverflow(b).partialValue
            mixed[place] = UInt8(truncatingIfNeeded: sum)
            mixed[place + 1] = UInt8(truncatingIfNeeded: sum >> 8)
        }
        let result = try PocketSphinx.transcribe(.bytes(mixed))
        let finals = try result.events().filter { $0.verb == "final" }
        #expect(finals.count == 1, "\(result)")
        let start = try #require(finals.first?["start"].flatMap { Double($0) })
        #expect(start > 4.2 && start < 4.8, "\(result)")
    }
}
