internal import VoiceActivity

/// Decides what to recognise next of what was heard.
struct Planner {
    /// Times in samples at 16000 Hz.
    struct Rules {
        /// The longest audio of one run.
        var longest: Int
        /// Silence that ends an utterance, to begin with.
        var pause = 9600
        /// Silence that ends one that has become long: then what is said next waits less.
        var shortestPause = 4000
        /// From this length on ever shorter pauses end an utterance, down to the shortest at the longest length.
        var long = 128_000
        /// Silence after which an utterance is recognised in case it has ended.
        var suspicion = 2400
        /// Sound in front of speech that belongs to it: consonants begin softly.
        var preRoll = 4800
        /// Sound behind speech that belongs to it.
        var hangover = 4000
        /// Speech that is recognised for a partial result at least.
        var shortest = 6400
        /// Whether the recording is complete or soon will be: then as much as possible is recognised at once.
        var isPatient = false
        /// Whether all of the recording is wanted at once before any of it is recognised.
        var keepsAll = false

        init(longest: Int) {
            self.longest = longest
        }
    }

    /// Some audio with speech.
    struct Piece: Equatable {
        /// What is recognised.
        var range: Range<Int>
        /// Where the speech in it begins and ends.
        var speech: Range<Int>

        /// Whether the same is said in both, however much silence is behind it.
        func isSame(as other: Piece) -> Bool {
            range.lowerBound == other.range.lowerBound && speech == other.speech
        }
    }

    enum Step: Equatable {
        /// Recognise this for good, and go on behind it.
        case final(Piece)
        /// Recognise this in case the utterance has ended.
        case suspect(Piece)
        /// Recognise this of the utterance that goes on.
        case partial(Piece)
        /// There is nothing up to here.
        case skip(to: Int)
        /// Wait for more.
        case wait
        /// All has been recognised.
        case finish
    }

    let rules: Rules

    /// How long a pause ends an utterance of a length.
    private func pause(after length: Int) -> Int {
        guard length > rules.long else { return rules.pause }
        let share = Double(min(length, rules.longest) - rules.long) / Double(max(1, rules.longest - rules.long))
        return rules.pause - Int(share * Double(rules.pause - rules.shortestPause))
    }

    /// What comes next.
    ///
    /// - Parameter mayJoin: whether several utterances that wait may be recognised at once.
    func step(_ heard: Hearing, mayJoin: Bool = true) -> Step {
        let stretches = heard.stretches
        guard let start = stretches.first?.start else { return stepInSilence(heard) }
        let begin = max(heard.first, start - rules.preRoll)
        // With more than fits there, or with no more to come, the last place will do; otherwise more may come that belongs to it.
        let isFull = heard.end - begin > rules.longest
        if rules.isPatient, !isFull, !heard.hasEnded { return .wait }
        func piece(upTo end: Int, speechEnd: Int) -> Piece {
            Piece(range: begin..<min(end, begin + rules.longest, heard.end), speech: start..<max(start, speechEnd))
        }
        var place: Piece?
        for (index, stretch) in stretches.enumerated() where stretch.end - begin <= rules.longest {
            let next = index + 1 < stretches.count ? stretches[index + 1].start : nil
            let silence = (next ?? heard.end) - stretch.end
            guard silence >= pause(after: stretch.end - begin) else { continue }
            // The rest of a short pause is for what is said next, which may have begun already.
            place = piece(upTo: stretch.end + min(rules.hangover, silence / 2), speechEnd: stretch.end)
            if !mayJoin { break }
        }
        let last = stretches.last?.end ?? heard.end
        let whole = piece(upTo: last + rules.hangover, speechEnd: last)
        if !isFull, heard.hasEnded, mayJoin || place == nil { return .final(whole) }
        if let place { return .final(place) }
        if isFull {
            let end = cut(heard, stretches, begin)
            return .final(piece(upTo: end, speechEnd: end))
        }
        if heard.end - last >= rules.suspicion { return .suspect(whole) }
        return heard.end - start >= rules.shortest ? .partial(piece(upTo: heard.end, speechEnd: heard.end)) : .wait
    }

    /// What the detector calls silence is recognised all the same if nobody else has sorted it out, and it can be heard.
    private func stepInSilence(_ heard: Hearing) -> Step {
        let audible = 33
        if heard.hasEnded {
            // All of it, if the host's detector heard speech there and ours did not.
            guard !heard.hasSpoken, heard.end - heard.first >= 1600, heard.peak(heard.first..<heard.end) >= audible
            else { return .finish }
            return .final(Piece(range: heard.first..<heard.end, speech: heard.first..<heard.end))
        }
        guard heard.end - heard.first > rules.longest else { return .wait }
        let range = heard.first..<heard.first + rules.longest
        if !heard.hasSpoken, heard.peak(range) >= audible { return .final(Piece(range: range, speech: range)) }
        return .skip(to: range.upperBound - rules.preRoll)
    }

    /// Where an utterance without a pause is cut: in its longest silence, else where it is quietest, in its later half.
    private func cut(_ heard: Hearing, _ stretches: [SpeechSegment], _ begin: Int) -> Int {
        let later = begin + rules.longest / 2..<begin + rules.longest
        var best: (length: Int, place: Int)?
        for (one, next) in zip(stretches, stretches.dropFirst()) {
            let place = (one.end + next.start) / 2
            if later.contains(place), next.start - one.end > best?.length ?? 0 { best = (next.start - one.end, place) }
        }
        // The last part: the later the cut, the more the model knows of what came before.
        return best?.place ?? heard.quietest(in: begin + rules.longest * 2 / 3..<later.upperBound)
    }
}
