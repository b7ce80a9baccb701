/// Audio that arrives, as speech detectors want it: one channel, one rate, full scale ±1.
///
/// `SpeechReader` is for who reads; this is for who is handed what somebody else has read. What comes out lags by the resampler's
/// delay, 15 ms at 48 kHz, and not at all where the rate is the wanted one.
@safe package final class SpeechConverter {
    private let format: AudioFormat
    private let channel: OneChannel
    private var resampler: Resampler?
    private let mono: UnsafeMutableBufferPointer<Float>
    private let resampled: UnsafeMutableBufferPointer<Float>

    /// Frames worked on at once.
    private static let blockFrames = 2048

    /// - Parameters:
    ///   - format: of what will be pushed.
    ///   - sampleRate: frames a second that are wanted, in hertz.
    package init(_ format: AudioFormat, sampleRate: Int = AudioFormat.speech.sampleRate) throws(AudioError) {
        self.format = format
        channel = OneChannel(format, layout: nil, choice: .mix, blockFrames: SpeechConverter.blockFrames)
        resampler =
            format.sampleRate == sampleRate
            ? nil : try Resampler(from: format.sampleRate, to: sampleRate, name: "the recording")
        unsafe mono = .allocate(capacity: SpeechConverter.blockFrames)
        unsafe resampled = .allocate(capacity: SpeechConverter.blockFrames)
    }

    deinit {
        unsafe mono.deallocate()
        unsafe resampled.deallocate()
    }

    /// Takes frames.
    ///
    /// - Parameters:
    ///   - frames: whole frames, aligned to a sample.
    ///   - body: gets the samples that they yield, in order, in blocks.
    package func push(_ frames: UnsafeRawBufferPointer, _ body: (Span<Float>) -> Void) {
        guard var stored = frames.baseAddress else { return }
        var left = frames.count / format.bytesPerFrame
        while left > 0 {
            let count = min(left, SpeechConverter.blockFrames)
            _ = unsafe channel.push(stored, frames: count, into: mono)
            unsafe give(UnsafeBufferPointer(rebasing: mono[..<count]), body)
            unsafe stored += count * format.bytesPerFrame
            left -= count
        }
    }

    private func give(_ samples: UnsafeBufferPointer<Float>, _ body: (Span<Float>) -> Void) {
        guard resampler != nil else { return unsafe body(samples.span) }
        var taken = 0
        while true {
            let input = unsafe UnsafeBufferPointer(rebasing: samples[taken...])
            let step = unsafe resampler?.process(input, into: resampled) ?? (taken: 0, given: 0)
            taken += step.taken
            if step.given > 0 { unsafe body(UnsafeBufferPointer(rebasing: resampled[..<step.given]).span) }
            // A full block may have left more behind.
            if taken == samples.count, unsafe step.given < resampled.count { return }
        }
    }
}
