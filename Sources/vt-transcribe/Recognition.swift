internal import Audio
internal import Glibc
internal import Program
internal import Transcription

/// One engine run over one input: its events become text.
struct Recognition {
    var engine: any Engine
    var settings: EngineSettings
    /// Keeps silence from the engine; nil sends everything.
    var gate: DetectingGate?
    let interruption: Interruption
    /// What becomes of several channels.
    var channels = ChannelPlan()
    /// Makes an engine for a channel that is heard while others are; nil if one engine does for all.
    var engineOfChannel: (() -> any Engine)?
    /// Where each question to an engine is written down.
    var ledger: UsageLedger?
    /// What warnings call the input; nil if there is nothing to mix it up with.
    var input: String?
    /// Whether the recording is deleted when it has been transcribed: then words that are dropped are gone.
    var isDeleted = false

    /// What there was in an input.
    enum Heard: Equatable {
        case words
        case silence
        /// Something audible, of which nobody made words.
        case sound(Listener)

        /// Whether an engine heard no words where a detector hears speech.
        var isUnheardSpeech: Bool { if case .sound(let listener) = self { listener.heardSpeech } else { false } }
    }

    /// Who heard no words.
    struct Listener: Equatable {
        let name: String
        /// Whether an engine was asked.
        let isEngine: Bool
        /// Whether a detector says that somebody speaks.
        var heardSpeech = false

        var verdict: String { isEngine ? "\(name) heard no words" : "\(name) heard no speech" }

        /// How to go on.
        func hint(for id: String) -> String {
            "vt-transcribe --pending \(id) " + (isEngine ? "--engine NAME tries another" : "--no-gate asks the engine")
                + ", --discard \(id) deletes it"
        }
    }

    /// Recognises, writing each piece as soon as it is there. Where there is no speech the engine hears nothing.
    ///
    /// - Parameter account: what it costs is added, also where it fails.
    /// - Throws: what the engine, the audio or the writing failed with.
    func run(
        over speech: RecordedSpeech, into writer: inout TranscriptWriter, _ account: inout Account
    ) throws -> Heard {
        try writer.begin()
        let speeches =
            channels.which == .each
            ? try speech.separateChannels() : channels.hasTracks ? try speech.separateTracks() : [speech]
        let heard =
            if speeches.count > 1 {
                try hearEach(speeches, into: &writer, &account)
            } else {
                try hear(speech, add: { try writer.add($0) }, &account) { _ in }
            }
        try writer.end()
        return heard
    }

    /// Recognises one channel, or all of them mixed.
    ///
    /// - Parameters:
    ///   - add: gets what is to be written.
    ///   - account: what it costs is added, also where it fails.
    ///   - begin: is told what listens for speech, before anything is heard.
    func hear(
        _ speech: RecordedSpeech, add: (RecognitionEvent) throws -> Void, _ account: inout Account,
        begin: (GatedSpeech?) -> Void
    ) throws -> Heard {
        let heard = try hearOnce(speech, add, &account, begin)
        // Whoever speaks quietly, or far away, is heard a second time before the recording is called silent.
        if heard != .words, try speech.raiseLevel(isCancelled: { interruption.caught != nil }) {
            return try hearOnce(speech, add, &account, begin)
        }
        return heard
    }

    private func hearOnce(
        _ speech: RecordedSpeech, _ add: (RecognitionEvent) throws -> Void, _ account: inout Account,
        _ begin: (GatedSpeech?) -> Void
    ) throws -> Heard {
        let gated = gate.map { GatedSpeech(speech, gate: $0) }
        begin(gated)
        var hasSpoken = false
        let subject = (input.map { "\($0): " } ?? "") + engine.name
        func warn(_ text: String, hint: String? = nil) { Log.warning("\(subject): \(text)", hint: hint) }
        var check = EventCheck(
            gated?.sent, needsTimes: settings.timesUse == .needed, holdsUntimed: !speech.isGrowing,
            listen: { gated?.finishListening() }, drop: { if isDeleted { warn($0) } else { tell($0) } }, tell: tell)
        func tell(_ text: String) { Log.info("\(subject): \(text)") }
        func take(_ event: RecognitionEvent) throws {
            if speech.isRefused { return }
            switch event {
            // Engines on the network say their name themselves, also where they are one of several.
            case .status(let text): Log.info(text.hasPrefix(engine.name) ? text : "\(engine.name): \(text)")
            case .warning(let text, let hint): warn(text, hint: hint)
            case .asked(let request):
                account.note(request)
                ledger?.note(request, at: PendingStore.timestamp(time(nil)))
            case .partial, .word, .final: break
            }
            for event in check.check(event) {
                if case .final = event { hasSpoken = true }
                try add(event)
            }
        }
        if let whole = try wholeRecording(speech, gated) {
            try engine.transcribe(
                whole, settings: settings, cancellation: interruption.cancellation, onEvent: take)
        } else if let gated {
            _ = try GuardedEngine(engine, over: gated).transcribe(
                maySoonSpeak: speech.isGrowing, settings: settings, cancellation: interruption.cancellation,
                onEvent: take)
        } else {
            try engine.transcribe(
                speech, settings: settings, cancellation: interruption.cancellation, onEvent: take)
        }
        for event in check.finish() {
            if case .final = event { hasSpoken = true }
            try add(event)
        }
        if gate?.isSure == true { account.coverage = check.coverage }
        return hasSpoken ? .words : heardNoWords(speech, gated)
    }

    /// The recording as the file that it is, where the engine takes it so, and no silence in it is worth leaving out.
    ///
    /// - Returns: nil where it goes as samples, from the beginning.
    private func wholeRecording(_ speech: RecordedSpeech, _ gated: GatedSpeech?) throws -> WholeRecording? {
        // Whether it is short enough is known when it has been heard.
        guard let container = speech.container,
            engine.takes(OriginalFile(descriptor: -1, size: 0, container: container, seconds: 1), settings: settings)
        else { return nil }
        func isCancelled() -> Bool { interruption.caught != nil }
        if let gated {
            switch try gated.listen(forSilenceOf: Recognition.shortSilence, isCancelled: isCancelled) {
            case .silence: return nil
            case .speechAndSilence: break
            case .speech:
                if let original = speech.wholeFile, engine.takes(original, settings: settings) {
                    return WholeRecording(speech, original, heardBy: gated)
                }
            }
            try gated.restart(at: 0)
            return nil
        }
        try speech.readToEnd(isCancelled: isCancelled)
        if let original = speech.wholeFile, engine.takes(original, settings: settings) {
            return WholeRecording(speech, original, heardBy: nil)
        }
        speech.restart(at: 0)
        return nil
    }

    /// Seconds of silence for which nobody packs a recording anew.
    private static let shortSilence = 1.5

    /// Tells silence from what is worth keeping.
    private func heardNoWords(_ speech: RecordedSpeech, _ gated: GatedSpeech?) -> Heard {
        let isAudible = speech.isAudible
        guard let gate, let gated else {
            return isAudible ? .sound(Listener(name: engine.name, isEngine: true)) : .silence
        }
        gated.finishListening()
        let hasSpeech = gated.sent.hasSpeech
        guard gate.isSure ? hasSpeech : isAudible else { return .silence }
        return .sound(
            Listener(name: hasSpeech ? engine.name : gate.name, isEngine: hasSpeech, heardSpeech: hasSpeech))
    }
}
