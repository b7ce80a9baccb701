/// Audio that arrives, in the shape that is asked for: rate, channels and sample format.
///
/// `FrameReader` is for who reads; this is for who is handed what has come and must not wait for more.
@safe package final class FormatConverter {
    private let source: AudioFormat
    private let target: AudioFormat
    private let mix: ChannelMix?
    private var resampler: Resampler?
    /// Numbers with the source's channels, then with the target's, then at the target's rate, then as they are stored.
    private let decoded: UnsafeMutableBufferPointer<Float>
    private let mixed: UnsafeMutableBufferPointer<Float>
    private let resampled: UnsafeMutableBufferPointer<Float>
    private let stored: UnsafeMutableRawBufferPointer

    private static let blockFrames = 2048

    /// - Parameters:
    ///   - source: the format of what will be pushed.
    ///   - target: the format of what comes out.
    ///   - name: what errors call the audio.
    package init(from source: AudioFormat, to target: AudioFormat, name: String) throws(AudioError) {
        self.source = source
        self.target = target
        mix = source.channels == target.channels ? nil : ChannelMix(from: source, to: target.channels)
        resampler =
            source.sampleRate == target.sampleRate
            ? nil
            : try Resampler(
                from: source.sampleRate, to: target.sampleRate, channels: target.channels, name: name)
        let frames = FormatConverter.blockFrames
        unsafe decoded = .allocate(capacity: frames * source.channels)
        unsafe mixed = .allocate(capacity: mix == nil ? 0 : frames * target.channels)
        unsafe resampled = .allocate(capacity: resampler == nil ? 0 : frames * target.channels)
        unsafe stored = .allocate(byteCount: frames * target.bytesPerFrame, alignment: 16)
    }

    deinit {
        unsafe decoded.deallocate()
        unsafe mixed.deallocate()
        unsafe resampled.deallocate()
        unsafe stored.deallocate()
    }

    /// Takes frames.
    ///
    /// - Parameters:
    ///   - frames: whole frames, aligned to a sample.
    ///   - body: gets the frames that they yield, in order, in blocks.
    package func push(_ frames: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard var next = frames.baseAddress, let numbers = unsafe decoded.baseAddress else { return }
        var left = frames.count / source.bytesPerFrame
        while left > 0 {
            let count = min(left, FormatConverter.blockFrames)
            unsafe SampleConversion.decode(
                next, count: count * source.channels, sampleFormat: source.sampleFormat, into: numbers)
            if let mix, let target = unsafe mixed.baseAddress { unsafe mix.mix(numbers, frames: count, into: target) }
            let samples = unsafe mix == nil ? decoded : mixed
            unsafe resample(UnsafeBufferPointer(rebasing: samples[..<(count * target.channels)]), body)
            unsafe next += count * source.bytesPerFrame
            left -= count
        }
    }

    /// Gives what the resampler still holds: nothing follows.
    package func finish(_ body: (UnsafeRawBufferPointer) -> Void) {
        guard resampler != nil else { return }
        while let count = unsafe resampler?.finish(into: resampled), count > 0 {
            unsafe give(UnsafeBufferPointer(rebasing: resampled[..<(count * target.channels)]), body)
        }
    }

    private func resample(_ samples: UnsafeBufferPointer<Float>, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard resampler != nil else { return unsafe give(samples, body) }
        var taken = 0
        while true {
            let input = unsafe UnsafeBufferPointer(rebasing: samples[taken...])
            let step = unsafe resampler?.process(input, into: resampled) ?? (taken: 0, given: 0)
            taken += step.taken * target.channels
            if step.given > 0 {
                unsafe give(UnsafeBufferPointer(rebasing: resampled[..<(step.given * target.channels)]), body)
            }
            // A full block may have left more behind.
            if taken == samples.count, step.given < FormatConverter.blockFrames { return }
        }
    }

    private func give(_ samples: UnsafeBufferPointer<Float>, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let from = samples.baseAddress, let into = unsafe stored.baseAddress else { return }
        unsafe SampleConversion.encode(from, count: samples.count, sampleFormat: target.sampleFormat, into: into)
        let bytes = samples.count * target.sampleFormat.bytes
        unsafe body(UnsafeRawBufferPointer(rebasing: stored[..<bytes]))
    }
}
