/// Audio as recognisers and speech detectors want it: one channel, one rate, whatever the input is.
///
/// Channels are mixed or one of them is taken, samples converted, the rate changed. Mono 16-bit samples at the wanted rate pass untouched.
/// Every call gives what the input so far yields: a live stream lags by the resampler's delay only.
@safe package final class SpeechReader {
    /// Frames a second that come out, in hertz.
    package let sampleRate: Int
    /// Frames given so far.
    package private(set) var framesRead = 0
    /// What 16-bit samples are multiplied with before they are rounded; what is beyond full scale then is clipped.
    package var gain: Float = 1
    /// Whether what came so far is what anybody would hear who takes the mean of the input's channels.
    package var isPlainMix: Bool { channel.isPlainMix }

    private let reader: AudioReader
    private let channel: OneChannel
    private var resampler: Resampler?
    private let isPassedThrough: Bool
    /// Frames as stored, read and not yet converted.
    private let stored: UnsafeMutableRawBufferPointer
    /// The same frames as one channel.
    private let mono: UnsafeMutableBufferPointer<Float>
    /// Those of `mono` that the resampler has not taken yet.
    private var pending = 0..<0
    /// Resampled, not yet given as 16 bits.
    private let resampled: UnsafeMutableBufferPointer<Float>
    private var isInputFinished = false
    /// Whether the reader has nothing more.
    private var isAtEnd = false
    private let keep: ((UnsafeRawBufferPointer) -> Void)?

    /// Frames worked on at once: large enough for the loops, small enough for the cache.
    private static let blockFrames = 4096

    /// - Parameters:
    ///   - reader: the input; it is read from nowhere else from now on.
    ///   - sampleRate: frames a second that are wanted, in hertz.
    ///   - channels: what becomes of several channels.
    ///   - keep: gets the frames as they are stored, before the samples that they become are given: for who passes on
    ///     what was heard.
    /// - Throws: `AudioError`, `noChannel` if the channel that is wanted is not there.
    package init(
        _ reader: AudioReader, sampleRate: Int = AudioFormat.speech.sampleRate, channels: ChannelChoice = .mix,
        keep: ((UnsafeRawBufferPointer) -> Void)? = nil
    ) throws(AudioError) {
        self.reader = reader
        unsafe self.keep = keep
        self.sampleRate = sampleRate
        let format = reader.format
        if let wanted = channels.channel, wanted >= format.channels {
            let count = format.channels == 1 ? "1 channel" : "\(format.channels) channels"
            throw AudioError(.noChannel, reader.name, "has \(count): there is none with the number \(wanted + 1)")
        }
        channel = OneChannel(
            format, layout: reader.layout, choice: channels, blockFrames: SpeechReader.blockFrames)
        let isResampled = format.sampleRate != sampleRate
        isPassedThrough = unsafe keep == nil && !isResampled && format.channels == 1 && format.sampleFormat == .s16le
        resampler =
            isResampled ? try Resampler(from: format.sampleRate, to: sampleRate, name: reader.name) : nil
        unsafe stored = .allocate(byteCount: SpeechReader.blockFrames * format.bytesPerFrame, alignment: 64)
        unsafe mono = .allocate(capacity: SpeechReader.blockFrames)
        unsafe resampled = .allocate(capacity: SpeechReader.blockFrames)
    }

    deinit {
        unsafe stored.deallocate()
        unsafe mono.deallocate()
        unsafe resampled.deallocate()
    }

    /// Reads 16-bit samples; waits for one, then gives what is there.
    ///
    /// - Parameter buffer: room for at least one sample.
    /// - Returns: samples read; 0 at the end.
    package func read(into buffer: UnsafeMutableBufferPointer<Int16>) throws(AudioError) -> Int {
        guard let output = buffer.baseAddress else { return 0 }
        if isPassedThrough, gain == 1 {
            let count = try unsafe reader.read(into: UnsafeMutableRawBufferPointer(buffer))
            framesRead += count
            return count
        }
        let room = min(buffer.count, SpeechReader.blockFrames)
        let samples = unsafe resampler == nil ? mono : resampled
        let count = try unsafe produce(into: UnsafeMutableBufferPointer(rebasing: samples[..<room]))
        guard let source = samples.baseAddress else { return 0 }
        unsafe SampleConversion.encode(source, count: count, gain: gain, into: output)
        return count
    }

    /// Reads samples of full scale ±1; waits for one, then gives what is there.
    ///
    /// - Parameter buffer: room for at least one sample.
    /// - Returns: samples read; 0 at the end.
    package func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioError) -> Int {
        let room = min(buffer.count, SpeechReader.blockFrames)
        return try unsafe produce(into: UnsafeMutableBufferPointer(rebasing: buffer[..<room]))
    }

    /// Fills the buffer, at most one block, with what is next.
    private func produce(into output: UnsafeMutableBufferPointer<Float>) throws(AudioError) -> Int {
        guard !output.isEmpty else { return 0 }
        guard resampler != nil else {
            let count = try unsafe decodeBlock(into: output)
            framesRead += count
            return count
        }
        while true {
            if pending.isEmpty, !isInputFinished {
                let count = try unsafe decodeBlock(into: mono)
                pending = 0..<count
                isInputFinished = count == 0
            }
            var given = 0
            if isInputFinished {
                given = unsafe resampler?.finish(into: output) ?? 0
                if given == 0 { return 0 }
            } else {
                let input = unsafe UnsafeBufferPointer(rebasing: mono[pending])
                let step = unsafe resampler?.process(input, into: output) ?? (taken: 0, given: 0)
                pending = pending.lowerBound + step.taken..<pending.upperBound
                given = step.given
            }
            if given > 0 {
                framesRead += given
                return given
            }
        }
    }

    /// Reads until there is something, one block at most, and makes it one channel.
    private func decodeBlock(into output: UnsafeMutableBufferPointer<Float>) throws(AudioError) -> Int {
        let format = reader.format
        while true {
            let held = unsafe channel.take(into: output, isLast: isAtEnd)
            if held > 0 || isAtEnd { return held }
            let wanted = min(output.count, channel.room)
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: stored[..<(wanted * format.bytesPerFrame)])
            let frames = try unsafe reader.read(into: room)
            guard frames > 0, let source = room.baseAddress else {
                isAtEnd = true
                continue
            }
            if let keep = unsafe keep {
                unsafe keep(UnsafeRawBufferPointer(rebasing: room[..<(frames * format.bytesPerFrame)]))
            }
            let count = unsafe channel.push(source, frames: frames, into: output)
            if count > 0 { return count }
        }
    }
}
