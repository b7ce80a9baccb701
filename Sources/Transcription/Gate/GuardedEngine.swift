package import Plugins

/// An engine behind a gate: it is started when somebody speaks; one that can stand by is started before, and is ready then.
///
/// Where nobody speaks the one has not been started, and the other is stopped without having got a sample: whatever it has said
/// until then, and whatever it has failed with, is about nothing.
package struct GuardedEngine {
    private let engine: any Engine
    private let speech: GatedSpeech

    /// How soon a cancellation is noticed.
    private static let patience = Duration.milliseconds(100)
    /// What an engine may have to say of itself before somebody speaks; more is dropped.
    private static let mostHeld = 100

    /// - Parameter speech: at its beginning.
    package init(_ engine: any Engine, over speech: GatedSpeech) {
        self.engine = engine
        self.speech = speech
    }

    /// Recognises what is said, if anything is. Blocks, like `Engine.transcribe`.
    ///
    /// - Parameters:
    ///   - maySoonSpeak: whether somebody may be about to speak, so that it is worth while to stand by. Of a recording that is
    ///     complete it is known within milliseconds whether there is speech in it, and an engine takes longer to start and to stop.
    ///   - onEvent: gets events once there is speech.
    /// - Returns: whether somebody spoke.
    /// - Throws: as `Engine.transcribe`.
    package func transcribe(
        maySoonSpeak: Bool, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws -> Bool {
        if maySoonSpeak, engine.beginsBeforeSpeech {
            do {
                speech.follow(try engine.gateRules())
                try run(settings, cancellation, onEvent)
                return speech.sent.hasSpeech
            } catch let error as EngineError where speech.sent.count == 0 && error.code != .cancelled {
                // It could not stand by. When it is needed it is asked again, as one that can't, and fails then if it must.
            }
        }
        guard try waitForSpeech(cancellation) else { return false }
        speech.follow(try engine.gateRules())
        try run(settings, cancellation, onEvent)
        return true
    }

    private func run(
        _ settings: EngineSettings, _ cancellation: Cancellation?, _ onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        var held: [RecognitionEvent] = []
        func release() throws {
            guard speech.sent.count > 0 else { return }
            let events = held
            held = []
            for event in events { try onEvent(event) }
        }
        do {
            try engine.transcribe(speech, settings: settings, cancellation: cancellation) { event in
                try release()
                if speech.sent.count > 0 { return try onEvent(event) }
                switch event {
                case .status, .warning: if held.count < GuardedEngine.mostHeld { held.append(event) }
                // Of nothing.
                case .partial, .word, .final, .asked: break
                }
            }
        } catch {
            try release()
            throw error
        }
        try release()
    }

    /// - Returns: whether there is speech; false at the end of the recording.
    private func waitForSpeech(_ cancellation: Cancellation?) throws -> Bool {
        while true {
            if let hasSpeech = try speech.hasSpeech(within: GuardedEngine.patience) { return hasSpeech }
            if cancellation?.isCancelled == true { throw EngineError(.cancelled, "interrupted") }
        }
    }
}
