internal import Batch
internal import Glibc
internal import POSIX
internal import Program

/// Where the transcript goes: standard output, or the file of `-o`.
// Sendable: written by one thread at a time, and completed when there is no other any more.
final class TranscriptOutput: @unchecked Sendable {
    /// A write failed: nobody reads any more, or there is no room.
    struct WriteFailure: Error {
        let underlying: SystemError
        /// Recordings whose text has not arrived, and that are kept for that.
        var kept: [String] = []
    }

    /// A recording whose text was written, and may not have arrived yet.
    struct Owed {
        let id: String
        /// Removes it.
        let discard: () throws -> Void
        /// Notes why it stays.
        let keep: (_ reason: String) -> Void
        /// What it consists of, and the descriptors that keep it locked.
        let files: (paths: [String], locks: [CInt])
    }

    /// How it is known that a text has arrived.
    private enum Arrival {
        /// It has when it is written: on a terminal.
        case written
        /// It has when the disk has it.
        case synchronised
        /// It has when its reader has read it.
        case read
        /// It has when the file has its name.
        case committed
    }

    private var file: OutputFile?
    private let overwrites: Bool
    private let descriptor: CInt
    private let name: String
    private let arrival: Arrival
    private let owed = Monitor<[Owed]>([])
    /// The unfinished file's name; nil where there is none.
    let temporaryPath: String?

    /// A reader that waits for text has it in less; one that is busy is left to `Delivery.leaveBehind`.
    private static let patience = Duration.milliseconds(20)
    /// Seconds that a reader may be busy with something else, or stopped.
    private static let longestWait = 600

    /// - Parameters:
    ///   - path: the file; nil or `-` is standard output.
    ///   - overwrites: whether a file is replaced that vt has not made, or that somebody has changed.
    init(path: String?, overwrites: Bool = false) throws(OutputError) {
        self.overwrites = overwrites
        if let path, path != "-" {
            let opened = try OutputFile(path) { overwrites || OwnFile.mayBeReplaced($0) }
            descriptor = opened.descriptor
            temporaryPath = opened.temporaryPath
            name = path
            file = consume opened
        } else {
            descriptor = STDOUT_FILENO
            temporaryPath = nil
            name = "standard output"
            file = nil
        }
        var status = stat()
        fstat(descriptor, &status)
        arrival =
            switch status.st_mode & S_IFMT {
            case S_IFREG: temporaryPath == nil ? .synchronised : .committed
            case S_IFIFO, S_IFSOCK: .read
            default: .written
            }
    }

    /// Writes a piece at once; nothing is buffered.
    func write(_ text: String) throws(WriteFailure) {
        if text.isEmpty { return }
        do throws(SystemError) {
            try writeAll(descriptor, text, name: name)
        } catch {
            throw WriteFailure(underlying: error)
        }
    }

    /// Gives the file its name: the transcript is complete.
    func commit() throws(OutputError) {
        guard temporaryPath != nil, let final = file?.finalPath else {
            try file?.commit()
            return
        }
        let hash = OwnFile.mark(descriptor)
        let written = try file?.commit { overwrites || OwnFile.mayBeReplaced($0, by: hash) }
        if let written, written != final { Log.spared(final, written: written) }
        discardOwed()
    }
}

// MARK: What was written is not yet delivered

extension TranscriptOutput {
    /// Takes a recording whose text was written, and removes it when that has arrived: now, or later. For any thread.
    func owe(_ recording: Owed) {
        owed.note { $0.append(recording) }
    }

    /// Removes the recordings whose text has arrived.
    ///
    /// - Throws: `WriteFailure` if nobody will read it any more.
    func settle() throws(WriteFailure) {
        guard owed.read({ !$0.isEmpty }) else { return }
        switch arrival {
        case .committed: return
        case .written: discardOwed()
        case .synchronised:
            // A file that can't be synchronised (EINVAL) is one of a kind that needs none.
            if fdatasync(descriptor) == 0 || errno == EINVAL || errno == EROFS { return discardOwed() }
            try fail(SystemError(code: errno, call: "fdatasync", subject: name))
        case .read:
            switch Delivery.settle(descriptor, atMost: TranscriptOutput.patience) {
            case .done: discardOwed()
            case .unread: break
            case .lost: try fail(SystemError(code: EPIPE, call: "write", subject: name))
            }
        }
    }

    /// Keeps the recordings whose text has not arrived, and never will.
    ///
    /// - Returns: their names.
    @discardableResult
    func keepOwed(_ reason: String) -> [String] {
        let recordings = owed.note { owed in
            defer { owed = [] }
            return owed
        }
        for recording in recordings { recording.keep(reason) }
        return recordings.map(\.id)
    }

    /// Sees at the end of the program to what has not arrived.
    func leave() {
        if arrival == .read, Delivery.state(of: descriptor) == .done { discardOwed() }
        let recordings = owed.read(\.self)
        guard !recordings.isEmpty else { return }
        // Their locks are those of descriptors, which go on in the other process.
        defer { withExtendedLifetime(recordings) {} }
        let files = recordings.map(\.files)
        let ids = keepOwed("its text was written, and has not been read").joined(separator: ", ")
        let isSeenTo =
            arrival == .read
            && Delivery.leaveBehind(
                watching: descriptor, removing: files.flatMap(\.paths), holding: files.flatMap(\.locks),
                seconds: TranscriptOutput.longestWait,
                message: "\(programName): nobody has read the text; the recording is kept as \(ids)\n")
        if !isSeenTo { Log.warning("the text is not in \(name); the recording is kept as \(ids)") }
    }

    private func fail(_ error: SystemError) throws(WriteFailure) {
        throw WriteFailure(underlying: error, kept: keepOwed("its text was written, and not read: \(error.reason)"))
    }

    private func discardOwed() {
        let recordings = owed.note { owed in
            defer { owed = [] }
            return owed
        }
        for recording in recordings {
            do {
                try recording.discard()
            } catch {
                Log.warning("\(recording.id): its text is out, but it can't be deleted: \(error)")
            }
        }
    }
}

extension Log {
    /// Says that a file stays as it is, since it is somebody's work.
    static func spared(_ path: String, written: String) {
        warning(
            "\(path) is not as vt-transcribe has left it, and stays as it is; the new transcript is \(written)",
            hint: "--overwrite replaces it")
    }
}
