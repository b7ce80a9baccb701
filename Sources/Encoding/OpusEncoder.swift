internal import Audio
internal import COpus

/// Ogg Opus through libopus (RFC 6716, RFC 7845): a page is out as soon as its last frame is.
///
/// libopusenc does this, too, but encodes everything at 48 kHz. For speech of 16 kHz that is 2.6 times the work for the same
/// bits (`scripts/bench encode`).
@safe final class OpusEncoder: StreamEncoder {
    let format: AudioFormat
    private let encoder: OpaquePointer
    private var pages: OggWriter
    /// Packets in a page.
    private let pagePackets: Int
    /// How samples get to the encoder's rate; nil where they have it.
    private let converter: FormatConverter?
    /// What the encoder is given.
    private let coded: AudioFormat
    /// 20 ms as they come together, and how many of its bytes are there.
    private let frame: UnsafeMutableRawBufferPointer
    private var filled = 0
    private let packet: UnsafeMutableRawBufferPointer
    private var packets = 0
    private var packetsInPage = 0
    /// Whether the page that is being filled may be the last.
    private var isEnding = false
    /// Frames that were taken in.
    private var framesRead = 0
    /// Frames of 48 kHz at the beginning of what a decoder gives that are not the audio's.
    private let preSkip: Int

    /// Milliseconds of audio in a page where nobody says otherwise.
    static let defaultPage = 40

    /// The work put into each frame where nobody says otherwise.
    ///
    /// libopus has 10. On speech of 16 kHz that costs 4.5 times as much, at the same bit rate (`scripts/bench encode`).
    static let defaultComplexity = 5

    /// What libopus takes, in hertz.
    private static let rates = [8000, 12000, 16000, 24000, 48000]
    private static let packetMilliseconds = 20
    /// Of a packet, in frames of 48 kHz, which is how Ogg counts Opus whatever its rate (RFC 7845, section 4).
    private static let packetGranules = 48 * packetMilliseconds
    /// The most that one frame of Opus takes (RFC 6716, section 3.4), and a byte for its kind.
    private static let largestPacket = 1276

    private static let isLoaded: Result<Void, EncodingError> = {
        var reason: UnsafePointer<CChar>?
        if unsafe vt_opus_load(&reason) { return .success(()) }
        let text = unsafe reason.map { unsafe String(cString: $0) } ?? "unknown error"
        return .failure(
            EncodingError(.unavailable, "Opus needs libopus: \(text)", hint: "install it: apt-get install libopus0"))
    }()

    /// Opens the library, which takes a moment; where it can't be had, making an encoder says so.
    static func prepare() { _ = isLoaded }

    init(_ format: AudioFormat, settings: EncoderSettings, sink: any ByteSink) throws {
        try OpusEncoder.isLoaded.get()
        self.format = format
        var coded = format
        if !OpusEncoder.rates.contains(format.sampleRate) {
            coded.sampleRate = 48000
            coded.sampleFormat = .f32le
        }
        self.coded = coded
        converter = coded == format ? nil : try FormatConverter(from: format, to: coded, name: "the audio")
        pagePackets = max(1, (settings.page ?? OpusEncoder.defaultPage) / OpusEncoder.packetMilliseconds)
        var (lookahead, code) = (Int32(0), CInt(0))
        let created = unsafe vt_opus_create(
            vt_opus_settings(
                rate: CInt(coded.sampleRate), channels: CInt(format.channels),
                bitrate: CInt(settings.bitrate ?? OpusEncoder.defaultBitrate(format)),
                complexity: CInt(settings.complexity ?? OpusEncoder.defaultComplexity)),
            &lookahead, &code)
        guard let created = unsafe created else { throw OpusEncoder.error(code) }
        unsafe encoder = created
        preSkip = Int(lookahead) * 48000 / coded.sampleRate
        let frameBytes = coded.sampleRate / 1000 * OpusEncoder.packetMilliseconds * coded.bytesPerFrame
        unsafe frame = .allocate(byteCount: frameBytes, alignment: 16)
        unsafe packet = .allocate(byteCount: OpusEncoder.largestPacket, alignment: 1)
        pages = OggWriter(sink, serial: UInt32.random(in: 0...UInt32.max))
        try writeHeaders(settings.tags)
    }

    deinit {
        unsafe vt_opus_destroy(encoder)
        unsafe frame.deallocate()
        unsafe packet.deallocate()
    }

    /// Speech of 16 kHz is transparent at 32 kbit/s, music at 64 (RFC 6716, section 2.1.1, "sweet spots", and some more).
    private static func defaultBitrate(_ format: AudioFormat) -> Int {
        (format.sampleRate <= 24000 ? 32000 : 64000) * format.channels
    }

    /// The first two packets, each with its page (RFC 7845, section 5).
    private func writeHeaders(_ tags: AudioTags) throws {
        func bytes(_ number: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        func text(_ text: String) -> [UInt8] { bytes(text.utf8.count, 4) + text.utf8 }
        // Version 1, no gain, and the mapping of one or two channels that needs no table.
        let head =
            Array("OpusHead".utf8) + [1, UInt8(format.channels)] + bytes(preSkip, 2) + bytes(format.sampleRate, 4)
            + [0, 0, 0]
        let fields = [("TITLE", tags.title), ("DATE", tags.date), ("COMMENT", tags.comment)]
            .compactMap { name, value in value.map { "\(name)=\($0)" } }
        let vendor = unsafe vt_opus_version().map { unsafe String(cString: $0) } ?? "libopus"
        let comments = Array("OpusTags".utf8) + text(vendor) + bytes(fields.count, 4) + fields.flatMap(text)
        for packet in [head, comments] {
            try unsafe packet.withUnsafeBytes { try unsafe pages.add($0) }
            try pages.write(granule: 0)
        }
    }

    func encode(_ frames: UnsafeRawBufferPointer) throws {
        framesRead += frames.count / format.bytesPerFrame
        guard let converter else { return try unsafe take(frames) }
        // It can't be stopped by an error of ours.
        var failure: (any Error)?
        unsafe converter.push(frames) { block in
            if failure == nil { failure = attempt { try unsafe take(block) } }
        }
        if let failure { throw failure }
    }

    private func attempt(_ body: () throws -> Void) -> (any Error)? {
        do {
            try body()
            return nil
        } catch {
            return error
        }
    }

    /// Takes samples as the encoder wants them.
    private func take(_ samples: UnsafeRawBufferPointer) throws {
        var rest = unsafe samples[...]
        while unsafe !rest.isEmpty {
            let part = unsafe rest.prefix(frame.count - filled)
            unsafe UnsafeMutableRawBufferPointer(rebasing: frame[filled...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: part))
            unsafe filled += part.count
            unsafe rest = rest.dropFirst(part.count)
            if unsafe filled == frame.count { try encodeFrame() }
        }
    }

    private func encodeFrame() throws {
        guard let samples = unsafe frame.baseAddress, let target = unsafe packet.baseAddress else { return }
        filled = 0
        let count = CInt(coded.sampleRate / 1000 * OpusEncoder.packetMilliseconds)
        let (bytes, size) = unsafe (target.assumingMemoryBound(to: UInt8.self), Int32(packet.count))
        if coded.sampleFormat == .f32le {
            let numbers = unsafe samples.assumingMemoryBound(to: Float.self)
            unsafe FullScale.bound(numbers, count: frame.count / MemoryLayout<Float>.size, into: numbers)
        }
        let length =
            coded.sampleFormat == .s16le
            ? unsafe vt_opus_encode(encoder, samples.assumingMemoryBound(to: Int16.self), count, bytes, size)
            : unsafe vt_opus_encode_float(encoder, samples.assumingMemoryBound(to: Float.self), count, bytes, size)
        if length < 0 { throw OpusEncoder.error(length) }
        // A page with a packet that is not all in it would be of use to nobody.
        if packetsInPage == pagePackets || !pages.hasRoom(for: Int(length)) { try writePage() }
        try unsafe pages.add(UnsafeRawBufferPointer(start: target, count: Int(length)))
        packets += 1
        packetsInPage += 1
        if packetsInPage == pagePackets, !isEnding { try writePage() }
    }

    private func writePage() throws {
        try pages.write(granule: UInt64(packets * OpusEncoder.packetGranules))
        packetsInPage = 0
    }

    func finish() throws {
        isEnding = true
        var failure: (any Error)?
        unsafe converter?.finish { block in
            if failure == nil { failure = attempt { try unsafe take(block) } }
        }
        if let failure { throw failure }
        // A decoder gives what comes before the end, counted from what it leaves out at the beginning (RFC 7845, section 4.4).
        let end = preSkip + (framesRead * 48000 + format.sampleRate - 1) / format.sampleRate
        repeat {
            unsafe UnsafeMutableRawBufferPointer(rebasing: frame[filled...]).initializeMemory(
                as: UInt8.self, repeating: 0)
            try encodeFrame()
        } while packets * OpusEncoder.packetGranules < end
        try pages.write(granule: UInt64(end), isLast: true)
    }

    private static func error(_ code: CInt) -> EncodingError {
        let text = unsafe vt_opus_message(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return EncodingError(.failed, "libopus failed: \(text)")
    }
}
