internal import Glibc
package import POSIX
internal import Text

/// `$XDG_STATE_HOME/vt/undelivered`: what was said and is not known to have arrived.
///
/// An entry is written before its text is delivered and removed afterwards, so that it is there whatever ends the program.
/// The file consists of event lines (vt-events(5)), `final time=… id=…` and the text, so that `vt-type --events` can type it. Any
/// number of programs may use it: each operation locks it (flock(2)), and entries are found by their id. It is 0600, and gone when empty.
package final class UndeliveredStore {
    /// The file's path.
    package let path: String
    private var count = 0

    /// What was written, to be removed again.
    package struct Entry: Sendable {
        fileprivate var line: [UInt8]
        fileprivate var offset: Int
    }

    /// - Parameter environment: looks up a variable. Nil where neither XDG_STATE_HOME nor HOME is an absolute path.
    package init?(environment: (String) -> String?) {
        func absolute(_ name: String) -> String? { environment(name).flatMap { $0.first == "/" ? $0 : nil } }
        guard let state = absolute("XDG_STATE_HOME") ?? absolute("HOME").map({ $0 + "/.local/state" }) else {
            return nil
        }
        path = state + "/vt/undelivered"
    }

    package convenience init?() {
        self.init { name in getenv(name).map { String(cString: $0) } }
    }

    /// Appends text. It survives the end of this process; of the machine only after `sync`.
    package func add(_ text: String) throws(SystemError) -> Entry {
        count += 1
        let event = EventLine(
            "final",
            [EventLine.Attribute("time", utcTime()), EventLine.Attribute("id", "\(getpid()).\(count)")], text: text)
        var line = Array(event.line.utf8)
        let file = try openLocked(creating: true)
        let size = try sizeOf(file.number)
        // What a crash or an editor left without an end must not swallow our entry.
        if size > 0, try read(file.number, at: size - 1, count: 1) != [0x0A] { line.insert(0x0A, at: 0) }
        do throws(SystemError) {
            try write(file.number, line, at: size)
        } catch {
            // A full disk may take a part of it.
            ftruncate(file.number, off_t(size))
            throw error
        }
        let hasLead = line.first == 0x0A
        return Entry(line: hasLead ? Array(line.dropFirst()) : line, offset: hasLead ? size + 1 : size)
    }

    /// Removes an entry; does nothing where somebody else has.
    package func remove(_ entry: Entry) throws(SystemError) {
        guard access(path, F_OK) == 0 else { return }
        let file = try openLocked(creating: false)
        let size = try sizeOf(file.number)
        var offset = entry.offset
        if try read(file.number, at: offset, count: entry.line.count) != entry.line {
            // Others have taken theirs out before it.
            let all = try read(file.number, at: 0, count: size)
            guard let found = UndeliveredStore.position(of: entry.line, in: all) else { return }
            offset = found
        }
        let end = offset + entry.line.count
        if end < size { try write(file.number, try read(file.number, at: end, count: size - end), at: offset) }
        try retrying("ftruncate", on: path) { ftruncate(file.number, off_t(size - entry.line.count)) }
        // Still locked: whoever waits for the lock sees that this file has no name any more, and opens anew.
        if size == entry.line.count { unlink(path) }
    }

    /// Waits until what was added is on the disk.
    package func sync() throws(SystemError) {
        let file = try Descriptor.open(path, O_RDONLY)
        try retrying("fsync", on: path) { fsync(file.number) }
    }

    /// Whether a descriptor is this very file.
    package func isOpen(as descriptor: CInt) -> Bool {
        var own = stat()
        var other = stat()
        return stat(path, &own) == 0 && fstat(descriptor, &other) == 0 && own.st_ino == other.st_ino
            && own.st_dev == other.st_dev
    }

    private func openLocked(creating: Bool) throws(SystemError) -> Descriptor {
        if creating { makeFolders() }
        while true {
            let file = try Descriptor.open(path, O_RDWR | (creating ? O_CREAT : 0), mode: 0o600)
            try retrying("flock", on: path) { flock(file.number, LOCK_EX) }
            var status = stat()
            try retrying("fstat", on: path) { fstat(file.number, &status) }
            if status.st_nlink == 0 { continue }
            if status.st_mode & 0o077 != 0 { fchmod(file.number, 0o600) }
            return file
        }
    }

    /// Makes what is missing of the folders, for the user alone (XDG Base Directory Specification).
    private func makeFolders() {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/" + part
            // What fails here fails at open, with a better message.
            mkdir(folder, 0o700)
        }
    }

    private func sizeOf(_ file: CInt) throws(SystemError) -> Int {
        var status = stat()
        try retrying("fstat", on: path) { fstat(file, &status) }
        return Int(status.st_size)
    }

    private func read(_ file: CInt, at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = try retrying("pread", on: path) {
                result.withUnsafeMutableBytes {
                    pread(file, $0.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
                }
            }
            if got == 0 { return Array(result[..<filled]) }
            filled += got
        }
        return result
    }

    private func write(_ file: CInt, _ data: [UInt8], at offset: Int) throws(SystemError) {
        var written = 0
        while written < data.count {
            written += try retrying("pwrite", on: path) {
                data.withUnsafeBytes {
                    pwrite(file, $0.baseAddress.map { $0 + written }, data.count - written, off_t(offset + written))
                }
            }
        }
    }

    private static func position(of line: [UInt8], in all: [UInt8]) -> Int? {
        var start = 0
        while start + line.count <= all.count {
            if all[start...].starts(with: line) { return start }
            guard let end = all[start...].firstIndex(of: 0x0A) else { return nil }
            start = end + 1
        }
        return nil
    }
}

/// The time as RFC 3339 has it, in UTC: `2026-11-22T18:41:33Z`.
func utcTime(_ seconds: time_t = time(nil)) -> String {
    var seconds = seconds
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
        + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
}
