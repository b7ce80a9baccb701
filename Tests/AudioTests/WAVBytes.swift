import Audio
import POSIX
import Testing

/// The bytes of a number, little endian.
func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}

func bytes(_ samples: [Int16]) -> [UInt8] { samples.flatMap { bytes($0) } }

func bytes(_ samples: [Float]) -> [UInt8] { samples.flatMap { bytes($0.bitPattern) } }

/// A chunk, padded to an even length.
func chunk(_ id: String, _ body: [UInt8], size: UInt32? = nil) -> [UInt8] {
    Array(id.utf8) + bytes(size ?? UInt32(body.count)) + body + (body.count % 2 == 1 ? [0] : [])
}

/// The body of a `fmt ` chunk.
func formatBody(
    tag: UInt16 = 1, channels: UInt16 = 1, rate: UInt32 = 16000, bits: UInt16 = 16, align: UInt16? = nil
) -> [UInt8] {
    let align = align ?? UInt16(truncatingIfNeeded: Int(channels) * ((Int(bits) + 7) / 8))
    return bytes(tag) + bytes(channels) + bytes(rate) + bytes(UInt32(truncatingIfNeeded: Int(rate) * Int(align)))
        + bytes(align) + bytes(bits)
}

/// The body of a WAVE_FORMAT_EXTENSIBLE `fmt ` chunk.
func extensibleBody(
    tag: UInt16 = 1, channels: UInt16 = 1, rate: UInt32 = 16000, bits: UInt16 = 16, validBits: UInt16? = nil,
    tail: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
) -> [UInt8] {
    formatBody(tag: 0xFFFE, channels: channels, rate: rate, bits: bits) + bytes(UInt16(22)) + bytes(validBits ?? bits)
        + bytes(UInt32(0)) + bytes(tag) + tail
}

/// A WAV of chunks that are there already.
func riff(_ form: String = "RIFF", _ chunks: [UInt8]...) -> [UInt8] {
    let body = Array("WAVE".utf8) + chunks.flatMap { $0 }
    return Array(form.utf8) + bytes(UInt32(body.count)) + body
}

/// A WAV of 16-bit mono, with the size of its data as it is to be declared.
func wav(_ data: [UInt8], declared: UInt32? = nil) -> [UInt8] {
    riff("RIFF", chunk("fmt ", formatBody()), chunk("data", data, size: declared))
}

/// What a reader said while it read.
final class Warnings: Sendable {
    private let lines = Monitor<[String]>([])

    var all: [String] { lines.read { $0 } }

    var collect: @Sendable (String) -> Void {
        { line in self.lines.note { $0.append(line) } }
    }
}

/// All that a reader gives.
struct Reading {
    var format: AudioFormat
    var declaredFrames: Int?
    var data: [UInt8] = []
    var warnings: [String] = []
}

/// Reads to the end.
///
/// - Parameters:
///   - regular: whether the bytes pass for a file on disk.
///   - piece: bytes that the source gives at once.
///   - room: bytes that are asked for at once.
func read(
    _ bytes: [UInt8], regular: Bool = false, piece: Int = .max, room: Int = 65536, raw: AudioFormat? = nil,
    strict: Bool = false
) throws -> Reading {
    try read(MemorySource(bytes, isRegularFile: regular, largestRead: piece), room: room, raw: raw, strict: strict)
}

func read(
    _ source: any ByteSource, room: Int = 65536, raw: AudioFormat? = nil, strict: Bool = false
) throws -> Reading {
    let warnings = Warnings()
    let options = AudioReader.Options(raw: raw, strict: strict, warn: warnings.collect)
    let reader = try AudioReader(source, name: "input", options: options)
    var reading = Reading(format: reader.format, declaredFrames: reader.declaredFrames)
    var buffer = [UInt8](repeating: 0, count: max(room, reader.format.bytesPerFrame))
    while true {
        let frames = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
        if frames == 0 { break }
        reading.data += buffer[..<(frames * reader.format.bytesPerFrame)]
    }
    #expect(reader.framesRead * reader.format.bytesPerFrame == reading.data.count)
    reading.warnings = warnings.all
    return reading
}

/// Reads everything as one channel of 16 bits.
func readSpeech(_ bytes: [UInt8], rate: Int = 16000, piece: Int = .max, room: Int = 1024) throws -> [Int16] {
    let reader = try AudioReader(MemorySource(bytes, largestRead: piece), name: "input")
    let speech = try SpeechReader(reader, sampleRate: rate)
    var result: [Int16] = []
    var buffer = [Int16](repeating: 0, count: room)
    while true {
        let count = try buffer.withUnsafeMutableBufferPointer { try speech.read(into: $0) }
        if count == 0 { break }
        result += buffer[..<count]
    }
    #expect(speech.framesRead == result.count)
    return result
}

/// Reads everything as one channel of full scale ±1.
func readFloats(
    _ bytes: [UInt8], rate: Int = 16000, piece: Int = .max, room: Int = 1024, channels: ChannelChoice = .mix
) throws -> [Float] {
    let reader = try AudioReader(MemorySource(bytes, largestRead: piece), name: "input")
    let speech = try SpeechReader(reader, sampleRate: rate, channels: channels)
    var result: [Float] = []
    var buffer = [Float](repeating: 0, count: room)
    while true {
        let count = try buffer.withUnsafeMutableBufferPointer { try speech.read(into: $0) }
        if count == 0 { return result }
        result += buffer[..<count]
    }
}

/// The error that a body throws.
func audioError(_ body: () throws -> some Any) -> AudioError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? AudioError
    }
}
