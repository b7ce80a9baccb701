import VoiceActivity

@testable import LocalRecognition

/// The same numbers on every machine.
struct Dice {
    private var state: UInt64

    init(_ seed: Int) {
        state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
    }

    mutating func callAsFunction(_ sides: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % sides
    }
}

extension Hearing {
    /// What was heard of an input that began a moment ago.
    ///
    /// - Parameters:
    ///   - spoken: stretches of speech that have ended, in samples.
    ///   - speaking: one that goes on.
    ///   - end: samples that came.
    ///   - level: of all samples.
    static func of(
        _ spoken: [Range<Int>], speaking: Range<Int>? = nil, upTo end: Int, hasEnded: Bool = false, level: Int16 = 0
    ) -> Hearing {
        var result = Hearing()
        var events = spoken.map { Segmenter.Event.ended(SpeechSegment(start: $0.lowerBound, end: $0.upperBound)) }
        if let speaking { events.append(.confirmed(start: speaking.lowerBound)) }
        result.add([Int16](repeating: level, count: end), events, certainEnd: speaking?.upperBound)
        result.hasEnded = hasEnded
        return result
    }
}
