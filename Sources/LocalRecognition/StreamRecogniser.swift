internal import EnginePlugin
internal import POSIX
internal import Program

/// Recognises what comes in with a model that is made for it: it is fed as the audio comes, and says what of its text will stay.
struct StreamRecogniser {
    private let input: AudioInput
    private let model: Model
    private let request: Request
    private let planner: Planner
    private let output: Output
    private var agreement = Agreement()

    /// Samples that it is given at once at most: 0.5 s, so that the end of an utterance is noticed in between.
    private static let mostFed = 8000
    /// Samples at the end of an utterance that is as long as may be that are held back: 1.5 s, in which a quiet place is looked for.
    /// What the model was given can't be taken back.
    private static let heldBack = 24000

    /// - Parameter input: it has been started, with the same planner.
    init(_ input: AudioInput, _ model: Model, _ request: Request, _ planner: Planner, _ output: Output) {
        (self.input, self.model, self.request, self.planner, self.output) = (input, model, request, planner, output)
    }

    /// The utterance that goes on: where it began, and the next sample to give.
    private typealias Utterance = (begin: Int, next: Int)

    /// What is to be done next.
    private enum Turn {
        /// Give the model what is up to this sample, of an utterance that begins at another.
        case feed(from: Int, upTo: Int)
        /// The same, and then the utterance is over.
        case end(Planner.Piece)
        case skip(to: Int)
        case finish
    }

    /// Recognises all of it.
    mutating func run() throws {
        var utterance: Utterance?
        while true {
            switch nextTurn(utterance) {
            case .feed(let begin, let end): try feed(&utterance, from: begin, upTo: end)
            case .end(let piece):
                while (utterance?.next ?? piece.range.lowerBound) < piece.range.upperBound {
                    try feed(&utterance, from: piece.range.lowerBound, upTo: piece.range.upperBound)
                }
                if utterance != nil {
                    utterance = nil
                    let transcript = try model.finishStream(request)
                    let final = agreement.final(transcript.text)
                    if final.isBent { Log.info("what was committed was not kept: “\(transcript.text)”") }
                    try output.write(transcript, as: final.text, of: piece, speakers: nil)
                }
                input.state.change { $0.hearing.forget(before: piece.range.upperBound) }
            case .skip(let position): input.state.change { $0.hearing.forget(before: position) }
            case .finish:
                if let failure = input.state.read({ $0.failure }) { throw failure }
                return
            }
        }
    }

    /// Gives the model the next samples, and shows what it understands.
    private mutating func feed(_ utterance: inout Utterance?, from begin: Int, upTo end: Int) throws {
        if utterance == nil { try model.beginStream(request) }
        let current = utterance ?? (begin, begin)
        let next = min(end, current.next + StreamRecogniser.mostFed)
        utterance = (current.begin, next)
        let samples = input.state.read { $0.hearing.scaled(current.next..<next) }
        guard let text = try model.feedStream(samples) else { return }
        let shown = agreement.partial(text.whole, committed: text.committed)
        try output.events.partial(shown.text, stable: shown.stable)
    }

    private func nextTurn(_ utterance: Utterance?) -> Turn {
        input.state.wait { state -> Turn? in
            let heard = state.hearing
            let step = planner.step(heard, mayJoin: false)
            switch step {
            case .wait: return nil
            case .skip(let position): return .skip(to: position)
            case .finish: return .finish
            case .final(let piece): return .end(ended(piece, utterance, heard))
            case .suspect(let piece), .partial(let piece):
                // Up to the end of the utterance, whether that is known already or not.
                let begin = utterance?.begin ?? piece.range.lowerBound
                let next = utterance?.next ?? begin
                let longest = begin + planner.rules.longest - StreamRecogniser.heldBack
                let end = min(piece.range.upperBound, max(longest, begin + planner.rules.longest / 2))
                return end > next ? .feed(from: begin, upTo: min(end, next + StreamRecogniser.mostFed)) : nil
            }
        }
    }

    /// The end of an utterance: where the planner says, or at a quiet place behind what the model was given already.
    private func ended(_ piece: Planner.Piece, _ utterance: Utterance?, _ heard: Hearing) -> Planner.Piece {
        guard let utterance else { return piece }
        var (end, speechEnd) = (piece.range.upperBound, piece.speech.upperBound)
        if end < utterance.next {
            let isCut = speechEnd == end
            let last = max(utterance.next + 1, min(heard.end, utterance.begin + planner.rules.longest))
            end = heard.quietest(in: utterance.next..<last)
            if isCut { speechEnd = end }
        }
        return Planner.Piece(
            range: utterance.begin..<end, speech: piece.speech.lowerBound..<max(piece.speech.lowerBound, speechEnd))
    }
}
