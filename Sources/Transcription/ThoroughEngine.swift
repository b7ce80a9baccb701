internal import Audio
package import Plugins
internal import Text

/// An engine whose transcripts are compared with the audio that it got, and with the speech that a detector heard: times that the audio
/// does not have are put right, and a text that ends long before the speech does is no transcript.
///
/// What is missing is asked for once more, from where the text ends. Nothing can be said where no detector listens, or where the
/// engine does not say when words were said.
package struct ThoroughEngine: Engine {
    private let engine: any Engine

    /// Seconds of speech behind the last word at most; an engine and a detector may differ on a cough or two.
    private static let tolerance = 10.0

    package init(_ engine: any Engine) {
        self.engine = engine
    }

    package var name: String { engine.name }
    package var beginsBeforeSpeech: Bool { engine.beginsBeforeSpeech }
    package var waitsForOthers: Bool { engine.waitsForOthers }
    package func gateRules() throws -> GateRules { try engine.gateRules() }
    package func limits(for settings: EngineSettings) throws -> EngineLimits { try engine.limits(for: settings) }
    package func takes(_ original: OriginalFile, settings: EngineSettings) -> Bool {
        engine.takes(original, settings: settings)
    }
    package func carriesPrompts(_ settings: EngineSettings) -> Bool { engine.carriesPrompts(settings) }
    package func knownOptions() throws -> Set<String>? { try engine.knownOptions() }
    package func forBatch() -> any Engine { ThoroughEngine(engine.forBatch()) }
    package func finish() { engine.finish() }

    /// - Throws: as the engine; `protocolError` where it leaves speech without text.
    package func transcribe(
        _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        var start = 0
        var isSecondTry = false
        while true {
            var (end, isUnlocated) = (start, false)
            let speech = CountedSpeech(audio, from: start)
            let shift = ThoroughEngine.seconds(start)
            var times = StreamedTimes()
            try engine.transcribe(speech, settings: settings, cancellation: cancellation) { event in
                for event in times.checked(event, within: speech.seconds) {
                    let event = start == 0 ? event : event.later(by: shift)
                    if case .final(let utterance) = event {
                        if let last = utterance.end ?? utterance.words.last?.end {
                            end = max(end, ThoroughEngine.samples(last))
                        } else {
                            isUnlocated = true
                        }
                    }
                    try onEvent(event)
                }
            }
            if isUnlocated || !audio.isSpeechCertain { return }
            let total = start + max(speech.count, speech.original.map { ThoroughEngine.samples($0.seconds) } ?? 0)
            guard let missing = ThoroughEngine.missing(audio, from: end, to: total) else { return }
            let problem =
                (end > start
                    ? "its text ends at \(decimal(ThoroughEngine.seconds(end), places: 1)) s" : "it gave no text")
                + ", but somebody speaks until \(decimal(ThoroughEngine.seconds(missing), places: 1)) s"
            guard end > start || !isSecondTry else { throw EngineError(.protocolError, "\(name): \(problem)") }
            try onEvent(.warning("\(problem); asking for the rest", hint: nil))
            isSecondTry = end == start
            start = end
            try audio.restart(at: start)
        }
    }

    /// Where the speech ends that has no text; nil where there is none, or too little of it.
    private static func missing(_ audio: any SpeechSource, from start: Int, to end: Int) -> Int? {
        guard start < end, let speech = audio.speech(in: start..<end), let last = speech.last else { return nil }
        let total = speech.reduce(0) { $0 + $1.count }
        return seconds(total) > tolerance ? last.upperBound : nil
    }

    private static func seconds(_ samples: Int) -> Double { Double(samples) / Double(AudioFormat.speech.sampleRate) }

    private static func samples(_ seconds: Double) -> Int {
        Int(clamping: seconds * Double(AudioFormat.speech.sampleRate), to: 0...SentAudio.mostSamples)
    }
}
