/// What an engine says while it works. Texts are sanitised: they hold no control characters.
package enum RecognitionEvent: Equatable, Sendable {
    /// What it has understood of the current utterance so far; replaces the last partial.
    case partial(Utterance)
    /// A word of the utterance that the next `final` ends.
    case word(Word)
    /// A finished utterance, with its words. It never changes any more.
    case final(Utterance)
    /// What the engine is doing, for people.
    case status(String)
    /// What the user should know although the work goes on, and what to do about it.
    case warning(String, hint: String? = nil)
    /// An engine was asked for the text of some audio; for accounts, and no part of a transcript.
    case asked(EngineRequest)
}

/// One question to an engine, answered or not.
package struct EngineRequest: Equatable, Sendable {
    /// Its name, as the user names it.
    package var engine: String
    package var model: String?
    /// Seconds of audio that it got.
    package var seconds: Double
    /// Seconds that its provider charges for; 0 where nobody does.
    package var billed: Double

    package init(engine: String, model: String? = nil, seconds: Double, billed: Double = 0) {
        self.engine = engine
        self.model = model
        self.seconds = seconds
        self.billed = billed
    }
}

/// A stretch of speech and its text.
package struct Utterance: Equatable, Sendable {
    package var text: String
    /// Seconds from the beginning of the audio; nil where the engine does not say.
    package var start: Double?
    package var end: Double?
    package var words: [Word]
    package var speaker: String?
    package var language: String?
    /// 0 to 1.
    package var confidence: Double?
    /// Of a partial result, how many Unicode scalars of the text will not change before the final; nil if nothing is promised.
    package var stable: Int?
    /// Whether a phrase comes over and over, as in a recogniser's loop.
    package var isRepeated = false
    /// Whether somebody wants to read what is no speech, such as `[BLANK_AUDIO]`.
    package var mayBeAnnotation = false
    /// Whether its times are those of the audio that the engine was given, and not the engine's own.
    package var isTimedByAudio = false
    /// Whether its times were impossible, and are taken from its neighbours: they are no proof of anything.
    package var isTimeRepaired = false

    package init(
        text: String, start: Double? = nil, end: Double? = nil, words: [Word] = [], speaker: String? = nil,
        language: String? = nil, confidence: Double? = nil
    ) {
        self.text = text
        self.start = start
        self.end = end
        self.words = words
        self.speaker = speaker
        self.language = language
        self.confidence = confidence
    }
}

/// A word and when it was said.
package struct Word: Equatable, Sendable {
    package var text: String
    /// Seconds from the beginning of the audio.
    package var start: Double?
    package var end: Double?
    /// 0 to 1.
    package var confidence: Double?

    package init(text: String, start: Double? = nil, end: Double? = nil, confidence: Double? = nil) {
        self.text = text
        self.start = start
        self.end = end
        self.confidence = confidence
    }
}

extension Utterance {
    /// The same, said so many seconds later.
    func later(by seconds: Double) -> Utterance {
        var result = self
        result.start = start.map { $0 + seconds }
        result.end = end.map { $0 + seconds }
        result.words = words.map { $0.later(by: seconds) }
        return result
    }
}

extension Word {
    func later(by seconds: Double) -> Word {
        var result = self
        result.start = start.map { $0 + seconds }
        result.end = end.map { $0 + seconds }
        return result
    }
}

extension RecognitionEvent {
    /// The same, said so many seconds later.
    func later(by seconds: Double) -> RecognitionEvent {
        switch self {
        case .partial(let utterance): .partial(utterance.later(by: seconds))
        case .word(let word): .word(word.later(by: seconds))
        case .final(let utterance): .final(utterance.later(by: seconds))
        case .status, .warning, .asked: self
        }
    }
}
