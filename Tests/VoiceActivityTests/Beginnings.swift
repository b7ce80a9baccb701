import Harness
import Testing
import VoiceActivity

/// How soon the beginning of speech is known, in samples of the stream: no clock has a say.
@Suite(.enabled(if: Speech.isInstalled, "needs pocketsphinx-testdata")) struct Beginnings {
    /// 100 ms.
    private static let latest = 1600

    /// Recordings and where their sound begins: their first 20 ms that are within 20 dB of the loudest.
    private static let recordings = [
        (Speech.goForward, 0, 8000), ("\(Speech.directory)/cards/005.wav", 44, 3200),
        ("\(Speech.directory)/something.raw", 0, 7360),
    ]

    /// Two seconds of a room, then a recording from where its sound begins, 10 ms at a time, as a microphone gives it.
    ///
    /// - Returns: samples from the beginning of the sound to the one with which it was reported; nil where it was not.
    private func delay(_ detector: any Detector, _ recording: (path: String, header: Int, start: Int)) throws -> Int? {
        let speech = Array(try samples(of: recording.path).dropFirst(recording.header / 2 + recording.start))
        let room = noise(32000 + speech.count, amplitude: 0.0005)
        let sound = room.enumerated().map { $1 + ($0 < 32000 ? 0 : speech[$0 - 32000]) }
        var stream = SpeechStream(detector)
        var isReported = false
        for start in stride(from: 0, to: sound.count, by: 160) {
            let period = Array(sound[start..<min(start + 160, sound.count)])
            stream.push(period.span) { event in
                if case .began(let at) = event, at >= 31000 { isReported = true }
            }
            if isReported { return start + period.count - 32000 }
        }
        return nil
    }

    @Test(.enabled(if: Installed.isThere, Installed.reason), arguments: recordings)
    func ofSpeechAreKnownWithin100Milliseconds(_ recording: (String, Int, Int)) throws {
        let silero = SileroDetector(try SileroWeights(path: SileroWeights.installedPath))
        let delay = try #require(try delay(silero, recording))
        #expect((1...Self.latest).contains(delay))
    }

    @Test(arguments: recordings) func ofSoundAreKnownWithin100Milliseconds(_ recording: (String, Int, Int)) throws {
        let delay = try #require(try delay(EnergyDetector(), recording))
        #expect((1...Self.latest).contains(delay))
    }
}
