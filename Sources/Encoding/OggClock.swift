internal import Glibc
internal import POSIX

/// Whether the audio of an Ogg file has holes: pages whose positions say more than their packets can hold.
///
/// libsndfile plays what comes, one packet behind the other; who has the file on the clock must fill them.
enum OggClock {
    /// Looks at the heads of all pages of a file with one stream, or several in a chain.
    ///
    /// - Parameter file: a regular file.
    static func hasHole(in file: CInt) -> Bool {
        var (offset, last, longestPacket): (Int, Int?, Int) = (0, nil, 0)
        var head = [UInt8](repeating: 0, count: 27 + 255 + 64)
        while true {
            let count = unsafe head.withUnsafeMutableBytes {
                unsafe pread(file, $0.baseAddress, $0.count, off_t(offset))
            }
            guard count >= 27, head.starts(with: "OggS".utf8) else { return false }
            let segments = Int(head[26])
            let table = head[27..<27 + segments]
            let packets = table.count { $0 < 255 }
            let position = (0..<8).reduce(0) { $0 | Int(truncatingIfNeeded: UInt64(head[6 + $1]) << (8 * UInt64($1))) }
            let data = head[(27 + segments)...]
            if head[5] & 2 != 0 {
                (last, longestPacket) = (nil, longest(in: Array(data)))
            } else if position >= 0, packets > 0 {
                // A packet of Opus says itself how long it is.
                let packet = longestPacket == 0 ? opusFrames(Array(data)) : longestPacket
                // A quarter more, and a packet, for one that began on the page before.
                if let last, position > 0, position - last > packets * packet * 5 / 4 + packet { return true }
                if position > 0 { last = position }
            }
            offset += 27 + segments + table.reduce(0) { $0 + Int($1) }
        }
    }

    /// Frames in a packet at most, by a stream's first packet; 0 for Opus.
    private static func longest(in first: [UInt8]) -> Int {
        if first.starts(with: [1] + Array("vorbis".utf8)), first.count > 28 { return (1 << Int(first[28] >> 4)) / 2 }
        // The mapping's header, then STREAMINFO with its largest block.
        if first.starts(with: [0x7F] + Array("FLAC".utf8)), first.count > 21 {
            return Int(first[19]) << 8 | Int(first[20])
        }
        return 0
    }

    /// Frames at 48 kHz in a packet (RFC 6716, 3.1 and 3.2).
    private static func opusFrames(_ packet: [UInt8]) -> Int {
        guard let toc = packet.first else { return 5760 }
        let configuration = Int(toc >> 3)
        let frame =
            configuration < 12
            ? [480, 960, 1920, 2880][configuration % 4]
            : configuration < 16 ? [480, 960][configuration % 2] : [120, 240, 480, 960][configuration % 4]
        switch toc & 3 {
        case 0: return frame
        case 1, 2: return 2 * frame
        default: return packet.count > 1 ? Int(packet[1] & 0x3F) * frame : 5760
        }
    }
}
