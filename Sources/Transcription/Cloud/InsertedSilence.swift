internal import Audio

/// Where silence was put into the audio that was sent, and what that makes of the times in the answer.
///
/// A server gives a connection up on which nothing comes. So where the source pauses, a little silence is sent in its place.
struct InsertedSilence {
    private var pauses: [(start: Double, length: Double)] = []

    /// - Parameters:
    ///   - samples: how many.
    ///   - position: samples sent before them, other silence included.
    mutating func add(_ samples: Int, at position: Int) {
        let rate = Double(AudioFormat.speech.sampleRate)
        pauses.append((Double(position) / rate, Double(samples) / rate))
    }

    /// A time in the audio as it was spoken, in seconds.
    func spoken(_ sent: Double) -> Double {
        var result = sent
        for pause in pauses {
            guard sent > pause.start else { break }
            result -= min(pause.length, sent - pause.start)
        }
        return max(0, result)
    }

    func spoken(_ event: RecognitionEvent) -> RecognitionEvent {
        if pauses.isEmpty { return event }
        switch event {
        case .partial(let utterance): return .partial(spoken(utterance))
        case .final(let utterance): return .final(spoken(utterance))
        case .word(let word): return .word(spoken(word))
        case .status, .warning, .asked: return event
        }
    }

    private func spoken(_ utterance: Utterance) -> Utterance {
        var utterance = utterance
        utterance.start = utterance.start.map { spoken($0) }
        utterance.end = utterance.end.map { spoken($0) }
        utterance.words = utterance.words.map { spoken($0) }
        return utterance
    }

    private func spoken(_ word: Word) -> Word {
        var word = word
        word.start = word.start.map { spoken($0) }
        word.end = word.end.map { spoken($0) }
        return word
    }
}
