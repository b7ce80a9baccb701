internal import Audio
internal import COpusEnc

/// Ogg Opus through libopusenc: a page is out as soon as its last frame is.
@safe final class OpusEncoder: StreamEncoder {
    let format: AudioFormat
    private let encoder: OpaquePointer
    private let output: Output
    private var hasFailed = false

    /// Milliseconds of audio in a page where nobody says otherwise.
    static let defaultPage = 40

    /// The work put into each frame where nobody says otherwise.
    ///
    /// libopus has 10. On speech of 16 kHz in real time that costs 4.1 % of a core and 1.2 ms at the end, 5 costs 1.9 % and 0.6 ms
    /// (`scripts/bench encode`), at the same bit rate.
    static let defaultComplexity = 5

    /// Where the library writes to.
    private final class Output {
        let sink: any ByteSink
        var failure: (any Error)?

        init(_ sink: any ByteSink) { self.sink = sink }
    }

    private static let isLoaded: Result<Void, EncodingError> = {
        var reason: UnsafePointer<CChar>?
        if unsafe vt_opusenc_load(&reason) { return .success(()) }
        let text = unsafe reason.map { unsafe String(cString: $0) } ?? "unknown error"
        return .failure(
            EncodingError(
                .unavailable, "Opus needs libopusenc: \(text)", hint: "install it: apt-get install libopusenc0"))
    }()

    init(_ format: AudioFormat, settings: EncoderSettings, sink: any ByteSink) throws {
        try OpusEncoder.isLoaded.get()
        self.format = format
        output = Output(sink)
        guard let comments = unsafe vt_opus_comments_create() else { throw OpusEncoder.error(-17) }
        defer { unsafe vt_opus_comments_destroy(comments) }
        let tags = [("TITLE", settings.tags.title), ("DATE", settings.tags.date), ("COMMENT", settings.tags.comment)]
        for case (let name, let value?) in tags {
            let code = unsafe vt_opus_comments_add(comments, name, value)
            if code != 0 { throw OpusEncoder.error(code) }
        }
        var code: CInt = 0
        let created = unsafe vt_opus_create(
            vt_opus_settings(
                rate: CInt(format.sampleRate), channels: CInt(format.channels),
                bitrate: CInt(settings.bitrate ?? OpusEncoder.defaultBitrate(format)),
                complexity: CInt(settings.complexity ?? OpusEncoder.defaultComplexity),
                // In frames of 48 kHz.
                muxing_delay: CInt((settings.page ?? OpusEncoder.defaultPage) * 48)),
            comments,
            { user, bytes, count in unsafe OpusEncoder.write(user, bytes, count) },
            Unmanaged.passUnretained(output).toOpaque(), &code)
        guard let created = unsafe created else { throw output.failure ?? OpusEncoder.error(code) }
        unsafe encoder = created
        // Until something is written, libopusenc 0.2.1 doesn't know where the stream ends, and aborts the process at its end.
        try check(unsafe vt_opus_encode(encoder, [0, 0], 0))
    }

    deinit {
        unsafe vt_opus_destroy(encoder)
    }

    /// Speech of 16 kHz is transparent at 32 kbit/s, music at 64 (RFC 6716, section 2.1.1, "sweet spots", and some more).
    private static func defaultBitrate(_ format: AudioFormat) -> Int {
        (format.sampleRate <= 24000 ? 32000 : 64000) * format.channels
    }

    func encode(_ frames: UnsafeRawBufferPointer) throws {
        guard let base = frames.baseAddress else { return }
        let count = CInt(frames.count / format.bytesPerFrame)
        let code: CInt
        if format.sampleFormat == .s16le {
            code = unsafe vt_opus_encode(encoder, base.assumingMemoryBound(to: Int16.self), count)
        } else {
            code = unsafe vt_opus_encode_float(encoder, base.assumingMemoryBound(to: Float.self), count)
        }
        try check(code)
    }

    func finish() throws {
        try check(unsafe vt_opus_drain(encoder))
    }

    private func check(_ code: CInt) throws {
        if let failure = output.failure { throw failure }
        if code != 0 { throw OpusEncoder.error(code) }
    }

    private static func error(_ code: CInt) -> EncodingError {
        let text = unsafe vt_opus_message(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return EncodingError(.failed, "libopusenc failed: \(text)")
    }

    private static func write(
        _ user: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ count: Int32
    ) -> CInt {
        guard let user = unsafe user else { return 1 }
        let output = unsafe Unmanaged<Output>.fromOpaque(user).takeUnretainedValue()
        if output.failure != nil { return 1 }
        do {
            try unsafe output.sink.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            return 0
        } catch {
            output.failure = error
            return 1
        }
    }
}
