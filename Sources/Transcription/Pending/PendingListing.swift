internal import Glibc
package import POSIX

/// One recording of the store, as a list shows it.
package struct PendingEntry: Sendable {
    package let id: String
    /// Bytes of audio.
    package let size: Int
    /// Whether a process owns it at this moment.
    package let isLocked: Bool
    package let record: PendingRecord?
    /// The version of a record that this program does not know; nil if it does.
    package let unknownVersion: Int?

    /// Of a recording in two stores one may have been too full to be told of the last attempt.
    private func newer(_ one: PendingRecord?, _ other: PendingRecord?) -> PendingRecord? {
        guard let one, let other else { return one ?? other }
        return one.attempts < other.attempts ? other : one
    }

    /// The same with what follows in another store.
    func with(end: PendingEntry) -> PendingEntry {
        PendingEntry(
            id: id, size: size + end.size, isLocked: isLocked || end.isLocked, record: newer(record, end.record),
            unknownVersion: unknownVersion)
    }
}

extension PendingStore {
    /// Above this many bytes of recordings the user should be told: 1 GiB, nine hours of speech.
    package static let warningSize = 1 << 30

    /// The names of the recordings, oldest first. No store is an empty one.
    ///
    /// Only of files: a FIFO or a link of such a name is no recording.
    package func ids() throws(SystemError) -> [String] {
        guard try isThere() else { return [] }
        return try fileNames(in: directory).filter { $0.hasSuffix(".audio") && !$0.hasPrefix(".") }
            .map { String($0.dropLast(".audio".count)) }.filter { PendingStore.isID($0) && isFile(audioPath($0)) }
            .sorted()
    }

    private func isFile(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// The recordings, oldest first.
    package func entries() throws(SystemError) -> [PendingEntry] {
        try ids().compactMap { id in
            guard let file = try? openFile(audioPath(id), O_RDONLY) else { return nil }
            var status = stat()
            fstat(file.number, &status)
            // Shared, so that two lists do not take each other for owners.
            let isLocked = flock(file.number, LOCK_SH | LOCK_NB) != 0
            let text = recordText(id)
            return PendingEntry(
                id: id, size: Int(status.st_size), isLocked: isLocked,
                record: text.flatMap(PendingRecord.init(parsing:)),
                unknownVersion: text.flatMap(PendingRecord.unknownVersion))
        }
    }

    /// Bytes of all recordings, the failed ones too.
    package func totalSize() -> Int {
        guard (try? isThere()) == true else { return 0 }
        var total = 0
        for directory in [directory, failedDirectory] {
            for name in (try? fileNames(in: directory)) ?? [] where name.hasSuffix(".audio") {
                var status = stat()
                if lstat("\(directory)/\(name)", &status) == 0 { total += Int(status.st_size) }
            }
        }
        return total
    }

    /// Removes what crashes have left: hidden files, and records without audio.
    ///
    /// Only what is older than a minute: a younger one may be somebody's next step.
    package func sweep() {
        guard (try? isThere()) == true else { return }
        let names = Set((try? fileNames(in: directory)) ?? [])
        for name in names {
            let isHidden = name.hasPrefix(".") && (name.hasSuffix(".audio") || name.hasSuffix(".json"))
            let isOrphan = name.hasSuffix(".json") && !names.contains(name.dropLast(".json".count) + ".audio")
            guard isHidden || isOrphan else { continue }
            var status = stat()
            guard lstat("\(directory)/\(name)", &status) == 0, status.st_mtim.tv_sec < time(nil) - 60 else { continue }
            _ = unlink("\(directory)/\(name)")
        }
    }

    private func fileNames(in directory: String) throws(SystemError) -> [String] {
        guard let folder = opendir(directory) else {
            if errno == ENOENT { return [] }
            throw SystemError(code: errno, call: "opendir", subject: directory)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
