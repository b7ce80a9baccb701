/// The network as it is asked before something is thrown away: it must be certain once, and then the benefit of the doubt is the
/// speaker's.
///
/// Until it has heard one window of speech for certain, what it half hears is nothing: noise does not start an engine. From then
/// on what it half hears counts (`SegmenterOptions.careful`), and so does a sound as loud as the speech that was heard, of which
/// it knows nothing: now and then it does not hear a word that it hears the next time ("than" at full level, alone between
/// two pauses, 0.5 at its beginning and 0.02 behind). scripts/bench gate counts what is lost.
@safe package final class CarefulDetector: Detector {
    /// From this probability on a window is certain to be speech.
    private static let certain: Float = 0.5
    /// How far below the speech a sound may be to be as good as it: 15 dB. Breath and keys mostly are further.
    private static let loudness: Float = 0.0316
    /// How many windows a loud sound takes at least: a click takes one or two.
    private static let loudWindows = 3
    /// How much of the level of speech is that of its last window: a memory of about a second of speech.
    private static let rate: Float = 0.03

    private let network: any Detector
    private let sounds = EnergyDetector()
    private var isCertain = false
    /// The mean power of windows that were speech.
    private var speech: Float = 0
    /// Loud windows in a row, of those that `sounds` has heard.
    private var loud = 0

    /// Windows that `sounds` has not heard yet: [waitingLimit][512]. It is asked where its word counts only, which in a short
    /// recording is often nowhere.
    private var waiting = [Float](repeating: 0, count: CarefulDetector.waitingLimit * DetectionWindow.length)
    /// Whether each of them is as loud as the speech before it.
    private var areAsLoud: [Bool] = []

    /// A second: that many at once take less than a millisecond.
    private static let waitingLimit = 32

    /// - Parameter network: one that hears no other stream.
    package init(_ network: any Detector) {
        self.network = network
        areAsLoud.reserveCapacity(CarefulDetector.waitingLimit)
    }

    package func reset() {
        network.reset()
        sounds.reset()
        (isCertain, speech, loud) = (false, 0, 0)
        areAsLoud.removeAll(keepingCapacity: true)
    }

    package func probability(of window: Span<Float>) -> Float {
        let probability = network.probability(of: window)
        let power = CarefulDetector.power(of: window)
        if probability >= CarefulDetector.certain, power.isFinite {
            speech = isCertain ? speech + CarefulDetector.rate * (power - speech) : power
            isCertain = true
        }
        let isAsLoud = isCertain && power >= speech * CarefulDetector.loudness
        letWait(window, isAsLoud)
        guard isCertain else { return 0 }
        // The network is certain, or it is so quiet that it is no loud sound, whatever it is.
        guard probability < CarefulDetector.certain, isAsLoud else { return probability }
        hearWaiting()
        return loud >= CarefulDetector.loudWindows ? CarefulDetector.certain : probability
    }

    private func letWait(_ window: Span<Float>, _ isAsLoud: Bool) {
        if areAsLoud.count == CarefulDetector.waitingLimit { hearWaiting() }
        let start = areAsLoud.count * DetectionWindow.length
        unsafe window.withUnsafeBufferPointer { source in
            unsafe waiting.withUnsafeMutableBufferPointer {
                _ = unsafe UnsafeMutableBufferPointer(rebasing: $0[start..<start + DetectionWindow.length])
                    .update(fromContentsOf: source)
            }
        }
        areAsLoud.append(isAsLoud)
    }

    private func hearWaiting() {
        for (index, isAsLoud) in areAsLoud.enumerated() {
            let start = index * DetectionWindow.length
            let sound = sounds.probability(of: waiting.span.extracting(start..<start + DetectionWindow.length))
            loud = sound >= CarefulDetector.certain && isAsLoud ? loud + 1 : 0
        }
        areAsLoud.removeAll(keepingCapacity: true)
    }

    /// The variance of the samples: an offset is no sound.
    private static func power(of window: Span<Float>) -> Float {
        var (sums, squares): (SIMD8<Float>, SIMD8<Float>) = (.zero, .zero)
        unsafe window.bytes.withUnsafeBytes { bytes in
            for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<SIMD8<Float>>.size) {
                let samples = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
                sums += samples
                squares += samples * samples
            }
        }
        let mean = sums.sum() / Float(window.count)
        return squares.sum() / Float(window.count) - mean * mean
    }
}

extension SegmenterOptions {
    /// For who throws away what is no speech.
    ///
    /// The thresholds were chosen on every other prompt of Asterisk, cut into phrases of one to six words with pauses of 0.05 to 5 s
    /// between them, at gains of 0 to -30 dB and 15 to 60 dB over noise. Of 1552 phrases the network does not hear 20 to their
    /// ends at 0.5 with 0.1 s of speech, and none at 0.2 with 0.06 s, for 3 % more audio; the other detector none at 0.3.
    /// scripts/bench gate has the other half.
    package static func careful(_ kind: DetectorKind) -> SegmenterOptions {
        SegmenterOptions(
            threshold: kind == .silero ? 0.2 : 0.3, minimumSpeech: 0.06, minimumSilence: 0.1, padding: 0)
    }
}
