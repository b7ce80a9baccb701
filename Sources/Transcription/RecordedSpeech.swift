package import Audio
internal import Glibc
internal import POSIX
internal import Synchronization

/// Speech for an engine out of any audio that we read, and how loud it was.
///
/// The header is read with the first samples, so an engine can be started before the first byte has come.
package final class RecordedSpeech: SpeechSource {
    private enum Input {
        /// Reading waits for the disk only.
        case file(any ByteSource)
        /// It still grows: reading can wait for as long as somebody speaks.
        case growing(KeptAudio.Source)
    }

    private var input: Input
    private let reopen: () -> Input
    private let name: String
    private var options: AudioReader.Options
    private var channels: ChannelChoice
    /// Which channel or sound track it is, as its file calls it; nil if it is all of it, or has no name.
    package private(set) var part: String?
    /// What the samples are multiplied with; nil while that has to be found out. Of what still grows nobody knows how loud it will be.
    private var gain: Float?
    /// Finds it out, and gives what it has read.
    private var levelled: LevelledSpeech?
    private var reader: AudioReader?
    private var speech: SpeechReader?
    /// The reader of encoded audio that still grows.
    private var ahead: DecodedAhead?
    private var meter = LoudnessMeter()
    /// Samples that the meter has heard; what is read again is not louder for it.
    private var metered: Int {
        get { heard.samples.load(ordering: .relaxed) }
        set { heard.samples.store(newValue, ordering: .relaxed) }
    }
    /// How much of it has been read; for who watches.
    package let heard = HeardLength()

    package final class HeardLength: Sendable {
        fileprivate let samples = Atomic(0)

        package var seconds: Double {
            Double(samples.load(ordering: .relaxed)) / Double(AudioFormat.speech.sampleRate)
        }
    }
    /// Samples read since the last beginning, and how many of the next are not wanted.
    private var position = 0
    private var toSkip = 0
    private let hasNoHeader = Atomic(false)
    /// The regular file whose first byte is the recording's; nil where it is none.
    private let file: CInt?
    /// Whether anything was found wrong with it.
    private let hasProblem: ProblemNote

    /// Whether it turned out to be no audio that we read. To be asked from any thread; true before the engine notices an end, so
    /// what the engine says then is about nothing.
    package var isRefused: Bool { hasNoHeader.load(ordering: .sequentiallyConsistent) }

    /// Whether a header was found: what fails before is not worth keeping, what fails after is a recording.
    package var hasBegun: Bool { speech != nil || ahead?.hasBegun == true }

    /// Whether more of it may still come, since somebody speaks or is about to.
    package var isGrowing: Bool { if case .growing(let source) = input { source.isGrowing } else { false } }

    /// What was wrong with encoded audio, once its end has been read; all that could be decoded was given.
    package var damage: AudioError? { reader?.damage ?? ahead?.damage }

    /// The loudest 50 ms, in dB relative to full scale; minus infinity where there was nothing.
    package var loudest: Double { meter.loudest - 20 * log10(Double(gain ?? 1)) }

    /// Whether there is more in it than the noise of a quiet room.
    package var isAudible: Bool {
        loudest >= RecordedSpeech.audibleLevel || gain ?? 1 > 1 && meter.dynamics >= RecordedSpeech.audibleDynamics
    }

    /// Speech that an engine should have heard: a recording whose loudest 50 ms reach this, in dB relative to full scale.
    ///
    /// Speech at any usable gain is above -40; a quiet room through a built-in microphone is below -55.
    private static let audibleLevel = -50.0
    /// In a quieter recording, dB between its loudest moments and its quietest. Noise differs by less than 10 from moment to moment.
    private static let audibleDynamics = 20.0

    /// How much of it has been read, in seconds.
    package var seconds: Double { heard.seconds }

    /// - Parameters:
    ///   - open: gives the file from its first byte; it is called again where the speech is to be read again.
    ///   - file: the descriptor of a regular file that is the recording from its first byte on, open for as long as this lives;
    ///     nil where it isn't one.
    ///   - name: what errors call it.
    ///   - options: how to read it.
    ///   - channels: what becomes of several channels.
    package convenience init(
        opening open: @escaping () -> any ByteSource, file: CInt? = nil, name: String, options: AudioReader.Options,
        channels: ChannelChoice = .mix
    ) {
        self.init({ .file(open()) }, file, name, options, channels)
    }

    /// Reads a recording from its beginning, complete or not.
    package convenience init(
        _ audio: KeptAudio, name: String, options: AudioReader.Options, channels: ChannelChoice = .mix
    ) {
        self.init({ .growing(audio.makeSource()) }, nil, name, options, channels)
    }

    private init(
        _ reopen: @escaping () -> Input, _ file: CInt?, _ name: String, _ options: AudioReader.Options,
        _ channels: ChannelChoice
    ) {
        self.channels = channels
        self.file = options.raw == nil ? file : nil
        let problem = ProblemNote()
        hasProblem = problem
        self.reopen = reopen
        input = reopen()
        self.name = name
        // What is wrong with the input is said once, however often it is read.
        let said = SaidOnce(options.warn)
        var options = options
        options.warn = {
            problem.isNoted.store(true, ordering: .relaxed)
            said.say($0)
        }
        self.options = options
        if isGrowing { gain = 1 }
    }

    /// What kind of file it is, where it is one that services know; known before anything of it is read.
    package private(set) lazy var container: AudioContainer? = {
        guard let file else { return nil }
        let first = withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            let count = pread(file, buffer.baseAddress, buffer.count, 0)
            return Array(buffer[..<max(0, count)])
        }
        return AudioContainer(recognising: first)
    }()

    /// The recording as the file that it is, once it was read to its end; nil where its samples are the better choice.
    ///
    /// Those are it too if it is too quiet, or if its channels must not be mixed as everybody mixes them. Not every server likes a WAV of other samples than 16 bits, or one or a FLAC that does not say its length (PROVIDERS 7).
    package var wholeFile: OriginalFile? {
        guard let file, let container, let reader, !hasProblem.isNoted.load(ordering: .relaxed), reader.damage == nil,
            reader.isAsStored, seconds > 0, gain == 1, speech?.isPlainMix == true
        else { return nil }
        switch container {
        case .wav:
            guard reader.format.sampleFormat == .s16le, !reader.isEncoded, reader.declaredFrames != nil else {
                return nil
            }
        case .flac:
            guard reader.declaredFrames != nil else { return nil }
        case .opus, .mp3, .vorbis, .mp4, .webm: break
        }
        var status = stat()
        guard fstat(file, &status) == 0 else { return nil }
        return OriginalFile(descriptor: file, size: Int(status.st_size), container: container, seconds: seconds)
    }

    package func restart(at sample: Int) {
        input = reopen()
        (reader, speech, ahead, levelled) = (nil, nil, nil, nil)
        position = 0
        toSkip = sample
    }

    /// Makes this the first of its channels, without what it has of the others, before anything of it was read. Waits for the header.
    ///
    /// - Returns: a recording for each channel, the first of them this one; this one alone, as it was, if it has one channel.
    /// - Throws: `AudioError` if it is no audio that we read.
    package func separateChannels() throws -> [RecordedSpeech] {
        let reader = try openedOnce()
        guard reader.format.channels > 1 else { return [self] }
        let others = (1..<reader.format.channels).map { RecordedSpeech(reopen, nil, name, options, .alone($0)) }
        restart(at: 0)
        channels = .alone(0)
        let all = [self] + others
        for (channel, speech) in all.enumerated() { speech.part = reader.layout?.name(of: channel) }
        return all
    }

    /// Makes this the first of its sound tracks, before anything of it was read. Waits for what tells which there are.
    ///
    /// - Returns: a recording for each track that can be decoded, the first of them this one; this one alone if it has one.
    /// - Throws: `AudioError` if it is no audio that we read.
    package func separateTracks() throws -> [RecordedSpeech] {
        let tracks = try openedOnce().tracks.filter(\.isDecodable)
        guard tracks.count > 1 else { return [self] }
        let all = [self] + tracks.dropFirst().map { _ in RecordedSpeech(reopen, nil, name, options, channels) }
        restart(at: 0)
        for (speech, track) in zip(all, tracks) {
            speech.options.decoders = options.decoders?.choosing(.number(track.number))
            speech.part = track.name
        }
        return all
    }

    /// A reader of its own, to look at the header.
    private func openedOnce() throws -> AudioReader {
        let source: any ByteSource
        switch reopen() {
        case .file(let file): source = file
        case .growing(let kept): source = kept
        }
        return try AudioReader(source, name: name, options: options)
    }

    /// Begins again, louder: a recording that grew, is complete now, and is so quiet that nobody has heard a word.
    ///
    /// - Parameter isCancelled: asked now and then.
    /// - Returns: whether there is something to be heard now.
    package func raiseLevel(isCancelled: () -> Bool) throws -> Bool {
        guard case .growing(let source) = input, !source.isGrowing, gain == 1, hasBegun else { return false }
        gain = nil
        restart(at: 0)
        while try !findGain(within: .milliseconds(100)) {
            if isCancelled() { throw EngineError(.cancelled, "interrupted") }
        }
        guard gain ?? 1 > 1 else { return false }
        meter = LoudnessMeter()
        metered = 0
        restart(at: 0)
        return true
    }

    package func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        let start = ContinuousClock.now
        while true {
            guard let count = try readNext(into: buffer, within: patience) else { return nil }
            if count == 0 { return 0 }
            if position + count > metered {
                meter.add(UnsafeBufferPointer(rebasing: buffer[max(0, metered - position)..<count]))
                metered = position + count
            }
            position += count
            let skipped = min(count, toSkip)
            toSkip -= skipped
            if skipped == 0 { return count }
            for index in skipped..<count { buffer[index - skipped] = buffer[index] }
            if skipped < count { return count - skipped }
            // Finding the place in a long recording takes a while.
            if .now - start >= patience { return nil }
        }
    }

    /// Reads all of it, to find out how long it is and whether it is whole.
    ///
    /// - Parameter isCancelled: asked now and then.
    package func readToEnd(isCancelled: () -> Bool) throws {
        let block = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 4096)
        defer { block.deallocate() }
        while try read(into: block, within: .milliseconds(100)) != 0 {
            if isCancelled() { throw EngineError(.cancelled, "interrupted") }
        }
    }

    private func readNext(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        guard try findGain(within: patience) else { return nil }
        if let count = levelled?.give(into: buffer), count > 0 { return count }
        switch input {
        case .file(let source):
            return try open(source).read(into: buffer)
        case .growing(let source):
            if ahead == nil, !source.isGrowing { return try readComplete(source, into: buffer) }
            if let ahead {
                do {
                    return try ahead.read(into: buffer, within: patience)
                } catch {
                    if !ahead.hasBegun { hasNoHeader.store(true, ordering: .sequentiallyConsistent) }
                    throw error
                }
            }
            do {
                if speech == nil { source.limitWaiting(to: patience, untilFirstByte: false) }
                let reader = try open(source)
                // Half a frame that was read must not be given up again.
                source.limitWaiting(to: patience, untilFirstByte: true)
                return try reader.read(into: buffer)
            } catch  where error.underlying is KeptAudio.NothingYet {
                // Half a header: from the beginning again, when there is more of it.
                if speech == nil { source.rewind() }
                return nil
            } catch  where error.underlying is DecodersElsewhere.Needed {
                source.rewind()
                ahead = try DecodedAhead(source, name: name, options: options, channels: channels)
                return try readNext(into: buffer, within: patience)
            }
        }
    }

    /// Reads a recording that has ended, where nothing is waited for.
    private func readComplete(
        _ source: KeptAudio.Source, into buffer: UnsafeMutableBufferPointer<Int16>
    ) throws -> Int {
        source.waitAsLongAsItTakes()
        return try open(source).read(into: buffer)
    }

    /// Finds out what to multiply the samples with, if they are all there and nobody knows.
    ///
    /// - Returns: whether it is known.
    private func findGain(within patience: Duration) throws -> Bool {
        if gain != nil { return true }
        let levelled: LevelledSpeech
        if let begun = self.levelled {
            levelled = begun
        } else {
            let source: any ByteSource
            switch input {
            case .file(let file): source = file
            case .growing(let kept):
                kept.waitAsLongAsItTakes()
                source = kept
            }
            let speech = try open(source)
            levelled = LevelledSpeech(speech, sampleFormat: reader?.format.sampleFormat ?? .s16le)
            self.levelled = levelled
        }
        guard try levelled.listen(until: .now + patience) else { return false }
        gain = levelled.gain
        speech?.gain = levelled.gain
        if levelled.needsReopening { restart(at: toSkip) }
        return true
    }

    private func open(_ source: any ByteSource) throws(AudioError) -> SpeechReader {
        if let speech { return speech }
        var options = options
        if isGrowing { options.decoders = options.decoders.map { DecodersElsewhere(real: $0) } }
        do {
            let reader = try AudioReader(source, name: name, options: options)
            let opened = try SpeechReader(reader, channels: channels)
            opened.gain = gain ?? 1
            self.reader = reader
            speech = opened
            return opened
        } catch {
            if !(error.underlying is KeptAudio.NothingYet), !(error.underlying is DecodersElsewhere.Needed) {
                hasNoHeader.store(true, ordering: .sequentiallyConsistent)
            }
            throw error
        }
    }
}

/// Whether something was wrong.
private final class ProblemNote: Sendable {
    let isNoted = Atomic(false)
}

/// Messages, each once.
private final class SaidOnce: Sendable {
    private let said = Monitor<Set<String>>([])
    private let onMessage: @Sendable (String) -> Void

    init(_ onMessage: @escaping @Sendable (String) -> Void) {
        self.onMessage = onMessage
    }

    func say(_ message: String) {
        if said.note({ $0.insert(message).inserted }) { onMessage(message) }
    }
}
