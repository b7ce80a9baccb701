internal import Glibc
package import POSIX

/// A recording while it is received, and until its text is out: it is kept in one place or, if that becomes full, in two.
package final class KeptRecording: Sendable {
    package let id: String
    /// As it was begun.
    package let record: PendingRecord
    package let audio: KeptAudio
    private let stores: PendingStores
    private let state: Monitor<State>

    private struct State {
        /// The recording, or its beginning; nil if no place has taken it.
        var head: PendingRecording?
        /// What the first place had no room for.
        var tail: PendingRecording?
    }

    /// What was made sure of.
    package enum Kept: Sendable {
        /// It is whole, and survives a crash of the machine.
        case whole
        /// So many bytes at its end are in no place that lasts.
        case lost(bytes: Int, reason: SystemError)
    }

    /// Begins a recording.
    ///
    /// - Parameters:
    ///   - id: its name.
    ///   - problem: is told why it is not in the first place.
    /// - Throws: `SystemError`: EEXIST if there is one of that name; else if not even a nameless file can be made.
    package init(
        _ id: String, _ record: PendingRecord, in stores: PendingStores, problem: (SystemError) -> Void
    ) throws(SystemError) {
        if stores.isTaken(id) { throw SystemError(code: EEXIST, call: "link", subject: id) }
        var head: PendingRecording?
        do throws(SystemError) {
            let begun = try stores.create(id, record)
            head = begun.recording
            if let reason = begun.problem { problem(reason) }
        } catch {
            problem(error)
        }
        self.id = id
        self.record = record
        self.stores = stores
        let state = Monitor(State(head: head))
        self.state = state
        let file: Descriptor
        if let head { file = try head.audio.duplicate() } else { file = try Descriptor.temporaryFile() }
        audio = KeptAudio(file) { start throws(SystemError) in
            try KeptRecording.goOn(id, record, from: start, stores, state)
        }
    }

    /// Where what follows goes when the first place is full: under a name in another one, or to a nameless file.
    private static func goOn(
        _ id: String, _ record: PendingRecord, from start: Int, _ stores: PendingStores, _ state: Monitor<State>
    ) throws(SystemError) -> Descriptor {
        var record = record
        record.continues = start
        guard let full = state.read({ $0.head?.folder }),
            let tail = try? stores.create(id, record, notIn: [full]).recording
        else { return try Descriptor.temporaryFile() }
        state.note { $0.tail = tail }
        return try tail.audio.duplicate()
    }

    /// The folder of a place that is not the first one; nil if it is there, or nowhere.
    package var secondPlace: String? {
        state.read { ($0.tail ?? $0.head)?.folder }.flatMap { folder in
            stores.all.first { $0.directory == folder }.flatMap { stores.isSecond($0) ? folder : nil }
        }
    }

    /// Whether it is in a place that lasts.
    package var hasPlace: Bool { state.read { $0.head != nil } }

    /// Makes the recording's names survive a crash of the machine.
    package func synchroniseNames() {
        let (head, tail) = state.read { ($0.head, $0.tail) }
        try? head?.synchroniseNames()
        try? tail?.synchroniseNames()
    }

    /// Makes sure that the recording is whole and lasts, wherever there is room for it.
    ///
    /// Somebody may have deleted the store meanwhile: then it is written anew, from what this process still holds.
    ///
    /// - Parameter record: how it goes on.
    package func keep(_ record: PendingRecord) -> Kept {
        let missing = audio.consolidate()
        let (head, tail) = state.read { ($0.head, $0.tail) }
        if let head, head.isInPlace, missing == 0 {
            try? tail?.discard()
            state.note { $0.tail = nil }
        } else if head?.isInPlace != true || tail?.isInPlace != true {
            do throws(SystemError) {
                try writeAnew(record)
            } catch {
                return .lost(bytes: head?.isInPlace == true ? missing : audio.size, reason: error)
            }
        }
        audio.synchronise()
        let parts = state.read { ($0.head, $0.tail) }
        if (try? parts.0?.update(record)) == nil, let tail = parts.1 {
            // The first place is full: what is new is said where there is room.
            var record = record
            record.continues = tail.record?.continues
            try? tail.update(record)
        }
        return .whole
    }

    /// Writes all of it to the first place that has room.
    private func writeAnew(_ record: PendingRecord) throws(SystemError) {
        let (head, tail) = state.read { ($0.head, $0.tail) }
        var refused: [String] = []
        // A full place that has its beginning has no room for the whole.
        if let head, head.isInPlace { refused.append(head.folder) }
        while true {
            let new = try stores.create(id, record, notIn: refused).recording
            do throws(SystemError) {
                try audio.copy(to: new.audio.number)
                try new.synchroniseNames()
            } catch {
                try? new.discard()
                refused.append(new.folder)
                if refused.count > stores.all.count { throw error }
                continue
            }
            if head?.isInPlace == true { try? head?.discard() }
            if tail?.isInPlace == true { try? tail?.discard() }
            state.note { $0 = State(head: new) }
            return
        }
    }

    /// Removes it: its text is out, or there is none.
    package func discard() throws(SystemError) {
        let (head, tail) = state.read { ($0.head, $0.tail) }
        try? tail?.discard()
        // Who has deleted the store has deleted it.
        if let head, head.isInPlace { try head.discard() }
    }

    /// What another process needs to discard it: the files, and the descriptors that keep it locked.
    package var files: (paths: [String], locks: [CInt]) {
        let parts = state.read { [$0.head, $0.tail].compactMap(\.self) }
        return (parts.flatMap(\.paths), parts.map { $0.audio.number })
    }
}
