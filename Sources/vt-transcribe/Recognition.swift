internal import Program
internal import Transcription

/// One engine run over one input: its events become text.
struct Recognition {
    let engine: any Engine
    let settings: EngineSettings
    let interruption: Interruption

    /// Speech that an engine should have heard: a recording whose loudest 50 ms reach this, in dB relative to full scale.
    ///
    /// Speech at any usable gain is above -40; a quiet room through a built-in microphone is below -55.
    static let audibleLevel = -50.0

    /// Recognises, writing each piece as soon as it is there.
    ///
    /// - Returns: whether there was an utterance.
    /// - Throws: what the engine, the audio or the writing failed with.
    func run(
        over speech: RecordedSpeech, format: TranscriptFormat, input: String?, write: (String) throws -> Void
    ) throws -> Bool {
        var formatter = format.makeFormatter(input: input, engine: engine.name)
        var hasSpoken = false
        try write(formatter.begin())
        try engine.transcribe(speech, settings: settings, cancellation: interruption.cancellation) { event in
            if speech.isRefused { return }
            switch event {
            case .final: hasSpoken = true
            case .status(let text): Log.info("\(engine.name): \(text)")
            case .warning(let text, let hint): Log.warning("\(engine.name): \(text)", hint: hint)
            case .partial, .word: break
            }
            try write(formatter.add(event))
        }
        try write(formatter.end())
        return hasSpoken
    }
}
