internal import Audio

/// Finds the level of a complete recording before any of it is given. What was read of it meanwhile is given again from memory, unless
/// the recording is long and quiet: then it is read twice.
final class LevelledSpeech {
    private let reader: SpeechReader
    private var survey: LevelSurvey
    /// What was read, at full scale ±1; nil once that is too much to keep.
    private var samples: [Float]? = []
    /// Samples of it that were given.
    private var given = 0
    private var isAtEnd = false

    /// Half a minute.
    private static let most = 480_000

    /// - Parameters:
    ///   - reader: at its beginning; nobody else reads it until this has given what was read.
    ///   - sampleFormat: of the recording.
    init(_ reader: SpeechReader, sampleFormat: SampleFormat) {
        self.reader = reader
        survey = LevelSurvey(of: sampleFormat)
    }

    /// What to multiply the recording with, once it is known.
    var gain: Float { survey.gain }

    /// Whether the recording has to be opened again, since not all that was read was kept.
    var needsReopening: Bool { samples == nil }

    /// Listens until the level is known.
    ///
    /// - Parameter deadline: when to come back in any case.
    /// - Returns: whether it is known.
    func listen(until deadline: ContinuousClock.Instant) throws -> Bool {
        try withUnsafeTemporaryAllocation(of: Float.self, capacity: 4096) { block in
            while !survey.isSettled, !isAtEnd {
                let count = try reader.read(into: block)
                isAtEnd = count == 0
                survey.hear(UnsafeBufferPointer(rebasing: block[..<count]).span)
                if let kept = samples?.count, kept + count <= LevelledSpeech.most || survey.isSettled {
                    samples?.append(contentsOf: block[..<count])
                } else {
                    samples = nil
                }
                if ContinuousClock.now >= deadline, !survey.isSettled, !isAtEnd { return false }
            }
            return true
        }
    }

    /// Gives what was read.
    ///
    /// - Returns: samples given; 0 if what comes next comes from the reader.
    func give(into buffer: UnsafeMutableBufferPointer<Int16>) -> Int {
        guard let samples, given < samples.count else { return 0 }
        let count = min(buffer.count, samples.count - given)
        guard let target = buffer.baseAddress else { return 0 }
        samples.withUnsafeBufferPointer { samples in
            FullScale.encode(UnsafeBufferPointer(rebasing: samples[given..<(given + count)]), gain: gain, into: target)
        }
        given += count
        if given == samples.count { self.samples = [] }
        return count
    }
}
