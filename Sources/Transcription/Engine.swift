package import Plugins

/// A recogniser: takes speech, gives events.
package protocol Engine: Sendable {
    /// As the user names it.
    var name: String { get }

    /// Whether it may be started before anybody speaks: it costs nobody anything, and no request is made, until the first
    /// sample has come. An engine that has to connect, or to load a model, gains time. Answered without running anything; one that
    /// would have to be asked first says no.
    var beginsBeforeSpeech: Bool { get }

    /// Whether it mostly waits for somebody else to work: then several at once are faster.
    var waitsForOthers: Bool { get }

    /// How much silence it wants to hear. Asked before each recording: once there is speech, or when it is started before that.
    ///
    /// - Throws: `EngineError` where the engine can't be asked.
    func gateRules() throws -> GateRules

    /// How much audio one question to it may hold; `LongRecording` asks several where there is more.
    ///
    /// - Throws: `EngineError` where it can't be asked.
    func limits(for settings: EngineSettings) throws -> EngineLimits

    /// Whether it takes a recording as the file that it is: `SpeechSource.original` then is what it gets.
    func takes(_ original: OriginalFile, settings: EngineSettings) -> Bool

    /// Whether it understands more where it is told what was said before, as a prompt.
    func carriesPrompts(_ settings: EngineSettings) -> Bool

    /// Recognises a recording, while it still grows where it does. Blocks; call it on a thread of its own.
    ///
    /// It returns when all of the audio has been recognised, and silence is no failure: then there was no `.final`.
    ///
    /// - Parameters:
    ///   - audio: read on a thread of the engine's until this returns or throws, never afterwards.
    ///   - settings: what the user asked for.
    ///   - cancellation: stops the work, which then throws `.cancelled`.
    ///   - onEvent: gets every event as it comes, on the calling thread. What it throws ends the work.
    /// - Throws: `EngineError`; what `audio` or `onEvent` threw, unchanged.
    func transcribe(
        _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws

    /// The names of the options of its own that `EngineSettings.options` may set; nil where it takes any.
    ///
    /// - Throws: `EngineError` where it can't be asked.
    func knownOptions() throws -> Set<String>?

    /// The same engine for complete recordings, one after the other: what it has loaded it may keep from one to the next. For one
    /// thread at a time.
    func forBatch() -> any Engine

    /// Ends what it keeps between recordings.
    func finish()
}

extension Engine {
    package func knownOptions() throws -> Set<String>? { nil }
    package func forBatch() -> any Engine { self }
    package func finish() {}
}

extension Engine {
    package var beginsBeforeSpeech: Bool { false }

    package var waitsForOthers: Bool { false }

    package func limits(for settings: EngineSettings) throws -> EngineLimits { EngineLimits() }

    package func takes(_ original: OriginalFile, settings: EngineSettings) -> Bool { false }

    package func carriesPrompts(_ settings: EngineSettings) -> Bool { false }

    package func gateRules() throws -> GateRules { .standard }
}

/// Speech at 16000 Hz, mono: a recording, finished or still growing.
package protocol SpeechSource: AnyObject {
    /// Reads what there is, at least one sample.
    ///
    /// - Parameters:
    ///   - buffer: for samples.
    ///   - patience: how long to wait for a first sample. The engine asks again, unless it has died meanwhile.
    /// - Returns: samples read; 0 at the end; nil where nothing came in time.
    func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int?

    /// Makes the next read give the speech again from a place that has been read already: another engine goes on there.
    ///
    /// Called by the thread that runs the engines, while no engine reads.
    ///
    /// - Parameter sample: counted from the beginning of the recording, at 16000 Hz.
    func restart(at sample: Int) throws

    /// Whether what was read last ends a stretch of speech: the silence behind it is long, and is not given. The read that finds it
    /// out gives nothing. A source that gives all there is never says so.
    var isAtPause: Bool { get }

    /// The recording as the file that it is, where that is as good as its samples; nil where it isn't.
    var original: OriginalFile? { get }

    /// Where somebody speaks, as far as a detector has heard; nil where none listens.
    ///
    /// - Parameter range: samples that were read, counted from the beginning of the recording.
    /// - Returns: the speech in it, in order.
    func speech(in range: Range<Int>) -> [Range<Int>]?

    /// Whether what a detector calls speech is speech for certain, and not just sound.
    var isSpeechCertain: Bool { get }
}

extension SpeechSource {
    package var isAtPause: Bool { false }

    package var original: OriginalFile? { nil }

    package func speech(in range: Range<Int>) -> [Range<Int>]? { nil }

    package var isSpeechCertain: Bool { false }
}

/// How much audio one question to an engine may hold.
package struct EngineLimits: Equatable, Sendable {
    /// nil is any.
    package var seconds: Double?

    package init(seconds: Double? = nil) {
        self.seconds = seconds
    }

    /// What both permit.
    package func and(_ other: EngineLimits) -> EngineLimits {
        EngineLimits(seconds: [seconds, other.seconds].compactMap(\.self).min())
    }
}

/// A recording as the file that it is.
package struct OriginalFile: Sendable {
    /// Open, and at whatever place; valid while the source is.
    package let descriptor: CInt
    /// Bytes.
    package let size: Int
    package let container: AudioContainer
    /// Its length.
    package let seconds: Double

    package init(descriptor: CInt, size: Int, container: AudioContainer, seconds: Double) {
        self.descriptor = descriptor
        self.size = size
        self.container = container
        self.seconds = seconds
    }
}

/// What the user asked of an engine.
package struct EngineSettings: Sendable, Equatable {
    /// Language tags (BCP 47), for example `en` or `pt-BR`; none is the engine's own choice.
    package var languages: [String]
    package var model: String?
    /// Words or a text that the recogniser should expect.
    package var prompt: String?
    /// Single words and names that it should expect.
    package var keywords: [String]
    /// How much the recogniser may guess: 0 is not at all.
    package var temperature: Double?
    /// Which times are wanted; nil is whatever the engine gives unasked.
    package var timestamps: Timestamps?
    /// Whether it is wanted who said what.
    package var speakers: Bool
    /// `--option key=value`, in order; a later value of a key counts.
    package var options: [Option]
    /// What becomes of the times.
    package var timesUse = TimesUse.none
    /// How many of these engines work at the same time: they share the machine.
    package var jobs = 1
    /// How long the engine may take after the end of the audio; nil is max(60 s, 10 × the audio's length).
    package var timeout: Duration?

    package typealias Option = (key: String, value: String)

    /// What the times are of.
    package enum Timestamps: String, CaseIterable, Sendable {
        case segment
        case word
    }

    /// What times are for, where nobody demands them of the engine.
    package enum TimesUse: Sendable {
        /// They are welcome.
        case none
        /// The engine is asked for them where it has some: they are shown.
        case shown
        /// The file format can't do without. Where the engine has none, those of the speech detector do.
        case needed
        /// The same, but nobody listens for speech.
        case neededOfEngine
    }

    /// The languages that were named: `auto`, Whisper's own word for none, is none.
    package var namedLanguages: [String] { languages.filter { $0.lowercased() != "auto" } }

    /// The language, where just one was named.
    package var language: String? { namedLanguages.count == 1 ? namedLanguages[0] : nil }

    package init(
        language: String? = nil, languages: [String] = [], model: String? = nil, prompt: String? = nil,
        keywords: [String] = [], temperature: Double? = nil, timestamps: Timestamps? = nil, speakers: Bool = false,
        options: [Option] = [], timeout: Duration? = nil
    ) {
        self.languages = language.map { [$0] } ?? languages
        self.model = model
        self.prompt = prompt
        self.keywords = keywords
        self.temperature = temperature
        self.timestamps = timestamps
        self.speakers = speakers
        self.options = options
        self.timeout = timeout
    }

    package static func == (left: EngineSettings, right: EngineSettings) -> Bool {
        left.languages == right.languages && left.model == right.model && left.prompt == right.prompt
            && left.keywords == right.keywords && left.temperature == right.temperature
            && left.timestamps == right.timestamps && left.speakers == right.speakers
            && left.jobs == right.jobs && left.timeout == right.timeout && left.timesUse == right.timesUse
            && left.options.elementsEqual(right.options, by: ==)
    }
}
