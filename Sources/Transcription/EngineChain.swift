internal import Audio
internal import Glibc
package import Plugins
internal import Text

/// Several engines, of which one takes over where another fails: `--engine a,b,c` (vt-transcribe(1), "Several engines").
///
/// The next engine gets the audio behind the last utterance that is committed, so that no text is written twice, and times stay
/// those of the whole recording.
package struct EngineChain: Engine {
    /// In the order in which they are tried.
    package let engines: [any Engine]
    private let onNotice: @Sendable (Notice) -> Void

    /// What the user may want to know about how the chain is doing.
    package enum Notice: Sendable {
        /// The same engine is tried once more.
        case retry(EngineError, after: Duration)
        /// It has failed for good, and the next one goes on, at so many seconds of the recording.
        case next(EngineError, engine: String, at: Double)
    }

    /// The longest wait before an engine is tried again: longer than that the next one is the better choice.
    package static let longestWait = Duration.seconds(3)

    package var name: String { engines.map(\.name).joined(separator: ",") }

    /// - Parameters:
    ///   - engines: at least one.
    ///   - onNotice: called on the thread that transcribes.
    package init(_ engines: [any Engine], onNotice: @escaping @Sendable (Notice) -> Void = { _ in }) {
        self.engines = engines
        self.onNotice = onNotice
    }

    package func forBatch() -> any Engine { EngineChain(engines.map { $0.forBatch() }, onNotice: onNotice) }

    package func finish() {
        for engine in engines { engine.finish() }
    }

    /// The others wait for speech where they must.
    package var beginsBeforeSpeech: Bool { engines.first?.beginsBeforeSpeech ?? false }

    package var waitsForOthers: Bool { engines.allSatisfy(\.waitsForOthers) }

    /// What the one needs that needs most: any of them may hear the next pause. One that can't be asked is passed over later.
    package func gateRules() -> GateRules {
        engines.compactMap { try? $0.gateRules() }.max { $0.pause < $1.pause } ?? .standard
    }

    /// What all of them permit: any may have to go on.
    package func limits(for settings: EngineSettings) throws -> EngineLimits {
        engines.compactMap { try? $0.limits(for: settings) }.reduce(EngineLimits()) { $0.and($1) }
    }

    /// The others get its samples.
    package func takes(_ original: OriginalFile, settings: EngineSettings) -> Bool {
        engines.first?.takes(original, settings: settings) ?? false
    }

    package func carriesPrompts(_ settings: EngineSettings) -> Bool {
        engines.allSatisfy { $0.carriesPrompts(settings) }
    }

    package func knownOptions() throws -> Set<String>? {
        var known: Set<String> = []
        for engine in engines {
            guard let some = try engine.knownOptions() else { return nil }
            known.formUnion(some)
        }
        return known
    }

    /// Tries the engines in turn; each one twice at most, where its error says that this makes sense.
    ///
    /// - Throws: the error of an engine whose failure no other one could mend (`EngineError.permitsFallback`), at once; where all
    ///   have failed, what `EngineChain.summary` makes of it.
    package func transcribe(
        _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        var progress = Progress()
        var failures: [EngineError] = []
        for (index, engine) in engines.enumerated() {
            // The one before may have failed while nobody spoke.
            if index > 0, !engine.beginsBeforeSpeech, progress.given == 0 {
                guard try waitForFirstSample(of: audio, cancellation) else { return }
            }
            var mayRetry = true
            while true {
                let failure: EngineError
                do {
                    return try run(engine, audio, settings, cancellation, &progress, onEvent)
                } catch let error as EngineError {
                    failure = error
                }
                guard failure.permitsFallback, cancellation?.isCancelled != true else { throw failure }
                if progress.isUnlocated {
                    var failure = failure
                    failure.message += "; it gave text without times, so no other engine can go on where it stopped"
                    throw failure
                }
                let isRetry = mayRetry && failure.retryAfter.map { $0 <= EngineChain.longestWait } == true
                if !isRetry { failures.append(failure) }
                if !isRetry, index + 1 == engines.count { throw EngineChain.summary(failures) }
                if progress.showsPartial {
                    // Nobody will finish it.
                    progress.showsPartial = false
                    try onEvent(.partial(Utterance(text: "")))
                }
                try audio.restart(at: progress.committed)
                guard isRetry, let pause = failure.retryAfter else {
                    let seconds = Double(progress.committed) / Double(AudioFormat.speech.sampleRate)
                    onNotice(.next(failure, engine: engines[index + 1].name, at: seconds))
                    break
                }
                mayRetry = false
                onNotice(.retry(failure, after: pause))
                if wait(pause, cancellation) { throw EngineError(.cancelled, "\(engine.name) was stopped") }
            }
        }
    }

    /// What is written and what is not, in samples of the recording.
    private struct Progress {
        /// Behind the last utterance whose text is out.
        var committed = 0
        /// Whether there is text of which nobody knows where it ends.
        var isUnlocated = false
        /// Whether the last that was shown is a partial.
        var showsPartial = false
        /// Samples that any engine has been given.
        var given = 0
    }

    /// Waits for audio, and leaves it to whoever reads next.
    ///
    /// - Returns: whether there is any.
    private func waitForFirstSample(of audio: any SpeechSource, _ cancellation: Cancellation?) throws -> Bool {
        let block = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 1)
        defer { block.deallocate() }
        while true {
            if cancellation?.isCancelled == true { throw EngineError(.cancelled, "\(name) was stopped") }
            guard let count = try audio.read(into: block, within: .milliseconds(100)) else { continue }
            try audio.restart(at: 0)
            return count > 0
        }
    }

    /// One attempt of one engine, from where the recording is committed.
    private func run(
        _ engine: any Engine, _ audio: any SpeechSource, _ settings: EngineSettings, _ cancellation: Cancellation?,
        _ progress: inout Progress, _ onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        var settings = settings
        if !settings.options.isEmpty, let known = try engine.knownOptions() {
            settings.options.removeAll { !known.contains($0.key) }
        }
        let start = progress.committed
        let speech = CountedSpeech(audio, from: start)
        defer { progress.given += speech.count }
        let shift = Double(start) / Double(AudioFormat.speech.sampleRate)
        // Held back until they are final: of an engine that fails in between they would be words without an utterance.
        var words: [Word] = []
        try engine.transcribe(speech, settings: settings, cancellation: cancellation) { event in
            switch event {
            case .partial(let utterance):
                progress.showsPartial = !utterance.text.isEmpty
                try onEvent(.partial(utterance.later(by: shift)))
            case .word(let word):
                words.append(word.later(by: shift))
            case .final(let utterance):
                for word in words { try onEvent(.word(word)) }
                words = []
                progress.showsPartial = false
                try onEvent(.final(utterance.later(by: shift)))
                progress.isUnlocated = true
                guard let end = utterance.end ?? utterance.words.last?.end else { break }
                // An engine can't know of more than it was given, whatever it says.
                let sample = Int(clamping: end * Double(AudioFormat.speech.sampleRate), to: 0...max(0, speech.count))
                progress.committed = max(progress.committed, start + sample)
                progress.isUnlocated = false
            case .status, .warning, .asked:
                try onEvent(event)
            }
        }
    }

    /// - Returns: whether it was cancelled.
    private func wait(_ duration: Duration, _ cancellation: Cancellation?) -> Bool {
        let deadline = ContinuousClock.now + duration
        while ContinuousClock.now < deadline {
            let (seconds, attoseconds) = (deadline - .now).components
            let milliseconds = max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
            var entry = pollfd(fd: cancellation?.descriptor ?? -1, events: CShort(POLLIN), revents: 0)
            _ = poll(&entry, 1, CInt(milliseconds))
            if entry.revents != 0 { return true }
        }
        return false
    }

    /// One error for those of all the engines: the status that helps most, and all that was said.
    ///
    /// 75 before 77 before 69 before 76: what mends itself, what the user can mend, what must be installed, what is broken. A
    /// timer that calls `--pending` then tries again whenever that can help.
    package static func summary(_ failures: [EngineError]) -> EngineError {
        let order: [EngineError.Code] = [.tryLater, .noPermission, .unavailable, .protocolError]
        let chosen = order.lazy.compactMap { code in failures.first { $0.code == code } }.first ?? failures.first
        guard let chosen else { return EngineError(.internalError, "there is no engine") }
        if failures.count == 1 { return chosen }
        return EngineError(
            chosen.code, "no engine gave the text: " + failures.map(\.message).joined(separator: "; "),
            hint: chosen.hint)
    }
}
