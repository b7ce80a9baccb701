internal import EnginePlugin
internal import Program
internal import Text

/// Turns what a model heard in a piece of audio into events, with the times of the whole input.
struct Output {
    let events: EventOutput
    private let language: String?

    /// - Parameter language: the language of the text, if it is known beforehand.
    init(_ events: EventOutput, language: String?) {
        self.events = events
        self.language = language
    }

    /// Writes a piece as one utterance.
    ///
    /// - Parameter text: what its text is to be.
    func write(_ transcript: Transcript, as text: String, of piece: Planner.Piece, speakers: Speakers?) throws {
        let offset = Output.seconds(piece.range.lowerBound)
        let words = transcript.segments.flatMap { moved($0.words, by: offset, within: piece) }
        let isUnchanged = Agreement.words(of: transcript.text).joined() == text
        let times = Output.seconds(piece.speech.lowerBound)...Output.seconds(piece.speech.upperBound)
        let speaker = transcript.segments.first?.speaker.map(String.init) ?? speakers?.name(in: times)
        // Words that were changed to keep a promise have no times.
        try events.final(
            text, start: times.lowerBound, end: times.upperBound, words: isUnchanged ? words : [],
            attributes: attributes(transcript, speaker))
    }

    /// Writes an utterance for each of the model's segments.
    func write(segments transcript: Transcript, of piece: Planner.Piece, speakers: Speakers?) throws {
        let offset = Output.seconds(piece.range.lowerBound)
        let (first, last) = (offset, Output.seconds(piece.range.upperBound))
        for segment in transcript.segments {
            let words = moved(segment.words, by: offset, within: piece)
            var times = segment.times.map { times in
                min(max(times.lowerBound + offset, first), last)...min(max(times.upperBound + offset, first), last)
            }
            if times == nil, transcript.segments.count == 1 {
                times = Output.seconds(piece.speech.lowerBound)...Output.seconds(piece.speech.upperBound)
            }
            if segment.speaker == nil, let speakers, !words.isEmpty {
                for (name, words) in speakers.split(words) {
                    try events.final(
                        words.map(\.text).joined(separator: " "), start: words.first?.start, end: words.last?.end,
                        words: words, attributes: attributes(transcript, name))
                }
                continue
            }
            let speaker = segment.speaker.map(String.init) ?? times.flatMap { speakers?.name(in: $0) }
            try events.final(
                segment.text, start: times?.lowerBound, end: times?.upperBound, words: words,
                attributes: attributes(transcript, speaker))
        }
    }

    private func attributes(_ transcript: Transcript, _ speaker: String?) -> [EventLine.Attribute] {
        var result: [EventLine.Attribute] = []
        if let speaker { result.append(EventLine.Attribute("speaker", speaker)) }
        let language = self.language ?? (transcript.language.isEmpty ? nil : transcript.language)
        if let language { result.append(EventLine.Attribute("language", language)) }
        return result
    }

    private func moved(_ words: [SpokenWord], by offset: Double, within piece: Planner.Piece) -> [SpokenWord] {
        let last = Output.seconds(piece.range.upperBound)
        return words.map { word in
            var word = word
            word.start = min(word.start + offset, last)
            word.end = min(word.end + offset, last)
            return word
        }
    }

    static func seconds(_ sample: Int) -> Double { Double(sample) / 16000 }
}
