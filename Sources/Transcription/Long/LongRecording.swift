internal import Audio
internal import Glibc
package import Plugins
internal import POSIX
internal import Synchronization

/// An engine for recordings of any length: one that is longer than the engine takes at once is cut at pauses, and its text joined.
///
/// Parts are asked for one after the other while the recording is read, or several at a time. What comes out is in the order of the
/// recording either way, with its times.
package struct LongRecording: Engine {
    private let engines: EnginePool
    /// Seconds that `partLength` has at least: a shorter recording was never cut.
    package static let shortestPart = 1.0

    private let partLength: Double?
    private let finished: FinishedParts?
    private let budget: AudioBudget?
    private let pace: RequestPace?
    private let onPart: @Sendable (Int) -> Void

    /// As much of what was said before as is told to an engine that wants to know: what fits into 224 tokens beside the user's
    /// own prompt (PROVIDERS 3).
    private static let mostCarried = 200

    package var name: String { engines.engine.name }
    package var beginsBeforeSpeech: Bool { engines.engine.beginsBeforeSpeech }
    package var waitsForOthers: Bool { engines.engine.waitsForOthers }

    /// - Parameters:
    ///   - engines: those that may work at once. Of a pool of one the parts are asked for in turn, while the recording goes on.
    ///   - partLength: seconds of a part at most, where the engine permits more; nil leaves it to the engine.
    ///   - budget: what every part is taken from, before it is sent; nil is any amount.
    ///   - pace: what questions to engines that don't keep one themselves keep to.
    ///   - finished: where finished parts are kept, and found again; nil keeps none.
    ///   - onPart: told how many parts there are, each time there is another.
    package init(
        _ engines: EnginePool, partLength: Double?, budget: AudioBudget? = nil, pace: RequestPace? = nil,
        finished: FinishedParts? = nil,
        onPart: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.engines = engines
        self.partLength = partLength
        self.finished = finished
        self.budget = budget
        self.pace = engines.engine.waitsForOthers ? nil : pace
        self.onPart = onPart
    }

    package func gateRules() throws -> GateRules { try engines.engine.gateRules() }

    package func takes(_ original: OriginalFile, settings: EngineSettings) -> Bool {
        if let partLength, original.seconds > partLength { return false }
        return engines.engine.takes(original, settings: settings)
    }

    package func transcribe(
        _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        let longest = try engines.engine.limits(for: settings).and(EngineLimits(seconds: partLength)).seconds
        let whole = audio.original.flatMap { takes($0, settings: settings) ? $0 : nil }
        if let whole { try budget?.take(seconds: whole.seconds) }
        // What is counted before it is sent is cut, so that its length is known then.
        let isCounted = whole == nil && (budget != nil || pace != nil)
        guard whole == nil, let longest = longest ?? (isCounted ? LongRecording.countedLength : nil) else {
            return try engines.withEngine {
                try $0.transcribe(audio, settings: settings, cancellation: cancellation, onEvent: onEvent)
            }
        }
        let cutter = PartCutter(audio, PartCutter.Rules(longest: longest))
        if engines.size == 1, !isCounted {
            try engines.withEngine { try transcribeInTurn(cutter, $0, settings, cancellation, onEvent) }
        } else {
            let rules = ParallelParts.Rules(finished: finished, budget: budget, pace: pace, onPart: onPart)
            try ParallelParts(cutter, engines, settings, rules).transcribe(cancellation, onEvent)
        }
    }

    /// Ten minutes.
    private static let countedLength = 600.0

    // MARK: In turn

    private func transcribeInTurn(
        _ cutter: PartCutter, _ engine: any Engine, _ settings: EngineSettings, _ cancellation: Cancellation?,
        _ onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        let carries = engine.carriesPrompts(settings)
        var said = ""
        var count = 0
        while let part = try cutter.nextPart(isCancelled: { cancellation?.isCancelled == true }) {
            count += 1
            if count > 1 { onPart(count) }
            var settings = settings
            if carries, !said.isEmpty {
                settings.prompt = [settings.prompt, LongRecording.tail(of: said)].compactMap(\.self).joined(
                    separator: " ")
            }
            let shift = Double(part.start) / Double(AudioFormat.speech.sampleRate)
            var finals: [RecognitionEvent] = []
            if let kept = try finishedPart(part, cancellation) {
                for event in kept { try onEvent(event) }
                finals = kept
            } else {
                try engine.transcribe(part, settings: settings, cancellation: cancellation) { event in
                    let event = event.later(by: shift)
                    if case .final = event { finals.append(event) }
                    try onEvent(event)
                }
                // The last one is finished with everything.
                if part.isCut { finished?.keep(finals, of: part.start..<part.end) }
            }
            said = ""
            for case .final(let utterance) in finals { said += utterance.text + " " }
        }
    }

    /// What is kept of a part, which then has been read.
    private func finishedPart(_ part: PartCutter.Part, _ cancellation: Cancellation?) throws -> [RecognitionEvent]? {
        guard let kept = finished?.part(from: part.start) else { return nil }
        let block = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 4096)
        defer { block.deallocate() }
        while try part.read(into: block, within: .milliseconds(100)) != 0 {
            if cancellation?.isCancelled == true { throw EngineError(.cancelled, "\(name): given up") }
        }
        if part.end == kept.samples.upperBound { return kept.finals }
        try part.restart(at: 0)
        return nil
    }

    /// The last words, whole.
    static func tail(of text: String) -> String {
        let words = text.split(separator: " ")
        var (length, first) = (0, words.endIndex)
        while first > words.startIndex, length + words[first - 1].count < mostCarried {
            first -= 1
            length += words[first].count + 1
        }
        return words[first...].joined(separator: " ")
    }
}
