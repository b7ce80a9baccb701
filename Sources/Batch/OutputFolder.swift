internal import Glibc
package import POSIX

/// The folder that a batch writes its transcripts to: whose turn an input is, and what is complete.
///
/// For an input whose outputs are called NAME there are `NAME.FORMAT`, each complete or not there, and a line of the folder's
/// records (`CompletionJournal`), which says for which engine and options they are. While somebody works on an input its outputs
/// have no name at all, where the file system knows such files; else, and where an older output is replaced, it is
/// `.NAME.FORMAT.part`.
///
/// An input is complete from the moment in which its line is there. Outputs get their names right behind it: of a kill right
/// between, one that has a hidden name is given its own by whoever looks next, and one that had none is made again. So no moment
/// leaves half an output, and nobody does again what was there.
package final class OutputFolder: Sendable {
    package let path: Path
    private let journal: CompletionJournal
    /// The folder below it that was made last, or found.
    private let ready = Monitor<Path?>(nil)

    private let knowsNamelessFiles: Bool

    /// - Parameters:
    ///   - path: it is made, with those above it, when the first output is.
    ///   - knowsNamelessFiles: false does without them, as where the file system knows none.
    package init(_ path: Path, knowsNamelessFiles: Bool = true) {
        self.path = path
        self.knowsNamelessFiles = knowsNamelessFiles
        journal = CompletionJournal(path)
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
    ///   - formats: the outputs that are wanted, by their extensions.
    ///   - resumes: whether what was complete before this run began counts.
    /// - Throws: `SystemError` where the folder can't be written to.
    package func claim(_ name: Path, stamp: Stamp, formats: [String], resumes: Bool) throws(SystemError) -> Claim {
        let files = OutputNames(folder: path, name: name)
        if resumes, let status = completed(files, stamp, formats) { return .complete(status: status) }
        let (isMine, found) = try journal.claim(files.recordName)
        guard isMine else { return .busy }
        do throws(SystemError) {
            if let found, resumes || found.isNew, isComplete(found.record, files, stamp, formats) {
                journal.release(files.recordName)
                return .complete(status: found.record.status)
            }
            try makeReady(files.folder)
            var existing: Set<String> = []
            for format in formats where try OutputFolder.isThere(files.output(format)) { existing.insert(format) }
            var kept: [CompletionRecord.Output] = []
            if let record = found?.record, record.stamp != nil {
                if record.stamp == stamp.description {
                    // Of other formats, by another run.
                    kept = record.outputs.filter { !formats.contains($0.format) }
                } else {
                    // From here on what is there is old.
                    try journal.add(CompletionRecord.withdrawn.line(of: files.recordName), of: files.recordName)
                }
            }
            return .mine(
                OutputClaim(
                    files, stamp, journal, existing: existing, kept: kept, knowsNamelessFiles: knowsNamelessFiles))
        } catch {
            journal.release(files.recordName)
            throw error
        }
    }

    /// Whether an input is complete; nothing is locked or changed, but for outputs that get their names.
    ///
    /// - Returns: how it ended; nil where it is not.
    package func completed(_ name: Path, stamp: Stamp, formats: [String]) -> Int? {
        completed(OutputNames(folder: path, name: name), stamp, formats)
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

    private func completed(_ files: OutputNames, _ stamp: Stamp, _ formats: [String]) -> Int? {
        guard let found = journal.look(up: files.recordName), isComplete(found.record, files, stamp, formats) else {
            return nil
        }
        return found.record.status
    }

    private func isComplete(
        _ record: CompletionRecord, _ files: OutputNames, _ stamp: Stamp, _ formats: [String]
    ) -> Bool {
        record.stamp == stamp.description
            && formats.allSatisfy { format in
                record.outputs.first { $0.format == format }.map { isComplete($0, files) } ?? false
            }
    }

    /// Whether an output is there as its record says; one that a kill has left without its name gets it.
    private func isComplete(_ output: CompletionRecord.Output, _ files: OutputNames) -> Bool {
        let final = files.output(output.format)
        if output.isReplacement {
            let unfinished = files.unfinished(output.format)
            if fileSize(unfinished) == output.size {
                _ = unfinished.withCString { from in final.withCString { rename(from, $0) } }
            }
        }
        return fileSize(final) == output.size
    }

    /// Whether there is an output of that name, which may be replaced: looked at before anybody works for it, since the name may
    /// be too long as well, or that of a folder.
    private static func isThere(_ path: Path) throws(SystemError) -> Bool {
        var status = stat()
        if path.withCString({ lstat($0, &status) }) != 0 {
            if errno == ENOENT { return false }
            throw SystemError(code: errno, call: "lstat", subject: path.description)
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            throw SystemError(code: EISDIR, call: "lstat", subject: path.description)
        }
        return true
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
