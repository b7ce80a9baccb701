/// The four bytes in front of every MPEG audio frame (ISO/IEC 11172-3, 13818-3, and the "2.5" extension for low rates).
struct MPEGFrameHeader: Equatable {
    /// 1, 2, or 3 for "2.5".
    let version: Int
    /// 1, 2 or 3.
    let layer: Int
    /// In hertz.
    let sampleRate: Int
    let isMono: Bool
    let hasChecksum: Bool
    /// Bytes of the whole frame, with these four.
    let length: Int

    /// - Returns: nil where these bytes begin no frame, or one of free format, which nobody writes.
    init?(_ bytes: ArraySlice<UInt8>) {
        let at = bytes.startIndex
        guard bytes.count >= 4, bytes[at] == 0xFF, bytes[at + 1] & 0xE0 == 0xE0 else { return nil }
        let (second, third) = (bytes[at + 1], bytes[at + 2])
        switch second >> 3 & 3 {
        case 0: version = 3
        case 2: version = 2
        case 3: version = 1
        default: return nil
        }
        guard second >> 1 & 3 != 0 else { return nil }
        layer = 4 - Int(second >> 1 & 3)
        hasChecksum = second & 1 == 0
        let (rateIndex, bitrateIndex) = (Int(third >> 2 & 3), Int(third >> 4))
        guard rateIndex < 3, (1..<15).contains(bitrateIndex), bytes[at + 3] & 3 != 2 else { return nil }
        sampleRate = [44100, 48000, 32000][rateIndex] >> (version - 1)
        isMono = bytes[at + 3] >> 6 == 3
        let bitrate = MPEGFrameHeader.kilobits[version == 1 ? layer - 1 : layer == 1 ? 3 : 4][bitrateIndex - 1] * 1000
        let padding = Int(third >> 1 & 1)
        switch layer {
        case 1: length = (12 * bitrate / sampleRate + padding) * 4
        case 2: length = 144 * bitrate / sampleRate + padding
        default: length = (version == 1 ? 144 : 72) * bitrate / sampleRate + padding
        }
    }

    /// Whether both can be frames of one stream.
    func isAlike(_ other: MPEGFrameHeader) -> Bool {
        version == other.version && layer == other.layer && sampleRate == other.sampleRate && isMono == other.isMono
    }

    /// Frames of audio, as `AudioFormat` counts them, in one of these.
    var samples: Int { layer == 1 ? 384 : layer == 3 && version > 1 ? 576 : 1152 }

    /// Bytes between these four and what an encoder says about the stream, where it says it in the first frame.
    var sideInformation: Int {
        (version == 1 ? (isMono ? 17 : 32) : (isMono ? 9 : 17)) + (hasChecksum ? 2 : 0)
    }

    /// The tables of ISO/IEC 11172-3, 2.4.2.3 (layers I, II, III), and 13818-3, 2.4.2.3 (layer I; II and III).
    private static let kilobits = [
        [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ]
}
