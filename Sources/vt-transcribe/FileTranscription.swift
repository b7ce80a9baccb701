internal import Audio
internal import Batch
internal import Encoding
internal import Glibc
internal import POSIX
internal import Program
internal import Synchronization
internal import Text
internal import Transcription

/// An open file that several hold: the last of them closes it.
final class InputFile: Sendable {
    let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }
}

/// One input of a batch, from its bytes to its transcript.
struct FileTranscription {
    private let batch: Batch
    private let input: BatchInput
    /// Its place in the order of all.
    private let number: Int
    private let gate: DetectingGate?

    private var task: Batch.Task { batch.task }
    private var isStandardInput: Bool { input.path.bytes == Array("-".utf8) }
    private var name: String { isStandardInput ? "standard input" : input.path.description }
    /// What the transcript calls it, where it does.
    private var label: String? { task.namesInputs && task.folder == nil ? input.path.description : nil }
    private let start = ContinuousClock.now

    init(_ batch: Batch, _ input: BatchInput, _ number: Int, _ gate: DetectingGate?) {
        self.batch = batch
        self.input = input
        self.number = number
        self.gate = gate
    }

    /// Transcribes it.
    ///
    /// - Parameter write: takes the text where it has no file of its own.
    /// - Returns: what became of it, where that is no error.
    func run(write: @escaping TranscriptWriter.Write) throws -> InputReport {
        // Standard input is read where it is; a file is this call's own.
        var status = stat()
        let file =
            isStandardInput
            ? nil : InputFile(try FileTranscription.open(input.path, waits: task.folder == nil, &status))
        let descriptor = file?.descriptor.number ?? STDIN_FILENO
        if file == nil { fstat(descriptor, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            guard task.folder == nil else {
                throw Failure(.usage, "\(name) is no file; --output-dir is for files")
            }
            // How much it will be is known when it has been sent.
            guard task.budget == nil else {
                throw Failure(.usage, "\(name) is no file; --max-audio is for files")
            }
            return try transcribePipe(descriptor, of: file, write)
        }
        guard let folder = task.folder else { return try transcribeFile(descriptor, status, nil, write) }
        let formats = task.formats.map(\.rawValue)
        let claim: OutputFolder.Claim
        do throws(SystemError) {
            claim = try folder.claim(
                input.name, stamp: task.stamp(of: status), content: { task.contentStamp(of: descriptor) },
                formats: formats, resumes: task.resumes)
        } catch {
            let failure = Failure(.cannotCreate, "\(name): its output can't be created: \(error)")
            let isEverybodys =
                NoRoom.codes.contains(error.code) || [EACCES, ENOTDIR].contains(error.code) && !folder.isWritable
            throw isEverybodys ? NoRoom(failure: failure) : failure
        }
        switch claim {
        case .busy:
            Log.info("\(name): another process is working on it")
            return InputReport(input.path, .busy, status: 0)
        case .complete(let status):
            var report = InputReport(input.path, .complete, status: status)
            report.outputs = formats.map { folder.output(input.name, format: $0) }
            if status != Int(ExitStatus.done.rawValue), status != Int(ExitStatus.noSpeech.rawValue) {
                // Who has not seen it is told, as when a run was repeated by another program.
                let error = "\(name) is damaged; what could be decoded was transcribed before"
                Log.error(error)
                report.error = error
            }
            return report
        case .mine(let claim):
            return try transcribeFile(descriptor, status, claim, write)
        }
    }

    /// Transcribes a regular file.
    ///
    /// - Parameters:
    ///   - before: what it was when it was opened.
    ///   - claim: takes the outputs where they are files of their own.
    private func transcribeFile(
        _ descriptor: CInt, _ before: stat, _ claim: OutputClaim?, _ write: @escaping TranscriptWriter.Write
    ) throws -> InputReport {
        let (name, isStandardInput) = (name, isStandardInput)
        let options = AudioReader.Options(task.raw, track: task.track, strict: task.strict) {
            Log.warning($0)
        }
        // Where standard input stands is where this recording begins.
        let origin = isStandardInput ? lseek(descriptor, 0, SEEK_CUR) : 0
        let speech = RecordedSpeech(
            opening: {
                if !isStandardInput { return FileSource(descriptor, name: name) }
                // Whoever reads standard input next goes on behind what was read.
                lseek(descriptor, origin, SEEK_SET)
                return DescriptorSource(borrowing: descriptor, name: name)
            }, file: origin == 0 ? descriptor : nil, name: name, options: options,
            channels: task.channels.choice)
        batch.progress?.reads(number, speech.heard)
        batch.interruption.begin(reading: nil)
        defer { batch.interruption.end(reading: nil) }
        var account = Account()
        do {
            var writer = TranscriptWriter()
            for format in task.formats {
                let formatter = format.makeFormatter(
                    input: label, engine: batch.engines.engine.name, subtitles: task.subtitles,
                    namesSpeakers: task.namesSpeakers)
                if let claim {
                    let file = try claim.open(format.rawValue)
                    writer.add(formatter) { try file.write($0) }
                } else {
                    writer.add(formatter, write)
                }
            }
            let parts = Atomic(1)
            let engine = LongRecording(
                batch.engines, partLength: task.partLength, budget: task.budget, pace: task.pace,
                // Parts are known by their times, which several channels or tracks have in common.
                finished: task.channels.namesSpeakers
                    ? nil : claim.map { FinishedParts(at: $0.partsPath, stamp: $0.stamp.description) }
            ) { parts.store($0, ordering: .relaxed) }
            let recognition = Recognition(
                engine: engine, settings: task.settings, gate: gate, interruption: batch.interruption,
                channels: task.channels, ledger: task.ledger, input: isStandardInput ? nil : name)
            let heard: Recognition.Heard
            do {
                defer { account.parts = parts.load(ordering: .relaxed) }
                heard = try recognition.run(over: speech, into: &writer, &account)
            }
            if batch.interruption.caught != nil { throw EngineError(.cancelled, "interrupted") }
            let content = claim == nil ? nil : task.contentStamp(of: descriptor)
            try refuseChange(of: descriptor, since: before)
            let isBad = isDamaged(speech.damage)
            var report = InputReport(
                input.path,
                isBad ? .failed : heard == .words ? .done : heard.isUnheardSpeech ? .noWords : .noSpeech,
                status: Int((isBad ? ExitStatus.badAudio : heard == .words ? .done : .noSpeech).rawValue))
            report.fill(account, seconds: speech.seconds)
            report.error = speech.damage?.description
            report.took = (ContinuousClock.now - start) / .seconds(1)
            if heard.isUnheardSpeech {
                // An empty transcript would say that there is nothing to hear, and the next run believe it.
                let problem = "\(engine.name) heard no words, but somebody speaks in it"
                Log.warning(
                    "\(name): \(problem)",
                    hint: "--engine NAME tries another; VT_LOG=debug shows what the engine writes")
                report.error = report.error ?? problem
                if !isBad { return report }
            }
            guard let claim else { return report }
            report.outputs = try claim.complete()
            // What could be decoded of a damaged file is worth having; but it is no more than that.
            let spared = try claim.commit(
                status: report.status, content: content, facts: report.json,
                mayHaveParts: speech.seconds > LongRecording.shortestPart)
            for file in spared { Log.spared(file.path.description, written: file.written.description) }
            return report
        } catch let failure as TranscriptOutput.WriteFailure {
            throw failure
        } catch {
            throw Failed(underlying: named(error), account: account, seconds: speech.seconds)
        }
    }

    /// An error of one input, and what it had cost by then.
    struct Failed: Error {
        let underlying: any Error
        let account: Account
        let seconds: Double
    }

    /// Where the transcripts go nothing can be written any more: what the next one costs would be in vain as well.
    struct NoRoom: Error {
        let failure: Failure

        static let codes = [ENOSPC, EDQUOT, EROFS]
    }

    /// The error with the input's name, where it does not say it itself.
    private func named(_ error: any Error) -> any Error {
        // That the system has failed us says nothing of the engine: then it is the input that one looks for.
        if var error = error as? EngineError, task.namesInputs || error.code == .internalError {
            error.message = "\(name): \(error.message)"
            error.retryAfter = nil
            return error
        }
        if let error = error as? SystemError, task.folder != nil {
            // Of reading it there would be an AudioError.
            let failure = Failure(
                [ENOSPC, EDQUOT, EFBIG, EIO, EMFILE, ENFILE].contains(error.code) ? .inputOutput : .cannotCreate,
                "\(name): \(error)")
            return NoRoom.codes.contains(error.code) ? NoRoom(failure: failure) : failure
        }
        return error
    }

    /// A file that somebody writes to is not what was transcribed.
    private func refuseChange(of descriptor: CInt, since before: stat) throws {
        var after = stat()
        guard task.folder != nil, fstat(descriptor, &after) == 0 else { return }
        let isSame =
            before.st_size == after.st_size && before.st_mtim.tv_sec == after.st_mtim.tv_sec
            && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec
        if !isSame {
            throw Failure(
                .tryLater, "\(name) has changed while it was read",
                hint: "transcribe it when nobody writes to it any more")
        }
    }

    private func transcribePipe(
        _ descriptor: CInt, of file: InputFile?, _ write: @escaping TranscriptWriter.Write
    ) throws -> InputReport {
        var writer = TranscriptWriter()
        for format in task.formats {
            writer.add(
                format.makeFormatter(
                    input: label, engine: batch.engines.engine.name, subtitles: task.subtitles,
                    namesSpeakers: task.namesSpeakers), write)
        }
        // One pipe is one recording: its parts come in turn.
        let makeEngine = { [batch, task] in
            LongRecording(EnginePool(batch.engines.engine, size: 1, isForMany: false), partLength: task.partLength)
        }
        let recognition = Recognition(
            engine: makeEngine(), settings: task.settings, gate: gate, interruption: batch.interruption,
            channels: task.channels, engineOfChannel: makeEngine, ledger: task.ledger, input: label, isDeleted: true)
        let pipe = PipeInput(
            recognition: recognition, name: name, isNamed: label != nil, raw: task.raw, track: task.track,
            strict: task.strict,
            isKept: task.isKept, recordingName: task.recordingName, setup: task.setup, output: batch.output)
        return try pipe.transcribe(descriptor, of: file, input.path, writer)
    }

    /// Opens an input; what is no file of any kind is refused.
    ///
    /// - Parameters:
    ///   - waits: whether a FIFO is opened when somebody writes to it, and not before.
    ///   - status: set to what it is.
    static func open(_ input: Path, waits: Bool, _ status: inout stat) throws -> Descriptor {
        do throws(SystemError) {
            let descriptor = try Descriptor.open(input, O_RDONLY | O_NOCTTY | (waits ? 0 : O_NONBLOCK))
            try retrying("fstat", on: input.description) { fstat(descriptor.number, &status) }
            if status.st_mode & S_IFMT == S_IFDIR {
                throw SystemError(code: EISDIR, call: "open", subject: input.description)
            }
            if status.st_mode & S_IFMT == S_IFCHR, isatty(descriptor.number) == 1 {
                throw SystemError(code: ENOTTY, call: "open", subject: input.description)
            }
            return descriptor
        } catch {
            switch error.code {
            case EISDIR: throw Failure(.noInput, "\(input) is a folder, not a file", hint: "name the files in it")
            case ENOTTY: throw Failure(.usage, "\(input) is a terminal, not audio")
            case ENOENT where input.bytes.last == UInt8(ascii: "\r"):
                throw Failure(
                    .noInput, "\(input): \(error.reason)",
                    hint: "its name ends with a carriage return, as lines of Windows do; tr -d '\\r' removes them")
            case ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, ENXIO:
                throw Failure(.noInput, "\(input): \(error.reason)")
            default: throw error
            }
        }
    }
}

extension InputReport {
    /// Adds what was measured.
    mutating func fill(_ account: Account, seconds: Double) {
        self.seconds = seconds > 0 ? seconds : nil
        attempts = account.attempts
        secondsSent = account.attempts > 0 ? account.secondsSent : nil
        engine = account.engine
        parts = account.parts
        coverage = account.coverage
    }
}
