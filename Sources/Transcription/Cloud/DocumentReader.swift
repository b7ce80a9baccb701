internal import Glibc
internal import Text

/// Reads the utterances out of the documents that providers answer.
struct DocumentReader {
    private let document: JSONValue
    private let language: String?
    private var times: AnswerTimes

    /// - Parameters:
    ///   - language: what is known of it from elsewhere.
    ///   - audio: seconds of the audio that it is about; nil if nobody knows.
    init(_ document: JSONValue, language: String? = nil, audio: Double? = nil) {
        self.document = document
        times = AnswerTimes(audio: audio)
        let listed = document["languages"]?.array ?? []
        self.language =
            LanguageNames.tag(document["detected_language"]?.string ?? document["language"]?.string)
            ?? (listed.count == 1 ? LanguageNames.tag(listed[0]["code"]?.string ?? listed[0].string) : nil) ?? language
    }

    /// What is to be said about the times of the utterances that were read.
    var remarks: [RecognitionEvent] { times.remarks }

    /// `json`, `verbose_json` and `diarized_json` of OpenAI and its followers; nil where there is neither a text nor segments.
    mutating func openAI() -> [Utterance]? {
        let text = document["text"]?.string
        let words = words(document["words"])
        guard let segments = document["segments"]?.array, !segments.isEmpty else {
            guard let text else { return nil }
            if words.contains(where: { $0.speaker != nil }) { return times.checked(turns(words)) }
            return times.checked([utterance(text, words.map(\.word))])
        }
        let utterances = times.checked(segments.compactMap(segment))
        // Fireworks' list of segments is not always whole: then the text counts.
        if utterances.isEmpty, let text, !text.onOneLine.isEmpty, !segments.contains(where: isSilent) {
            return [utterance(text, [])]
        }
        if words.isEmpty { return utterances }
        return deal(words, to: utterances, endsInSilence: segments.last.flatMap(segment) == nil)
    }

    /// Gives words that are listed beside the segments to these by time; whoever lists both gives both in order.
    ///
    /// - Parameter endsInSilence: whether words may follow that are none of theirs.
    private mutating func deal(
        _ words: [SpokenWord], to utterances: [Utterance], endsInSilence: Bool
    ) -> [Utterance] {
        let checked = times.checked(words.map(\.word))
        var loose = zip(words, checked).map { SpokenWord(word: $1, speaker: $0.speaker) }[...]
        let areTimed = loose.allSatisfy { $0.middle != nil }
        var result: [Utterance] = []
        for (index, utterance) in utterances.enumerated() {
            guard utterance.words.isEmpty, !loose.isEmpty else {
                result.append(utterance)
                continue
            }
            let isLast = index == utterances.count - 1 && !endsInSilence
            let own: ArraySlice<SpokenWord>
            if isLast {
                own = loose
            } else if areTimed, let end = utterance.end {
                own = loose.prefix { ($0.middle ?? 0) < end }
            } else {
                own = loose.prefix(utterance.text.split(whereSeparator: \.isWhitespace).count)
            }
            loose = loose.dropFirst(own.count)
            result += with(Array(own), utterance)
        }
        return result
    }

    /// An utterance with its words; several, if the words say that several people speak.
    private func with(_ words: [SpokenWord], _ utterance: Utterance) -> [Utterance] {
        var result = utterance
        result.words = words.map(\.word)
        result.start = result.start ?? result.words.first?.start
        result.end = result.end ?? result.words.last?.end
        if result.speaker == nil, let first = words.first?.speaker {
            guard words.allSatisfy({ $0.speaker == first }) else { return turns(words) }
            result.speaker = first
        }
        return [result]
    }

    /// A segment of a list, or of a stream; nil where it is silence.
    func segment(_ item: JSONValue) -> Utterance? {
        guard let text = item["text"]?.string?.onOneLine, !text.isEmpty, !isSilent(item) else { return nil }
        let words = words(item["words"]).map(\.word)
        return Utterance(
            text: text, start: seconds(item["start"]) ?? words.first?.start,
            end: seconds(item["end"]) ?? words.last?.end,
            words: words, speaker: speaker(item), language: language,
            confidence: confidence(item["avg_logprob"]?.double.map(exp)))
    }

    /// Deepgram's document; nil where it has no results.
    mutating func deepgram() -> [Utterance]? { deepgramUtterances().map { times.checked($0) } }

    private func deepgramUtterances() -> [Utterance]? {
        guard let results = document["results"], let channel = results["channels"]?.array?.first,
            let best = channel["alternatives"]?.array?.first
        else { return nil }
        let language = LanguageNames.tag(channel["detected_language"]?.string)
        if let listed = results["utterances"]?.array, !listed.isEmpty {
            return listed.compactMap { item in
                guard let text = item["transcript"]?.string?.onOneLine, !text.isEmpty else { return nil }
                return Utterance(
                    text: text, start: seconds(item["start"]), end: seconds(item["end"]),
                    words: words(item["words"]).map(\.word), speaker: speaker(item), language: language,
                    confidence: confidence(item["confidence"]?.double))
            }
        }
        let all = words(best["words"])
        if let paragraphs = best["paragraphs"]?["paragraphs"]?.array, !paragraphs.isEmpty {
            var loose = all[...]
            return paragraphs.flatMap { paragraph in
                (paragraph["sentences"]?.array ?? []).compactMap { sentence in
                    guard let text = sentence["text"]?.string?.onOneLine, !text.isEmpty else { return nil }
                    let end = seconds(sentence["end"])
                    let own = loose.prefix { ($0.middle ?? 0) < (end ?? .infinity) }
                    loose = loose.dropFirst(own.count)
                    return Utterance(
                        text: text, start: seconds(sentence["start"]), end: end, words: own.map(\.word),
                        speaker: speaker(paragraph), language: language)
                }
            }
        }
        guard let text = best["transcript"]?.string else { return nil }
        if all.contains(where: { $0.speaker != nil }) { return turns(all) }
        var utterance = utterance(text, all.map(\.word))
        utterance.language = language
        utterance.confidence = confidence(best["confidence"]?.double)
        return [utterance]
    }

    /// AssemblyAI's document, whose times are milliseconds; nil where there is no text.
    mutating func assemblyAI() -> [Utterance]? {
        guard let text = document["text"]?.string else { return nil }
        let words = words(document["words"], unit: 0.001).map(\.word)
        var result = utterance(text, words)
        result.confidence = confidence(document["confidence"]?.double)
        return times.checked([result])
    }

    private struct SpokenWord {
        var word: Word
        var speaker: String?
        var middle: Double? {
            guard let start = word.start else { return nil }
            return (start + (word.end ?? start)) / 2
        }
    }

    /// Words under any of the names that providers give them.
    private func words(_ list: JSONValue?, unit: Double = 1) -> [SpokenWord] {
        (list?.array ?? []).compactMap { item in
            let text = (item["punctuated_word"] ?? item["word"] ?? item["text"])?.string?.onOneLine
            guard let text, !text.isEmpty else { return nil }
            return SpokenWord(
                word: Word(
                    text: text, start: seconds(item["start"], unit), end: seconds(item["end"], unit),
                    confidence: confidence((item["confidence"] ?? item["probability"])?.double)),
                speaker: speaker(item))
        }
    }

    /// Utterances where only the words say who speaks.
    private func turns(_ words: [SpokenWord]) -> [Utterance] {
        var result: [Utterance] = []
        for word in words {
            if var last = result.popLast() {
                if last.speaker == word.speaker {
                    last.words.append(word.word)
                    last.text += " " + word.word.text
                    last.end = word.word.end ?? last.end
                    result.append(last)
                    continue
                }
                result.append(last)
            }
            result.append(
                Utterance(
                    text: word.word.text, start: word.word.start, end: word.word.end, words: [word.word],
                    speaker: word.speaker, language: language))
        }
        return result
    }

    private func utterance(_ text: String, _ words: [Word]) -> Utterance {
        Utterance(
            text: text.onOneLine, start: words.first?.start, end: words.last?.end, words: words, language: language)
    }

    private func speaker(_ item: JSONValue) -> String? {
        for name in ["speaker", "speaker_id"] {
            switch item[name] {
            case .string(let name)?: return name.sanitized
            case .number(let digits)?: return digits
            default: continue
            }
        }
        return nil
    }

    /// What the model itself takes for silence: "Thank you for watching" is usually this.
    ///
    /// The thresholds are those of openai/whisper's `transcribe`, which skips such a segment; the services leave it in.
    private func isSilent(_ item: JSONValue) -> Bool {
        guard let silence = item["no_speech_prob"]?.double, let likelihood = item["avg_logprob"]?.double else {
            return false
        }
        return silence > 0.6 && likelihood < -1
    }

    /// As it stands there, also where that is impossible.
    private func seconds(_ value: JSONValue?, _ unit: Double = 1) -> Double? { value?.clockTime.map { $0 * unit } }

    private func confidence(_ value: Double?) -> Double? {
        value.flatMap { (0...1).contains($0) ? $0 : nil }
    }
}
