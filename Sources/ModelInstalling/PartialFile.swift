internal import Glibc
internal import POSIX
internal import SHA256

/// What has come of a file so far, under a name of its own; it outlives whoever fetches it, and goes on with the next.
///
/// Beside it lies a file of notes: lines `KEY VALUE` that say of what the bytes are a part.
final class PartialFile: Sendable {
    let path: String
    let name: String
    private let notesPath: String
    private let file: Descriptor
    private let state: Monitor<State>

    struct State: Sendable {
        /// Bytes that are there.
        var count = 0
        var hash = SHA256()
        /// The first bytes.
        var beginning: [UInt8] = []
        var notes = Notes()
    }

    struct Notes: Equatable, Sendable {
        /// Where the bytes came from, as the catalogue has it.
        var url = ""
        /// The publisher's name of this version of the file (RFC 9110, 8.8.3); empty if he gave none that is strong.
        var etag = ""
        /// What all of it shall have; empty if nobody knows.
        var sha256 = ""
    }

    /// Opens it, or makes it. What is there is kept if it is a part of the same file, and dropped if not.
    ///
    /// - Parameters:
    ///   - name: of the model.
    ///   - folder: in which the model will lie.
    ///   - url: where the rest comes from.
    ///   - sha256: what all of it shall have, if that is known.
    ///   - progress: sees how far what is there has been read.
    /// - Throws: `.noPlace`, `.inputOutput`.
    init(
        _ name: String, in folder: String, url: String, sha256: String?, progress: TransferProgress
    ) throws(InstallingError) {
        self.name = name
        path = "\(folder)/.\(name).part"
        notesPath = path + ".notes"
        do throws(SystemError) {
            file = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
        } catch {
            throw InstallingError(.noPlace, "\(path): cannot create: \(error.reason)")
        }
        state = Monitor(State())
        var notes = PartialFile.readNotes(notesPath)
        // Who has the same hash is the same file, wherever it comes from; but another server's tag says nothing.
        let isSame = notes.sha256 == (sha256 ?? "") && (!notes.sha256.isEmpty || notes.url == url)
        if isSame {
            if notes.url != url { notes.etag = "" }
            try readBack(progress)
        } else {
            try restart()
        }
        notes = isSame ? notes : Notes()
        notes.url = url
        notes.sha256 = sha256 ?? ""
        try note(notes)
    }

    /// Bytes that are there.
    var count: Int { state.read { $0.count } }
    var notes: Notes { state.read { $0.notes } }
    var beginning: [UInt8] { state.read { $0.beginning } }
    /// The hash of what is there.
    var sha256: String { state.read { $0.hash }.hexadecimal }

    /// Adds bytes at the end.
    ///
    /// - Throws: `.inputOutput`, `.noPlace` if the disk is full.
    func append(_ bytes: UnsafeRawBufferPointer) throws(InstallingError) {
        do throws(SystemError) {
            try unsafe writeAll(file.number, bytes, name: path)
        } catch {
            guard error.code == ENOSPC || error.code == EDQUOT else { throw failed(error) }
            // What could be written does not matter: it is read back, or cut off.
            throw InstallingError(
                .noPlace, "\(path): \(error.reason)",
                hint: "make room and say it again: \(readableSize(count)) have come and are kept")
        }
        state.note { state in
            unsafe state.hash.update(bytes)
            state.count += bytes.count
            if state.beginning.count < 64 { unsafe state.beginning += bytes.prefix(64 - state.beginning.count) }
        }
    }

    /// Drops what is there.
    func restart() throws(InstallingError) {
        do throws(SystemError) {
            try retrying("ftruncate", on: path) { ftruncate(file.number, 0) }
            try retrying("lseek", on: path) { lseek(file.number, 0, SEEK_SET) }
        } catch {
            throw failed(error)
        }
        state.note { state in
            state.count = 0
            state.hash = SHA256()
            state.beginning = []
        }
    }

    /// Writes down of what this is a part.
    func note(_ notes: Notes) throws(InstallingError) {
        state.note { $0.notes = notes }
        let text = "url \(notes.url)\netag \(notes.etag)\nsha256 \(notes.sha256)\n"
        do throws(SystemError) {
            let file = try Descriptor.open(notesPath, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o644)
            try writeAll(file.number, text, name: notesPath)
        } catch {
            throw failed(error)
        }
    }

    /// Removes it.
    func remove() {
        unsafe unlink(path)
        unsafe unlink(notesPath)
    }

    /// Gives it its place, when all of its bytes are on the disk.
    func move(to target: String) throws(InstallingError) {
        do throws(SystemError) {
            if fdatasync(file.number) < 0, errno != EINVAL, errno != EROFS {
                throw SystemError(code: errno, call: "fdatasync", subject: path)
            }
            try retrying("rename", on: target) { unsafe rename(path, target) }
        } catch {
            throw failed(error)
        }
        unsafe unlink(notesPath)
    }

    private func failed(_ error: SystemError) -> InstallingError {
        InstallingError(.inputOutput, error.description)
    }

    /// Reads what is there, for its hash.
    private func readBack(_ progress: TransferProgress) throws(InstallingError) {
        var status = stat()
        unsafe fstat(file.number, &status)
        let size = Int(status.st_size)
        if size > 0 { progress.begin("looking at what is there", of: name, total: size) }
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count: Int
            do {
                count = try unsafe chunk.withUnsafeMutableBytes { try unsafe readOnce(file.number, into: $0) }
            } catch {
                throw InstallingError(.inputOutput, "\(path): \(error)")
            }
            if count == 0 { return }
            state.note { state in
                unsafe chunk.withUnsafeBytes { bytes in
                    unsafe state.hash.update(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                }
                if state.beginning.isEmpty { state.beginning = Array(chunk[..<min(count, 64)]) }
                state.count += count
            }
            progress.advance(to: self.count)
        }
    }

    private static func readNotes(_ path: String) -> Notes {
        var notes = Notes()
        guard let file = try? Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return notes }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = (try? unsafe bytes.withUnsafeMutableBytes { try unsafe readOnce(file.number, into: $0) }) ?? 0
        for line in String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "url": notes.url = String(parts[1])
            case "etag": notes.etag = String(parts[1])
            case "sha256": notes.sha256 = String(parts[1])
            default: break
            }
        }
        return notes
    }
}
