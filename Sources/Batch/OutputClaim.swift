internal import Glibc
package import POSIX

/// An input that this process works on: nobody else does while this value lives.
// Sendable: used by the one worker that has the input.
package final class OutputClaim: @unchecked Sendable {
    private let files: OutputNames
    /// What the result depends on.
    package let stamp: Stamp
    private let journal: CompletionJournal
    /// Formats of which there is an older output.
    private let existing: Set<String>
    /// Outputs of other formats that go on being complete.
    private let kept: [CompletionRecord.Output]
    private let knowsNamelessFiles: Bool
    private var outputs: [(format: String, file: OutputWriter)] = []
    private var isRecorded = false
    private var isOver = false

    init(
        _ files: OutputNames, _ stamp: Stamp, _ journal: CompletionJournal, existing: Set<String>,
        kept: [CompletionRecord.Output], knowsNamelessFiles: Bool
    ) {
        self.files = files
        self.stamp = stamp
        self.journal = journal
        self.existing = existing
        self.kept = kept
        self.knowsNamelessFiles = knowsNamelessFiles
    }

    deinit {
        abandon()
    }

    /// Begins an output.
    package func open(_ format: String) throws(SystemError) -> OutputWriter {
        let folder = files.folder.bytes.isEmpty ? Path(".") : files.folder
        let writer = try OutputWriter(
            in: knowsNamelessFiles ? folder : nil, named: files.output(format), until: files.unfinished(format),
            replaces: existing.contains(format))
        outputs.append((format, writer))
        return writer
    }

    /// Where what is finished of a long recording is kept until all of it is.
    package var partsPath: Path { files.parts }

    /// Gives the outputs their names: they are complete.
    ///
    /// - Parameters:
    ///   - status: 0, or 1 where there was no speech.
    ///   - facts: a JSON object for people, on one line.
    ///   - mayHaveParts: whether the recording is so long that parts of it may have been kept.
    /// - Throws: `SystemError` where they can't be completed; then none counts as complete.
    package func commit(status: Int, facts: String, mayHaveParts: Bool = true) throws(SystemError) {
        do throws(SystemError) {
            var records: [CompletionRecord.Output] = []
            for output in outputs {
                let size = try output.file.complete()
                records.append(
                    CompletionRecord.Output(
                        format: output.format, size: size, isReplacement: output.file.hasHiddenName))
            }
            let record = CompletionRecord(stamp: stamp.description, status: status, outputs: records + kept)
            try journal.add(record.line(of: files.recordName, facts: facts), of: files.recordName)
            isRecorded = true
            for output in outputs { try output.file.publish() }
        } catch {
            abandon()
            throw error
        }
        isOver = true
        if mayHaveParts { unlinkIfThere(files.parts) }
        journal.release(files.recordName)
    }

    /// Leaves nothing of it but what is finished of a long recording.
    package func abandon() {
        if isOver { return }
        isOver = true
        if isRecorded { try? journal.add(CompletionRecord.withdrawn.line(of: files.recordName), of: files.recordName) }
        for output in outputs { output.file.discard() }
        journal.release(files.recordName)
    }
}
