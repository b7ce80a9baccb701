internal import EnginePlugin
internal import POSIX
internal import Program
internal import Text

/// Recognises what comes in, utterance by utterance, with a model that answers once for each piece of audio.
///
/// While somebody speaks it asks again and again about the utterance that goes on, for partial results, in at most half of its time. When
/// the speaker seems to have paused it asks in case the utterance has ended, so that the text is there when that is certain.
struct Recogniser {
    private let input: AudioInput
    private let models: ModelSet
    private let request: Request
    private let planner: Planner
    private let output: Output
    private let speakers: Speakers?

    private var agreement = Agreement()
    /// What was heard in case the utterance had ended.
    private var suspected: (piece: Planner.Piece, transcript: Transcript)?
    /// What was asked about last for a partial result.
    private var lastDraft: Planner.Piece?
    private var nextPartial = ContinuousClock.now
    /// How long the last partial result took with the fastest model; nil if there was none.
    private var draftTime: Duration?
    /// Whether the recording is complete, and nobody waits for each word.
    private var isComplete: Bool { planner.rules.isPatient }

    /// - Parameters:
    ///   - input: it has been started, with the same planner.
    ///   - speakers: who speaks when, for a complete recording; nil if nobody asked, or the model tells it by itself.
    init(
        _ input: AudioInput, _ models: ModelSet, _ request: Request, _ planner: Planner, _ output: Output,
        speakers: Speakers? = nil
    ) {
        (self.input, self.models, self.request, self.planner) = (input, models, request, planner)
        (self.output, self.speakers) = (output, speakers)
    }

    /// Recognises all of it.
    mutating func run() throws {
        while true {
            switch nextStep() {
            case .final(let piece): try commit(piece)
            case .suspect(let piece):
                if let transcript = try draft(.suspect(piece), piece) { suspected = (piece, transcript) }
            case .partial(let piece): _ = try draft(.partial(piece), piece)
            case .skip(let position): input.state.change { $0.hearing.forget(before: position) }
            case .wait: break
            case .finish:
                if let failure = input.state.read({ $0.failure }) { throw failure }
                return
            }
        }
    }

    /// Waits until there is something to do.
    private func nextStep() -> Planner.Step {
        let wait = max(0, (nextPartial - .now) / .seconds(1))
        // Nothing but the clock makes a partial result due.
        return input.state.wait(atMost: wait > 0 ? wait : 3600) { state in
            let step = planner.step(state.hearing, mayJoin: agreement.promised.isEmpty)
            switch step {
            case .wait: return nil
            case .suspect(let piece):
                if let suspected, suspected.piece.isSame(as: piece) { return nil }
                return step
            case .partial(let piece):
                guard ContinuousClock.now >= nextPartial else { return nil }
                if let lastDraft, piece.range.upperBound - lastDraft.range.upperBound < Recogniser.leastNews {
                    return nil
                }
                return step
            default: return step
            }
        } ?? .wait
    }

    /// New audio without which nothing is asked again: 0.1 s.
    private static let leastNews = 1600

    /// Asks about an utterance that may not have ended, and shows what is understood.
    ///
    /// - Returns: nil if something else became more urgent.
    private mutating func draft(_ step: Planner.Step, _ piece: Planner.Piece) throws -> Transcript? {
        let begin = ContinuousClock.now
        lastDraft = piece
        models.interruption.clear()
        let samples: [Float]? = input.state.change { state in
            // What has come since may have made it useless already.
            guard planner.step(state.hearing, mayJoin: agreement.promised.isEmpty).isDraft else { return nil }
            state.draft = step
            return state.hearing.scaled(piece.range)
        }
        guard let samples else { return nil }
        defer { input.state.note { $0.draft = nil } }
        do {
            let isPartial = !isSuspected(step)
            let model = isPartial ? try models.fastest(for: samples.count) : try best(for: samples.count)
            let transcript = try model.run(samples, isPartial ? request.draft : request)
            let took = ContinuousClock.now - begin
            nextPartial = .now + took
            if isPartial { draftTime = took }
            let shown = agreement.partial(transcript.text, upTo: piece.range.upperBound, isWhole: !isPartial)
            try output.events.partial(shown.text, stable: shown.stable)
            return transcript
        } catch is Model.Interrupted {
            return nil
        }
    }

    /// The best model for a text that stays, if the pause is long enough for it to answer before it is certain that it is one.
    private func best(for samples: Int) throws -> Model {
        let limit = Duration.seconds(Double(planner.rules.pause - planner.rules.suspicion) / 16000)
        if isComplete { return try models.whole() }
        guard let draftTime, draftTime * models.slowdown(for: samples) <= limit else {
            return try models.fastest(for: samples)
        }
        return try models.whole()
    }

    private func isSuspected(_ step: Planner.Step) -> Bool {
        if case .suspect = step { true } else { false }
    }

    /// Recognises a piece for good, unless that was done already.
    private mutating func commit(_ piece: Planner.Piece) throws {
        let transcript: Transcript
        if let suspected, suspected.piece.isSame(as: piece) {
            transcript = suspected.transcript
        } else {
            models.interruption.clear()
            let (samples, isLast) = input.state.read { ($0.hearing.scaled(piece.range), $0.hearing.hasEnded) }
            // Somebody has stopped the recording behind his last word, and waits.
            let model = isLast && !isComplete ? try models.fastest(for: samples.count) : try best(for: samples.count)
            transcript = try model.run(samples, request)
        }
        if let problem = transcript.problem { try output.events.warning(problem) }
        try write(transcript, piece)
        (suspected, lastDraft, nextPartial) = (nil, nil, .now)
        agreement = Agreement()
        input.state.change { $0.hearing.forget(before: piece.range.upperBound) }
    }

    private mutating func write(_ transcript: Transcript, _ piece: Planner.Piece) throws {
        // What was shown as one utterance ends as one; several people's words are several.
        let fewest = speakers == nil ? 2 : 1
        if lastDraft != nil || transcript.segments.count < fewest {
            let final = agreement.final(transcript.text)
            if final.isBent { Log.info("a partial result was not kept by the last one: “\(transcript.text)”") }
            try output.write(transcript, as: final.text, of: piece, speakers: speakers)
        } else {
            try output.write(segments: transcript, of: piece, speakers: speakers)
        }
    }
}

extension Planner.Step {
    /// Whether it may come to nothing.
    fileprivate var isDraft: Bool {
        switch self {
        case .suspect, .partial: true
        default: false
        }
    }
}
