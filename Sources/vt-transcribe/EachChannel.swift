internal import POSIX
internal import Program
internal import Transcription

extension Recognition {
    /// Recognises each channel, or each sound track, by itself.
    ///
    /// A file is read once for each of them, one after the other. Of what is still being spoken all are heard at once.
    ///
    /// - Parameter speeches: one for each.
    func hearEach(
        _ speeches: [RecordedSpeech], into writer: inout TranscriptWriter, _ account: inout Account
    ) throws -> Heard {
        let speakers = channels.speakers(of: speeches)
        if channels.speakers.count > speeches.count {
            let parts = "\(speeches.count) \(channels.hasTracks ? "tracks" : "channels")"
            Log.warning(
                "\(input ?? "the recording") has \(parts): nobody speaks as \(channels.speakers[speeches.count])")
        }
        let merge = ChannelMerge(speakers: speakers, into: writer)
        defer { writer = merge.writer }
        let passes = speeches.enumerated().map { ChannelPass(number: $0, speech: $1, recognition: self, merge: merge) }
        if speeches[0].isGrowing {
            for index in passes.indices.dropFirst() {
                passes[index].recognition.engine = engineOfChannel?() ?? engine
                passes[index].recognition.gate = gate?.another()
            }
            for index in passes.indices { passes[index].recognition.settings.jobs = passes.count }
            let others = try passes.dropFirst().map { pass in
                // Handed over, not shared.
                nonisolated(unsafe) let pass = pass
                return try Thread("channel") { pass.run() }
            }
            passes[0].run()
            for thread in others { thread.join() }
        } else {
            for pass in passes where !passes.contains(where: { $0.failure != nil }) { pass.run() }
        }
        for pass in passes { account.add(pass.account) }
        if let failure = passes.lazy.compactMap(\.failure).first { throw failure }
        let heard = passes.compactMap(\.heard)
        for (speaker, heard) in zip(speakers, heard) where passes.contains(where: { $0.heard == .words }) {
            if case .sound(let listener) = heard {
                Log.warning("\(input.map { "\($0): " } ?? "")\(speaker): \(listener.verdict), but it is not silent")
            }
        }
        return heard.first { $0 == .words } ?? heard.first { $0 != .silence } ?? .silence
    }
}

/// One channel's way through an engine.
private final class ChannelPass {
    private let number: Int
    private let speech: RecordedSpeech
    private let merge: ChannelMerge
    var recognition: Recognition
    /// What it costs.
    private(set) var account = Account()
    private(set) var heard: Recognition.Heard?
    private(set) var failure: (any Error)?

    init(number: Int, speech: RecordedSpeech, recognition: Recognition, merge: ChannelMerge) {
        self.number = number
        self.speech = speech
        self.recognition = recognition
        self.merge = merge
    }

    func run() {
        do {
            heard = try recognition.hear(speech, add: { [merge, number] in try merge.add($0, of: number) }, &account) {
                gated in
                merge.begin(number, frontier: frontier(gated))
            }
            try merge.finish(number)
        } catch {
            failure = error
            // The others' text is worth as much.
            try? merge.finish(number)
        }
    }

    /// Before which time nothing new can be said on the channel. If nobody listens for speech, nobody knows, and its utterances come
    /// as they come.
    private func frontier(_ gated: GatedSpeech?) -> @Sendable (Double) -> Double {
        let isGrowing = speech.isGrowing
        guard let sent = gated?.sent else { return { isGrowing ? .infinity : $0 } }
        return { [heard = speech.heard] lastEnd in
            sent.firstSpeech(after: lastEnd) ?? heard.seconds - ChannelPass.hesitation
        }
    }

    /// Seconds that a detector takes to be sure.
    private static let hesitation = 1.0
}
