internal import Glibc
package import POSIX

/// The folder that a batch writes its transcripts to: whose turn an input is, and what is complete.
///
/// For an input whose outputs are called NAME there are `NAME.FORMAT`, each complete or not there, and a line of the folder's
/// records (`CompletionJournal`), which says for which engine and options they are. While somebody works on an input its outputs
/// have no name at all, where the file system knows such files; else, and where an older output is replaced, it is
/// `.NAME.FORMAT.part`.
///
/// Only what vt has made is replaced, and only as long as nobody has changed it: beside any other file of that name the new output
/// is `NAME.new.FORMAT`.
///
/// An input is complete from the moment in which its line is there. Outputs get their names right behind it: of a kill right
/// between, one that has a hidden name is given its own by whoever looks next, and one that had none is made again. So no moment
/// leaves half an output, and nobody does again what was there.
package final class OutputFolder: Sendable {
    package let path: Path
    private let journal: CompletionJournal
    /// The folder below it that was made last, or found.
    private let ready = Monitor<Path?>(nil)

    private let overwrites: Bool
    private let knowsNamelessFiles: Bool

    /// - Parameters:
    ///   - path: it is made, with those above it, when the first output is.
    ///   - overwrites: whether files are replaced that vt has not made, or that somebody has changed.
    ///   - knowsNamelessFiles: false does without them, as where the file system knows none.
    ///   - notice: is told, once, what should be known though the work goes on.
    package init(
        _ path: Path, overwrites: Bool = false, knowsNamelessFiles: Bool = true,
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.path = path
        self.overwrites = overwrites
        self.knowsNamelessFiles = knowsNamelessFiles
        journal = CompletionJournal(path, notice: notice)
    }

    /// Who works on an input.
    package enum Claim: Sendable {
        case mine(OutputClaim)
        /// It was done before, for the same engine and options.
        ///
        /// - Parameter status: how that ended: 0, or 1 where there was no speech.
        case complete(status: Int)
        /// Another process is working on it.
        case busy
    }

    /// Claims an input, unless it is done or another process has it.
    ///
    /// - Parameters:
    ///   - name: of its outputs, relative to the folder.
    ///   - stamp: what its result depends on.
    ///   - content: the same with the file's content in place of its time; asked only if the stamp is another one.
    ///   - formats: the outputs that are wanted, by their extensions.
    ///   - resumes: whether what was complete before this run began counts.
    /// - Throws: `SystemError` where the folder can't be written to.
    package func claim(
        _ name: Path, stamp: Stamp, content: () -> Stamp? = { nil }, formats: [String], resumes: Bool
    ) throws(SystemError) -> Claim {
        let files = OutputNames(folder: path, name: name)
        if resumes, let found = journal.look(up: files.recordName), found.record.stamp == stamp.description,
            areThere(formats, of: found.record, files)
        {
            return .complete(status: found.record.status)
        }
        let (isMine, found) = try journal.claim(files.recordName)
        guard isMine else { return .busy }
        do throws(SystemError) {
            if let found, resumes || found.isNew, isComplete(found.record, files, stamp, content, formats) {
                // Somebody has touched the file: the next run need not read it again.
                if found.record.stamp != stamp.description { try renew(found.record, stamp, files) }
                journal.release(files.recordName)
                return .complete(status: found.record.status)
            }
            try makeReady(files.folder)
            for format in formats { try OutputFolder.refuseFolder(files.output(format)) }
            var kept: [CompletionRecord.Output] = []
            if let record = found?.record, record.stamp != nil {
                if record.stamp == stamp.description {
                    // Of other formats, by another run.
                    kept = record.outputs.filter { output in
                        !output.isOld && !formats.contains(where: output.isOf)
                    }
                } else {
                    // From here on what is there is old.
                    let line = CompletionRecord.withdrawn(record.outputs).line(of: files.recordName)
                    try journal.add(line, of: files.recordName)
                }
            }
            return .mine(
                OutputClaim(
                    files, stamp, journal, earlier: found?.record.outputs ?? [], kept: kept, overwrites: overwrites,
                    knowsNamelessFiles: knowsNamelessFiles))
        } catch {
            journal.release(files.recordName)
            throw error
        }
    }

    /// Whether an input is complete; nothing is locked or changed, but for outputs that get their names.
    ///
    /// - Returns: how it ended; nil where it is not.
    package func completed(
        _ name: Path, stamp: Stamp, content: () -> Stamp? = { nil }, formats: [String]
    ) -> Int? {
        let files = OutputNames(folder: path, name: name)
        guard let found = journal.look(up: files.recordName),
            isComplete(found.record, files, stamp, content, formats)
        else { return nil }
        return found.record.status
    }

    /// Whether it is a folder in which anything can be made.
    package var isWritable: Bool {
        var status = stat()
        return path.bytes.isEmpty
            || path.withCString {
                stat($0, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && access($0, W_OK | X_OK) == 0
            }
    }

    /// Where an output is, or will be.
    package func output(_ name: Path, format: String) -> Path {
        OutputNames(folder: path, name: name).output(format)
    }

    private func isComplete(
        _ record: CompletionRecord, _ files: OutputNames, _ stamp: Stamp, _ content: () -> Stamp?, _ formats: [String]
    ) -> Bool {
        guard record.stamp != nil, areThere(formats, of: record, files) else { return false }
        if record.stamp == stamp.description { return true }
        return record.content != nil && record.content == content()?.description
    }

    private func renew(_ record: CompletionRecord, _ stamp: Stamp, _ files: OutputNames) throws(SystemError) {
        let new = CompletionRecord(
            stamp: stamp.description, content: record.content, status: record.status, outputs: record.outputs)
        try journal.add(new.line(of: files.recordName), of: files.recordName)
    }

    private func areThere(_ formats: [String], of record: CompletionRecord, _ files: OutputNames) -> Bool {
        formats.allSatisfy { format in
            record.outputs.contains { !$0.isOld && $0.isOf(format: format) && isThere($0, files, format) }
        }
    }

    /// Whether an output is there as its record says, or as somebody has changed it since; one that a kill has left without its
    /// name gets it.
    private func isThere(_ output: CompletionRecord.Output, _ files: OutputNames, _ format: String) -> Bool {
        if case .hidden(let replaced) = output.place { giveName(output, replacing: replaced, files) }
        guard let size = fileSize(files.output(output.ending)) else {
            // Who has put it together with a transcript of one's own does not want it again.
            return output.ending != format && fileSize(files.output(format)) ?? 0 > 0
        }
        if size == output.size { return true }
        // A crash of the machine leaves nothing of a file, or whole pages.
        return size > 0 && !(size < output.size && size % 4096 == 0)
    }

    private func giveName(
        _ output: CompletionRecord.Output, replacing replaced: ContentHash?, _ files: OutputNames
    ) {
        let (hidden, final) = (files.unfinished(output.ending), files.output(output.ending))
        guard fileSize(hidden) == output.size, (try? ContentHash(of: hidden)) == output.hash else { return }
        if let replaced, (try? ContentHash(of: final)) == replaced {
            _ = hidden.withCString { from in final.withCString { rename(from, $0) } }
        } else {
            try? renameNew(hidden, to: final)
        }
    }

    /// Looks at an output's name before anybody works for it: it may be too long, or that of a folder.
    private static func refuseFolder(_ path: Path) throws(SystemError) {
        var status = stat()
        if path.withCString({ lstat($0, &status) }) != 0 {
            if errno == ENOENT { return }
            throw SystemError(code: errno, call: "lstat", subject: path.description)
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            throw SystemError(code: EISDIR, call: "lstat", subject: path.description)
        }
    }

    /// Makes the folder of an output, unless it was the last one's, too.
    private func makeReady(_ folder: Path) throws(SystemError) {
        try ready.note { ready throws(SystemError) in
            if ready == folder { return }
            try makeFolders(folder)
            ready = folder
        }
    }
}

/// Makes a folder and those above it, for everybody whom the umask lets.
func makeFolders(_ path: Path) throws(SystemError) {
    var status = stat()
    if path.bytes.isEmpty || path.withCString({ stat($0, &status) }) == 0 {
        guard path.bytes.isEmpty || status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError(code: ENOTDIR, call: "mkdir", subject: path.description)
        }
        return
    }
    if path.folder != path { try makeFolders(path.folder) }
    // Another process may be doing the same.
    if path.withCString({ mkdir($0, 0o777) }) != 0, errno != EEXIST {
        throw SystemError(code: errno, call: "mkdir", subject: path.description)
    }
}

/// Bytes of a regular file; nil where there is none.
func fileSize(_ path: Path) -> Int? {
    var status = stat()
    guard path.withCString({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
}

/// Removes a file that is hardly ever there: to look costs less than to try, which locks the folder.
func unlinkIfThere(_ path: Path) {
    if path.withCString({ access($0, F_OK) }) == 0 { unlink(path) }
}

func unlink(_ path: Path) {
    _ = path.withCString { Glibc.unlink($0) }
}
