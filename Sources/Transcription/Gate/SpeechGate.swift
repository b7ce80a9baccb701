/// Tells where speech is while it comes: what keeps silence from an engine. A program hands it one.
///
/// Positions are samples at 16000 Hz from the beginning of the stream.
package protocol SpeechGate: AnyObject {
    /// Forgets the stream: the next sample is the first of another.
    func begin()

    /// Hears the next samples of the stream.
    ///
    /// - Parameters:
    ///   - samples: any number.
    ///   - tell: gets what is now certain, in order, and at once.
    func hear(_ samples: UnsafeBufferPointer<Int16>, _ tell: (SpeechEdge) -> Void)

    /// Ends the stream.
    ///
    /// - Parameter tell: gets what that makes certain; speech that goes on ends.
    func finish(_ tell: (SpeechEdge) -> Void)

    /// Whether what it calls speech is speech for certain, and not just sound.
    var isSure: Bool { get }

    /// The first sample that speech to come, or speech that is not certain yet, may begin with; what is before it and behind
    /// the last speech is none.
    var earliestStart: Int { get }
}

/// Where speech begins or ends.
package enum SpeechEdge: Equatable, Sendable {
    /// The first sample of speech.
    case began(at: Int)
    /// The sample behind the last one of speech.
    case ended(at: Int)
}

/// How much silence an engine gets to hear; in seconds, of what the detector calls silence.
package struct GateRules: Equatable, Sendable {
    /// What is left of a longer pause: `hangover` at its beginning and `preRoll` at its end.
    package var pause: Double
    /// The silence in front of speech that is sent.
    package var preRoll: Double
    /// The silence behind speech that is sent.
    package var hangover: Double { pause - preRoll }

    /// Words begin softly, with consonants that a detector notices late if at all, and recognisers want a moment of the room's sound
    /// first. With 0.2 s, 8 of 1552 phrases of scripts/bench gate lose their first sound; behind speech that is enough, since the
    /// detector goes on for a window or two.
    private static let standardPreRoll = 0.3
    private static let shortestHangover = 0.2

    /// - Parameter pause: seconds; 0.5 at least, since what is nearest to speech may be a part of it.
    package init(pause: Double) {
        preRoll = GateRules.standardPreRoll
        self.pause = max(pause, GateRules.standardPreRoll + GateRules.shortestHangover)
    }

    /// For engines that don't say what they need: a sentence's end can still be heard.
    package static let standard = GateRules(pause: 0.5)
}
