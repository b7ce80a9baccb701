/// Audio in a shape that is asked for: rate, channels and sample format, whatever the input has.
///
/// What has the shape already passes untouched. Every call gives what the input so far yields: a live stream lags by the
/// resampler's delay only.
@safe package final class FrameReader {
    /// What comes out.
    package let format: AudioFormat
    /// Frames given so far.
    package private(set) var framesRead = 0

    private let reader: AudioReader
    private let isPassedThrough: Bool
    private let mix: ChannelMix?
    private var resampler: Resampler?
    /// Frames as stored, read and not yet converted.
    private let stored: UnsafeMutableRawBufferPointer
    /// The same as numbers, with the input's channels.
    private let decoded: UnsafeMutableBufferPointer<Float>
    /// With the wanted channels, at the input's rate.
    private let mixed: UnsafeMutableBufferPointer<Float>
    /// Those frames of `mixed` that the resampler has not taken yet.
    private var pending = 0..<0
    /// At the wanted rate.
    private let resampled: UnsafeMutableBufferPointer<Float>
    private var isInputFinished = false

    private static let blockFrames = 4096

    /// - Parameters:
    ///   - reader: the input; it is read from nowhere else from now on.
    ///   - format: what is wanted.
    package init(_ reader: AudioReader, format: AudioFormat) throws(AudioError) {
        self.reader = reader
        self.format = format
        let source = reader.format
        isPassedThrough = source == format
        mix =
            source.channels != format.channels
            ? ChannelMix(from: source, to: format.channels, layout: reader.layout) : nil
        resampler =
            source.sampleRate != format.sampleRate
            ? try Resampler(
                from: source.sampleRate, to: format.sampleRate, channels: format.channels, name: reader.name) : nil
        let frames = isPassedThrough ? 0 : FrameReader.blockFrames
        unsafe stored = .allocate(byteCount: frames * source.bytesPerFrame, alignment: 64)
        unsafe decoded = .allocate(capacity: frames * source.channels)
        unsafe mixed = .allocate(capacity: mix == nil ? 0 : frames * format.channels)
        unsafe resampled = .allocate(capacity: resampler == nil ? 0 : frames * format.channels)
    }

    deinit {
        unsafe stored.deallocate()
        unsafe decoded.deallocate()
        unsafe mixed.deallocate()
        unsafe resampled.deallocate()
    }

    /// Reads whole frames in the wanted format; waits for one, then gives what is there.
    ///
    /// - Parameter buffer: room for at least one frame, aligned to a sample.
    /// - Returns: frames read; 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        if isPassedThrough {
            let frames = try unsafe reader.read(into: buffer)
            framesRead += frames
            return frames
        }
        guard let target = buffer.baseAddress else { return 0 }
        let room = min(buffer.count / format.bytesPerFrame, FrameReader.blockFrames)
        let frames: Int
        let samples: UnsafeMutableBufferPointer<Float>
        if resampler == nil {
            frames = try decodeBlock(frames: room)
            unsafe samples = mix == nil ? decoded : mixed
        } else {
            frames = try resample(frames: room)
            unsafe samples = resampled
        }
        guard frames > 0, let source = samples.baseAddress else { return 0 }
        unsafe SampleConversion.encode(
            source, count: frames * format.channels, sampleFormat: format.sampleFormat, into: target)
        framesRead += frames
        return frames
    }

    /// Fills `resampled` with what is next.
    private func resample(frames room: Int) throws(AudioError) -> Int {
        let channels = format.channels
        let output = unsafe UnsafeMutableBufferPointer(rebasing: resampled[..<(room * channels)])
        while true {
            if pending.isEmpty, !isInputFinished {
                let count = try decodeBlock(frames: FrameReader.blockFrames)
                pending = 0..<count
                isInputFinished = count == 0
            }
            if isInputFinished { return unsafe resampler?.finish(into: output) ?? 0 }
            let source = unsafe mix == nil ? decoded : mixed
            let input = unsafe UnsafeBufferPointer(
                rebasing: source[(pending.lowerBound * channels)..<(pending.upperBound * channels)])
            let step = unsafe resampler?.process(input, into: output) ?? (taken: 0, given: 0)
            pending = pending.lowerBound + step.taken..<pending.upperBound
            if step.given > 0 { return step.given }
        }
    }

    /// Reads one block at most, and gives it its channels: in `mixed`, or in `decoded` where nothing is to be mixed.
    private func decodeBlock(frames room: Int) throws(AudioError) -> Int {
        let source = reader.format
        let block = unsafe UnsafeMutableRawBufferPointer(rebasing: stored[..<(room * source.bytesPerFrame)])
        let frames = try unsafe reader.read(into: block)
        guard frames > 0, let bytes = block.baseAddress, let numbers = unsafe decoded.baseAddress else { return 0 }
        unsafe SampleConversion.decode(
            bytes, count: frames * source.channels, sampleFormat: source.sampleFormat, into: numbers)
        if let mix, let target = unsafe mixed.baseAddress { unsafe mix.mix(numbers, frames: frames, into: target) }
        return frames
    }
}
