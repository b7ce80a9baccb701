internal import Glibc
internal import POSIX

/// The records of an output folder, `.vt-records` in it: a line is added for each input that is complete.
///
/// Any number of threads and processes add to it, also on several machines that share the folder. Who works on an input has the
/// lock of one byte, chosen by the input's name; who adds a line has that of another; and all have a third together, so that one
/// that is alone can leave out what does not count any more. The locks are those of open file descriptions (fcntl(2),
/// F_OFD_SETLK): they end with the process, however it ends.
final class CompletionJournal: Sendable {
    static let fileName = ".vt-records"

    private let folder: Path
    private let path: Path
    private let notice: @Sendable (String) -> Void
    private let state = Monitor(State())

    private struct State: ~Copyable {
        var file: Descriptor?
        var isWritable = false
        /// Whether the file system knows locks: some shares do not.
        var knowsLocks = true
        /// Whether it was looked at what can be left out.
        var hasLeftOut = false
        var index = JournalIndex()
        /// The file's end when it was first opened: lines behind it are of who works at the same time.
        var beginning = 0
        /// Inputs that this process works on, by their keys.
        var claimed: Set<UInt64> = []
    }

    /// Far behind the end of the file: some file systems (SMB) let nobody read what another one has locked.
    private enum Lock {
        private static let start = 1 << 61
        static let adding = start..<start + 1
        static let presence = start + 1..<start + 2

        static func name(_ key: UInt64) -> Range<Int> {
            let place = start + 2 + Int(key >> 3)
            return place..<place + 1
        }
    }

    /// Fewer lines that do not count are not worth the trouble.
    private static let fewestToLeaveOut = 1000

    /// - Parameters:
    ///   - folder: it need not exist.
    ///   - notice: is told, once, if the file system knows no locks.
    init(_ folder: Path, notice: @escaping @Sendable (String) -> Void) {
        self.folder = folder
        self.notice = notice
        path = folder.appending(Path(CompletionJournal.fileName))
    }

    /// What is known of an input.
    struct Found {
        let record: CompletionRecord
        /// Whether it was completed since this process looked first.
        let isNew: Bool
    }

    /// Looks an input up, without a look at what others have added meanwhile. Nothing is made or written.
    func look(up name: RecordName) -> Found? {
        state.note { state in
            if state.file == nil { open(&state) }
            return find(name, in: &state)
        }
    }

    /// Makes this process the one that works on an input.
    ///
    /// - Returns: whether it is; and what is known of the input by now.
    /// - Throws: `SystemError` where the records can't be written.
    func claim(_ name: RecordName) throws(SystemError) -> (mine: Bool, found: Found?) {
        try state.note { state throws(SystemError) in
            if !state.isWritable { try make(&state) }
            if !state.hasLeftOut { try leaveOut(&state) }
            guard state.claimed.insert(name.key).inserted else { return (false, nil) }
            do throws(SystemError) {
                try lock(Lock.name(name.key), F_WRLCK, waits: false, &state)
            } catch {
                state.claimed.remove(name.key)
                if error.code == EAGAIN { return (false, nil) }
                throw error
            }
            do throws(SystemError) {
                try catchUp(&state)
            } catch {
                state.claimed.remove(name.key)
                try? lock(Lock.name(name.key), F_UNLCK, waits: false, &state)
                throw error
            }
            return (true, find(name, in: &state))
        }
    }

    /// Ends the claim on an input.
    func release(_ name: RecordName) {
        state.note { state in
            state.claimed.remove(name.key)
            try? lock(Lock.name(name.key), F_UNLCK, waits: false, &state)
        }
    }

    /// Adds a record.
    ///
    /// - Parameter line: with its line feed.
    /// - Throws: `SystemError` where it could not be written; then nothing of it is there.
    func add(_ line: [UInt8], of name: RecordName) throws(SystemError) {
        try state.note { state throws(SystemError) in
            try lock(Lock.adding, F_WRLCK, waits: true, &state)
            defer { try? lock(Lock.adding, F_UNLCK, waits: false, &state) }
            try catchUp(&state)
            guard let number = state.file?.number else { return }
            // Whoever was killed in the middle of a line has left its beginning.
            let start = state.index.isTorn ? [UInt8(ascii: "\n")] : []
            let end = state.index.size
            do throws(SystemError) {
                try writeAll(number, start + line, name: path.description)
            } catch {
                // Without locks somebody else's line may be behind it.
                if state.knowsLocks { ftruncate(number, off_t(end)) }
                throw error
            }
            state.index.add(line, at: end + start.count)
        }
    }

    // MARK: The file

    private func lock(
        _ range: Range<Int>, _ kind: CInt, waits: Bool, _ state: inout State
    ) throws(SystemError) {
        guard let number = state.file?.number else { return }
        try lock(number, range, kind, waits: waits, &state)
    }

    private func lock(
        _ number: CInt, _ range: Range<Int>, _ kind: CInt, waits: Bool, _ state: inout State
    ) throws(SystemError) {
        guard state.knowsLocks else { return }
        do throws(SystemError) {
            try lockRange(number, range, kind, waits: waits, name: path.description)
        } catch {
            guard CompletionJournal.lacksLocks.contains(error.code) else { throw error }
            state.knowsLocks = false
            notice(
                "\(folder.bytes.isEmpty ? "." : folder.description): its file system knows no locks (\(error.reason)); "
                    + "let one run at a time work there")
        }
    }

    /// What says that there are no locks at all: NFS without its lock service, CIFS, FUSE.
    private static let lacksLocks = [ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL]

    private func find(_ name: RecordName, in state: inout State) -> Found? {
        guard let place = state.index[name.key], let number = state.file?.number else { return nil }
        // Most lines are short; names and folders can be long.
        for room in [512, 1 << 16] {
            let record = withUnsafeTemporaryAllocation(byteCount: room, alignment: 16) { buffer in
                let count = pread(number, buffer.baseAddress, room, off_t(place))
                return CompletionRecord(UnsafeRawBufferPointer(rebasing: buffer[..<max(0, count)]), of: name)
            }
            if let record { return Found(record: record, isNew: place >= state.beginning) }
        }
        return nil
    }

    /// Opens the records if there are any.
    private func open(_ state: inout State) {
        do throws(SystemError) {
            try begin(try openFile(O_RDWR | O_APPEND), &state)
            state.beginning = state.index.size
        } catch {
            if error.code == ENOENT { return }
            state.file = try? openFile(O_RDONLY)
            try? catchUp(&state)
            state.beginning = state.index.size
        }
    }

    /// Opens the records, which are made if need be, with the folder and those above it.
    private func make(_ state: inout State) throws(SystemError) {
        let flags = O_RDWR | O_CREAT | O_APPEND
        while !state.isWritable {
            let file: Descriptor
            do throws(SystemError) {
                file = try openFile(flags)
            } catch {
                guard error.code == ENOENT || error.code == ENOTDIR else { throw error }
                try makeFolders(folder)
                file = try openFile(flags)
            }
            shareWithTheFolder(file.number)
            try begin(consume file, &state)
        }
        state.beginning = state.index.size
    }

    /// Opens the file, which is a file, and in whose hands nobody minds it.
    ///
    /// Who may add files to a folder that several share may also add records. In one in which nobody may touch what is another's,
    /// as `/tmp`, records of somebody else's would say what is complete.
    private func openFile(_ flags: CInt) throws(SystemError) -> Descriptor {
        let file = try Descriptor.open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        var (status, folder) = (stat(), stat())
        let number = file.number
        try retrying("fstat", on: path.description) { fstat(number, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SystemError(code: EINVAL, call: "open", subject: path.description)
        }
        let name = self.folder.bytes.isEmpty ? Path(".") : self.folder
        try retrying("stat", on: name.description) { name.withCString { stat($0, &folder) } }
        let isShared = folder.st_mode & (S_ISVTX | S_IWOTH) == 0
        guard isShared || [geteuid(), 0, folder.st_uid].contains(status.st_uid) else {
            throw SystemError(code: EACCES, call: "open", subject: path.description)
        }
        return file
    }

    /// Begins to use a file that was opened to be written; not if another one has taken its place meanwhile.
    private func begin(_ file: consuming Descriptor, _ state: inout State) throws(SystemError) {
        try lock(file.number, Lock.presence, F_RDLCK, waits: true, &state)
        guard isNamed(file.number) else { return }
        state.file = consume file
        state.isWritable = true
        state.index = JournalIndex()
        try catchUp(&state)
    }

    /// Whoever may add files to the folder may add records, whatever the umask: a group that shares it, for example. Not where
    /// everybody may, but nobody may touch what is another's.
    private func shareWithTheFolder(_ number: CInt) {
        var (file, folder) = (stat(), stat())
        let name = self.folder.bytes.isEmpty ? Path(".") : self.folder
        guard fstat(number, &file) == 0, file.st_size == 0, file.st_uid == geteuid(),
            name.withCString({ stat($0, &folder) }) == 0
        else { return }
        // What root makes in somebody's folder is that one's: else who has the folder could not go on with it.
        if geteuid() == 0, folder.st_uid != 0 { _ = fchown(number, folder.st_uid, folder.st_gid) }
        guard folder.st_mode & S_ISVTX == 0 else { return }
        var mode = file.st_mode
        if folder.st_mode & S_IWGRP != 0 { mode |= S_IRGRP | S_IWGRP }
        if folder.st_mode & S_IWOTH != 0 { mode |= S_IROTH | S_IWOTH }
        if mode != file.st_mode { fchmod(number, mode & 0o7777) }
    }

    private func isNamed(_ number: CInt) -> Bool {
        var (opened, named) = (stat(), stat())
        return fstat(number, &opened) == 0 && path.withCString { stat($0, &named) } == 0
            && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
    }

    /// Reads what others have added.
    private func catchUp(_ state: inout State) throws(SystemError) {
        guard let number = state.file?.number else { return }
        var status = stat()
        try retrying("fstat", on: path.description) { fstat(number, &status) }
        try state.index.read(number, upTo: Int(status.st_size), name: path)
    }

    /// Writes the file anew where most of its lines do not count any more, and no other process has it open.
    private func leaveOut(_ state: inout State) throws(SystemError) {
        state.hasLeftOut = true
        guard let number = state.file?.number, state.index.dead >= CompletionJournal.fewestToLeaveOut,
            state.index.dead > state.index.count, state.knowsLocks,
            (try? lock(Lock.presence, F_WRLCK, waits: false, &state)) != nil
        else { return }
        defer { try? lock(Lock.presence, F_RDLCK, waits: false, &state) }
        let unfinished = folder.appending(Path(CompletionJournal.fileName + ".part"))
        guard let file = try? Descriptor.open(unfinished, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW) else {
            return
        }
        var status = stat()
        if fstat(number, &status) == 0 {
            if geteuid() == 0 { _ = fchown(file.number, status.st_uid, status.st_gid) }
            fchmod(file.number, status.st_mode & 0o7777)
        }
        do throws(SystemError) {
            try state.index.copyLines(from: number, to: file.number)
            try lockRange(file.number, Lock.presence, F_RDLCK, waits: false)
            try retrying("rename", on: path.description) {
                unfinished.withCString { from in path.withCString { rename(from, $0) } }
            }
        } catch {
            unlink(unfinished)
            return
        }
        state.file = consume file
        state.index = JournalIndex()
        try catchUp(&state)
        state.beginning = state.index.size
    }
}
