import Glibc
import Harness
import Testing
import VoiceActivity

@Suite struct Energy {
    @Test(arguments: [0, 0.001, 0.1, 1] as [Float]) func steadySoundIsNoSpeech(amplitude: Float) {
        let found = EnergyDetector().probabilities(of: noise(160_000, amplitude: amplitude))
        #expect(found.allSatisfy { (0...1).contains($0) })
        // From the second second on, when it knows the noise.
        #expect(found.dropFirst(32).filter { $0 >= 0.5 }.count <= found.count / 50)
    }

    @Test(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata"), arguments: [0, 0.002] as [Float])
    func speechStandsOut(background: Float) throws {
        let speech = try samples(of: Speech.goForward)
        let room = noise(speech.count + 32000, amplitude: background)
        let sound = room.enumerated().map { $1 + ($0 >= 32000 ? speech[$0 - 32000] : 0) }
        var stream = SpeechStream(EnergyDetector())
        var segments: [SpeechSegment] = []
        func hear(_ event: Segmenter.Event) { if case .ended(let segment) = event { segments.append(segment) } }
        stream.push(sound.span, hear)
        stream.finish(hear)
        // "go forward ten meters" is said from 0.4 s to 2.2 s, after two seconds of the room.
        let first = try #require(segments.first)
        let last = try #require(segments.last)
        #expect((36000..<44000).contains(first.start), "\(segments)")
        #expect((64000..<77000).contains(last.end), "\(segments)")
    }

    @Test func aLouderRoomIsLearnt() {
        let sound = noise(64000, amplitude: 0.003) + noise(160_000, amplitude: 0.03)
        let found = EnergyDetector().probabilities(of: sound)
        #expect(found[126..<140].contains { $0 > 0.5 })
        #expect(found[200...].filter { $0 >= 0.5 }.count <= 5)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, 3e38]) func whatIsNoSoundDoesNotStay(_ strange: Float) {
        var sound = noise(64000, amplitude: 0.1)
        for at in 1000..<1200 { sound[at] = strange }
        let found = EnergyDetector().probabilities(of: sound)
        #expect(found.allSatisfy { (0...1).contains($0) })
        #expect(found.suffix(50).allSatisfy { $0 < 0.5 })
    }

    @Test func resetForgetsTheRoom() {
        let (one, other) = (EnergyDetector(), EnergyDetector())
        let sound = noise(32000, amplitude: 0.01)
        _ = one.probabilities(of: noise(64000, amplitude: 1))
        one.reset()
        #expect(one.probabilities(of: sound) == other.probabilities(of: sound))
    }

    /// The room's noise, with an offset that comes and goes, gaps of digital silence, and a microphone that is turned up.
    @Test func changesThatAreNoSoundAreNoSpeech() {
        let room = noise(320_000, amplitude: 0.01)
        let sound = room.enumerated().map { index, sample -> Float in
            switch index {
            case 64000..<128_000: sample + 0.3
            case 160_000..<192_000: 0
            case 240_000...: sample * 2
            default: sample
            }
        }
        let found = EnergyDetector().probabilities(of: sound)
        // After a second to learn, but for two windows at each change, and a second at the last.
        func speech(_ windows: Range<Int>) -> Int { found[windows].filter { $0 >= 0.5 }.count }
        #expect(speech(32..<125) + speech(127..<250) + speech(252..<310) <= 6)
        #expect(speech(312..<374) == 0)
        #expect(speech(375..<468) <= 3)
        #expect(speech(520..<625) <= 3)
    }

    @Test(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata"), arguments: [20, 10] as [Float])
    func speechIsFoundInNoise(decibels: Float) throws {
        let speech = try samples(of: Speech.goForward)
        let quiet = [Float](repeating: 0, count: 32000)
        let clean = quiet + speech + quiet
        // Said from 0.4 s to 2.2 s of the recording, at an RMS of about 0.03.
        let room = noise(clean.count, amplitude: 0.03 * 1.73 * Glibc.powf(10, -decibels / 20))
        let found = EnergyDetector().probabilities(of: zip(clean, room).map { $0 + $1 }).map { $0 >= 0.5 }
        let (said, before) = (found[77..<128], found[32..<70])
        #expect(said.filter { $0 }.count >= said.count * 6 / 10)
        #expect(before.filter { $0 }.count <= 3)
    }

    @Test(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata")) func clippedSpeechIsSpeech() throws {
        let speech = try samples(of: Speech.goForward).map { max(-0.1, min(0.1, $0 * 8)) }
        let found = EnergyDetector().probabilities(of: noise(32000, amplitude: 0.001) + speech)
        #expect(found.filter { $0 >= 0.5 }.count >= 40)
    }

    /// Speech that begins with the stream is not taken for the room.
    @Test(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata")) func speechFromTheFirstSampleOn() throws {
        let speech = Array(try samples(of: Speech.goForward).dropFirst(8000))
        let found = EnergyDetector().probabilities(of: speech + noise(32000, amplitude: 0.001))
        #expect(found[..<20].filter { $0 >= 0.5 }.count >= 10)
    }
}
