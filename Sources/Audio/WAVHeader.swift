/// The bytes in front of WAV audio.
///
/// Up to two channels of 16 bits the plain kind; beyond that WAVE_FORMAT_EXTENSIBLE, as mmreg.h asks. Floating point in
/// one or two channels has format tag 3 and a `fact` chunk, which every reader knows.
package enum WAVHeader {
    /// What sizes are while the length is not known.
    private static let unknown: UInt32 = 0xFFFF_FFFF

    /// The header of a stream: every size is 0xFFFFFFFF. 44 bytes for 16-bit mono and stereo without tags.
    package static func streaming(_ format: AudioFormat, tags: AudioTags = AudioTags()) -> [UInt8] {
        fourCC("RIFF") + bytes(unknown) + fourCC("WAVE") + formatChunk(format, frames: nil) + tags.listChunk
            + fourCC("data") + bytes(unknown)
    }

    /// The header of a file, always of the same length for a format, so that it can be written again.
    ///
    /// A `JUNK` chunk in front holds the place of `ds64`, which RF64 needs from 4 GiB on (EBU Tech 3306).
    ///
    /// - Parameters:
    ///   - dataBytes: bytes of audio; nil while it is being written, which makes the sizes 0xFFFFFFFF.
    ///   - tags: what the file says about itself.
    package static func file(_ format: AudioFormat, dataBytes: Int?, tags: AudioTags = AudioTags()) -> [UInt8] {
        let frames = dataBytes.map { UInt64($0 / format.bytesPerFrame) }
        let body = formatChunk(format, frames: frames) + tags.listChunk
        let reserved = 28
        let preamble = 4 + 8 + reserved + body.count + 8
        let riffBytes = dataBytes.map { UInt64(preamble) + UInt64($0) + UInt64($0 % 2) }
        if let dataBytes, let riffBytes, let frames, riffBytes >= UInt64(unknown) {
            let sizes = bytes(riffBytes) + bytes(UInt64(dataBytes)) + bytes(frames) + bytes(UInt32(0))
            return fourCC("RF64") + bytes(unknown) + fourCC("WAVE") + fourCC("ds64") + bytes(UInt32(reserved)) + sizes
                + body + fourCC("data") + bytes(unknown)
        }
        let junk = fourCC("JUNK") + bytes(UInt32(reserved)) + [UInt8](repeating: 0, count: reserved)
        return fourCC("RIFF") + bytes(riffBytes.map(UInt32.init) ?? unknown) + fourCC("WAVE") + junk + body
            + fourCC("data") + bytes(dataBytes.map(UInt32.init) ?? unknown)
    }

    /// The `fmt ` chunk, and for floating point the `fact` chunk that goes with it.
    private static func formatChunk(_ format: AudioFormat, frames: UInt64?) -> [UInt8] {
        let isFloat = format.sampleFormat.isFloat
        let bits = UInt16(format.sampleFormat.bytes * 8)
        let isExtensible = format.channels > 2 || (!isFloat && bits > 16)
        let tag: UInt16 = isFloat ? 3 : 1
        var chunk = fourCC("fmt ") + bytes(UInt32(isExtensible ? 40 : isFloat ? 18 : 16))
        chunk += bytes(isExtensible ? 0xFFFE : tag) + bytes(UInt16(format.channels))
        chunk += bytes(UInt32(format.sampleRate)) + bytes(UInt32(format.bytesPerSecond))
        chunk += bytes(UInt16(format.bytesPerFrame)) + bytes(bits)
        if isExtensible {
            chunk += bytes(UInt16(22)) + bytes(bits) + bytes(speakers(format.channels))
            chunk += bytes(tag) + AudioFormat.mediaSubtypeTail
        } else if isFloat {
            chunk += bytes(UInt16(0))
        }
        if isFloat {
            chunk += fourCC("fact") + bytes(UInt32(4)) + bytes(frames.flatMap(UInt32.init(exactly:)) ?? unknown)
        }
        return chunk
    }

    /// The usual places of so many channels (ksmedia.h, KSAUDIO_SPEAKER_*); 0 names none.
    private static func speakers(_ channels: Int) -> UInt32 {
        switch channels {
        case 1: 0x4
        case 2: 0x3
        case 3: 0x7
        case 4: 0x33
        case 5: 0x37
        case 6: 0x3F
        case 7: 0x13F
        case 8: 0x63F
        default: 0
        }
    }

    private static func fourCC(_ id: String) -> [UInt8] { Array(id.utf8) }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
