internal import Glibc
internal import POSIX

/// One file of entries, each a line. Any number of programs may use it: each operation locks it (flock(2)), and an entry is found by what
/// it says. It is 0600, a regular file of the user's own, and gone when it is empty.
struct UndeliveredFile: Sendable {
    let path: String

    /// What was written, to be replaced or removed.
    struct Entry: Sendable {
        var line: [UInt8]
        var offset: Int
    }

    /// Appends a line.
    func add(_ line: [UInt8]) throws(SystemError) -> Entry {
        let file = try openLocked(O_CREAT)
        let size = try sizeOf(file.number)
        do throws(SystemError) {
            // What a crash or an editor left without an end must not swallow our entry.
            let last = size > 0 ? try read(file.number, at: size - 1, count: 1) : []
            let hasEnd = last.isEmpty || last == [0x0A]
            try writeAll(file.number, hasEnd ? line : [0x0A] + line, at: size, name: path)
            return Entry(line: line, offset: hasEnd ? size : size + 1)
        } catch {
            // A full disk may take a part of it, or none.
            try cut(file.number, size)
            throw error
        }
    }

    /// Puts another line in an entry's place, no longer than it was; an empty one removes it.
    ///
    /// - Returns: the entry as it is now; nil where somebody else has removed it.
    func replace(_ entry: Entry, with line: [UInt8]) throws(SystemError) -> Entry? {
        guard access(path, F_OK) == 0 else { return nil }
        let file = try openLocked(0)
        let size = try sizeOf(file.number)
        var offset = entry.offset
        if try read(file.number, at: offset, count: entry.line.count) != entry.line {
            // Others have taken theirs out before it.
            let all = try read(file.number, at: 0, count: size)
            guard let found = UndeliveredFile.position(of: entry.line, in: all) else { return nil }
            offset = found
        }
        let end = offset + entry.line.count
        let rest = try line + read(file.number, at: end, count: size - end)
        if !rest.isEmpty { try writeAll(file.number, rest, at: offset, name: path) }
        try cut(file.number, offset + rest.count)
        return Entry(line: line, offset: offset)
    }

    /// Waits until what was added is on the disk.
    func sync() throws(SystemError) {
        let file = try PersonalFolder.openFile(path, O_RDONLY)
        try retrying("fsync", on: path) { fsync(file.number) }
    }

    /// Whether a descriptor is this very file.
    func isOpen(as descriptor: CInt) -> Bool {
        var own = stat()
        var other = stat()
        return stat(path, &own) == 0 && fstat(descriptor, &other) == 0 && own.st_ino == other.st_ino
            && own.st_dev == other.st_dev
    }

    private func openLocked(_ flags: CInt) throws(SystemError) -> Descriptor {
        while true {
            let file = try PersonalFolder.openFile(path, O_RDWR | flags)
            try retrying("flock", on: path) { flock(file.number, LOCK_EX) }
            var status = stat()
            try retrying("fstat", on: path) { fstat(file.number, &status) }
            if status.st_nlink == 0 { continue }
            if status.st_mode & 0o077 != 0 { fchmod(file.number, 0o600) }
            return file
        }
    }

    private func cut(_ file: CInt, _ size: Int) throws(SystemError) {
        try retrying("ftruncate", on: path) { ftruncate(file, off_t(size)) }
        // Still locked: whoever waits for the lock sees that this file has no name any more, and opens anew.
        if size == 0 { unlink(path) }
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
