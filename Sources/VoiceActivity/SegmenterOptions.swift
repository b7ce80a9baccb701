/// What counts as speech and as a pause: the options of the reference `get_speech_timestamps` (silero-vad 6.2.3), with its names,
/// meanings and defaults.
package struct SegmenterOptions: Equatable, Sendable {
    /// From this probability on a window is speech.
    package var threshold: Float
    /// Below this one, speech ends; between the two, what was goes on. nil is 0.15 below the threshold, at least 0.01.
    package var negativeThreshold: Float?
    /// Seconds; shorter speech is dropped.
    package var minimumSpeech: Double
    /// Seconds of silence that end a segment.
    package var minimumSilence: Double
    /// Seconds that a segment gets in front and behind, as far as its neighbours leave them.
    package var padding: Double
    /// Seconds; a longer segment is cut. nil never cuts.
    package var maximumSpeech: Double?
    /// Seconds of silence from which on a pause is a place to cut.
    package var minimumPauseToCut: Double
    /// Whether to cut at the longest pause rather than at the last one.
    package var cutsAtLongestPause: Bool

    package init(
        threshold: Float = 0.5, negativeThreshold: Float? = nil, minimumSpeech: Double = 0.25,
        minimumSilence: Double = 0.1, padding: Double = 0.03, maximumSpeech: Double? = nil,
        minimumPauseToCut: Double = 0.098, cutsAtLongestPause: Bool = true
    ) {
        self.threshold = threshold
        self.negativeThreshold = negativeThreshold
        self.minimumSpeech = minimumSpeech
        self.minimumSilence = minimumSilence
        self.padding = padding
        self.maximumSpeech = maximumSpeech
        self.minimumPauseToCut = minimumPauseToCut
        self.cutsAtLongestPause = cutsAtLongestPause
    }
}

/// A stretch of speech, in samples of the detector's rate from the beginning of the stream.
package struct SpeechSegment: Equatable, Sendable {
    package var start: Int
    /// Behind the last sample.
    package var end: Int

    package init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }
}
