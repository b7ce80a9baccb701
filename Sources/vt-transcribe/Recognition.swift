internal import Audio
internal import Program
internal import Transcription

/// One engine run over one input: its events become text.
struct Recognition {
    let engine: any Engine
    let settings: EngineSettings
    /// Keeps silence from the engine; nil sends everything.
    let gate: DetectingGate?
    let interruption: Interruption

    /// What there was in an input.
    enum Heard: Equatable {
        case words
        case silence
        /// Something audible, of which nobody made words.
        case sound(Listener)
    }

    /// Who heard no words.
    struct Listener: Equatable {
        let name: String
        /// Whether an engine was asked.
        let isEngine: Bool

        var verdict: String { isEngine ? "\(name) heard no words" : "\(name) heard no speech" }

        /// How to go on.
        func hint(for id: String) -> String {
            "vt-transcribe --pending \(id) " + (isEngine ? "--engine NAME tries another" : "--no-gate asks the engine")
                + ", --discard \(id) deletes it"
        }
    }

    /// Speech that an engine should have heard: a recording whose loudest 50 ms reach this, in dB relative to full scale.
    ///
    /// Speech at any usable gain is above -40; a quiet room through a built-in microphone is below -55.
    private static let audibleLevel = -50.0

    /// Recognises, writing each piece as soon as it is there. Where there is no speech the engine is not started.
    ///
    /// - Throws: what the engine, the audio or the writing failed with.
    func run(
        over speech: RecordedSpeech, format: TranscriptFormat, input: String?, write: (String) throws -> Void
    ) throws -> Heard {
        var formatter = format.makeFormatter(input: input, engine: engine.name)
        try write(formatter.begin())
        let gated = gate.map { GatedSpeech(speech, gate: $0) }
        var hasSpoken = false
        if try gated.map(waitForSpeech) ?? true {
            var check = EventCheck(gated?.sent) { Log.info("\(engine.name): \($0)") }
            let source: any SpeechSource = gated ?? speech
            try engine.transcribe(source, settings: settings, cancellation: interruption.cancellation) { event in
                if speech.isRefused { return }
                switch event {
                // Engines on the network say their name themselves, also where they are one of several.
                case .status(let text): Log.info(text.hasPrefix(engine.name) ? text : "\(engine.name): \(text)")
                case .warning(let text, let hint): Log.warning("\(engine.name): \(text)", hint: hint)
                case .partial, .word, .final: break
                }
                for event in check.check(event) {
                    if case .final = event { hasSpoken = true }
                    try write(formatter.add(event))
                }
            }
        }
        try write(formatter.end())
        return hasSpoken ? .words : heardNoWords(speech, gated)
    }

    /// Waits for the first word, while the engine costs nothing.
    ///
    /// - Returns: whether the engine is needed.
    private func waitForSpeech(_ gated: GatedSpeech) throws -> Bool {
        if !engine.beginsBeforeSpeech {
            var hasSpeech = try gated.hasSpeech(within: .milliseconds(100))
            while hasSpeech == nil {
                if interruption.caught != nil { throw EngineError(.cancelled, "interrupted") }
                hasSpeech = try gated.hasSpeech(within: .milliseconds(100))
            }
            if hasSpeech != true { return false }
        }
        gated.follow(try engine.gateRules())
        return true
    }

    /// Tells silence from what is worth keeping.
    private func heardNoWords(_ speech: RecordedSpeech, _ gated: GatedSpeech?) -> Heard {
        let isAudible = speech.loudest >= Recognition.audibleLevel
        guard let gate, let gated else {
            return isAudible ? .sound(Listener(name: engine.name, isEngine: true)) : .silence
        }
        let hasSpeech = gated.sent.hasSpeech
        guard gate.isSure ? hasSpeech : isAudible else { return .silence }
        return .sound(Listener(name: hasSpeech ? engine.name : gate.name, isEngine: hasSpeech))
    }
}
