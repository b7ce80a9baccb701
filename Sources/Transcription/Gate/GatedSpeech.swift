internal import Audio
internal import Glibc
internal import Text

/// Speech without the silence: what a detector hears no speech in is not given, but for a little around the speech.
///
/// While somebody speaks, samples pass on as they come. A pause passes up to the hangover; what follows waits, as much of it as
/// may prove to lead up to speech. So memory does not grow with silence.
package final class GatedSpeech: SpeechSource {
    /// What is given, for who has to turn times back.
    package let sent = SentAudio()

    private let source: any SpeechSource
    private let gate: any SpeechGate
    private let preRoll: Int
    private var hangover: Int
    private var tape = Tape(bytesPerFrame: 2)
    /// What is still to be given, in order; the last may go on beyond what was heard.
    private var ranges: [Range<Int>] = []
    private var hasEnded = false
    /// Whether the reader has been told of the pause that it stands at.
    private var hasToldOfPause = false
    /// The sample of the recording at which the gate began to listen; the tape and the ranges are counted from there.
    private var origin = 0
    /// What is before was given long ago, and is heard only so that the detector knows the room.
    private var floor = 0
    private var heard = Heard()
    /// What is left of a recording in which somebody speaks for certain, and of which no more has to be known.
    private var unheard: [Int16]?
    private let block: UnsafeMutableBufferPointer<Int16>

    /// A quarter of a second: what is heard at once.
    private static let blockSize = 4096
    /// A tenth of a second: less is not worth a seam.
    private static let shortestCut = 1600
    /// Two seconds: what a detector hears before the place where another engine goes on. Minimum statistics look back 1.6 s.
    private static let warmUp = 32000
    /// What is heard at once where no more is heard than has to be: a detector's window.
    private static let glance = 512

    /// - Parameters:
    ///   - source: the recording, at its beginning; nobody else reads it.
    ///   - gate: it hears no other stream meanwhile.
    package init(_ source: any SpeechSource, gate: any SpeechGate, rules: GateRules = .standard) {
        self.source = source
        self.gate = gate
        preRoll = GatedSpeech.samples(rules.preRoll)
        hangover = GatedSpeech.samples(rules.hangover)
        block = .allocate(capacity: GatedSpeech.blockSize)
        gate.begin()
    }

    deinit {
        block.deallocate()
    }

    /// Changes the rules; before the first sample was given.
    package func follow(_ rules: GateRules) {
        hangover = GatedSpeech.samples(rules.hangover)
    }

    /// Waits for speech.
    ///
    /// - Parameter patience: how long.
    /// - Returns: whether there is some; nil where it is not known in time.
    package func hasSpeech(within patience: Duration) throws -> Bool? {
        let deadline = ContinuousClock.now + patience
        repeat {
            if !ranges.isEmpty { return true }
            if hasEnded { return false }
            guard try hear(until: deadline) else { return nil }
        } while ContinuousClock.now < deadline
        return ranges.isEmpty ? nil : true
    }

    package func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        let deadline = ContinuousClock.now + patience
        if tellOfPause() { return nil }
        var count = give(into: buffer)
        while count == 0, !hasEnded {
            guard try hear(until: deadline) else { return nil }
            if tellOfPause() { return nil }
            count = give(into: buffer)
            // Silence in a file is heard as fast as it can be, and there may be hours of it.
            if count == 0, !hasEnded, ContinuousClock.now >= deadline { return nil }
        }
        return count
    }

    /// What there is in a recording that was listened to.
    package enum Contents: Equatable, Sendable {
        case silence
        /// Speech, and no silence that is worth leaving out.
        case speech
        /// Speech and long silence; not all of it was heard.
        case speechAndSilence
    }

    /// Hears the recording before anything of it is given: to its end, or to the first silence that is worth leaving out.
    ///
    /// Where it is all speech, `sent` then is what it would be if all of it had been given. Otherwise `restart` begins anew.
    /// In a recording that is too short for such a silence it is enough that somebody speaks: where else is found out when it is
    /// needed (`finishListening`), and of most recordings it never is.
    ///
    /// - Parameters:
    ///   - longest: seconds of silence that are not worth it.
    ///   - isCancelled: asked now and then.
    package func listen(forSilenceOf longest: Double, isCancelled: () -> Bool) throws -> Contents {
        let limit = GatedSpeech.samples(longest)
        if gate.isSure, try listenUntilCertain(limit, isCancelled) { return .speech }
        while !hasEnded {
            if isCancelled() { throw EngineError(.cancelled, "interrupted") }
            _ = try hear(until: .now + .milliseconds(100))
            let silence = max(heard.longestSilence, heard.isSpeaking ? 0 : gate.earliestStart - heard.speechEnd)
            if heard.hasSpoken, silence > limit { return .speechAndSilence }
            forgetEverything()
        }
        guard heard.hasSpoken else { return .silence }
        if tape.end - heard.speechEnd > limit { return .speechAndSilence }
        sent.send(tape.end, from: 0)
        return .speech
    }

    /// Hears a short recording until somebody speaks in it.
    ///
    /// - Returns: whether somebody does, and the recording ends within the limit. Otherwise what was read has been heard, and what
    ///   comes next is next.
    private func listenUntilCertain(_ limit: Int, _ isCancelled: () -> Bool) throws -> Bool {
        let beginning = UnsafeMutableBufferPointer<Int16>.allocate(capacity: limit + 1)
        defer { beginning.deallocate() }
        var (count, isWhole) = (0, false)
        while count < beginning.count, !isWhole {
            if isCancelled() { throw EngineError(.cancelled, "interrupted") }
            let room = UnsafeMutableBufferPointer(rebasing: beginning[count...])
            guard let more = try source.read(into: room, within: .milliseconds(100)) else { continue }
            count += more
            isWhole = more == 0
        }
        for start in stride(from: 0, to: count, by: GatedSpeech.glance) {
            let end = min(start + GatedSpeech.glance, count)
            hear(UnsafeBufferPointer(rebasing: beginning[start..<end]))
            forgetEverything()
            if isWhole, heard.hasSpoken {
                sent.send(count, from: 0)
                unheard = Array(beginning[end..<count])
                return true
            }
        }
        if isWhole { hearEnd() }
        return false
    }

    /// Hears what is left of a recording of which only that somebody speaks was known so far: `sent` now tells where.
    package func finishListening() {
        guard let rest = unheard.take() else { return }
        rest.withUnsafeBufferPointer { hear($0) }
        hearEnd()
        forgetEverything()
    }

    /// Nothing is given, so nothing is kept.
    private func forgetEverything() {
        ranges = []
        tape.forget(before: tape.end)
    }

    /// What the gate has told so far.
    private struct Heard {
        var isSpeaking = false
        var hasSpoken = false
        /// Behind the last speech.
        var speechEnd = 0
        /// Before speech.
        var longestSilence = 0
    }

    package func speech(in range: Range<Int>) -> [Range<Int>]? { sent.speech(in: range) }

    package var isSpeechCertain: Bool { gate.isSure }

    /// Whether all of a stretch has been given, and what comes next comes behind a cut.
    package var isAtPause: Bool {
        guard let range = ranges.first, range.isEmpty else { return false }
        return ranges.count > 1 || hasEnded || isGone(range)
    }

    /// Whether the reader has to learn of a pause, before it is given what is behind it.
    private func tellOfPause() -> Bool {
        if hasToldOfPause || !isAtPause { return false }
        hasToldOfPause = true
        return true
    }

    /// Whether speech to come can't begin so soon that a range goes on.
    private func isGone(_ range: Range<Int>) -> Bool {
        range.isEmpty && gate.earliestStart - preRoll - range.upperBound >= GatedSpeech.shortestCut
    }

    package func restart(at sample: Int) throws {
        let recorded = sent.rewind(to: sample)
        origin = max(0, recorded - GatedSpeech.warmUp)
        floor = recorded - origin
        try source.restart(at: origin)
        tape = Tape(bytesPerFrame: 2)
        ranges = []
        hasEnded = false
        heard = Heard()
        hasToldOfPause = false
        unheard = nil
        gate.begin()
    }

    /// Takes what there is of the recording.
    ///
    /// - Returns: whether anything came before the deadline.
    private func hear(until deadline: ContinuousClock.Instant) throws -> Bool {
        let patience = max(deadline - ContinuousClock.now, .zero)
        guard let count = try source.read(into: block, within: patience) else { return false }
        if count == 0 { hearEnd() } else { hear(UnsafeBufferPointer(rebasing: block[..<count])) }
        return true
    }

    private func hear(_ samples: UnsafeBufferPointer<Int16>) {
        tape.append(UnsafeRawBufferPointer(samples))
        gate.hear(samples) { note($0) }
        forget()
    }

    private func hearEnd() {
        hasEnded = true
        gate.finish { note($0) }
        forget()
    }

    private func note(_ edge: SpeechEdge) {
        switch edge {
        case .began(let start):
            if !heard.isSpeaking { heard.longestSilence = max(heard.longestSilence, start - heard.speechEnd) }
            heard.isSpeaking = true
            heard.hasSpoken = true
            sent.note(.began(at: origin + max(start, floor)))
            let first = max(floor, start - preRoll)
            if let last = ranges.last, first - last.upperBound < GatedSpeech.shortestCut {
                ranges[ranges.count - 1] = last.lowerBound..<Int.max
            } else {
                ranges.append(first..<Int.max)
            }
        case .ended(let end):
            heard.isSpeaking = false
            heard.speechEnd = end
            sent.note(.ended(at: origin + max(end, floor)))
            guard let last = ranges.popLast() else { return }
            ranges.append(last.lowerBound..<max(end + hangover, last.lowerBound))
        }
    }

    /// Gives what is to be given and was heard.
    private func give(into buffer: UnsafeMutableBufferPointer<Int16>) -> Int {
        // The last range stays, empty: speech may go on from there.
        while ranges.count > 1, ranges[0].isEmpty { ranges.removeFirst() }
        guard let range = ranges.first else { return 0 }
        let end = min(range.upperBound, tape.end, range.lowerBound + buffer.count)
        guard end > range.lowerBound else { return 0 }
        var filled = 0
        tape.read(range.lowerBound..<end) { bytes in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
            filled = bytes.count / 2
        }
        sent.send(filled, from: origin + range.lowerBound)
        hasToldOfPause = false
        ranges[0] = (range.lowerBound + filled)..<range.upperBound
        forget()
        return filled
    }

    /// Forgets what is never given.
    private func forget() {
        let earliest = gate.earliestStart - preRoll
        guard let range = ranges.first(where: { !$0.isEmpty }) ?? ranges.last else {
            tape.forget(before: earliest)
            return
        }
        tape.forget(before: isGone(range) ? earliest : range.lowerBound)
    }

    private static func samples(_ seconds: Double) -> Int {
        Int(
            clamping: seconds * Double(AudioFormat.speech.sampleRate),
            to: -SentAudio.mostSamples...SentAudio.mostSamples)
    }
}
