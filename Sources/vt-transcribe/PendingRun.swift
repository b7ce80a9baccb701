internal import Audio
internal import Configuration
internal import Encoding
internal import Glibc
internal import POSIX
internal import Program
internal import Text
internal import Transcription

/// `--pending`: the text of recordings that were kept.
struct PendingRun {
    /// How engines are found now.
    let setup: Setup
    /// What was said now; it comes before what was asked for then.
    let settings: EngineSettings
    let format: TranscriptFormat
    let subtitles: SubtitleRules
    let strict: Bool
    let gateOptions: GateOptions
    let gate: DetectingGate?
    let interruption: Interruption
    let output: TranscriptOutput
    let ledger: UsageLedger?
    /// Engines that keep what they have loaded from one recording to the next, by their names.
    private let loaded = LoadedEngines()

    private final class LoadedEngines {
        var engines: [String: any Engine] = [:]

        func finish() {
            for engine in engines.values { engine.finish() }
            engines = [:]
        }
    }

    init(
        setup: Setup, settings: EngineSettings, format: TranscriptFormat, subtitles: SubtitleRules, strict: Bool,
        gateOptions: GateOptions,
        gate: DetectingGate?, interruption: Interruption, output: TranscriptOutput, ledger: UsageLedger?
    ) {
        self.setup = setup
        self.settings = settings
        self.format = format
        self.subtitles = subtitles
        self.strict = strict
        self.gateOptions = gateOptions
        self.gate = gate
        self.interruption = interruption
        self.output = output
        self.ledger = ledger
    }

    /// Transcribes recordings that nobody else works on.
    ///
    /// - Parameter ids: which ones; none are all.
    func transcribe(_ ids: [String]) throws -> ExitStatus {
        let stores = PendingStores(environment: environment)
        stores.sweep()
        var statuses: [ExitStatus] = []
        func note(_ error: any Error) {
            let failure = explainFully(Transcribe.self, error)
            Log.error(failure.message, hint: failure.hint)
            statuses.append(failure.status)
        }
        let wanted = ids.isEmpty ? stores.ids(onProblem: note) : ids
        defer { loaded.finish() }
        for id in wanted {
            do {
                switch try stores.claim(id) {
                case .owned(let recording):
                    statuses.append(try transcribe(recording, isBatch: wanted.count > 1))
                    try output.settle()
                case .locked where ids.isEmpty:
                    Log.info("\(id) is being worked on by another process")
                case .locked:
                    throw Failure(.tryLater, "\(id) is being worked on by another process")
                case .missing where ids.isEmpty:
                    break  // another process was faster
                case .missing:
                    throw Failure(
                        .noInput, "no recording is named \(id)", hint: "vt-transcribe --list-pending shows them")
                }
            } catch let error as TranscriptOutput.WriteFailure {
                throw error
            } catch {
                note(error)
            }
        }
        if stores.totalSize() > PendingStore.warningSize { stores.warnOfSize() }
        return statuses.summary
    }

    private func transcribe(_ recording: PendingRecording, isBatch: Bool) throws -> ExitStatus {
        let id = recording.id
        if let version = recording.unknownVersion, self.engine == nil {
            throw Failure(
                .configuration,
                "\(id): its record is of version \(version), which this vt does not know; it stays as it is",
                hint: "a newer vt-transcribe gives its text; --engine NAME tries it without its record")
        }
        let kept = try KeptAudio(
            complete: try recording.audio.duplicate(), end: try recording.end.map { try $0.audio.duplicate() })
        if kept.size == 0 {
            try recording.discard()
            return .noSpeech
        }
        var record =
            recording.record ?? PendingRecord(created: "", engine: setup.engine.value)
        let name = self.engine ?? record.engine
        if recording.record == nil {
            Log.warning("\(id): its record can't be read; trying it as it is, with \(name)")
        }
        var engine = try findEngine(
            name, settings(for: record), try setup(for: record), isRecorded: self.engine == nil)
        if isBatch {
            // The same name can be another place, or need another key.
            let key = [name, record.baseURL ?? "", record.profile ?? ""].joined(separator: "\n")
            engine = loaded.engines[key] ?? engine.forBatch()
            loaded.engines[key] = engine
        }
        let options = AudioReader.Options(record.raw, track: record.track ?? .standard, strict: strict) {
            Log.warning($0)
        }
        let channels = ChannelPlan(
            which: record.channels.flatMap(ChannelPlan.Which.init) ?? .mix, hasTracks: record.track == .all,
            speakers: record.speakerNames)
        let speech = RecordedSpeech(kept, name: id, options: options, channels: channels.choice)
        let long = LongRecording(EnginePool(engine, size: 1, isForMany: false), partLength: nil)
        var recognition = Recognition(
            engine: long, settings: settings(for: record), gate: isGated(record) ? gate : nil,
            interruption: interruption, ledger: ledger, input: id, isDeleted: true)
        recognition.channels = channels
        // A recording that ends the process is not the first one again: it has been counted.
        let before = record
        record.attempts += 1
        record.isBeingTried = true
        if recording.unknownVersion == nil { try? recording.beginAttempt(record) }
        record.isBeingTried = false
        // All at once when it is complete: a failure in the middle must not print the beginning twice, today and next time.
        var text = ""
        interruption.begin(reading: nil)
        defer { interruption.end(reading: nil) }
        do {
            var writer = TranscriptWriter()
            let formatter = format.makeFormatter(
                input: id, engine: engine.name, subtitles: subtitles,
                namesSpeakers: settings.speakers || record.speakers || channels.namesSpeakers)
            writer.add(formatter) { text += $0 }
            var account = Account()
            let heard = try recognition.run(over: speech, into: &writer, &account)
            endIfInterrupted(recording, before)
            if case .sound(let listener) = heard {
                return try heardNothing(listener, speech, recording, record)
            }
            do {
                try output.write(text)
            } catch {
                renew(before, of: recording)
                throw error
            }
            let failed = record
            output.owe(
                TranscriptOutput.Owed(
                    id: id, discard: { try recording.discard() },
                    keep: { reason in
                        var record = failed
                        record.lastError = reason
                        renew(record, of: recording)
                    }, files: recording.files))
            if isDamaged(speech.damage) { return .badAudio }
            return heard == .words ? .done : .noSpeech
        } catch let error as TranscriptOutput.WriteFailure {
            throw error
        } catch {
            endIfInterrupted(recording, before)
            let failure = explainFully(Transcribe.self, error)
            record.lastError = failure.message
            renew(record, of: recording)
            if let error = error as? AudioError, error.code != .readFailed, error.code != .resampling {
                let path = try recording.moveToFailed()
                throw Failure(
                    failure.status, "\(failure.message); it can never work and is now \(path)", hint: failure.hint)
            }
            throw Failure(
                failure.status, error is AudioError ? failure.message : "\(id): \(failure.message)", hint: failure.hint)
        }
    }

    /// Whether somebody listens for speech in it.
    private func isGated(_ record: PendingRecord) -> Bool {
        gate != nil && (gateOptions.detector != nil || !record.isUngated)
    }

    /// - Parameter record: as it was: that somebody has ended it is no failure of the recording.
    private func endIfInterrupted(_ recording: PendingRecording, _ record: PendingRecord) {
        guard let signal = interruption.caught else { return }
        renew(record, of: recording)
        loaded.finish()
        interruption.endProcess(by: signal)
    }

    /// The recording is not silent, and the engine has no word for it.
    private func heardNothing(
        _ listener: Recognition.Listener, _ speech: RecordedSpeech, _ recording: PendingRecording,
        _ record: PendingRecord
    ) throws -> ExitStatus {
        var record = record
        let wasTried = record.heardNothing == listener.name
        record.heardNothing = listener.name
        renew(record, of: recording)
        let loudness = "\(listener.verdict), but it is not silent (\(Int(speech.loudest.rounded())) dB)"
        if wasTried {
            // The same listener hears the same again, today and from every timer.
            let path = try recording.moveToFailed()
            Log.warning("\(recording.id): again \(loudness); it is now \(path)")
        } else {
            Log.warning(
                "\(recording.id): \(loudness); it is still kept",
                hint: listener.hint(for: recording.id))
        }
        return .noSpeech
    }

    private func renew(_ record: PendingRecord, of recording: PendingRecording) {
        // It says more than we could write.
        if recording.unknownVersion != nil { return }
        do throws(SystemError) {
            try recording.update(record)
        } catch {
            // The recording is as it was; only the count is not.
            Log.warning("\(recording.id): its record could not be renewed: \(error)")
        }
    }

    /// The engine that was asked for now; nil is the one that was asked for then.
    private var engine: String? {
        setup.engineOption ?? (setup.options.baseURL == nil ? nil : Setup.namelessEngine)
    }

    /// Where the engine was then, and the profile that its key is in.
    private func setup(for record: PendingRecord) throws -> Setup {
        if engine != nil { return setup }
        var options = setup.options
        options.baseURL = record.baseURL
        var configuration = setup.configuration
        if configuration.profile == nil, let profile = record.profile {
            configuration = try configuration.choosing(profile: profile)
        }
        return Setup(
            configuration: configuration, options: options, engineOption: nil, printsTimings: setup.printsTimings)
    }

    /// What was asked for when it was recorded, and what is asked for now, which counts.
    private func settings(for record: PendingRecord) -> EngineSettings {
        // An engine of today's choice does not know the other one's model and options.
        let isSame = engine == nil || engine == record.engine
        var result = EngineSettings(
            languages: settings.languages.isEmpty ? record.languages : settings.languages,
            model: settings.model ?? (isSame ? record.model : nil), prompt: settings.prompt ?? record.prompt,
            keywords: settings.keywords.isEmpty ? record.keywords : settings.keywords,
            temperature: settings.temperature ?? record.temperature,
            timestamps: settings.timestamps ?? record.timestamps, speakers: settings.speakers || record.speakers,
            options: (isSame ? record.options.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } : [])
                + settings.options,
            timeout: settings.timeout)
        result.timesUse = [format].timesUse(isGated: isGated(record))
        if record.channels == "each" || record.track == .all {
            result.timesUse = result.timesUse.forChannels(isGated: isGated(record))
        }
        return result
    }
}

/// `--list-pending`: a line for each recording: name, bytes, state, engine, attempts, what the last one failed with.
func printPending() throws -> ExitStatus {
    var text = ""
    var statuses: [ExitStatus] = []
    let entries = PendingStores(environment: environment).entries { error in
        Log.error(error.description)
        statuses.append(.inputOutput)
    }
    for entry in entries {
        let record = entry.record
        let fields = [
            entry.id, String(entry.size), entry.isLocked ? "busy" : "waiting", record?.engine ?? "?",
            String(record?.attempts ?? 0), entry.problem,
        ]
        text += fields.map(\.sanitized).joined(separator: "\t") + "\n"
    }
    try TranscriptOutput(path: nil).write(text)
    return statuses.isEmpty ? .done : statuses.summary
}

extension PendingEntry {
    /// Why there is no text yet, as far as it is known.
    fileprivate var problem: String {
        if let unknownVersion { return "its record is of version \(unknownVersion)" }
        if record?.isBeingTried == true, !isLocked { return "the process that tried it ended in its midst" }
        return record?.lastError ?? record?.heardNothing.map { "\($0) heard no words" } ?? ""
    }
}

/// `--discard`: deletes recordings that nobody works on.
func discardPending(_ ids: [String]) throws -> ExitStatus {
    let stores = PendingStores(environment: environment)
    var statuses: [ExitStatus] = []
    for id in ids {
        switch try stores.claim(id) {
        case .owned(let recording):
            try recording.discard()
            statuses.append(.done)
        case .locked:
            Log.error("\(id) is being worked on by another process", hint: "end that one first")
            statuses.append(.tryLater)
        case .missing:
            Log.error("no recording is named \(id)", hint: "vt-transcribe --list-pending shows them")
            statuses.append(.noInput)
        }
    }
    return statuses.summary
}

extension PendingStores {
    /// Tells the user that much has gathered.
    func warnOfSize() {
        Log.warning(
            "recordings without text take \(totalSize() >> 20) MiB in \(all[0].directory)",
            hint: "vt-transcribe --pending gives their text, --discard ID deletes one")
    }
}
