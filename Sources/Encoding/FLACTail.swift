/// How a FLAC stream ends: whether it was cut off, and what is behind it.
enum FLACTail {
    /// Bytes from the end that are looked at: more than any frame of eight channels and 24 bits has.
    static let reach = 1 << 18

    /// Whether the bytes end with a whole frame: from some sync code on their checksum is right.
    ///
    /// - Parameter bytes: the stream's last ones.
    static func isWhole(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var start = bytes.count - 2
        while start >= 0 {
            // Fifteen bits of sync code, and a bit that says how blocks are numbered (RFC 9639, 9.1).
            if unsafe bytes[start] == 0xFF, unsafe bytes[start + 1] & 0xFE == 0xF8,
                unsafe checksum(UnsafeRawBufferPointer(rebasing: bytes[start...])) == 0
            {
                return true
            }
            start -= 1
        }
        return false
    }

    /// Where another file begins behind the last frame, as an offset in the window.
    ///
    /// - Parameter window: of which the library has read the last frame, and a buffer of its own at most.
    static func nextFile(in window: ReadWindow) -> Int? {
        window.lookAhead(42)
        let bytes = unsafe window.tail
        // Of the library's buffer (libFLAC's bitreader) only the capacity is known. The first file's own beginning does not count.
        let start = max(window.isAtStart ? 42 : 0, window.position - window.base - libraryBuffer)
        for index in stride(from: start, to: bytes.count - 7, by: 1) where unsafe bytes[index] == UInt8(ascii: "f") {
            let head = unsafe Array(bytes[index..<index + 8])
            // STREAMINFO, of 34 bytes, comes first (RFC 9639, 8.2).
            if head.starts(with: "fLaC".utf8), head[4] & 0x7F == 0, head[5...] == [0, 0, 34] {
                return window.base + index
            }
        }
        return nil
    }

    /// Bytes that libFLAC 1.4 may have read and not used yet: its bitreader has room for 2048 words of 8.
    private static let libraryBuffer = 1 << 14

    /// Whether nothing is behind the last frame but padding, or an old ID3 tag. Reads to the end.
    static func isAtEnd(_ window: ReadWindow) -> Bool {
        let position = window.position
        window.drain()
        var bytes = unsafe window.tail
        if bytes.count >= 128, unsafe bytes[(bytes.count - 128)...].starts(with: "TAG".utf8) {
            unsafe bytes = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 128)])
        }
        let used = unsafe (bytes.lastIndex { $0 != 0 } ?? -1) + 1
        if window.base + used > position { return false }
        // The frame's own last bytes may be zeros.
        return (used...min(bytes.count, used + 3)).contains { end in
            unsafe isWhole(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        }
    }

    /// CRC-16 with the polynomial 0x8005, from zero (RFC 9639, 9.3); over a frame with its own checksum it is zero.
    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt16 {
        var sum: UInt16 = 0
        for index in 0..<bytes.count { sum = unsafe sum << 8 ^ table[Int(sum >> 8) ^ Int(bytes[index])] }
        return sum
    }

    private static let table: [UInt16] = (0..<256).map { index in
        (0..<8).reduce(UInt16(index) << 8) { value, _ in value << 1 ^ (value >> 15 == 1 ? 0x8005 : 0) }
    }
}
