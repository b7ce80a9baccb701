/// A recording that may go to an engine as the file that it is, or as its samples where the engine can't have it so.
package final class WholeRecording: SpeechSource {
    private let speech: RecordedSpeech
    private let gated: GatedSpeech?
    package let original: OriginalFile?
    package let isSpeechCertain: Bool

    /// - Parameters:
    ///   - speech: the recording, read to its end; nobody else reads it from now on.
    ///   - original: its file.
    ///   - gated: what has listened to all of it; nil where nothing has.
    package init(_ speech: RecordedSpeech, _ original: OriginalFile, heardBy gated: GatedSpeech?) {
        self.speech = speech
        self.original = original
        self.gated = gated
        isSpeechCertain = gated?.isSpeechCertain ?? false
        speech.restart(at: 0)
    }

    package func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        try speech.read(into: buffer, within: patience)
    }

    package func restart(at sample: Int) { speech.restart(at: sample) }

    package func speech(in range: Range<Int>) -> [Range<Int>]? {
        gated?.finishListening()
        return gated?.sent.speech(in: range)
    }
}
