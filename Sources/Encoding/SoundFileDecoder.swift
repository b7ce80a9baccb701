internal import Audio
internal import CSndFile

/// One stream of encoded audio through libsndfile.
@safe final class SoundFileDecoder: AudioDecoder {
    let format: AudioFormat
    let layout: ChannelLayout?
    let declaredFrames: Int?
    private(set) var tags: AudioTags
    private(set) var damage: String?

    private let library: vt_sndfile
    private var handle: OpaquePointer
    private let window: ReadWindow
    private let name: String
    private let isFLAC: Bool
    /// The beginning of a FLAC stream, with which it can be begun anew; nil for other kinds.
    private var streamInfo: [UInt8]?
    /// Frames that are still to come of those that Wave64, or the present one of joined FLAC files, announces; nil where it
    /// announces none, or is damaged, and for the kinds of which the library knows the end.
    private var announced: Int?
    /// The file of another shape that follows, and what gives it in ours.
    private var following: SoundFileDecoder?
    private var adapter: FrameReader?
    /// Whether it is no longer the first file.
    private var isJoined = false
    /// Where decoding began anew at last, as an offset in the window.
    private var restarted = 0
    private var framesRead = 0
    /// Where the library has read up to, and frames that it has given since it did.
    private var lastPosition = 0
    private var framesOfNothing = 0
    /// Frames that come of one block at most; nil for the kinds of which the library reads ahead.
    private let largestBlock: Int?
    /// Frames asked for at once: the library gives no fewer while there is more to come.
    private let blockFrames: Int
    /// 24-bit samples as the library gives them: at the upper end of 32.
    private var wide: [Int32] = []

    /// Reads the headers.
    ///
    /// - Parameters:
    ///   - source: the bytes, from the beginning.
    ///   - name: what errors call the input.
    ///   - kind: for errors: `FLAC`.
    ///   - isFramed: whether the library can go on with fewer bytes than it asks for.
    ///   - headerless: what a stream is that does not say it itself: its coding, as the library numbers it, rate and channels.
    init(
        _ source: any ByteSource, name: String, kind: String, isFramed: Bool,
        headerless: (coding: CInt, rate: Int, channels: Int)? = nil
    ) throws(AudioError) {
        do throws(SoundFileLibrary.Missing) {
            library = try SoundFileLibrary.functions()
        } catch {
            throw AudioError(
                .unsupported, name, "is \(kind), which needs libsndfile: \(error.reason)", hint: SoundFileLibrary.hint)
        }
        self.name = name
        isFLAC = kind.hasSuffix("FLAC")
        // Of 4 KiB, which is more than is met: 8,185 samples of 4 bits.
        let isGSM = headerless?.coding == CInt(SF_FORMAT_GSM610)
        largestBlock = kind == "compressed WAV" ? 1 << 13 : isGSM ? 0 : nil
        let window = ReadWindow(
            source, name: name, givesWhatIsThere: isFramed, reach: isFLAC ? FLACTail.reach : 1 << 16)
        self.window = window
        var information = SF_INFO()
        if let headerless {
            information.format = CInt(SF_FORMAT_RAW) | headerless.coding
            (information.samplerate, information.channels) = (CInt(headerless.rate), CInt(headerless.channels))
        }
        let opened = unsafe SoundFileDecoder.open(library, window, &information)
        if let failure = window.failure {
            if let opened = unsafe opened { _ = unsafe library.close(opened) }
            throw failure
        }
        guard let opened = unsafe opened else {
            throw AudioError(
                .notAudio, name,
                "looks like \(kind), but can't be decoded: \(unsafe SoundFileLibrary.message(library, nil))")
        }
        let (rate, channels) = (Int(information.samplerate), Int(information.channels))
        guard AudioFormat.sampleRates.contains(rate), AudioFormat.channelCounts.contains(channels) else {
            _ = unsafe library.close(opened)
            throw AudioError(.unsupported, name, "is \(kind) with \(rate) Hz and \(channels) channels")
        }
        unsafe handle = unsafe opened
        streamInfo = kind == "FLAC" ? FLACHeader.alone(window.head) : nil
        format = AudioFormat(
            sampleRate: rate, channels: channels,
            sampleFormat: SoundFileDecoder.sampleFormat(of: information.format))
        if kind == "Wave64", window.isAtStart {
            information.frames = unsafe Wave64Header.frames(in: Array(window.tail)).map(Int64.init) ?? 0
        }
        layout = kind == "FLAC" ? ChannelLayout.standard(channels: channels) : nil
        declaredFrames = headerless == nil ? SoundFileDecoder.declared(information) : nil
        announced = streamInfo != nil || kind == "Wave64" ? declaredFrames : nil
        // Of GSM a block at a time: it gives silence where there is none.
        blockFrames = isGSM ? 160 : source.isRegularFile ? 4096 : max(1, rate / 50)
        let text = [SF_STR_TITLE, SF_STR_DATE, SF_STR_COMMENT].map { [library] kind in
            unsafe library.get_string(opened, CInt(kind)).map { unsafe String(cString: $0) }
        }
        tags = AudioTags(title: text[0], date: text[1], comment: text[2])
    }

    deinit {
        _ = unsafe library.close(handle)
    }

    /// Frames that a header announces; nil where it doesn't.
    private static func declared(_ information: SF_INFO) -> Int? {
        (1..<unknownLength >> 12).contains(information.frames) ? Int(information.frames) : nil
    }

    private static func open(
        _ library: vt_sndfile, _ window: ReadWindow, _ information: inout SF_INFO
    ) -> OpaquePointer? {
        var callbacks = unsafe SF_VIRTUAL_IO(
            get_filelen: { _ in SoundFileDecoder.unknownLength },
            seek: { unsafe SoundFileDecoder.seek($0, $1, $2) },
            read: { unsafe SoundFileDecoder.read($0, $1, $2) },
            write: { _, _, _ in 0 },
            tell: { unsafe Int64(SoundFileDecoder.window($0)?.position ?? 0) })
        return unsafe library.open_virtual(
            &callbacks, CInt(SFM_READ), &information, Unmanaged.passUnretained(window).toOpaque())
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        let frames = min(buffer.count / format.bytesPerFrame, blockFrames)
        if let adapter { return try unsafe readFollowing(adapter, into: buffer) }
        while true {
            let count = try unsafe readOnce(into: buffer, frames: min(frames, announced ?? frames))
            if count > 0 {
                announced = damage == nil ? announced.map { $0 - count } : nil
                return count
            }
            guard damage == nil ? try openNext() : openBehindDamage() else { return 0 }
            if let adapter { return try unsafe readFollowing(adapter, into: buffer) }
        }
    }

    /// Reads the file of another shape that was joined to this one, in this one's shape.
    private func readFollowing(
        _ adapter: FrameReader, into buffer: UnsafeMutableRawBufferPointer
    ) throws(AudioError) -> Int {
        let count = try unsafe adapter.read(into: buffer)
        if count == 0 {
            if let failure = window.failure { throw failure }
            damage = damage ?? following?.damage
        }
        return count
    }

    /// Begins the next one of FLAC files that were joined. Whatever else is behind the last frame is damage.
    private func openNext() throws(AudioError) -> Bool {
        guard streamInfo != nil, let missing = announced else { return false }
        announced = nil
        if missing > 0 {
            // Of the first one the reader knows what is missing.
            if isJoined { damage = "truncated: the last of its joined files promises \(missing) frames more" }
            return false
        }
        if let start = FLACTail.nextFile(in: window), window.restart(from: start, with: []) {
            window.lookAhead(42)
            streamInfo = unsafe FLACHeader.alone(Array(window.tail.prefix(42)))
            restarted = 0
            var information = SF_INFO()
            if let next = unsafe SoundFileDecoder.open(library, window, &information) {
                let shape = AudioFormat(
                    sampleRate: Int(information.samplerate), channels: Int(information.channels),
                    sampleFormat: SoundFileDecoder.sampleFormat(of: information.format))
                if shape == format {
                    _ = unsafe library.close(handle)
                    unsafe handle = next
                    isJoined = true
                    announced = SoundFileDecoder.declared(information)
                    return true
                }
                _ = unsafe library.close(next)
                if window.seek(to: 0) {
                    following = try SoundFileDecoder(window, name: name, kind: "FLAC", isFramed: true)
                    if let following {
                        adapter = try FrameReader(AudioReader(following, name: name), format: format)
                        return true
                    }
                }
            }
            streamInfo = nil
            damage = "damaged: what follows its end is another kind of FLAC"
        } else if !FLACTail.isAtEnd(window) {
            damage = "damaged: there is more behind its end, which is no FLAC"
        }
        if let failure = window.failure { throw failure }
        return false
    }

    /// Begins anew behind a damaged frame of FLAC, where there is more.
    ///
    /// libFLAC would find the next frame by itself, but for what libsndfile 1.2 answers when it is to seek while an error is noted.
    private func openBehindDamage() -> Bool {
        guard let streamInfo, window.hasMore else { return false }
        // From behind the damaged frame's sync code; one byte on at least, so that it comes to an end.
        guard window.restart(from: max(window.position, restarted + 1), with: streamInfo) else { return false }
        restarted = streamInfo.count
        var information = SF_INFO()
        guard let next = unsafe SoundFileDecoder.open(library, window, &information) else { return false }
        _ = unsafe library.close(handle)
        unsafe handle = next
        return true
    }

    private func readOnce(into buffer: UnsafeMutableRawBufferPointer, frames: Int) throws(AudioError) -> Int {
        if frames == 0 { return 0 }
        let count: Int64
        switch format.sampleFormat {
        case .s16le:
            count = unsafe library.readf_short(
                handle, buffer.baseAddress?.assumingMemoryBound(to: CShort.self), Int64(frames))
        case .f32le:
            count = unsafe library.readf_float(
                handle, buffer.baseAddress?.assumingMemoryBound(to: Float.self), Int64(frames))
        case .s32le:
            count = unsafe library.readf_int(
                handle, buffer.baseAddress?.assumingMemoryBound(to: CInt.self), Int64(frames))
        default:
            count = unsafe readPacked(into: buffer, frames: frames)
        }
        if let failure = window.failure { throw failure }
        if damage == nil, unsafe library.error(handle) != 0 {
            damage = "damaged: \(unsafe SoundFileLibrary.message(library, handle))"
        }
        if let largestBlock, isMadeUp(Int(max(0, count)), largestBlock) {
            if damage == nil, largestBlock > 0 { damage = "truncated: the header promises more than there is" }
            return 0
        }
        framesRead += Int(max(0, count))
        if count == 0, isFLAC, isJoined ? announced == nil : declaredFrames == nil, framesRead > 0, damage == nil,
            unsafe !FLACTail.isWhole(window.tail)
        {
            damage = "truncated in the middle of a frame"
        }
        return Int(max(0, count))
    }

    /// Whether frames are the silence that the library gives in place of blocks of ADPCM which a header promises.
    private func isMadeUp(_ frames: Int, _ largestBlock: Int) -> Bool {
        if window.position != lastPosition || window.hasMore {
            lastPosition = window.position
            framesOfNothing = 0
            return false
        }
        framesOfNothing += frames
        return framesOfNothing > largestBlock
    }

    private func readPacked(into buffer: UnsafeMutableRawBufferPointer, frames: Int) -> Int64 {
        if wide.isEmpty { wide = [Int32](repeating: 0, count: blockFrames * format.channels) }
        let count = unsafe library.readf_int(handle, &wide, Int64(frames))
        var at = 0
        for sample in wide[..<(Int(max(0, count)) * format.channels)] {
            unsafe buffer[at] = UInt8(truncatingIfNeeded: sample >> 8)
            unsafe buffer[at + 1] = UInt8(truncatingIfNeeded: sample >> 16)
            unsafe buffer[at + 2] = UInt8(truncatingIfNeeded: sample >> 24)
            at += 3
        }
        return count
    }

    /// What keeps all that the stored samples say.
    private static func sampleFormat(of format: CInt) -> SampleFormat {
        switch Int(format) & Int(SF_FORMAT_SUBMASK) {
        case Int(SF_FORMAT_PCM_S8), Int(SF_FORMAT_PCM_U8), Int(SF_FORMAT_PCM_16), Int(SF_FORMAT_ULAW),
            Int(SF_FORMAT_ALAW), Int(SF_FORMAT_IMA_ADPCM), Int(SF_FORMAT_MS_ADPCM), Int(SF_FORMAT_GSM610),
            Int(SF_FORMAT_ALAC_16), Int(SF_FORMAT_VOX_ADPCM):
            .s16le
        case Int(SF_FORMAT_PCM_24), Int(SF_FORMAT_ALAC_20), Int(SF_FORMAT_ALAC_24): .s24le
        case Int(SF_FORMAT_PCM_32), Int(SF_FORMAT_ALAC_32): .s32le
        default: .f32le
        }
    }

    // MARK: The library's view of the input

    /// Claimed as the file's length: long enough for any header.
    private static let unknownLength: Int64 = 1 << 54

    private static func window(_ user: UnsafeMutableRawPointer?) -> ReadWindow? {
        unsafe user.map { unsafe Unmanaged<ReadWindow>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func read(_ target: UnsafeMutableRawPointer?, _ count: Int64, _ user: UnsafeMutableRawPointer?)
        -> Int64
    {
        guard let window = unsafe window(user), count > 0 else { return 0 }
        return Int64(unsafe window.read(into: UnsafeMutableRawBufferPointer(start: target, count: Int(count))))
    }

    private static func seek(_ offset: Int64, _ whence: CInt, _ user: UnsafeMutableRawPointer?) -> Int64 {
        guard let window = unsafe window(user) else { return -1 }
        let target: Int64
        switch whence {
        case SEEK_SET: target = offset
        case SEEK_CUR: target = Int64(window.position) + offset
        default: return -1
        }
        return window.seek(to: Int(target)) ? target : -1
    }
}
