internal import Audio
internal import Batch
internal import Encoding
internal import Glibc
internal import POSIX
internal import Program
internal import Text
internal import Transcription

/// `--dry-run`: a line for each input: what would be done with it, its length as far as its header says it, its name, and its outputs.
struct DryRun {
    let task: Batch.Task
    let queue: InputQueue
    let output: TranscriptOutput
    let passedOver: PassedOver

    func run() throws -> ExitStatus {
        var (toDo, complete) = (0, 0)
        var (seconds, isAll) = (0.0, true)
        var tally = Tally()
        while let taken = queue.next() {
            switch taken.item {
            case .problem(let path, let problem):
                let failure = problem.failure(of: path)
                Log.error(failure.message, hint: failure.hint)
                tally.add(failure.status)
            case .input(let input):
                let isStandardInput = input.path == Path("-")
                var status = stat()
                let file: Descriptor
                do {
                    file =
                        isStandardInput
                        ? try Descriptor.duplicate(of: STDIN_FILENO)
                        : try FileTranscription.open(input.path, waits: false, &status)
                } catch {
                    let failure = explainFully(Transcribe.self, error)
                    Log.error(failure.message, hint: failure.hint)
                    tally.add(failure.status)
                    continue
                }
                tally.add(.done)
                let (isComplete, outputs) = look(at: file.number, input)
                var length: Double?
                if isComplete {
                    complete += 1
                } else {
                    toDo += 1
                    // Standard input is not even looked at: another program may read it from where it is.
                    if task.raw == nil, !isStandardInput {
                        length = FileTranscription.declaredLength(of: file, named: input.path)
                    }
                    if let length { seconds += length } else { isAll = false }
                }
                let fields =
                    [isComplete ? "complete" : "transcribe", length.map { decimal($0) } ?? "", input.path.description]
                    + outputs.map(\.description)
                try output.write(fields.map(\.sanitized).joined(separator: "\t") + "\n")
            }
        }
        let amount = toDo == 0 ? "" : ", \(isAll ? "" : "at least ")\(spokenDuration(seconds)) of audio"
        Log.notice("\(toDo) to transcribe\(amount); \(complete) complete")
        return passedOver.conclude(tally, areMany: task.namesInputs)
    }

    private func look(at file: CInt, _ input: BatchInput) -> (isComplete: Bool, outputs: [Path]) {
        guard let folder = task.folder else { return (false, []) }
        var status = stat()
        fstat(file, &status)
        let formats = task.formats.map(\.rawValue)
        let outputs = formats.map { folder.output(input.name, format: $0) }
        guard task.resumes else { return (false, outputs) }
        let ending = folder.completed(
            input.name, stamp: task.stamp(of: status), content: { task.contentStamp(of: file) }, formats: formats)
        let isComplete = ending != nil
        return (isComplete, outputs)
    }
}

extension FileTranscription {
    /// Seconds of a recording, as far as its header says it.
    static func declaredLength(of file: borrowing Descriptor, named path: Path) -> Double? {
        let source = DescriptorSource(borrowing: file.number, name: path.description)
        let options = AudioReader.Options(decoders: EncodedAudio())
        guard source.isRegularFile,
            let reader = try? AudioReader(source, name: path.description, options: options),
            let frames = reader.declaredFrames
        else { return nil }
        return Double(frames) / Double(reader.format.sampleRate)
    }
}
