internal import Audio
internal import Encoding
internal import Glibc
internal import POSIX
internal import Program
internal import Transcription

/// An open file that several hold: the last of them closes it.
final class InputFile: Sendable {
    let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }
}

/// The inputs of one call, one after the other; a bad one does not stop the others.
struct Batch {
    let engine: any Engine
    let settings: EngineSettings
    let setup: Setup
    let format: TranscriptFormat
    let raw: AudioFormat?
    let strict: Bool
    let isKept: Bool
    let gate: DetectingGate?
    let recordingName: RecordingName?
    let interruption: Interruption
    let output: TranscriptOutput

    /// An input after which the others make no sense either; it has been said why.
    struct Ended: Error {
        let status: ExitStatus
    }

    /// Transcribes them all, and says what failed.
    ///
    /// - Parameter inputs: paths; `-` is standard input.
    func transcribe(_ inputs: [String]) -> ExitStatus {
        var statuses: [ExitStatus] = []
        let forFiles = inputs.count > 1 ? engine.forBatch() : engine
        defer { forFiles.finish() }
        for input in inputs {
            do {
                statuses.append(try transcribe(input, label: inputs.count > 1 ? input : nil, forFiles))
            } catch let end as Ended {
                return end.status
            } catch {
                let failure = explainFully(Transcribe.self, error)
                Log.error(failure.message, hint: failure.hint)
                // Nobody takes the others' text either.
                if error is TranscriptOutput.WriteFailure { return failure.status }
                statuses.append(failure.status)
            }
        }
        return Batch.summary(of: statuses)
    }

    private func transcribe(_ input: String, label: String?, _ forFiles: any Engine) throws -> ExitStatus {
        defer { interruption.end() }
        let recognition = Recognition(engine: engine, settings: settings, gate: gate, interruption: interruption)
        let name = input == "-" ? "standard input" : input
        // Standard input is read where it is; a file is this call's own.
        let file = input == "-" ? nil : InputFile(try Batch.open(input))
        let number = file?.descriptor.number ?? STDIN_FILENO
        var status = stat()
        fstat(number, &status)
        guard status.st_mode & S_IFMT == S_IFREG else {
            let pipe = PipeInput(
                recognition: recognition, format: format, name: name, label: label, raw: raw, strict: strict,
                isKept: isKept, recordingName: recordingName, setup: setup, output: output)
            return try pipe.transcribe(number, of: file)
        }
        let options = AudioReader.Options(raw: raw, decoders: EncodedAudio(), strict: strict) { Log.warning($0) }
        // Where standard input stands is where this recording begins.
        let origin = lseek(number, 0, SEEK_CUR)
        let speech = RecordedSpeech(
            opening: {
                lseek(number, origin, SEEK_SET)
                return DescriptorSource(borrowing: number, name: name)
            }, name: name, options: options)
        defer { withExtendedLifetime(file) {} }
        interruption.begin(reading: nil)
        do {
            let recognition = Recognition(
                engine: forFiles, settings: settings, gate: gate, interruption: interruption)
            let heard = try recognition.run(over: speech, format: format, input: label) { try output.write($0) }
            endIfInterrupted(forFiles)
            if isDamaged(speech.damage) { return .badAudio }
            return heard == .words ? .done : .noSpeech
        } catch {
            endIfInterrupted(forFiles)
            guard let error = error as? EngineError, let label else { throw error }
            throw EngineError(error.code, "\(label): \(error.message)", hint: error.hint)
        }
    }

    private func endIfInterrupted(_ engine: any Engine) {
        guard let signal = interruption.caught else { return }
        engine.finish()
        interruption.endProcess(by: signal)
    }

    private static func open(_ input: String) throws -> Descriptor {
        do throws(SystemError) {
            let descriptor = try Descriptor.open(input, O_RDONLY | O_NOCTTY)
            var status = stat()
            if fstat(descriptor.number, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                throw SystemError(code: EISDIR, call: "open", subject: input)
            }
            if isatty(descriptor.number) == 1 { throw SystemError(code: ENOTTY, call: "open", subject: input) }
            return descriptor
        } catch {
            switch error.code {
            case EISDIR: throw Failure(.noInput, "\(input) is a folder, not a file", hint: "name the files in it")
            case ENOTTY: throw Failure(.usage, "\(input) is a terminal, not audio")
            case ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, ENXIO:
                throw Failure(.noInput, "\(input): \(error.reason)")
            default: throw error
            }
        }
    }

    /// The status of a batch from those of its inputs.
    static func summary(of statuses: [ExitStatus]) -> ExitStatus {
        let failures = statuses.filter { $0 != .done && $0 != .noSpeech }
        guard let first = failures.first else {
            return statuses.isEmpty || statuses.contains(.done) ? .done : .noSpeech
        }
        return failures.count == statuses.count && failures.allSatisfy { $0 == first } ? first : .someFailed
    }
}
