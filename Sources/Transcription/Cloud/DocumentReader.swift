internal import Glibc
internal import Text

/// Reads the utterances out of the documents that providers answer.
struct DocumentReader {
    private let document: JSONValue
    private let language: String?

    /// - Parameter language: what is known of it from elsewhere.
    init(_ document: JSONValue, language: String? = nil) {
        self.document = document
        let listed = document["languages"]?.array ?? []
        self.language =
            LanguageNames.tag(document["detected_language"]?.string ?? document["language"]?.string)
            ?? (listed.count == 1 ? LanguageNames.tag(listed[0]["code"]?.string ?? listed[0].string) : nil) ?? language
    }

    /// `json`, `verbose_json` and `diarized_json` of OpenAI and its followers; nil where there is neither a text nor segments.
    func openAI() -> [Utterance]? {
        let text = document["text"]?.string
        guard let segments = document["segments"]?.array, !segments.isEmpty else {
            guard let text else { return nil }
            let words = words(document["words"])
            if words.contains(where: { $0.speaker != nil }) { return turns(words) }
            return [utterance(text, words.map(\.word))]
        }
        var loose = words(document["words"])[...]
        var utterances: [Utterance] = []
        for (index, item) in segments.enumerated() {
            guard var utterance = segment(item) else { continue }
            // Words beside the segments are theirs by time; whoever lists both gives both in order.
            if utterance.words.isEmpty, !loose.isEmpty {
                let end = index == segments.count - 1 ? Double.infinity : utterance.end ?? .infinity
                let own = loose.prefix { ($0.middle ?? 0) < end }
                loose = loose.dropFirst(own.count)
                utterance.words = own.map(\.word)
                if utterance.speaker == nil, let first = own.first?.speaker {
                    if own.allSatisfy({ $0.speaker == first }) {
                        utterance.speaker = first
                    } else {
                        utterances += turns(Array(own))
                        continue
                    }
                }
            }
            utterances.append(utterance)
        }
        // Fireworks' list of segments is not always whole: then the text counts.
        if utterances.isEmpty, let text, !text.onOneLine.isEmpty, !segments.contains(where: isSilent) {
            return [utterance(text, [])]
        }
        return utterances
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
    func deepgram() -> [Utterance]? {
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
    func assemblyAI() -> [Utterance]? {
        guard let text = document["text"]?.string else { return nil }
        let words = words(document["words"], unit: 0.001).map(\.word)
        var result = utterance(text, words)
        result.confidence = confidence(document["confidence"]?.double)
        return [result]
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

    private func seconds(_ value: JSONValue?, _ unit: Double = 1) -> Double? {
        guard let number = value?.double, (0..<1e9).contains(number * unit) else { return nil }
        return number * unit
    }

    private func confidence(_ value: Double?) -> Double? {
        value.flatMap { (0...1).contains($0) ? $0 : nil }
    }
}
