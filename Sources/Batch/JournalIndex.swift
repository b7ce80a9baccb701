internal import Glibc
internal import POSIX

/// Where in a folder's records the last line of each input begins.
struct JournalIndex {
    /// By the keys of the names.
    private var places: [UInt64: Int] = [:]
    /// Behind the last whole line that was read.
    private var end = 0
    /// Bytes of the file, as far as it was read.
    private(set) var size = 0
    /// Lines that do not count any more.
    private(set) var dead = 0

    private static let blockSize = 1 << 18

    /// Whether the file ends within a line.
    var isTorn: Bool { size > end }

    /// Inputs that there are records of.
    var count: Int { places.count }

    /// Where an input's last line begins; nil where it has none.
    subscript(key: UInt64) -> Int? { places[key] }

    /// Takes a line that was added at the end.
    ///
    /// - Parameter line: with its line feed.
    mutating func add(_ line: [UInt8], at place: Int) {
        line.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0.dropLast()), at: place) }
        end = place + line.count
        size = end
    }

    /// Reads what was added.
    ///
    /// - Parameters:
    ///   - file: the records.
    ///   - size: how many bytes there are now.
    ///   - name: what errors call it.
    mutating func read(_ file: CInt, upTo size: Int, name: Path) throws(SystemError) {
        if size == self.size { return }
        // What is shorter than it was is another's work; it is not what was read.
        if size < end { self = JournalIndex() }
        var room = min(JournalIndex.blockSize, size - end)
        while end < size {
            let end = end
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 16)
            defer { buffer.deallocate() }
            let count = try retrying("read", on: name.description) {
                pread(file, buffer.baseAddress, room, off_t(end))
            }
            // Shorter than it was a moment ago: whoever could not write a line has taken it back.
            if count == 0 { break }
            if takeLines(UnsafeRawBufferPointer(rebasing: buffer[..<count])) == 0 {
                // A line longer than the block, or half a line at the end.
                if room >= size - end { break }
                room = min(2 * room, size - end)
            }
        }
        self.size = size
    }

    /// - Returns: bytes of whole lines.
    private mutating func takeLines(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        var start = 0
        while let found = memchr(base + start, CInt(UInt8(ascii: "\n")), bytes.count - start) {
            let lineEnd = UnsafeRawPointer(found) - base
            take(UnsafeRawBufferPointer(rebasing: bytes[start..<lineEnd]), at: end + start)
            start = lineEnd + 1
        }
        end += start
        return start
    }

    private mutating func take(_ line: UnsafeRawBufferPointer, at place: Int) {
        guard let name = CompletionRecord.name(in: line) else {
            if !line.isEmpty { dead += 1 }
            return
        }
        if places.updateValue(place, forKey: RecordName.key(name)) != nil { dead += 1 }
    }

    /// Copies the lines that count, in order.
    func copyLines(from old: CInt, to new: CInt) throws(SystemError) {
        var lines = LineReader(old)
        var out: [UInt8] = []
        for place in places.values.sorted() {
            guard let line = try lines.line(at: place) else { continue }
            out += line
            if out.count >= JournalIndex.blockSize {
                try writeAll(new, out)
                out.removeAll(keepingCapacity: true)
            }
        }
        try writeAll(new, out)
    }

    /// Reads lines of a file at places that grow.
    private struct LineReader {
        private let file: CInt
        private var block: [UInt8] = []
        private var start = 0

        init(_ file: CInt) {
            self.file = file
        }

        /// - Returns: the line with its line feed; nil where it has none.
        mutating func line(at place: Int) throws(SystemError) -> ArraySlice<UInt8>? {
            var size = JournalIndex.blockSize
            while true {
                if place >= start, place < start + block.count {
                    let rest = block[(place - start)...]
                    if let end = rest.firstIndex(of: UInt8(ascii: "\n")) { return rest[...end] }
                    if place == start, block.count < size { return nil }
                    if place == start { size *= 2 }
                }
                block = [UInt8](repeating: 0, count: size)
                let count = try retrying("read") { pread(file, &block, size, off_t(place)) }
                block.removeLast(size - count)
                start = place
                if count == 0 { return nil }
            }
        }
    }
}
