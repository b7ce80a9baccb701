internal import Audio
package import Plugins

/// An engine that does not say when words were said, asked for each stretch of speech by itself: so its text is at least known to
/// be of that stretch, where a file format needs times.
///
/// One text for ten minutes, from their first word to their last, would be honest as well, and no subtitle. What is lost is what
/// the engine could have made of the words before a pause.
package struct StretchwiseEngine: Engine {
    private let engine: any Engine

    /// - Parameter engine: it hears every stretch as a recording of its own.
    package init(_ engine: any Engine) {
        self.engine = engine
    }

    package var name: String { engine.name }
    package var beginsBeforeSpeech: Bool { engine.beginsBeforeSpeech }
    package var waitsForOthers: Bool { engine.waitsForOthers }
    package func gateRules() throws -> GateRules { try engine.gateRules() }
    package func limits(for settings: EngineSettings) throws -> EngineLimits { try engine.limits(for: settings) }
    package func knownOptions() throws -> Set<String>? { try engine.knownOptions() }
    package func forBatch() -> any Engine { StretchwiseEngine(engine.forBatch()) }
    package func finish() { engine.finish() }

    package func transcribe(
        _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        let speech = SpeechStretch(audio)
        repeat {
            speech.beginNext()
            // One utterance for a stretch, when all of it has been heard.
            var texts: [String] = []
            var whole: Utterance?
            try engine.transcribe(speech, settings: settings, cancellation: cancellation) { event in
                guard case .final(let utterance) = event else {
                    if case .word = event { return }
                    return try onEvent(event)
                }
                texts.append(utterance.text)
                whole = whole ?? utterance
            }
            if var utterance = whole {
                utterance.text = texts.joined(separator: " ")
                (utterance.start, utterance.end) = speech.bounds
                utterance.words = []
                utterance.isTimedByAudio = true
                try onEvent(.final(utterance))
            }
        } while !speech.hasEnded && speech.hasBegun
    }
}

/// The stretches of a recording, one after the other, each as a source that ends where the stretch does.
private final class SpeechStretch: SpeechSource {
    private let source: any SpeechSource
    /// Samples of the recording that were read, and where the stretch began.
    private var position = 0
    private var start = 0
    /// Whether there is nothing behind this stretch.
    private(set) var hasEnded = false

    init(_ source: any SpeechSource) {
        self.source = source
    }

    /// Where the stretch is, in seconds.
    var bounds: (start: Double, end: Double) {
        let rate = Double(AudioFormat.speech.sampleRate)
        return (Double(start) / rate, Double(position) / rate)
    }

    /// Whether anything of it was read.
    var hasBegun: Bool { position > start }

    func beginNext() { start = position }

    func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        if hasBegun, source.isAtPause { return 0 }
        let count = try source.read(into: buffer, within: patience)
        if count == 0 { hasEnded = true }
        position += count ?? 0
        return count
    }

    func restart(at sample: Int) throws {
        try source.restart(at: start + sample)
        position = start + sample
        hasEnded = false
    }
}
