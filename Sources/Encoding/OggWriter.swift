internal import Audio

/// Puts the packets of one stream into the pages of an Ogg file (RFC 3533).
struct OggWriter {
    private let sink: any ByteSink
    private let serial: UInt32
    private var sequence: UInt32 = 0
    private var isContinued = false
    /// Lengths of the segments of the page that is being filled, and their bytes.
    private var lacing: [UInt8] = []
    private var data: [UInt8] = []
    /// The page as it is written.
    private var page: [UInt8] = []

    /// What a page can hold: the count of its segments is a byte.
    private static let mostSegments = 255

    /// - Parameter serial: tells the stream from others in the same file.
    init(_ sink: any ByteSink, serial: UInt32) {
        self.sink = sink
        self.serial = serial
        lacing.reserveCapacity(OggWriter.mostSegments)
    }

    /// Whether the page has room for a packet of so many bytes as a whole.
    func hasRoom(for bytes: Int) -> Bool { lacing.count + bytes / 255 + 1 <= OggWriter.mostSegments }

    /// Adds a packet.
    ///
    /// One that is larger than a page must be alone: pages that are full of it are written.
    mutating func add(_ packet: UnsafeRawBufferPointer) throws {
        var rest = unsafe packet[...]
        while true {
            if lacing.count == OggWriter.mostSegments {
                // No packet ends in it (RFC 3533, section 6: -1).
                try write(granule: .max)
                isContinued = true
            }
            let segment = unsafe rest.prefix(255)
            unsafe data.append(contentsOf: segment)
            let count = unsafe segment.count
            lacing.append(UInt8(count))
            unsafe rest = rest.dropFirst(count)
            if count < 255 { return }
        }
    }

    /// Writes the page.
    ///
    /// - Parameters:
    ///   - granule: the position that the codec gives to the end of the last packet that ends in it.
    ///   - isLast: whether the stream ends with it.
    mutating func write(granule: UInt64, isLast: Bool = false) throws {
        let flags: UInt8 = (isContinued ? 1 : 0) | (sequence == 0 ? 2 : 0) | (isLast ? 4 : 0)
        page.removeAll(keepingCapacity: true)
        page += [0x4F, 0x67, 0x67, 0x53, 0, flags]
        for shift in 0..<8 { page.append(UInt8(truncatingIfNeeded: granule >> (8 * shift))) }
        for number in [serial, sequence, 0] {
            for shift in 0..<4 { page.append(UInt8(truncatingIfNeeded: number >> (8 * shift))) }
        }
        page.append(UInt8(lacing.count))
        page += lacing
        page += data
        let sum = OggChecksum.of(page)
        for shift in 0..<4 { page[22 + shift] = UInt8(truncatingIfNeeded: sum >> (8 * shift)) }
        lacing.removeAll(keepingCapacity: true)
        data.removeAll(keepingCapacity: true)
        isContinued = false
        sequence &+= 1
        try unsafe page.withUnsafeBytes { try unsafe sink.write($0) }
    }
}
