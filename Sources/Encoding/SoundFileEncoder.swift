internal import Audio
internal import CSndFile

/// FLAC, Ogg Vorbis and MP3 through libsndfile.
@safe final class SoundFileEncoder: StreamEncoder {
    let format: AudioFormat
    private let library: vt_sndfile
    private var handle: OpaquePointer?
    private let window: WriteWindow
    private let kind: EncodedFormat
    private var name: String { kind.name }
    private let tags: AudioTags
    private var isEmpty = true
    /// 24-bit samples as the library takes them: at the upper end of 32.
    private var wide: [Int32] = []
    /// Samples as numbers within full scale, for the lossy codecs.
    private var numbers: [Float] = []

    init(
        _ kind: EncodedFormat, _ format: AudioFormat, settings: EncoderSettings, sink: any ByteSink
    ) throws {
        do throws(SoundFileLibrary.Missing) {
            library = try SoundFileLibrary.functions()
        } catch {
            throw EncodingError(
                .unavailable, "\(kind.name) needs libsndfile: \(error.reason)", hint: SoundFileLibrary.hint)
        }
        self.format = format
        self.kind = kind
        tags = settings.tags
        window = WriteWindow(sink, holdsMP3: kind == .mp3)
        let code: Int =
            switch kind {
            case .flac: SF_FORMAT_FLAC | (format.sampleFormat == .s16le ? SF_FORMAT_PCM_16 : SF_FORMAT_PCM_24)
            case .vorbis: SF_FORMAT_OGG | SF_FORMAT_VORBIS
            default: SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III
            }
        let opened = try unsafe SoundFileEncoder.open(library, format, code, window, name: kind.name)
        unsafe handle = opened
        switch kind {
        case .flac: set(SFC_SET_COMPRESSION_LEVEL, Double(settings.complexity ?? 5) / 8)
        case .vorbis:
            if let bitrate = settings.bitrate {
                let quality = try VorbisQuality.nearest(to: bitrate, format, library)
                set(SFC_SET_COMPRESSION_LEVEL, 1 - quality)
            }
        default:
            if let bitrate = settings.bitrate { setMP3Bitrate(bitrate) }
        }
        if kind == .mp3 {
            // The library's own would be in ISO 8859-1.
            window.preface(ID3Tag.bytes(tags))
            return
        }
        for case (let kind, let value?) in [
            (SF_STR_TITLE, tags.title), (SF_STR_DATE, tags.date), (SF_STR_COMMENT, tags.comment),
        ] {
            _ = unsafe library.set_string(opened, CInt(kind), value)
        }
    }

    deinit {
        if let handle = unsafe handle { _ = unsafe library.close(handle) }
    }

    /// Opens a stream for writing.
    fileprivate static func open(
        _ library: vt_sndfile, _ format: AudioFormat, _ code: Int, _ window: WriteWindow, name: String
    ) throws(EncodingError) -> OpaquePointer {
        var information = SF_INFO()
        information.samplerate = CInt(format.sampleRate)
        information.channels = CInt(format.channels)
        information.format = CInt(code)
        var callbacks = unsafe SF_VIRTUAL_IO(
            get_filelen: { unsafe Int64(SoundFileEncoder.window($0)?.end ?? 0) },
            seek: { unsafe SoundFileEncoder.seek($0, $1, $2) },
            read: { _, _, _ in 0 },
            write: { unsafe SoundFileEncoder.write($0, $1, $2) },
            tell: { unsafe Int64(SoundFileEncoder.window($0)?.position ?? 0) })
        let opened = unsafe library.open_virtual(
            &callbacks, CInt(SFM_WRITE), &information, Unmanaged.passUnretained(window).toOpaque())
        guard let opened = unsafe opened else {
            throw EncodingError(
                .unsupported,
                "\(name) can't be written with \(format.sampleRate) Hz and \(format.channels) channels: "
                    + (unsafe SoundFileLibrary.message(library, nil)))
        }
        return unsafe opened
    }

    private func set(_ command: Int, _ value: Double) {
        var value = value
        _ = unsafe library.command(handle, CInt(command), &value, CInt(MemoryLayout<Double>.size))
    }

    /// A constant bit rate; the library wants it as a place between the largest and the smallest (mpeg_l3_encode.c).
    private func setMP3Bitrate(_ bitrate: Int) {
        var mode = CInt(SF_BITRATE_MODE_CONSTANT)
        _ = unsafe library.command(handle, CInt(SFC_SET_BITRATE_MODE), &mode, CInt(MemoryLayout<CInt>.size))
        let range: ClosedRange<Double> =
            format.sampleRate >= 32000 ? 32...320 : format.sampleRate >= 16000 ? 8...160 : 8...64
        let wanted = min(max(Double(bitrate) / 1000, range.lowerBound), range.upperBound)
        // A little more, since the library cuts off what is behind the point.
        let place = (wanted + 0.01 - range.lowerBound) / (range.upperBound - range.lowerBound)
        set(SFC_SET_COMPRESSION_LEVEL, max(0, 1 - place))
    }

    func encode(_ frames: UnsafeRawBufferPointer) throws {
        guard let handle = unsafe handle, let base = frames.baseAddress, unsafe !frames.isEmpty else { return }
        isEmpty = false
        let count = Int64(frames.count / format.bytesPerFrame)
        let written: Int64
        switch format.sampleFormat {
        case .s16le where kind != .flac:
            // libsndfile 1.2.0 spoils MP3 of two channels that it is given as more than 512 frames of 16 bits.
            unsafe convert(frames)
            written = unsafe library.writef_float(handle, numbers, count)
        case .s16le: written = unsafe library.writef_short(handle, base.assumingMemoryBound(to: CShort.self), count)
        case .s24le:
            unsafe widen(frames)
            written = unsafe library.writef_int(handle, wide, count)
        default:
            // LAME ends the process where it is given what is no number.
            let samples = frames.count / MemoryLayout<Float>.size
            makeRoom(samples)
            unsafe FullScale.bound(base.assumingMemoryBound(to: Float.self), count: samples, into: &numbers)
            written = unsafe library.writef_float(handle, numbers, count)
        }
        window.flush()
        if let failure = window.failure { throw failure }
        if written != count {
            throw EncodingError(
                .failed, "\(name) could not be encoded: \(unsafe SoundFileLibrary.message(library, handle))")
        }
    }

    private func convert(_ frames: UnsafeRawBufferPointer) {
        let samples = unsafe frames.assumingMemoryBound(to: Int16.self)
        makeRoom(samples.count)
        for index in 0..<samples.count { unsafe numbers[index] = Float(samples[index]) * 0x1p-15 }
    }

    private func makeRoom(_ count: Int) {
        if numbers.count < count { numbers = [Float](repeating: 0, count: count) }
    }

    private func widen(_ frames: UnsafeRawBufferPointer) {
        let count = frames.count / 3
        if wide.count < count { wide = [Int32](repeating: 0, count: count) }
        for index in 0..<count {
            let (low, middle, high) = unsafe (frames[index * 3], frames[index * 3 + 1], frames[index * 3 + 2])
            wide[index] = Int32(bitPattern: UInt32(low) << 8 | UInt32(middle) << 16 | UInt32(high) << 24)
        }
    }

    func finish() throws {
        if isEmpty { try encodeNothing() }
        guard let handle = unsafe handle else { return }
        unsafe self.handle = nil
        let code = unsafe library.close(handle)
        window.finish()
        if let failure = window.failure { throw failure }
        if code != 0 { throw EncodingError(.failed, "\(name) could not be completed: libsndfile's error \(code)") }
    }

    /// The library writes nothing at all where it was given nothing.
    private func encodeNothing() throws {
        switch kind {
        case .mp3:
            // MP3 has no way to hold nothing: one sample of silence.
            try unsafe [UInt8](repeating: 0, count: format.bytesPerFrame).withUnsafeBytes { try unsafe encode($0) }
        case .flac:
            window.position = window.end
            let header = FLACHeader.empty(format, tags)
            _ = unsafe header.withUnsafeBytes { unsafe window.write($0) }
        default: break
        }
    }

    // MARK: The library's view of the output

    private static func window(_ user: UnsafeMutableRawPointer?) -> WriteWindow? {
        unsafe user.map { unsafe Unmanaged<WriteWindow>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func write(_ bytes: UnsafeRawPointer?, _ count: Int64, _ user: UnsafeMutableRawPointer?) -> Int64 {
        guard let window = unsafe window(user), count > 0 else { return 0 }
        return Int64(unsafe window.write(UnsafeRawBufferPointer(start: bytes, count: Int(count))))
    }

    private static func seek(_ offset: Int64, _ whence: CInt, _ user: UnsafeMutableRawPointer?) -> Int64 {
        guard let window = unsafe window(user) else { return -1 }
        let base = whence == SEEK_CUR ? window.position : whence == SEEK_END ? window.end : 0
        let target = base + Int(offset)
        guard target >= 0 else { return -1 }
        window.position = target
        return Int64(target)
    }
}

/// The Vorbis quality that comes nearest to a bit rate.
///
/// The library has only the encoder's variable-rate mode, whose scale is of quality. What a quality means in bits depends on
/// rate and channels, and stands in a stream's first header (Vorbis I, 4.2.2, `bitrate_nominal`).
enum VorbisQuality {
    /// - Returns: 0 to 1.
    static func nearest(
        to bitrate: Int, _ format: AudioFormat, _ library: vt_sndfile
    ) throws(EncodingError) -> Double {
        var (low, high) = (0.0, 1.0)
        while high - low > 0.01 {
            let middle = (low + high) / 2
            if try nominalBitrate(of: middle, format, library) < bitrate { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    private static func nominalBitrate(
        of quality: Double, _ format: AudioFormat, _ library: vt_sndfile
    ) throws(EncodingError) -> Int {
        let beginning = Beginning()
        let window = WriteWindow(beginning)
        let handle = try unsafe SoundFileEncoder.open(
            library, format, SF_FORMAT_OGG | SF_FORMAT_VORBIS, window, name: "Vorbis")
        var level = 1 - quality
        _ = unsafe library.command(
            handle, CInt(SFC_SET_COMPRESSION_LEVEL), &level, CInt(MemoryLayout<Double>.size))
        let silence = [Int16](repeating: 0, count: format.channels)
        _ = unsafe library.writef_short(handle, silence, 1)
        _ = unsafe library.close(handle)
        window.flush()
        // A page's head of 28 bytes, then the header packet: its kind, `vorbis`, version, channels, rate, largest bit rate.
        let field = beginning.bytes.dropFirst(28 + 7 + 4 + 1 + 4 + 4).prefix(4)
        return field.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private final class Beginning: ByteSink {
        var bytes: [UInt8] = []
        var isRewritable: Bool { false }

        func write(_ bytes: UnsafeRawBufferPointer) {
            if self.bytes.count < 256 { unsafe self.bytes.append(contentsOf: bytes.prefix(256)) }
        }

        func rewrite(_ bytes: [UInt8], at offset: Int) {}
    }
}
