internal import Glibc
package import POSIX

/// A recording in the pending store that this process owns: nobody else touches it while this value lives.
///
/// The lock is a flock(2) on the audio, so it goes when the process does, however that ends.
package final class PendingRecording: Sendable {
    package let id: String
    /// As it was when the recording was created or claimed; nil where a crash has left no readable one.
    package let record: PendingRecord?
    /// The audio, open for reading and writing, and locked.
    package let audio: Descriptor
    /// The version of a record that this program does not know; nil if it does.
    package let unknownVersion: Int?
    private let store: PendingStore
    private let rest = Monitor<PendingRecording?>(nil)

    init(
        id: String, record: PendingRecord?, unknownVersion: Int? = nil, audio: consuming Descriptor, store: PendingStore
    ) {
        self.id = id
        self.record = record
        self.unknownVersion = unknownVersion
        self.audio = audio
        self.store = store
    }

    /// The store's folder.
    package var folder: String { store.directory }

    /// What another process needs to discard it: the files, and the descriptors that keep it locked.
    package var files: (paths: [String], locks: [CInt]) {
        guard let end else { return (paths, [audio.number]) }
        return (paths + end.paths, [audio.number, end.audio.number])
    }

    /// The files that it consists of.
    var paths: [String] { [store.audioPath(id), store.recordPath(id)] }

    /// What follows, which is in another store; nil if nothing does.
    package var end: PendingRecording? { rest.read(\.self) }

    func add(end: PendingRecording) {
        rest.note { $0 = end }
    }

    /// Whether its name leads to its audio still: somebody may have deleted the store.
    package var isInPlace: Bool {
        var (opened, named) = (stat(), stat())
        return fstat(audio.number, &opened) == 0 && lstat(store.audioPath(id), &named) == 0
            && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
    }

    /// Notes that it is going to be tried: if this process ends in its midst, the next one tries it last.
    package func beginAttempt(_ record: PendingRecord) throws(SystemError) {
        try store.write(record, of: id, durably: false)
    }

    /// Replaces the record, all or nothing, and makes it and the recording's names last.
    package func update(_ record: PendingRecord) throws(SystemError) {
        try store.write(record, of: id, durably: true)
        try store.synchronise()
    }

    /// Makes the recording's names survive a crash of the machine; the audio's bytes are `KeptAudio`'s to synchronise.
    package func synchroniseNames() throws(SystemError) {
        let record = try Descriptor.open(store.recordPath(id), O_RDONLY)
        try retrying("fsync", on: store.recordPath(id)) { fsync(record.number) }
        try store.synchronise()
    }

    /// Removes the recording: its text is out, or there is none.
    package func discard() throws(SystemError) {
        // The audio first: a record without audio is swept up, audio without its record might be transcribed wrongly.
        try retrying("unlink", on: store.audioPath(id)) { unlink(store.audioPath(id)) }
        _ = unlink(store.recordPath(id))
        try end?.discard()
    }

    /// Moves what can never work out of the way, to the store's `failed` folder.
    ///
    /// - Returns: where the audio is now.
    @discardableResult
    package func moveToFailed() throws(SystemError) -> String {
        let failed = store.failedDirectory
        try makePrivateFolder(failed)
        let audio = "\(failed)/\(id).audio"
        // At every moment the audio has a name with its record beside it.
        _ = unlink("\(failed)/\(id).json")
        _ = link(store.recordPath(id), "\(failed)/\(id).json")
        try retrying("rename", on: store.audioPath(id)) { rename(store.audioPath(id), audio) }
        _ = unlink(store.recordPath(id))
        _ = try? end?.moveToFailed()
        return audio
    }
}
