internal import Audio
internal import POSIX

/// Speech out of encoded audio that still grows, decoded on a thread of its own.
///
/// A codec's library can't be asked to come back later, in the middle of a frame: it waits there for as long as it takes. Whoever
/// reads here waits for no longer than it wants to.
final class DecodedAhead: Sendable {
    private struct State {
        var samples: [Int16] = []
        /// Samples of them that have been given.
        var given = 0
        var hasBegun = false
        var isFinished = false
        var isAbandoned = false
        var failure: AudioError?
        var damage: AudioError?
    }

    private let state: Monitor<State>

    /// Samples decoded ahead of the reader at most: two seconds.
    private static let limit = 32000

    /// Starts to decode.
    ///
    /// - Parameter source: at its beginning; nobody else reads it from now on.
    init(
        _ source: KeptAudio.Source, name: String, options: AudioReader.Options, channels: ChannelChoice
    ) throws(SystemError) {
        let state = Monitor(State())
        self.state = state
        source.waitAsLongAsItTakes()
        // Handed over, not shared.
        nonisolated(unsafe) let source = source
        try Thread("decoder") {
            do throws(AudioError) {
                try DecodedAhead.decode(source, name: name, options: options, channels: channels, into: state)
            } catch {
                state.change { $0.failure = error }
            }
            state.change { $0.isFinished = true }
        }.detach()
    }

    deinit {
        state.change { $0.isAbandoned = true }
    }

    /// Whether a header was found.
    var hasBegun: Bool { state.read(\.hasBegun) }

    /// What was wrong with the input, once its end was decoded.
    var damage: AudioError? { state.read(\.damage) }

    private static func decode(
        _ source: KeptAudio.Source, name: String, options: AudioReader.Options, channels: ChannelChoice,
        into state: Monitor<State>
    ) throws(AudioError) {
        let reader = try AudioReader(source, name: name, options: options)
        let speech = try SpeechReader(reader, channels: channels)
        state.change { $0.hasBegun = true }
        let block = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 4096)
        defer { block.deallocate() }
        while true {
            let isWanted = state.wait { state in
                state.isAbandoned ? false : state.samples.count - state.given < limit ? true : nil
            }
            guard isWanted else { return }
            let count = try speech.read(into: block)
            if count == 0 { break }
            state.change { state in
                state.samples.removeFirst(state.given)
                state.given = 0
                state.samples.append(contentsOf: block[..<count])
            }
        }
        let damage = reader.damage
        state.change { $0.damage = damage }
    }

    /// Gives what has been decoded.
    ///
    /// - Returns: samples given; 0 at the end; nil where nothing came within the time.
    func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        let (seconds, attoseconds) = patience.components
        let isThere = state.wait(atMost: Double(seconds) + Double(attoseconds) * 1e-18) { state in
            state.samples.count > state.given || state.isFinished ? true : nil
        }
        guard isThere != nil else { return nil }
        return try state.change { state in
            let count = min(buffer.count, state.samples.count - state.given)
            if count == 0, let failure = state.failure { throw failure }
            for index in 0..<count { buffer[index] = state.samples[state.given + index] }
            state.given += count
            return count
        }
    }
}

/// Says that audio is encoded, and leaves it to `DecodedAhead`.
struct DecodersElsewhere: AudioDecoders {
    /// The input is encoded.
    struct Needed: Error {}

    let real: any AudioDecoders

    func choosing(_ track: TrackChoice) -> any AudioDecoders { DecodersElsewhere(real: real.choosing(track)) }

    func recognises(_ input: ReadAhead) throws(AudioError) -> Bool { try real.recognises(input) }

    func decoder(for input: ReadAhead) throws(AudioError) -> (any AudioDecoder)? {
        guard try real.recognises(input) else { return nil }
        throw AudioError(.unsupported, input.name, "is encoded", underlying: Needed())
    }
}
