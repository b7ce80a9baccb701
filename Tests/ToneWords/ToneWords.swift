/// Words that a machine can tell for certain: numbers of three digits, each digit a tone of its own.
///
/// They stand for speech whose words are known, so that every word that is lost, doubled or cut in two is found.
package enum ToneWords {
    package static let sampleRate = 16000
    /// A word is three tones of 60 ms with 15 ms between them.
    private static let (toneLength, gapLength) = (960, 240)
    /// Sounds that are nearer than 40 ms belong to one word.
    private static let wordGap = 640
    /// 5 ms.
    private static let frame = 80

    /// A word and where it is, in samples.
    package struct Heard: Equatable, Sendable {
        package let text: String
        package let samples: Range<Int>
    }

    /// Samples of a word.
    package static let wordLength = 3 * toneLength + 2 * gapLength

    /// Sounds of words, each followed by a pause.
    ///
    /// - Parameter words: numbers from 0 to 999, and seconds of silence behind each.
    package static func samples(_ words: [(number: Int, pause: Double)]) -> [Int16] {
        var samples: [Int16] = []
        for (number, pause) in words {
            for (index, digit) in [number / 100 % 10, number / 10 % 10, number % 10].enumerated() {
                if index > 0 { samples += [Int16](repeating: 0, count: gapLength) }
                samples += tone(digit)
            }
            samples += [Int16](repeating: 0, count: Int(pause * Double(sampleRate)))
        }
        return samples
    }

    /// 400 Hz and every 150 Hz: far enough apart to be told by their zeros. A triangle, which needs no library.
    private static func tone(_ digit: Int) -> [Int16] {
        let period = Double(sampleRate) / frequency(of: digit)
        return (0..<toneLength).map { index in
            let phase = (Double(index) / period).truncatingRemainder(dividingBy: 1)
            let triangle = phase < 0.25 ? 4 * phase : phase < 0.75 ? 2 - 4 * phase : 4 * phase - 4
            let fade = min(1, Double(min(index, toneLength - 1 - index)) / 48)
            return Int16(triangle * fade * 12000)
        }
    }

    private static func frequency(of digit: Int) -> Double { 400 + 150 * Double(digit) }

    /// The words in samples: `?` is a sound that is no whole word.
    package static func words(in samples: [Int16]) -> [Heard] {
        var words: [Heard] = []
        var word: [Range<Int>] = []
        func finish() {
            guard let first = word.first, let last = word.last else { return }
            let digits = word.map { $0.count >= toneLength - 4 * frame ? digit(samples[$0]) : nil }
            let isWhole = digits.count == 3 && !digits.contains(nil)
            let text = isWhole ? digits.map { String($0 ?? 0) }.joined() : "?"
            words.append(Heard(text: text, samples: first.lowerBound..<last.upperBound))
            word = []
        }
        for sound in sounds(in: samples) {
            if let last = word.last, sound.lowerBound - last.upperBound >= wordGap { finish() }
            word.append(sound)
        }
        finish()
        return words
    }

    /// Stretches that are not silent.
    private static func sounds(in samples: [Int16]) -> [Range<Int>] {
        var sounds: [Range<Int>] = []
        var start: Int?
        for at in stride(from: 0, to: samples.count, by: frame) {
            let end = min(at + frame, samples.count)
            let isLoud = samples[at..<end].contains { abs(Int($0)) > 600 }
            if isLoud, start == nil { start = at }
            if !isLoud, let begun = start {
                sounds.append(begun..<at)
                start = nil
            }
        }
        if let start { sounds.append(start..<samples.count) }
        return sounds
    }

    /// Told by how often the sound passes zero.
    private static func digit(_ sound: ArraySlice<Int16>) -> Int? {
        let inner = Array(sound.dropFirst(2 * frame).dropLast(2 * frame))
        guard let first = crossings(inner).first, let last = crossings(inner).last, last > first else { return nil }
        let frequency = Double(crossings(inner).count - 1) * Double(sampleRate) / (last - first)
        let digit = ((frequency - 400) / 150).rounded()
        return (0...9).contains(digit) ? Int(digit) : nil
    }

    /// Where the sound passes zero upwards, between samples.
    private static func crossings(_ sound: [Int16]) -> [Double] {
        zip(sound, sound.dropFirst()).enumerated().compactMap { index, pair in
            guard pair.0 < 0, pair.1 >= 0 else { return nil }
            return Double(index) + Double(-pair.0) / (Double(pair.1) - Double(pair.0))
        }
    }
}
