internal import POSIX

/// What is said on several channels of one recording, in order of time and with who says it.
///
/// An utterance waits until no other channel can have an earlier one: each channel says up to where it has been heard. For any
/// thread.
package final class ChannelMerge: Sendable {
    fileprivate struct Channel {
        let speaker: String
        /// Utterances that wait, each with its words.
        var waiting: [Utterance] = []
        /// Seconds of the recording: the end of the last utterance.
        var lastEnd = 0.0
        var isFinished = false
        /// Gives the seconds of the recording before which nothing new can be said on it, from the end of its last utterance.
        var frontier: (@Sendable (Double) -> Double)?
    }

    fileprivate struct State {
        var channels: [Channel]
        var writer: TranscriptWriter
    }

    private let state: Monitor<State>

    /// - Parameters:
    ///   - speakers: who speaks on each channel.
    ///   - writer: gets the utterances.
    package init(speakers: [String], into writer: TranscriptWriter) {
        state = Monitor(State(channels: speakers.map { Channel(speaker: $0) }, writer: writer))
    }

    /// The writer, when all channels are finished.
    package var writer: TranscriptWriter { state.read(\.writer) }

    /// Says that a channel is being heard.
    ///
    /// - Parameter frontier: gets the end of its last utterance, in seconds of the recording, and gives the seconds before which
    ///   nothing new can be said on it.
    package func begin(_ channel: Int, frontier: @escaping @Sendable (Double) -> Double) {
        state.change { $0.channels[channel].frontier = frontier }
    }

    /// Takes an event of a channel. What is not final is dropped: partial results of two people would replace each other.
    package func add(_ event: RecognitionEvent, of channel: Int) throws {
        guard case .final(var utterance) = event else { return }
        try state.change { state in
            utterance.speaker = state.channels[channel].speaker
            let end = utterance.end ?? utterance.start ?? 0
            state.channels[channel].lastEnd = max(state.channels[channel].lastEnd, end)
            state.channels[channel].waiting.append(utterance)
            try state.write()
        }
    }

    /// Says that nothing more comes of a channel.
    package func finish(_ channel: Int) throws {
        try state.change { state in
            state.channels[channel].isFinished = true
            try state.write()
        }
    }
}

extension ChannelMerge.State {
    /// Writes what nothing can come before.
    fileprivate mutating func write() throws {
        while let next = earliest {
            let start = channels[next].waiting[0].start ?? 0
            guard channels.indices.allSatisfy({ $0 == next || frontier(of: $0) >= start }) else { return }
            let utterance = channels[next].waiting.removeFirst()
            for word in utterance.words { try writer.add(.word(word)) }
            try writer.add(.final(utterance))
        }
    }

    private var earliest: Int? {
        channels.indices.filter { !channels[$0].waiting.isEmpty }
            .min { channels[$0].waiting[0].start ?? 0 < channels[$1].waiting[0].start ?? 0 }
    }

    private func frontier(of channel: Int) -> Double {
        if !channels[channel].waiting.isEmpty || channels[channel].isFinished { return .infinity }
        return channels[channel].frontier?(channels[channel].lastEnd) ?? 0
    }
}
