/// Whether a FLAC stream that doesn't say how long it is was cut off.
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
