internal import Audio

/// What a recorder plugin writes, on its way to whole frames of the wanted format.
@safe
struct RecorderInput {
    private let name: String
    private let wanted: AudioFormat
    /// The format of what comes; nil until the header is complete.
    private var format: AudioFormat?
    private var converter: FormatConverter?
    /// The beginning of a WAV stream whose header is not complete.
    private var header: [UInt8] = []
    /// Bytes of audio that may still come.
    private var rest = Int.max
    /// What came and was not taken, at the front.
    private let memory: Block
    private var filled = 0
    /// Converted frames that were not taken.
    private var converted: [UInt8] = []
    private var convertedTaken = 0

    private static let capacity = 1 << 16

    /// - Parameters:
    ///   - name: the recorder's, for errors.
    ///   - isWAV: whether a WAV header comes first; else it is s16le, at the wanted rate and with the wanted channels.
    ///   - wanted: the format of what is taken out.
    init(_ name: String, isWAV: Bool, wanted: AudioFormat) {
        self.name = name
        self.wanted = wanted
        memory = Block(Self.capacity)
        if !isWAV {
            var given = wanted
            given.sampleFormat = .s16le
            format = given
            // The same rate needs no resampler, whose creation is all that can fail.
            converter = given == wanted ? nil : try? FormatConverter(from: given, to: wanted, name: name)
        }
    }

    /// Where the next bytes are to be put.
    var room: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory.bytes[filled...])
    }

    /// Bytes that are no whole frame.
    var strayBytes: Int { format == nil ? header.count : filled }

    /// Takes in bytes that were put into `room`.
    ///
    /// - Throws: a `CaptureError` where what comes is no WAV that we read.
    mutating func add(_ count: Int) throws(CaptureError) {
        filled += count
        if format == nil { try readHeader() }
        convert()
    }

    private mutating func readHeader() throws(CaptureError) {
        unsafe header += memory.bytes[..<filled]
        filled = 0
        do throws(AudioError) {
            guard let found = try WAVStreamHeader.read(header, name: name) else { return }
            if found.format != wanted { converter = try FormatConverter(from: found.format, to: wanted, name: name) }
            format = found.format
            rest = found.dataBytes
            let audio = header[found.length...]
            unsafe memory.bytes.copyBytes(from: audio)
            filled = audio.count
            header = []
        } catch {
            throw CaptureError(
                .recorder(status: 76), device: name, detail: "\(name): what it writes is no WAV stream: \(error.reason)"
            )
        }
    }

    private mutating func convert() {
        guard let converter, let format else { return }
        let bytes = wholeBytes(format)
        guard bytes > 0 else { return }
        unsafe converter.push(UnsafeRawBufferPointer(rebasing: memory.bytes[..<bytes])) {
            unsafe converted.append(contentsOf: $0)
        }
        drop(bytes)
    }

    private func wholeBytes(_ format: AudioFormat) -> Int {
        let bytes = min(filled, rest)
        return bytes - bytes % format.bytesPerFrame
    }

    /// Removes bytes from the front.
    private mutating func drop(_ bytes: Int) {
        if rest != .max { rest -= bytes }
        filled -= bytes
        // What follows the audio of a WAV is none.
        if rest < format?.bytesPerFrame ?? 1 { filled = 0 }
        if filled > 0, bytes > 0 {
            let left = unsafe UnsafeRawBufferPointer(rebasing: memory.bytes[bytes..<(bytes + filled)])
            unsafe memory.bytes.copyMemory(from: left)
        }
    }

    /// Gives frames of the wanted format.
    ///
    /// - Returns: how many.
    mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let format else { return 0 }
        if converter != nil { return unsafe takeConverted(into: buffer) }
        let room = buffer.count - buffer.count % format.bytesPerFrame
        let bytes = min(wholeBytes(format), room)
        guard bytes > 0 else { return 0 }
        unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory.bytes[..<bytes]))
        drop(bytes)
        return bytes / format.bytesPerFrame
    }

    /// Gives what a resampler has held back: nothing follows.
    mutating func finish(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        unsafe converter?.finish { unsafe converted.append(contentsOf: $0) }
        return unsafe converter == nil ? 0 : takeConverted(into: buffer)
    }

    private mutating func takeConverted(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let room = buffer.count - buffer.count % wanted.bytesPerFrame
        let bytes = min(converted.count - convertedTaken, room)
        unsafe buffer.copyBytes(from: converted[convertedTaken..<(convertedTaken + bytes)])
        convertedTaken += bytes
        if convertedTaken == converted.count {
            converted.removeAll(keepingCapacity: true)
            convertedTaken = 0
        }
        return bytes / wanted.bytesPerFrame
    }

    /// Memory that goes with the value.
    @safe
    private final class Block {
        let bytes: UnsafeMutableRawBufferPointer

        init(_ count: Int) {
            unsafe bytes = .allocate(byteCount: count, alignment: 16)
        }

        deinit {
            unsafe bytes.deallocate()
        }
    }
}
