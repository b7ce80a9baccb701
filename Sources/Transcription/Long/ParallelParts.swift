internal import Audio
internal import Plugins
internal import POSIX

/// The parts of a recording, several of them recognised at a time.
///
/// One thread reads and cuts, one for each part waits for an engine, and the caller's gives what they say in the order of the
/// recording. No more parts are read than engines can work on, so that memory stays what it is.
// Sendable: the cutter is the reading thread's; everything else is behind the monitor, or never changes.
final class ParallelParts: @unchecked Sendable {
    private let cutter: PartCutter
    private let engines: EnginePool
    private let settings: EngineSettings
    private let rules: Rules
    private let state = Monitor(State())

    fileprivate struct State {
        /// What is said of each part so far, from the first whose end has not been given away.
        var parts: [PartState] = []
        /// The number of the first of them.
        var first = 0
        /// Parts that are being recognised, or wait for it.
        var working = 0
        var isReadingOver = false
        /// Why nothing more is wanted.
        var failure: (any Error)?
        var isAbandoned: Bool { failure != nil }
    }

    fileprivate struct PartState {
        var events: [RecognitionEvent] = []
        var isFinished = false
    }

    /// What parts are taken from, and where they go.
    struct Rules {
        let finished: FinishedParts?
        let budget: AudioBudget?
        let pace: RequestPace?
        let onPart: @Sendable (Int) -> Void
    }

    init(_ cutter: PartCutter, _ engines: EnginePool, _ settings: EngineSettings, _ rules: Rules) {
        self.cutter = cutter
        self.engines = engines
        self.settings = settings
        self.rules = rules
    }

    func transcribe(_ cancellation: Cancellation?, _ onEvent: (RecognitionEvent) throws -> Void) throws {
        // Stops the other parts where one fails.
        let stopping = try Cancellation()
        let reader = try Thread("parts") { [self] in read(stopping, cancellation) }
        defer {
            state.change { $0.failure = $0.failure ?? EngineError(.cancelled, "given up") }
            stopping.cancel()
            reader.join()
            // Nobody uses the engines or the recording once this returns.
            state.wait { $0.working == 0 ? () : nil }
        }
        while true {
            if cancellation?.isCancelled == true { throw EngineError(.cancelled, "\(engines.engine.name): given up") }
            guard let step = state.wait(atMost: 0.1, until: { $0.next }) else { continue }
            switch step {
            case .failed(let error): throw error
            case .over: return
            case .events:
                let events = state.change { $0.take() }
                for event in events { try onEvent(event) }
            }
        }
    }

    /// Cuts the recording, and has each part recognised.
    private func read(_ stopping: Cancellation, _ cancellation: Cancellation?) {
        func isCancelled() -> Bool { stopping.isCancelled || cancellation?.isCancelled == true }
        do {
            var number = 0
            while let part = try cutter.nextPart(isCancelled: isCancelled) {
                let spooled = try SpooledPart(part, isCancelled: isCancelled)
                if spooled.count == 0 { break }
                let mayBegin = state.wait { state in
                    state.isAbandoned ? false : state.working < engines.size ? true : nil
                }
                guard mayBegin else { break }
                state.change { state in
                    state.parts.append(PartState())
                    state.working += 1
                }
                let index = number
                number += 1
                if number > 1 { rules.onPart(number) }
                try Thread("part") { [self] in
                    do { try recognise(spooled, index, stopping) } catch { fail(error) }
                    state.change { $0.working -= 1 }
                }.detach()
            }
        } catch {
            fail(error)
        }
        state.change { $0.isReadingOver = true }
    }

    private func fail(_ error: any Error) {
        state.change { $0.failure = $0.failure ?? error }
    }

    private func recognise(_ part: SpooledPart, _ number: Int, _ stopping: Cancellation) throws {
        let samples = part.start..<(part.start + part.count)
        if let kept = rules.finished?.part(from: part.start), kept.samples == samples {
            finish(number, kept.finals)
            return
        }
        let seconds = Double(part.count) / Double(AudioFormat.speech.sampleRate)
        try rules.budget?.take(seconds: seconds)
        let shift = Double(part.start) / Double(AudioFormat.speech.sampleRate)
        var events: [RecognitionEvent] = []
        try engines.withEngine { engine in
            if stopping.isCancelled { throw EngineError(.cancelled, "given up") }
            let turn = try rules.pace?.begin(seconds: seconds, stopping)
            defer { if let turn { rules.pace?.end(turn, isAnswered: true) } }
            try engine.transcribe(part, settings: settings, cancellation: stopping) { event in
                switch event {
                // Of several parts at once nobody could follow it.
                case .partial: break
                // A final holds its words.
                case .word: break
                case .final: events.append(event.later(by: shift))
                case .status, .warning, .asked: tell(number, event)
                }
            }
        }
        if number > 0 || !part.isLast { rules.finished?.keep(events, of: samples) }
        finish(number, events)
    }

    /// Gives away what is no text at once, ahead of its turn.
    private func tell(_ number: Int, _ event: RecognitionEvent) {
        state.change { $0.parts[0].events.append(event) }
    }

    private func finish(_ number: Int, _ events: [RecognitionEvent]) {
        state.change { state in
            state.parts[number - state.first].events += events
            state.parts[number - state.first].isFinished = true
        }
    }
}

extension ParallelParts.State {
    fileprivate enum Step {
        case events
        case over
        case failed(any Error)
    }

    /// What the caller's thread has to do; nil where that is to wait.
    fileprivate var next: Step? {
        if let part = parts.first, !part.events.isEmpty || part.isFinished { return .events }
        if let failure { return .failed(failure) }
        return parts.isEmpty && isReadingOver ? .over : nil
    }

    /// Takes what may be given away.
    fileprivate mutating func take() -> [RecognitionEvent] {
        var events: [RecognitionEvent] = []
        while let part = parts.first, !part.events.isEmpty || part.isFinished {
            events += part.events
            parts[0].events = []
            guard part.isFinished else { break }
            parts.removeFirst()
            first += 1
        }
        return events
    }
}
