internal import Audio

/// A source for a C library that seeks: it can go back over the last 64 KiB, and reads what lies ahead.
///
/// libsndfile's FLAC goes back 12 bytes after it has looked at them, CAF a little more; nothing it needs on a pipe goes
/// further. The end can't be sought: the library then finds that the length is not known.
@safe final class ReadWindow {
    /// What reading the source failed with; the library was told that the input ends there.
    private(set) var failure: AudioError?

    private let source: any ByteSource
    private let name: String
    /// Whether a large read may give less than was asked for, while there is more to come: a live stream then isn't held up.
    private let givesWhatIsThere: Bool
    private let buffer: UnsafeMutableRawBufferPointer
    /// The offset in the input of the buffer's first byte.
    private(set) var base = 0
    private var filled = 0
    private(set) var position = 0
    private var isAtEnd = false
    /// The input's first bytes, `headLength` of them at most.
    private(set) var head: [UInt8] = []
    private static let headLength = 42

    /// Bytes that it can go back at least.
    private let reach: Int
    /// Reads up to here are of headers, which need all that they ask for.
    private static let headerRead = 512
    /// Further than this ahead the library only goes to look for what stands behind the audio, and would not find back.
    private static let farthestSkip = 8192

    init(_ source: any ByteSource, name: String, givesWhatIsThere: Bool, reach: Int = 1 << 16) {
        self.reach = reach
        self.source = source
        self.name = name
        self.givesWhatIsThere = givesWhatIsThere
        unsafe buffer = .allocate(byteCount: 2 * reach, alignment: 16)
    }

    deinit {
        unsafe buffer.deallocate()
    }

    /// The last bytes that were read.
    var tail: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: buffer[..<filled]) }

    /// - Returns: bytes read; 0 at the end.
    func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        var done = 0
        while done < target.count {
            if position == base + filled {
                if done > 0, givesWhatIsThere, target.count > ReadWindow.headerRead { break }
                if !fill(atMost: target.count - done) { break }
            }
            let start = position - base
            let count = min(filled - start, target.count - done)
            unsafe UnsafeMutableRawBufferPointer(rebasing: target[done...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: buffer[start..<start + count]))
            position += count
            done += count
        }
        return done
    }

    /// - Returns: whether the position can be had.
    func seek(to offset: Int) -> Bool {
        guard offset >= base, offset <= position + ReadWindow.farthestSkip else { return false }
        while base + filled < offset {
            if !fill(atMost: reach) { return false }
        }
        guard offset >= base else { return false }
        position = offset
        return true
    }

    /// Whether the first byte is still there.
    var isAtStart: Bool { base == 0 }

    /// Reads from the source what is missing of so many bytes in front of it, and stays where it is.
    func lookAhead(_ count: Int) {
        while base + filled < position + count, fill(atMost: reach) {}
    }

    /// Goes to the end; the last bytes are the `tail` then.
    func drain() {
        while fill(atMost: reach) {}
        position = base + filled
    }

    /// Whether there may be more to read.
    var hasMore: Bool { position < base + filled || !isAtEnd }

    /// Lets what follows look like a new input, to which all offsets then refer.
    ///
    /// - Parameters:
    ///   - offset: where it goes on: not behind what has been read.
    ///   - head: bytes to come before that.
    /// - Returns: false where there is no room for them.
    func restart(from offset: Int, with head: [UInt8]) -> Bool {
        let start = min(offset - base, filled)
        let rest = filled - start
        guard start >= 0, unsafe head.count + rest <= buffer.count else { return false }
        if let first = unsafe buffer.baseAddress {
            unsafe (first + head.count).copyMemory(from: first + start, byteCount: rest)
        }
        unsafe buffer.copyBytes(from: head)
        (base, filled, position) = (0, head.count + rest, 0)
        return true
    }

    /// Reads once from the source, keeping at least the last 64 KiB.
    private func fill(atMost count: Int) -> Bool {
        if isAtEnd { return false }
        if unsafe filled == buffer.count {
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<reach]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: buffer[reach...]))
            base += reach
            filled = reach
        }
        let room = unsafe min(max(count, 4096), buffer.count - filled)
        do {
            let count = try unsafe source.read(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + room]))
            if head.count < ReadWindow.headLength {
                let missing = min(ReadWindow.headLength - head.count, count)
                unsafe head.append(contentsOf: buffer[filled..<filled + missing])
            }
            filled += count
            isAtEnd = count == 0
            return count > 0
        } catch {
            failure =
                error as? AudioError ?? AudioError(.readFailed, name, "cannot be read: \(error)", underlying: error)
            isAtEnd = true
            return false
        }
    }
}

/// What a window has read, and what comes behind it, for another reader; who has the window looks at its `failure`.
extension ReadWindow: ByteSource {
    var isRegularFile: Bool { source.isRegularFile }
}
