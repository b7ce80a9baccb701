/// Says when a recording may begin and when it should end, by the speech in it.
///
/// Speech counts once it has lasted 0.1 s; a click neither begins a recording nor keeps it going. It ends where its level falls,
/// which a detector notices late (`SpeechLevel`). Positions are samples of `DetectionWindow.sampleRate` from the beginning of the
/// stream.
package struct Endpointer {
    /// Why a recording should end.
    package enum Verdict: Equatable, Sendable {
        /// Speech was heard, and then enough silence up to this sample.
        case silence(at: Int)
        /// Nobody has spoken up to this sample.
        case noSpeech(at: Int)
    }

    /// Speech of "go" or "yes" is hardly longer: 4 windows.
    private static let minimumSpeech = 0.1
    /// A pause for `Segmenter`: far shorter than the silence that ends a recording.
    private static let shortestPause = 0.1
    /// Seconds: a shorter silence is no end, since a pause must have been noticed before it.
    package static let shortestSilence = 0.2

    private var stream: SpeechStream
    private var level = SpeechLevel()
    private let silence: Int?
    private let patience: Int?
    /// Where the first speech began; nil as long as none was heard.
    package private(set) var firstSpeech: Int?
    /// Where the last speech ended; nil while somebody speaks, and before.
    private var quietSince: Int?

    /// - Parameters:
    ///   - detector: one that hears no other stream.
    ///   - silence: seconds of silence after speech that end the recording, `shortestSilence` at least; nil never ends it.
    ///   - patience: seconds in which speech must begin; nil waits without end.
    package init(_ detector: any Detector, silence: Double?, patience: Double?) {
        let options = SegmenterOptions(
            minimumSpeech: Endpointer.minimumSpeech, minimumSilence: Endpointer.shortestPause, padding: 0)
        stream = SpeechStream(detector, options)
        func samples(_ seconds: Double) -> Int { Int((seconds * Double(DetectionWindow.sampleRate)).rounded()) }
        self.silence = silence.map { samples(max($0, Endpointer.shortestSilence)) }
        self.patience = patience.map(samples)
    }

    /// The first sample that speech to come, or speech that is not certain yet, may begin with.
    package var earliestStart: Int { firstSpeech ?? stream.segmenter.earliestStart }

    /// Takes samples of full scale ±1, one channel.
    package mutating func push(_ samples: Span<Float>) {
        var found: [Segmenter.Event] = []
        var taken = 0
        // A window at a time: the level is remembered for less than a second, and whoever captures may give more at once.
        while taken < samples.count {
            let piece = samples.extracting(taken..<min(taken + DetectionWindow.length, samples.count))
            level.push(piece)
            stream.push(piece) { found.append($0) }
            if !found.isEmpty { note(found) }
            found.removeAll(keepingCapacity: true)
            taken += piece.count
        }
    }

    /// Ends the stream: what was said last counts too.
    package mutating func finish() {
        var found: [Segmenter.Event] = []
        stream.finish { found.append($0) }
        note(found)
    }

    private mutating func note(_ events: [Segmenter.Event]) {
        for event in events {
            switch event {
            case .began, .dismissed: break
            case .confirmed(let start):
                firstSpeech = firstSpeech ?? start
                quietSince = nil
            case .ended(let segment):
                firstSpeech = firstSpeech ?? segment.start
                quietSince = level.end(before: segment.end)
            }
        }
    }

    /// Whether the recording should end.
    ///
    /// Up to a window of what was captured has not been judged yet. It is taken for what came before it: nobody can say of a
    /// pause of 1.2 s whether the word that ends it came 10 ms too early.
    ///
    /// - Parameter position: samples that were captured, those included that were not pushed yet or are on their way.
    /// - Returns: nil while it should go on.
    package func verdict(at position: Int) -> Verdict? {
        guard firstSpeech != nil else {
            guard let patience, position >= patience, !isUndecided else { return nil }
            return .noSpeech(at: patience)
        }
        guard let silence, let quietSince, position - quietSince >= silence, !isUndecided else { return nil }
        return .silence(at: quietSince + silence)
    }

    /// Whether something is heard of which a few windows more will tell whether it is speech.
    private var isUndecided: Bool { stream.segmenter.speechStart != nil }
}
