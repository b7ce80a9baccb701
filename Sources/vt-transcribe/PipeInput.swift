internal import Audio
internal import Batch
internal import Configuration
internal import Encoding
internal import Glibc
internal import POSIX
internal import Program
internal import Synchronization
internal import Transcription

/// A name that the caller has chosen for a recording.
struct RecordingName {
    let id: String
    /// Whether it is an error that there is one of that name; otherwise it gets another.
    let isDemanded: Bool
}

/// Audio that comes once only: from a pipe, a FIFO, a socket or a device.
///
/// A thread of its own takes it from there and keeps it at once; the engine reads behind it. So neither a slow engine nor one that
/// has failed ever makes a recorder wait, and what was said stays until its text is out.
struct PipeInput {
    let recognition: Recognition
    /// What messages call it.
    let name: String
    /// Whether messages that are about the engine say it, too, since there are several inputs.
    let isNamed: Bool
    let raw: HeaderlessInput?
    let track: TrackChoice
    let strict: Bool
    let isKept: Bool
    let recordingName: RecordingName?
    /// Where the engine is, which the record says, too.
    let setup: Setup
    /// Where its text goes, which says when it has arrived.
    let output: TranscriptOutput

    private static let hasWarned = Atomic(false)

    /// Transcribes it to its end.
    ///
    /// - Parameters:
    ///   - descriptor: what to read.
    ///   - file: its owner; nil for standard input.
    ///   - path: what the report calls it.
    ///   - writer: takes the transcript.
    func transcribe(
        _ descriptor: CInt, of file: InputFile?, _ path: Path, _ writer: TranscriptWriter
    ) throws -> InputReport {
        let recording = try makeRecording()
        let kept = try recording?.audio ?? KeptAudio(Descriptor.temporaryFile())
        let reader = PipeReader(descriptor, of: file, name: name, into: kept) { [recording] reason in
            PipeInput.warnOfOverflow(reason, recording)
        }
        recognition.interruption.begin(reading: kept)
        defer { recognition.interruption.end(reading: kept) }
        try reader.start()
        if let recording {
            try Thread("sync") { kept.synchroniseEverySecond { recording.synchroniseNames() } }.detach()
        }
        defer { kept.settle() }
        let interruption = recognition.interruption
        let options = AudioReader.Options(raw, track: track, strict: strict) { problem in
            // That a signal ended the audio early is said already.
            if interruption.caught == nil { Log.warning(problem) }
        }
        let speech = RecordedSpeech(kept, name: name, options: options, channels: recognition.channels.choice)
        var account = Account()
        var writer = writer
        var report: InputReport
        do {
            let heard = try recognition.run(over: speech, into: &writer, &account)
            try endIfInterrupted(kept, recording)
            let status = try finish(heard, speech, kept, recording, reader)
            let outcome: InputReport.Outcome =
                status == .done ? .done : status != .noSpeech ? .failed : heard.isUnheardSpeech ? .noWords : .noSpeech
            report = InputReport(path, outcome, status: Int(status.rawValue))
            report.error = speech.damage?.description
        } catch {
            try endIfInterrupted(kept, recording)
            let failure = try fail(error, speech, kept, recording, reader)
            report = InputReport(path, .failed, status: Int(failure.status.rawValue))
            report.error = failure.message
        }
        report.fill(account, seconds: speech.seconds)
        return report
    }

    /// The text is out, or there is none.
    private func finish(
        _ heard: Recognition.Heard, _ speech: RecordedSpeech, _ kept: KeptAudio, _ recording: KeptRecording?,
        _ reader: PipeReader
    ) throws -> ExitStatus {
        // What could not be read is not in the text, and may be in the recording.
        if let failure = reader.failure { throw failure }
        if case .sound(let listener) = heard, let recording {
            var record = recording.record
            record.heardNothing = listener.name
            let place = keep(recording, record)
            Log.warning(
                "\(listener.verdict), but the recording is not silent "
                    + "(\(Int(speech.loudest.rounded())) dB); it is kept as \(place)",
                hint: listener.hint(for: recording.id))
        } else if heard == .words, let recording {
            // An engine may be content before the end of the input; nothing more of it is wanted then.
            output.owe(owed(recording))
        } else {
            try recording?.discard()
        }
        if isDamaged(speech.damage) { return .badAudio }
        return heard == .words ? .done : .noSpeech
    }

    /// A recording whose text is written; what is not delivered can be asked for again.
    private func owed(_ recording: KeptRecording) -> TranscriptOutput.Owed {
        TranscriptOutput.Owed(
            id: recording.id, discard: { try recording.discard() },
            keep: { reason in
                var record = recording.record
                record.attempts += 1
                record.lastError = reason
                keep(recording, record)
            }, files: recording.files)
    }

    private func fail(
        _ error: any Error, _ speech: RecordedSpeech, _ kept: KeptAudio, _ recording: KeptRecording?,
        _ reader: PipeReader
    ) throws -> Failure {
        if kept.size == 0, let failure = reader.failure {
            // Not empty: unreadable.
            try? recording?.discard()
            throw failure
        }
        if let error = error as? AudioError, !speech.hasBegun, error.code == .notAudio || error.code == .truncated {
            // Its first bytes say that this is no recording at all. The writer learns it at once.
            try? recording?.discard()
            throw error
        }
        let failure = explainFully(Transcribe.self, error)
        let prefix = error is EngineError && isNamed ? "\(name): " : ""
        // Said at once, also where the recording goes on for an hour.
        if let recording {
            Log.error(
                "\(prefix)\(failure.message); the recording is kept as \(name(of: recording))",
                hint: failure.hint ?? "vt-transcribe --pending gives its text later")
        } else {
            Log.error("\(prefix)\(failure.message)", hint: failure.hint)
        }
        // Without a reader of the text nobody is left to work for; otherwise the rest of the recording is worth as much.
        if !(error is TranscriptOutput.WriteFailure), recording != nil { kept.waitUntilFinished() }
        try endIfInterrupted(kept, recording)
        if let recording, kept.size == 0 {
            try recording.discard()
        } else if let recording {
            var record = recording.record
            record.attempts += 1
            record.lastError = failure.message
            keep(recording, record)
        }
        if error is TranscriptOutput.WriteFailure { throw Batch.Ended(status: failure.status) }
        return failure
    }

    /// Keeps the recording where a signal ends the program; the batch then ends it.
    private func endIfInterrupted(_ kept: KeptAudio, _ recording: KeptRecording?) throws {
        guard let signal = recognition.interruption.caught else { return }
        if let recording, kept.size > 0 {
            Log.warning("interrupted; the recording is kept as \(keep(recording, recording.record))")
        } else {
            try? recording?.discard()
        }
        throw EngineError(.cancelled, "ended by signal \(signal)")
    }

    /// Makes sure that the recording is whole and lasts.
    ///
    /// - Returns: its name, and where it is unless one finds it there anyway.
    @discardableResult
    private func keep(_ recording: KeptRecording, _ record: PendingRecord) -> String {
        let before = recording.secondPlace
        if case .lost(let bytes, let reason) = recording.keep(record) {
            Log.error("the last \(bytes) bytes of \(recording.id) are lost: there is no room for them (\(reason))")
        } else if let place = recording.secondPlace, place != before {
            Log.warning("\(recording.id) is kept in \(place)")
        }
        let stores = PendingStores(environment: environment)
        if stores.totalSize() > PendingStore.warningSize { stores.warnOfSize() }
        return name(of: recording)
    }

    private func name(of recording: KeptRecording) -> String {
        recording.id + (recording.secondPlace.map { " in \($0)" } ?? "")
    }

    private static func warnOfOverflow(_ reason: SystemError, _ recording: KeptRecording?) {
        if let place = recording?.secondPlace {
            Log.warning("the recording goes on in \(place): \(reason)")
        } else {
            Log.warning(
                "the recording can't be kept any further (\(reason.reason)); what follows is in a temporary file",
                hint: "make room; if this program is killed, what can't be brought back is lost")
        }
    }

    /// Begins the recording; nil if it shall not be kept.
    private func makeRecording() throws -> KeptRecording? {
        guard isKept else { return nil }
        let now = time(nil)
        let record = makeRecord(at: now)
        let stores = PendingStores(environment: environment)
        do throws(SystemError) {
            if let name = recordingName {
                do throws(SystemError) {
                    return try begin(name.id, record, in: stores)
                } catch  where error.code == EEXIST && !name.isDemanded {}
            }
            return try begin(PendingStore.makeID(at: now), record, in: stores)
        } catch {
            guard let name = recordingName, name.isDemanded, error.code == EEXIST else { throw error }
            throw Failure(
                .cannotCreate, "there is a recording named \(name.id) already",
                hint: "vt-transcribe --pending gives its text, --discard deletes it")
        }
    }

    private func begin(
        _ id: String, _ record: PendingRecord, in stores: PendingStores
    ) throws(SystemError) -> KeptRecording {
        var problem = stores.hasUsersOwn ? nil : "neither XDG_STATE_HOME nor HOME names a folder"
        let recording = try KeptRecording(id, record, in: stores) { problem = problem ?? $0.description }
        if let problem, !PipeInput.hasWarned.exchange(true, ordering: .relaxed) {
            if let place = recording.secondPlace {
                Log.warning("recordings are kept in \(place): \(problem)")
            } else {
                Log.warning(
                    "recordings can't be kept: \(problem)",
                    hint: "if the engine fails, what was said may be lost; --no-keep says so on purpose")
            }
        }
        return recording
    }

    private func makeRecord(at now: Int) -> PendingRecord {
        let settings = recognition.settings
        var record = PendingRecord(
            created: PendingStore.timestamp(now), engine: absolute(recognition.engine.name),
            languages: settings.languages, model: settings.model, prompt: settings.prompt,
            options: Dictionary(settings.options.map { ($0.key, $0.value) }) { _, last in last }, raw: raw,
            track: track,
            strict: strict, isUngated: recognition.gate == nil)
        record.keywords = settings.keywords
        record.temperature = settings.temperature
        record.timestamps = settings.timestamps
        record.speakers = settings.speakers
        if recognition.channels.which != .mix { record.channels = recognition.channels.which.text }
        record.speakerNames = recognition.channels.speakers
        record.baseURL = setup.options.baseURL
        record.profile = setup.configuration.profile
        return record
    }

    /// Engines by names and paths that mean the same in another folder, where a timer runs `--pending`.
    private func absolute(_ engines: String) -> String {
        engineNames(engines).map { engine in
            guard engine.contains("/"), let path = realpath(engine, nil) else { return engine }
            defer { free(path) }
            return String(cString: path)
        }.joined(separator: ",")
    }
}
