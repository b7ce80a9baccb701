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
}
