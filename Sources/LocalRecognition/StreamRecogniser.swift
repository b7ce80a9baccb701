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

    /// Samples that it is given at once at most: 0.5 s, so that the end of an utterance is noticed in between.
    private static let mostFed = 8000

    /// - Parameter input: it has been started, with the same planner.
    init(_ input: AudioInput, _ model: Model, _ request: Request, _ planner: Planner, _ output: Output) {
        (self.input, self.model, self.request, self.planner, self.output) = (input, model, request, planner, output)
    }

    /// What is to be done next.
    private enum Turn {
        /// Give the model these, of an utterance that begins at this sample.
        case feed([Float], from: Int)
        case end(Planner.Piece)
        case skip(to: Int)
        case finish
    }

    /// Recognises all of it.
    func run() throws {
        // Where the utterance that goes on began, and the next sample to give.
        var utterance: (begin: Int, next: Int)?
        while true {
            switch nextTurn(utterance) {
            case .feed(let samples, let begin):
                if utterance == nil {
                    try model.beginStream(request)
                    utterance = (begin, begin)
                }
                utterance?.next += samples.count
                if let text = try model.feedStream(samples) { try show(text) }
            case .end(let piece):
                // What nobody has been given is the whole of a short one.
                if let end = utterance {
                    utterance = nil
                    let transcript = try model.finishStream(request)
                    try output.write(
                        transcript, as: joined(transcript.text),
                        of: Planner.Piece(
                            range: end.begin..<piece.range.upperBound, speech: piece.speech), speakers: nil)
                }
                input.state.change { $0.hearing.forget(before: piece.range.upperBound) }
            case .skip(let position): input.state.change { $0.hearing.forget(before: position) }
            case .finish:
                if let failure = input.state.read({ $0.failure }) { throw failure }
                return
            }
        }
    }

    private func nextTurn(_ utterance: (begin: Int, next: Int)?) -> Turn {
        input.state.wait { state -> Turn? in
            let heard = state.hearing
            let step = planner.step(heard, mayJoin: false)
            let piece: Planner.Piece
            switch step {
            case .wait: return nil
            case .skip(let position): return .skip(to: position)
            case .finish: return .finish
            case .final(let other), .suspect(let other), .partial(let other): piece = other
            }
            let next = utterance?.next ?? piece.range.lowerBound
            // Up to the end of the utterance, whether that is known already or not.
            let end = min(piece.range.upperBound, next + StreamRecogniser.mostFed)
            if end > next { return .feed(heard.scaled(next..<end), from: next) }
            if case .final = step { return .end(piece) }
            return nil
        }
    }

    private func show(_ text: Model.StreamText) throws {
        let committed = joined(text.committed)
        let whole = joined(text.committed + text.tentative)
        let isKept = whole.hasPrefix(committed)
        try output.events.partial(
            isKept ? whole : committed, stable: committed.unicodeScalars.count)
    }

    private func joined(_ text: String) -> String { Agreement.words(of: text).joined() }
}
