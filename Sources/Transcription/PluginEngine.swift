internal import Audio
internal import Glibc
package import Plugins
internal import Synchronization
internal import Text

/// An engine in a process of its own: the operation `transcribe-v1` of a plugin (vt-plugin(7)).
package struct PluginEngine: Engine {
    package let plugin: Plugin
    package let description: PluginDescription
    /// Sees each line that the plugin writes on standard error, sanitised; for debugging.
    private let onMessage: (@Sendable (String) -> Void)?

    package var name: String { plugin.name }

    package var beginsBeforeSpeech: Bool { description.standsBy }

    package func gateRules() -> GateRules {
        description.pause.map { GateRules(pause: $0) } ?? .standard
    }

    /// - Parameters:
    ///   - description: what the plugin said of itself.
    ///   - onMessage: gets the plugin's standard error line by line.
    package init(
        _ plugin: Plugin, _ description: PluginDescription, onMessage: (@Sendable (String) -> Void)? = nil
    ) {
        self.plugin = plugin
        self.description = description
        self.onMessage = onMessage
    }

    /// Finds a plugin of vt-transcribe and asks it what it is.
    package static func find(
        _ name: String, in search: PluginSearch = .standard, cache: DescriptionCache? = .standard,
        onMessage: (@Sendable (String) -> Void)? = nil
    ) throws(EngineError) -> PluginEngine {
        do {
            let plugin = try Plugin.find(host: "vt-transcribe", name: name, in: search)
            return PluginEngine(plugin, try plugin.describe(cache: cache), onMessage: onMessage)
        } catch {
            throw EngineError(error)
        }
    }

    package func forBatch() -> any Engine { description.takesFiles ? BatchEngine(self) : self }

    /// What takes the plugin's standard error; nil where nobody wants it.
    func makeMessageCollector() -> ((UnsafeRawBufferPointer) -> Void)? {
        guard let onMessage else { return nil }
        var messages = LineCollector(onLine: onMessage)
        return { messages.add($0) }
    }

    package func knownOptions() -> Set<String>? { Set(description.options.map(\.name)) }

    package func transcribe(
        _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
        onEvent: (RecognitionEvent) throws -> Void
    ) throws {
        // What an engine does not understand it is not told, and can't heed.
        var demands = Demands(settings, of: description)
        for warning in demands.warnings { try onEvent(warning) }
        var reader = EventReader()
        var messages = LineCollector(onLine: onMessage)
        let feed = SpeechFeed(audio, asWAV: description.input == .wav, mustHoldSpeech: description.standsBy)
        let limits = ChildProcess.TimeLimits(afterInput: { [timeout = settings.timeout] in
            timeout ?? max(.seconds(60), .seconds(10 * feed.secondsRead))
        })
        let outcome: ChildProcess.Outcome
        do {
            let call = Plugin.Call(
                "transcribe-v1", variables: try variables(settings), secrets: description.secrets)
            outcome = try plugin.withProcess(for: call) { child in
                try child.stream(
                    limits: limits, cancellation: cancellation, lineLimit: EventLine.maximumLength,
                    feed: { try feed.fill($0) },
                    onErrors: onMessage == nil ? nil : { messages.add($0) },
                    onLine: { line in
                        guard let event = reader.read(line) else { return }
                        demands.note(event)
                        try onEvent(event)
                    })
            }
        } catch let error as PluginError {
            try onEvent(asked(settings, seconds: feed.secondsRead))
            throw EngineError(error)
        } catch is SpeechFeed.NobodySpoke {
            return
        }
        try onEvent(asked(settings, seconds: feed.secondsRead))
        try judge(outcome, reader, secondsRead: feed.secondsRead)
        if let missing = demands.failure(of: name) { throw missing }
    }

    /// That it was asked, which costs nothing that anybody charges for.
    func asked(_ settings: EngineSettings, seconds: Double) -> RecognitionEvent {
        .asked(EngineRequest(engine: name, model: settings.model, seconds: seconds))
    }

    /// Turns the way in which the process ended into success or an error (DESIGN §4, "Fail").
    private func judge(_ outcome: ChildProcess.Outcome, _ reader: EventReader, secondsRead: Double) throws(EngineError)
    {
        let status: CInt
        switch outcome.termination {
        case .signalled(let signal):
            throw died(of: signal, reader, outcome)
        case .exited(let code): status = code
        }
        if status == 0 {
            // What it did not read it did not recognise: to call that a transcript would lose the rest without a word.
            guard outcome.hasReadItsInput else {
                throw EngineError(
                    .protocolError,
                    "\(name): it ended before its audio did (\(decimal(secondsRead, places: 1)) s were sent)")
            }
            if reader.eventCount == 0, let stray = reader.firstStray {
                throw EngineError(.protocolError, "\(name): it wrote no events, but “\(stray)”")
            }
        }
        if let failure = failure(status: status, reader, outcome.lastErrorLine) { throw failure }
    }

    /// What an exit status means, or the one of a file of a batch; nil where it is 0.
    func failure(status: CInt, _ reader: EventReader, _ lastErrorLine: String?) -> EngineError? {
        let said = lastWords(reader, lastErrorLine)
        if status == 0 {
            // It contradicts itself; of the two the failure is believed, which loses nothing.
            guard reader.error != nil else { return nil }
            return EngineError(
                .protocolError, message(said, "it wrote an error") + " (it ended with status 0 all the same)",
                hint: reader.errorHint)
        }
        guard let code = EngineError.Code(rawValue: Int(status)) else {
            return EngineError(.protocolError, message(said, "it ended with status \(status)"))
        }
        // What it says itself may pass in a moment: a server that is just starting. That we gave up waiting for it does not.
        let mayPass = code == .tryLater || code == .unavailable
        return EngineError(
            code, message(said, "it failed with status \(status)"), hint: reader.errorHint,
            retryAfter: mayPass ? .seconds(1) : nil)
    }

    /// Why a process of a batch ended before it had answered.
    func failure(ofBatch outcome: ChildProcess.Outcome, _ reader: EventReader) -> EngineError {
        switch outcome.termination {
        case .exited(let status):
            failure(status: status, reader, outcome.lastErrorLine)
                ?? EngineError(.protocolError, "\(name): it ended before it had answered")
        case .signalled(let signal): died(of: signal, reader, outcome)
        }
    }

    /// A process that was killed, and not by us, has done nothing wrong: the system does that to the largest one if memory runs out.
    private func died(of signal: CInt, _ reader: EventReader, _ outcome: ChildProcess.Outcome) -> EngineError {
        guard signal != SIGKILL else {
            let killed = "it was killed (signal 9), as the system does if memory runs out"
            let said = lastWords(reader, outcome.lastErrorLine).map { "\($0); \(killed)" }
            var error = EngineError(
                .unavailable, message(said, killed), hint: "a smaller model, or fewer --jobs, takes less memory")
            error.mayBeTheRecordings = true
            return error
        }
        return EngineError(
            .protocolError, message(lastWords(reader, outcome.lastErrorLine), "it died of signal \(signal)"))
    }

    /// What it says itself: its last `error` line, else its last line on standard error.
    private func lastWords(_ reader: EventReader, _ lastErrorLine: String?) -> String? {
        (reader.error ?? lastErrorLine)?.sanitized.trimmed.prefix(1000).description
    }

    private func message(_ said: String?, _ otherwise: String) -> String {
        "\(name): " + (said.flatMap { $0.isEmpty ? nil : $0 } ?? otherwise)
    }

    func variables(_ settings: EngineSettings) throws(PluginError) -> [String: String] {
        var result = try description.variables(for: settings.options, of: name)
        result["VT_AUDIO"] = description.input.rawValue
        result["VT_RATE"] = String(AudioFormat.speech.sampleRate)
        result["VT_CHANNELS"] = String(AudioFormat.speech.channels)
        result["VT_LANGUAGE"] = settings.language
        result["VT_MODEL"] = settings.model
        result["VT_PROMPT"] = settings.prompt
        if settings.jobs > 1 { result["VT_JOBS"] = String(settings.jobs) }
        for setting in description.heeds {
            switch setting {
            case .languages where !settings.namedLanguages.isEmpty:
                result["VT_LANGUAGES"] = settings.namedLanguages.joined(separator: ",")
            case .keywords where !settings.keywords.isEmpty:
                result["VT_KEYWORDS"] = settings.keywords.map {
                    $0.split(whereSeparator: \.isNewline).joined(separator: " ")
                }
                .joined(separator: "\n")
            case .temperature: result["VT_TEMPERATURE"] = settings.temperature.map { "\($0)" }
            case .speakers where settings.speakers: result["VT_SPEAKERS"] = "yes"
            case .timestamps: result["VT_TIMESTAMPS"] = settings.timestamps?.rawValue
            default: break
            }
        }
        return result
    }
}

/// Speech as the bytes that a plugin reads.
///
/// The thread that feeds the child is alone with the source; the count is shared.
private final class SpeechFeed: @unchecked Sendable {
    private let source: any SpeechSource
    private var header: [UInt8]
    private let mustHoldSpeech: Bool
    private let samplesRead = Atomic(0)

    /// There was not one sample. The child that stood by for them is stopped, rather than made to recognise nothing: it may be
    /// loading its model still.
    struct NobodySpoke: Error {}

    /// - Parameters:
    ///   - asWAV: whether a header comes first.
    ///   - mustHoldSpeech: whether a source without a sample is `NobodySpoke`.
    init(_ source: any SpeechSource, asWAV: Bool, mustHoldSpeech: Bool) {
        self.source = source
        self.mustHoldSpeech = mustHoldSpeech
        header = asWAV ? WAVHeader.streaming(.speech) : []
    }

    var secondsRead: Double {
        Double(samplesRead.load(ordering: .relaxed)) / Double(AudioFormat.speech.sampleRate)
    }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int? {
        if !header.isEmpty {
            let count = header.count
            buffer.copyBytes(from: header)
            header = []
            return count
        }
        // s16le is what an Int16 is in memory on every machine that Swift for Linux runs on.
        guard let count = try source.read(into: buffer.bindMemory(to: Int16.self), within: .milliseconds(100)) else {
            return nil
        }
        if count == 0, mustHoldSpeech, samplesRead.load(ordering: .relaxed) == 0 { throw NobodySpoke() }
        samplesRead.add(count, ordering: .relaxed)
        return count * 2
    }
}

/// Lines out of the chunks of a plugin's standard error; a line past 4 KiB is cut.
private struct LineCollector {
    let onLine: (@Sendable (String) -> Void)?
    private var begun: [UInt8] = []

    init(onLine: (@Sendable (String) -> Void)?) {
        self.onLine = onLine
    }

    mutating func add(_ chunk: UnsafeRawBufferPointer) {
        for byte in chunk {
            if byte == UInt8(ascii: "\n") {
                if !begun.isEmpty { onLine?(String(decoding: begun, as: UTF8.self).sanitized) }
                begun.removeAll(keepingCapacity: true)
            } else if begun.count < 4096 {
                begun.append(byte)
            }
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.last?.isWhitespace == true { rest.removeLast() }
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        return String(rest)
    }
}
