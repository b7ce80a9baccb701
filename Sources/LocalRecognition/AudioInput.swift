internal import Audio
internal import EnginePlugin
internal import Glibc
internal import POSIX
internal import Program
internal import VoiceActivity

/// Audio on its way in: read on a thread of its own, so that nobody waits for the model, and listened to for speech.
final class AudioInput: Sendable {
    struct State {
        var hearing = Hearing()
        var failure: Failure?
        /// What is being recognised, if it is of no use any more once something else is wanted.
        var draft: Planner.Step?
        /// Whether nobody wants any more of it.
        var isAbandoned = false
    }

    let state = Monitor(State())

    private let planner: Planner
    private let interruption: Interruption

    /// Samples that are kept; more are left in the pipe or the file until some were recognised: the host has all of them. Of a complete
    /// recording as much as the next piece needs, of an input that comes by itself five minutes.
    private var mostKept: Int {
        if planner.rules.keepsAll { return .max }
        return planner.rules.isPatient ? 2 * planner.rules.longest : 4_800_000
    }

    /// - Parameters:
    ///   - planner: says what a running draft is in the way of.
    ///   - interruption: stops a draft.
    init(_ planner: Planner, interruption: Interruption) {
        self.planner = planner
        self.interruption = interruption
    }

    /// Starts to read samples from standard input.
    func readStandardInput() throws {
        try Thread("audio") { [self] in
            var samples = SampleInput()
            listen { () throws(Failure) in
                do throws(SystemError) {
                    // 64 ms: so closely is a live phrase followed.
                    try samples.read(upTo: 2048)
                } catch {
                    throw Failure(.inputOutput, error.description)
                }
                let taken = samples.take()
                if samples.hasEnded {
                    if samples.endedInMidSample { Log.warning("the input ends in the middle of a sample") }
                    return taken.isEmpty ? nil : taken
                }
                return taken
            }
        }.detach()
    }

    /// Starts to read a sound file.
    func read(_ path: String) throws {
        let file: DescriptorSource
        do throws(SystemError) {
            file = try DescriptorSource(path: path)
        } catch {
            throw Failure(.noInput, "\(path): \(error.reason)")
        }
        let speech = UncheckedSpeech(reader: try unsafe SpeechReader(try AudioReader(file, name: path)))
        try Thread("audio") { [self] in
            var samples = [Int16](repeating: 0, count: 16384)
            listen { () throws(Failure) in
                do throws(AudioError) {
                    let count = try unsafe samples.withUnsafeMutableBufferPointer { buffer throws(AudioError) in
                        try unsafe speech.reader.read(into: buffer)
                    }
                    return count == 0 ? nil : Array(samples[..<count])
                } catch {
                    throw Failure(error.code == .readFailed ? .inputOutput : .badAudio, error.description)
                }
            }
        }.detach()
    }

    /// A reader that one thread hands to another, and does not touch any more.
    private struct UncheckedSpeech: @unchecked Sendable {
        let reader: SpeechReader
    }

    /// Hears all that `next` gives: samples, nil at the end.
    private func listen(_ next: () throws(Failure) -> [Int16]?) {
        guard let installed = try? InstalledDetector(nil) else { return end(nil) }
        let made = installed.makeDetector()
        let detector: any Detector = installed.kind == .silero ? CarefulDetector(made) : made
        var stream = SpeechStream(detector, .careful(installed.kind))
        var events: [Segmenter.Event] = []
        do throws(Failure) {
            while let samples = try next() {
                let scaled = samples.map { Float($0) / 32768 }
                events.removeAll(keepingCapacity: true)
                stream.push(scaled.span) { events.append($0) }
                guard take(samples, events, stream.segmenter.certainEnd) else { return }
            }
            events.removeAll(keepingCapacity: true)
            stream.finish { events.append($0) }
            if take([], events, nil) { end(nil) }
        } catch {
            end(error)
        }
    }

    /// Ends the reading: what is still to come is of no use.
    func abandon() {
        state.change { $0.isAbandoned = true }
    }

    /// - Returns: whether more is wanted.
    private func take(_ samples: [Int16], _ events: [Segmenter.Event], _ certainEnd: Int?) -> Bool {
        let isWanted = state.wait { [mostKept] state -> Bool? in
            state.isAbandoned ? false : state.hearing.samples.count <= mostKept ? true : nil
        }
        guard isWanted else { return false }
        state.change { state in
            state.hearing.add(samples, events, certainEnd: certainEnd)
            interruptDraft(state)
        }
        return true
    }

    private func end(_ failure: Failure?) {
        state.change { state in
            state.failure = failure
            state.hearing.hasEnded = true
            interruptDraft(state)
        }
    }

    /// Ends a draft that is in the way: of the text itself, or of what may be.
    private func interruptDraft(_ state: State) {
        guard let draft = state.draft else { return }
        switch (draft, planner.step(state.hearing)) {
        case (.suspect(let one), .final(let other)) where one.isSame(as: other): break
        case (.suspect(let one), .suspect(let other)) where one.isSame(as: other): break
        case (_, .final), (.partial, .suspect): interruption.raise()
        default: break
        }
    }
}
