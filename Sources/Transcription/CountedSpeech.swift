internal import Audio
internal import Synchronization
internal import Text

/// Speech that counts how much of it one engine has been given.
final class CountedSpeech: SpeechSource {
    private let source: any SpeechSource
    private let start: Int
    private let given = Atomic(0)

    /// - Parameter start: the sample of the source at which it stands.
    init(_ source: any SpeechSource, from start: Int) {
        self.source = source
        self.start = start
    }

    /// Samples given; from any thread.
    var count: Int { given.load(ordering: .sequentiallyConsistent) }

    /// Seconds given: of a file that is taken as it is, all of it.
    var seconds: Double {
        max(Double(count) / Double(AudioFormat.speech.sampleRate), original?.seconds.clampedSeconds ?? 0)
    }

    func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        let count = try source.read(into: buffer, within: patience)
        given.add(count ?? 0, ordering: .sequentiallyConsistent)
        return count
    }

    var isAtPause: Bool { source.isAtPause }

    /// Only from its beginning it is what the file holds.
    var original: OriginalFile? { start == 0 ? source.original : nil }

    func speech(in range: Range<Int>) -> [Range<Int>]? {
        source.speech(in: (range.lowerBound + start)..<(range.upperBound + start))?.map {
            ($0.lowerBound - start)..<($0.upperBound - start)
        }
    }

    var isSpeechCertain: Bool { source.isSpeechCertain }

    /// For an engine that is a chain itself, whose recording begins where this one does.
    func restart(at sample: Int) throws {
        try source.restart(at: start + sample)
        given.store(sample, ordering: .sequentiallyConsistent)
    }
}
