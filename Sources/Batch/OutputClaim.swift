internal import Glibc
package import POSIX

/// An input that this process works on: nobody else does while this value lives.
// Sendable: used by the one worker that has the input.
package final class OutputClaim: @unchecked Sendable {
    private let files: OutputNames
    /// What the result depends on.
    package let stamp: Stamp
    /// Open, empty and locked.
    private let record: Descriptor
    private var outputs: [(format: String, file: OutputWriter)] = []
    private var isOver = false

    init(_ files: OutputNames, _ stamp: Stamp, _ record: consuming Descriptor) {
        self.files = files
        self.stamp = stamp
        self.record = record
    }

    deinit {
        abandon()
    }

    /// Begins an output.
    package func open(_ format: String) throws(SystemError) -> OutputWriter {
        let path = files.unfinished(format)
        // What a killed run has left of it is nobody's.
        let writer = OutputWriter(
            try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW), files.output(format))
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
    /// - Throws: `SystemError` where they can't be completed; then nothing is there.
    package func commit(status: Int, facts: String) throws(SystemError) {
        do throws(SystemError) {
            var sizes: [CompletionRecord.Output] = []
            for output in outputs {
                sizes.append(CompletionRecord.Output(format: output.format, size: try output.file.close()))
            }
            let line = CompletionRecord(stamp: stamp, status: status, outputs: sizes).line
            try writeAll(record.number, line + facts + "\n", name: files.record.description)
            for (output, size) in zip(outputs, sizes) { try giveName(output.format, size.size) }
            isOver = true
            unlinkIfThere(files.parts)
        } catch {
            abandon()
            throw error
        }
    }

    /// Leaves nothing of it but what is finished of a long recording.
    package func abandon() {
        if isOver { return }
        isOver = true
        for output in outputs { unlink(files.unfinished(output.format)) }
        unlink(files.record)
    }

    private func giveName(_ format: String, _ size: Int) throws(SystemError) {
        let (unfinished, final) = (files.unfinished(format), files.output(format))
        do throws(SystemError) {
            try retrying("rename", on: final.description) {
                unfinished.withCString { from in final.withCString { rename(from, $0) } }
            }
        } catch {
            // Who has seen the record a moment ago has given the output its name.
            guard error.code == ENOENT, fileSize(final) == size else { throw error }
        }
    }
}

/// An output that is being written.
// Sendable: used by the one worker that has the input.
package final class OutputWriter: @unchecked Sendable {
    /// The name that it gets.
    package let path: Path
    private var file: Descriptor?
    private var buffer: [UInt8] = []
    private var size = 0

    /// Written at once where it becomes more.
    private static let bufferSize = 1 << 16

    init(_ file: consuming Descriptor, _ path: Path) {
        self.file = consume file
        self.path = path
    }

    /// Adds text.
    package func write(_ text: String) throws(SystemError) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= OutputWriter.bufferSize { try flush() }
    }

    private func flush() throws(SystemError) {
        guard let number = file?.number, !buffer.isEmpty else { return }
        try writeAll(number, buffer, name: path.description)
        size += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// - Returns: bytes of the file.
    func close() throws(SystemError) -> Int {
        try flush()
        if let file = file.take() { try file.close() }
        return size
    }
}
