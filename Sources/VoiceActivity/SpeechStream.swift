/// Follows a stream of samples: cuts it into windows, asks a detector, and gives segments.
package struct SpeechStream {
    package let detector: any Detector
    package private(set) var segmenter: Segmenter
    private var window = [Float](repeating: 0, count: DetectionWindow.length)
    private var filled = 0

    /// - Parameter detector: one that hears no other stream.
    package init(_ detector: any Detector, _ options: SegmenterOptions = SegmenterOptions()) {
        self.detector = detector
        segmenter = Segmenter(options)
    }

    /// Takes samples.
    ///
    /// - Parameters:
    ///   - samples: full scale ±1, one channel, 16 kHz; any number.
    ///   - emit: told what is now known.
    package mutating func push(_ samples: Span<Float>, _ emit: (Segmenter.Event) -> Void) {
        var taken = 0
        while taken < samples.count {
            if filled == 0, samples.count &- taken >= DetectionWindow.length {
                let next = samples.extracting(taken..<taken &+ DetectionWindow.length)
                segmenter.push(detector.probability(of: next), emit)
                taken &+= DetectionWindow.length
                continue
            }
            let count = min(DetectionWindow.length &- filled, samples.count &- taken)
            for index in 0..<count { window[filled &+ index] = samples[taken &+ index] }
            filled &+= count
            taken &+= count
            if filled == DetectionWindow.length { hearCollected(emit) }
        }
    }

    /// Ends the stream; what is left of a window is filled up with zeros, as the reference does.
    package mutating func finish(_ emit: (Segmenter.Event) -> Void) {
        if filled > 0 {
            for index in filled..<DetectionWindow.length { window[index] = 0 }
            hearCollected(emit)
        }
        segmenter.finish(emit)
    }

    private mutating func hearCollected(_ emit: (Segmenter.Event) -> Void) {
        segmenter.push(detector.probability(of: window.span), count: filled, emit)
        filled = 0
    }
}
