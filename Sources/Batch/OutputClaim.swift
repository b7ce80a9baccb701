internal import Glibc
package import POSIX

/// An input that this process works on: nobody else does while this value lives.
// Sendable: used by the one worker that has the input.
package final class OutputClaim: @unchecked Sendable {
    private let files: OutputNames
    /// What the result depends on.
    package let stamp: Stamp
    private let journal: CompletionJournal
    /// Outputs of this input that vt has made before, as far as it is recorded.
    private let earlier: [CompletionRecord.Output]
    /// Those of them that go on being complete, in other formats.
    private let kept: [CompletionRecord.Output]
    private let overwrites: Bool
    private let knowsNamelessFiles: Bool
    private var outputs: [OutputWriter] = []
    private var isRecorded = false
    private var isOver = false

    /// A file that is not vt's, or not any more, and the name that the new transcript got beside it.
    package struct Spared: Sendable {
        package let path: Path
        package let written: Path
    }

    init(
        _ files: OutputNames, _ stamp: Stamp, _ journal: CompletionJournal, earlier: [CompletionRecord.Output],
        kept: [CompletionRecord.Output], overwrites: Bool, knowsNamelessFiles: Bool
    ) {
        self.files = files
        self.stamp = stamp
        self.journal = journal
        self.earlier = earlier
        self.kept = kept
        self.overwrites = overwrites
        self.knowsNamelessFiles = knowsNamelessFiles
    }

    deinit {
        abandon()
    }

    /// Begins an output.
    package func open(_ format: String) throws(SystemError) -> OutputWriter {
        let folder = files.folder.bytes.isEmpty ? Path(".") : files.folder
        let writer = try OutputWriter(
            format, named: files.output(format), in: knowsNamelessFiles ? folder : nil, until: files.unfinished(format))
        outputs.append(writer)
        return writer
    }

    /// Where what is finished of a long recording is kept until all of it is.
    package var partsPath: Path { files.parts }

    /// Writes what is left of the outputs, and decides what they are called.
    ///
    /// - Returns: the names that they will have.
    package func complete() throws(SystemError) -> [Path] {
        do throws(SystemError) {
            for output in outputs where output.target == nil {
                try output.finishWriting()
                try output.aim(at: target(of: output))
            }
        } catch {
            abandon()
            throw error
        }
        return outputs.compactMap(\.target?.path)
    }

    /// Gives the outputs their names: they are complete.
    ///
    /// - Parameters:
    ///   - status: 0, 1 if there was no speech, 65 if the recording is damaged.
    ///   - content: what the stamp would be with the file's content in place of its time, as far as it is known.
    ///   - facts: a JSON object for people, on one line.
    ///   - mayHaveParts: whether the recording is so long that parts of it may have been kept.
    /// - Returns: files that are not vt's and have their names still.
    /// - Throws: `SystemError` if they can't be completed; then none counts as complete.
    @discardableResult
    package func commit(
        status: Int, content: Stamp? = nil, facts: String, mayHaveParts: Bool = true
    ) throws -> [Spared] {
        _ = try complete()
        do {
            try publish(status, content, facts)
        } catch {
            abandon()
            throw error
        }
        isOver = true
        if mayHaveParts { unlinkIfThere(files.parts) }
        journal.release(files.recordName)
        return outputs.compactMap { output in
            guard let target = output.target, target.ending != output.format else { return nil }
            return Spared(path: files.output(output.format), written: target.path)
        }
    }

    private func publish(_ status: Int, _ content: Stamp?, _ facts: String) throws {
        while true {
            let record = CompletionRecord(
                stamp: stamp.description, content: content?.description, status: status, outputs: recorded)
            try journal.add(record.line(of: files.recordName, facts: facts), of: files.recordName)
            isRecorded = true
            do {
                for output in outputs { try output.publish() }
                return
            } catch is OutputWriter.Conflict {
                // Somebody was at work in this moment: it has another name, and that is recorded.
                for output in outputs where !output.isPublished { try output.aim(at: target(of: output)) }
            }
        }
    }

    /// All that is known to be vt's of this input.
    private var recorded: [CompletionRecord.Output] {
        let new = outputs.compactMap { output -> CompletionRecord.Output? in
            guard let target = output.target, let hash = output.hash else { return nil }
            return CompletionRecord.Output(
                ending: target.ending, size: output.size, hash: hash,
                place: output.hasHiddenName ? .hidden(replacing: target.replaced) : .named)
        }
        let current = new + kept
        return current
            + earlier.filter { old in
                !current.contains { $0.ending == old.ending } && fileSize(files.output(old.ending)) != nil
            }.map(\.asOld)
    }

    /// The first name that is free, or that a file has which vt made and nobody has changed.
    private func target(of output: OutputWriter) -> OutputWriter.Target {
        var number = 0
        while true {
            let ending = OutputNames.ending(output.format, number)
            let path = files.output(ending)
            func target(replacing hash: ContentHash?) -> OutputWriter.Target {
                OutputWriter.Target(
                    ending: ending, path: path, hidden: files.unfinished(ending), replaced: hash,
                    replacesAnything: overwrites)
            }
            var status = stat()
            guard path.withCString({ lstat($0, &status) }) == 0 else { return target(replacing: nil) }
            let hash = try? ContentHash(of: path)
            if overwrites { return target(replacing: hash ?? output.hash) }
            // An empty file holds nobody's work; a crash of the machine leaves such.
            if let hash, status.st_size == 0 || hash == output.hash || isOurs(ending, hash) {
                return target(replacing: hash)
            }
            number += 1
        }
    }

    private func isOurs(_ ending: String, _ hash: ContentHash) -> Bool {
        earlier.contains { $0.ending == ending && ($0.hash == hash || $0.place == .hidden(replacing: hash)) }
    }

    /// Leaves nothing of it but what is finished of a long recording.
    package func abandon() {
        if isOver { return }
        isOver = true
        if isRecorded {
            let line = CompletionRecord.withdrawn(recorded + earlier).line(of: files.recordName)
            try? journal.add(line, of: files.recordName)
        }
        for output in outputs { output.discard() }
        journal.release(files.recordName)
    }
}
