/// Tells speech from everything else, window by window.
///
/// A detector follows one stream: what it heard before bears on what it says now.
package protocol Detector: AnyObject {
    /// Takes the stream one window further.
    ///
    /// - Parameter window: `DetectionWindow.length` samples of full scale ±1, one channel, 16 kHz. The last window of a stream is
    ///   filled up with zeros.
    /// - Returns: the probability that the window holds speech, 0 to 1; never NaN, whatever the samples are.
    func probability(of window: Span<Float>) -> Float

    /// Forgets the stream: the next window is the first of another.
    func reset()
}

/// What detectors hear at once.
package enum DetectionWindow {
    /// Samples: 32 ms.
    package static let length = 512
    /// Samples a second, in hertz.
    package static let sampleRate = 16000
    /// Seconds.
    package static let duration = Double(length) / Double(sampleRate)
}
