internal import Glibc
package import POSIX

/// The folder that a batch writes its transcripts to: whose turn an input is, and what is complete.
///
/// For an input whose outputs are called NAME there are, in the same folder: `NAME.FORMAT`, each complete or not there;
/// `.NAME.vt`, the record that says for which engine and options they are, and which is locked (flock(2)) and empty while somebody
/// works on the input; and meanwhile the outputs' unfinished files `.NAME.FORMAT.part`.
///
/// An input is complete from the moment in which its record has its first line, with the line feed. Outputs get their names right
/// behind it; where a crash came between, whoever looks next gives them theirs. So no moment leaves half an output, nor makes anybody
/// do the work again.
package struct OutputFolder: Sendable {
    package let path: Path
    /// When this run began, by the clock of the folder's file system. What others complete later is not done again.
    private let began: Instant?

    /// - Parameter path: it is made, with those above it, when the first output is.
    package init(_ path: Path) {
        self.path = path
        began = OutputFolder.now()
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
        if resumes, let status = completed(files, stamp, formats, since: nil) { return .complete(status: status) }
        let record = files.record
        while true {
            let file = try OutputFolder.openRecord(files)
            let number = file.number
            do throws(SystemError) {
                try retrying("flock", on: record.description) { flock(number, LOCK_EX | LOCK_NB) }
            } catch  where error.code == EWOULDBLOCK {
                return .busy
            }
            // Its last owner may have removed it between.
            guard let size = size(of: record, if: number) else { continue }
            if size > 0 {
                if let status = completed(number, files, stamp, formats, since: resumes ? nil : began) {
                    return .complete(status: status)
                }
                // From here on what is there is old: outputs without a record are nobody's.
                try retrying("ftruncate", on: record.description) { ftruncate(number, 0) }
            }
            let claim = OutputClaim(files, stamp, file)
            for format in formats { try OutputFolder.refuseWhatIsInTheWay(of: files.output(format)) }
            return .mine(claim)
        }
    }

    /// Opens an input's record, in a folder that is made if it has to be.
    private static func openRecord(_ files: OutputNames) throws(SystemError) -> Descriptor {
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW
        do throws(SystemError) {
            return try Descriptor.open(files.record, flags)
        } catch {
            guard error.code == ENOENT || error.code == ENOTDIR else { throw error }
            try makeFolders(files.folder)
            return try Descriptor.open(files.record, flags)
        }
    }

    /// Whether an input is complete; nothing is locked or changed, but for outputs that get their names.
    ///
    /// - Returns: how it ended; nil where it is not.
    package func completed(_ name: Path, stamp: Stamp, formats: [String]) -> Int? {
        completed(OutputNames(folder: path, name: name), stamp, formats, since: nil)
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

    private func completed(_ files: OutputNames, _ stamp: Stamp, _ formats: [String], since: Instant?) -> Int? {
        files.record.withCString { path in
            let number = open(path, O_RDONLY | O_CLOEXEC)
            guard number >= 0 else { return nil }
            defer { close(number) }
            return completed(number, files, stamp, formats, since: since)
        }
    }

    /// The same of a record that is open, and was not read.
    private func completed(
        _ number: CInt, _ files: OutputNames, _ stamp: Stamp, _ formats: [String], since: Instant?
    ) -> Int? {
        if let since {
            var status = stat()
            guard fstat(number, &status) == 0, Instant(status.st_mtim) >= since else { return nil }
        }
        let record = withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
            let count = pread(number, buffer.baseAddress, buffer.count, 0)
            return count > 0 ? CompletionRecord(buffer[..<count]) : nil
        }
        guard let record, record.stamp == stamp.description else { return nil }
        for format in formats {
            guard let output = record.outputs.first(where: { $0.format == format }), complete(output, files) else {
                return nil
            }
        }
        return record.status
    }

    /// Whether an output is there as its record says; one that a crash has left without its name gets it.
    private func complete(_ output: CompletionRecord.Output, _ files: OutputNames) -> Bool {
        let (unfinished, final) = (files.unfinished(output.format), files.output(output.format))
        if fileSize(unfinished) == output.size {
            _ = unfinished.withCString { from in final.withCString { rename(from, $0) } }
        }
        return fileSize(final) == output.size
    }

    /// Whether an output may get its name, before anybody works for it: it may be too long, or that of a folder.
    private static func refuseWhatIsInTheWay(of path: Path) throws(SystemError) {
        var status = stat()
        if path.withCString({ lstat($0, &status) }) != 0 {
            if errno == ENOENT { return }
            throw SystemError(code: errno, call: "lstat", subject: path.description)
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            throw SystemError(code: EISDIR, call: "lstat", subject: path.description)
        }
    }

    /// Bytes of an open file; nil where it is not what the path names any more.
    private func size(of path: Path, if number: CInt) -> Int? {
        var opened = stat()
        var named = stat()
        guard fstat(number, &opened) == 0, path.withCString({ stat($0, &named) }) == 0,
            opened.st_ino == named.st_ino, opened.st_dev == named.st_dev
        else { return nil }
        return Int(opened.st_size)
    }

    /// Makes a folder and those above it, for everybody whom the umask lets.
    private static func makeFolders(_ path: Path) throws(SystemError) {
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

    private static func now() -> Instant {
        var time = timespec()
        // As files get it: the clock at the last tick.
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Instant(time)
    }
}

private struct Instant: Comparable, Sendable {
    let seconds: Int
    let nanoseconds: Int

    init(_ time: timespec) {
        (seconds, nanoseconds) = (time.tv_sec, time.tv_nsec)
    }

    static func < (left: Instant, right: Instant) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
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
