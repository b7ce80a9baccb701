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
    private let store: PendingStore

    init(id: String, record: PendingRecord?, audio: consuming Descriptor, store: PendingStore) {
        self.id = id
        self.record = record
        self.audio = audio
        self.store = store
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
    }

    /// Moves what can never work out of the way, to the store's `failed` folder.
    ///
    /// - Returns: where the audio is now.
    @discardableResult
    package func moveToFailed() throws(SystemError) -> String {
        let failed = store.failedDirectory
        try PendingStore.makeDirectory(failed)
        let audio = "\(failed)/\(id).audio"
        // At every moment the audio has a name with its record beside it.
        _ = unlink("\(failed)/\(id).json")
        _ = link(store.recordPath(id), "\(failed)/\(id).json")
        try retrying("rename", on: store.audioPath(id)) { rename(store.audioPath(id), audio) }
        _ = unlink(store.recordPath(id))
        return audio
    }
}
