internal import Audio

/// A page of an Ogg file (RFC 3533), checked.
struct OggPage {
    /// As it was read.
    let bytes: [UInt8]
    /// Bytes in front of the packets' data.
    let headLength: Int

    var isContinuation: Bool { bytes[5] & 1 != 0 }
    var isFirst: Bool { bytes[5] & 2 != 0 }
    var isLast: Bool { bytes[5] & 4 != 0 }
    /// Which of the streams that share the file it belongs to.
    var serial: UInt32 { number(at: 14) }
    var sequence: UInt32 { number(at: 18) }
    var data: ArraySlice<UInt8> { bytes[headLength...] }

    private func number(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * $1) }
    }
}

/// Takes an Ogg file apart into its pages; what is no page is stepped over.
final class OggPages {
    private let input: ReadAhead
    /// What was wrong so far.
    private(set) var damage: String?
    private var next: OggPage?

    private static let magic = Array("OggS".utf8)

    init(_ input: ReadAhead) {
        self.input = input
    }

    func noteDamage(_ what: String) {
        if damage == nil { damage = what }
    }

    /// The next page, which stays the next.
    func peek() throws(AudioError) -> OggPage? {
        if next == nil { next = try find() }
        return next
    }

    /// Takes the next page; nil at the end.
    func take() throws(AudioError) -> OggPage? {
        let page = try peek()
        next = nil
        return page
    }

    private func find() throws(AudioError) -> OggPage? {
        while true {
            let head = try input.peek(27)
            guard head.starts(with: OggPages.magic), head.count == 27, head[head.startIndex + 4] == 0 else {
                if head.count < 27 {
                    if !head.isEmpty { noteDamage("truncated in the middle of a page") }
                    return nil
                }
                noteDamage("damaged: there are bytes between its pages")
                _ = try input.skip(distanceToMagic())
                continue
            }
            let segments = Int(head[head.startIndex + 26])
            let table = try input.peek(27 + segments)
            let length = 27 + segments + table.dropFirst(27).reduce(0) { $0 + Int($1) }
            let whole = try input.peek(length)
            guard whole.count == length else {
                noteDamage("truncated in the middle of a page")
                // The length may be what is damaged, and pages hide behind it.
                _ = try input.skip(4)
                if distanceToMagic() >= input.available.count { return nil }
                continue
            }
            guard OggChecksum.isRight(whole) else {
                noteDamage("damaged: a page's checksum is wrong")
                _ = try input.skip(4)
                _ = try input.skip(distanceToMagic())
                continue
            }
            let page = OggPage(bytes: Array(whole), headLength: 27 + segments)
            _ = try input.skip(length)
            return page
        }
    }

    /// Bytes from here to what may be a page, as far as can be seen; at least one unless it is here.
    private func distanceToMagic() -> Int {
        let here = input.available
        var from = here.startIndex
        while let found = here[from...].firstIndex(of: OggPages.magic[0]) {
            // The last three bytes may be the beginning of it.
            if found > here.startIndex,
                here[found...].prefix(4).elementsEqual(OggPages.magic.prefix(here.endIndex - found))
            {
                return found - here.startIndex
            }
            from = found + 1
        }
        return max(1, here.count)
    }
}

/// The checksum of Ogg pages: CRC-32 with the polynomial 0x04C11DB7, unreflected, from zero (RFC 3533, section 6).
enum OggChecksum {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index) << 24) { value, _ in value << 1 ^ (value >> 31 == 1 ? 0x04C1_1DB7 : 0) }
    }

    /// The checksum of a whole page in which it is zero yet.
    static func of(_ page: [UInt8]) -> UInt32 {
        unsafe table.withUnsafeBufferPointer { table in
            var sum: UInt32 = 0
            for byte in page { sum = unsafe sum << 8 ^ table[Int(sum >> 24 ^ UInt32(byte))] }
            return sum
        }
    }

    /// Whether a whole page has the checksum that it says, which counts as zero itself.
    static func isRight(_ page: ArraySlice<UInt8>) -> Bool {
        unsafe table.withUnsafeBufferPointer { table in
            unsafe page.withUnsafeBufferPointer { page in
                var sum: UInt32 = 0
                var said: UInt32 = 0
                for index in 0..<page.count {
                    var byte = unsafe page[index]
                    if (22..<26).contains(index) {
                        said |= UInt32(byte) << (8 * UInt32(index - 22))
                        byte = 0
                    }
                    sum = unsafe sum << 8 ^ table[Int(sum >> 24 ^ UInt32(byte))]
                }
                return sum == said
            }
        }
    }
}
