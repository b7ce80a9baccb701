/// Makes frames of any channels and samples one channel of full scale ±1.
@safe final class OneChannel {
    private let format: AudioFormat
    private let only: Int?
    private let mix: MonoMix?
    private let crossTalk: CrossTalk?
    /// The samples of all channels, if there are several.
    private let decoded: UnsafeMutableBufferPointer<Float>

    /// - Parameters:
    ///   - format: of the frames.
    ///   - layout: where the channels belong, if that is known.
    ///   - choice: what becomes of several; the channel that it names is there.
    ///   - blockFrames: frames at once, at most.
    init(_ format: AudioFormat, layout: ChannelLayout?, choice: ChannelChoice, blockFrames: Int) {
        self.format = format
        let isOne = format.channels == 1
        only = isOne ? nil : choice.channel
        mix =
            isOne || choice != .mix
            ? nil : MonoMix(channels: format.channels, layout: layout, sampleRate: format.sampleRate)
        crossTalk =
            if !isOne, case .alone(let channel) = choice {
                CrossTalk(channels: format.channels, target: channel, sampleRate: format.sampleRate)
            } else {
                nil
            }
        unsafe decoded = .allocate(capacity: isOne ? 0 : blockFrames * format.channels)
    }

    deinit {
        unsafe decoded.deallocate()
    }

    /// Whether what comes out is what anybody would hear who takes the mean of the channels.
    var isPlainMix: Bool { only == nil && crossTalk == nil && mix?.hasTurned != true }

    /// Frames that may be given next; 0 while what was given has to be taken first.
    var room: Int { crossTalk?.room ?? .max }

    /// Takes frames and gives samples, as many as there are, or later.
    ///
    /// - Parameters:
    ///   - stored: `frames` whole frames, aligned to a sample; no more than `room`.
    ///   - output: room for `frames` samples.
    /// - Returns: samples given.
    func push(_ stored: UnsafeRawPointer, frames: Int, into output: UnsafeMutableBufferPointer<Float>) -> Int {
        guard let target = output.baseAddress, let numbers = unsafe decoded.baseAddress else { return 0 }
        if format.channels == 1 {
            unsafe SampleConversion.decode(stored, count: frames, sampleFormat: format.sampleFormat, into: target)
            return frames
        }
        let channels = format.channels
        unsafe SampleConversion.decode(
            stored, count: frames * channels, sampleFormat: format.sampleFormat, into: numbers)
        if let crossTalk {
            unsafe crossTalk.push(numbers, frames: frames)
            return unsafe crossTalk.take(into: output)
        }
        if let only {
            for frame in 0..<frames { unsafe target[frame] = numbers[frame &* channels &+ only] }
        } else {
            unsafe mix?.mix(numbers, frames: frames, into: target)
        }
        return frames
    }

    /// Gives what was held back.
    ///
    /// - Parameter isLast: whether no frames follow.
    /// - Returns: samples given; 0 if there are none.
    func take(into output: UnsafeMutableBufferPointer<Float>, isLast: Bool) -> Int {
        guard let crossTalk else { return 0 }
        let count = unsafe crossTalk.take(into: output)
        if count > 0 || !isLast { return count }
        crossTalk.finish()
        return unsafe crossTalk.take(into: output)
    }
}
