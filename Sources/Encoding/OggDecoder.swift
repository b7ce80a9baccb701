internal import Audio

/// The audio of an Ogg file: Vorbis, Opus or FLAC, one stream after the other where several are chained.
///
/// libsndfile knows neither chains nor other streams beside the audio, nor Ogg FLAC that can't be seeked in, nor says when
/// pages are missing. So it gets one clean stream at a time.
@safe final class OggDecoder: AudioDecoder {
    let format: AudioFormat
    let tags: AudioTags
    var declaredFrames: Int? { nil }
    var damage: String? { pages.damage ?? link.damage }

    private let pages: OggPages
    private let name: String
    private let isRegularFile: Bool
    private var link: SoundFileDecoder
    /// What makes a later stream of another shape like the first.
    private var adapter: FrameReader?
    private var isFinished = false

    init(_ input: ReadAhead) throws(AudioError) {
        pages = OggPages(input)
        name = input.name
        isRegularFile = input.isRegularFile
        guard let first = try OggStream(pages, isRegularFile: isRegularFile) else {
            throw AudioError(
                pages.damage == nil ? .unsupported : .malformed, name, "is Ogg, but holds no Vorbis, Opus or FLAC",
                hint: "convert it: ffmpeg -i FILE -f wav -")
        }
        link = try OggDecoder.open(first, name: name)
        format = link.format
        tags = link.tags
    }

    private static func open(_ stream: OggStream, name: String) throws(AudioError) -> SoundFileDecoder {
        try SoundFileDecoder(stream, name: name, kind: "Ogg \(stream.codec.rawValue)", isFramed: true)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        while !isFinished {
            let frames: Int
            if let adapter {
                frames = try unsafe adapter.read(into: buffer)
            } else {
                frames = try unsafe link.read(into: buffer)
            }
            if frames > 0 { return frames }
            if let damage = link.damage { pages.noteDamage(damage) }
            try openNext()
        }
        return 0
    }

    private func openNext() throws(AudioError) {
        while let stream = try OggStream(pages, isRegularFile: isRegularFile) {
            do throws(AudioError) {
                link = try OggDecoder.open(stream, name: name)
            } catch {
                if error.code == .readFailed { throw error }
                pages.noteDamage("damaged: a later stream in it can't be decoded")
                continue
            }
            adapter = link.format == format ? nil : try FrameReader(AudioReader(link, name: name), format: format)
            return
        }
        isFinished = true
    }
}

/// The pages of one audio stream in an Ogg file, as libsndfile takes them; it ends where the next stream begins.
@safe final class OggStream: ByteSource {
    enum Codec: String, CaseIterable {
        case vorbis = "Vorbis"
        case opus = "Opus"
        case flac = "FLAC"

        /// How the first packet of such a stream begins.
        var magic: [UInt8] {
            switch self {
            case .vorbis: [1] + Array("vorbis".utf8)
            case .opus: Array("OpusHead".utf8)
            case .flac: [0x7F] + Array("FLAC".utf8)
            }
        }
    }

    let codec: Codec
    let isRegularFile: Bool
    private let pages: OggPages
    private let serial: UInt32
    private var page: ArraySlice<UInt8>
    private var sequence: UInt32
    private var hasLeftBeginning = false
    private var isLast = false

    /// Bytes in front of a FLAC stream in its first Ogg packet (https://xiph.org/flac/ogg_mapping.html). Behind them, and in all
    /// other packets, is FLAC as it is outside of Ogg.
    private static let flacMappingHeader = 9

    /// Takes the streams' first pages, up to one of audio.
    ///
    /// - Returns: nil where there is none before the end.
    init?(_ pages: OggPages, isRegularFile: Bool) throws(AudioError) {
        while let page = try pages.take() {
            guard page.isFirst, let codec = OggStream.codec(of: page) else { continue }
            self.codec = codec
            self.isRegularFile = isRegularFile
            self.pages = pages
            serial = page.serial
            sequence = page.sequence
            self.page = codec == .flac ? page.data.dropFirst(OggStream.flacMappingHeader) : page.bytes[...]
            isLast = page.isLast
            return
        }
        return nil
    }

    /// Whether an Ogg file has more, or something else, than one stream of what we decode ourselves: a film, several tracks, Speex.
    ///
    /// - Parameter input: at its first page; the first pages of all streams stand together.
    static func needsOthers(_ input: ReadAhead) throws(AudioError) -> Bool {
        var (offset, known, others) = (0, 0, 0)
        while offset + 27 + 255 + 16 <= ReadAhead.capacity {
            let head = Array(try input.peek(offset + 27).dropFirst(offset))
            guard head.count == 27, head.starts(with: "OggS".utf8), head[5] & 2 != 0 else { break }
            let table = try input.peek(offset + 27 + Int(head[26])).dropFirst(offset + 27)
            let data = offset + 27 + table.count
            let length = table.reduce(0) { $0 + Int($1) }
            let packet = try input.peek(data + min(length, 16)).dropFirst(data)
            if Codec.allCases.contains(where: { packet.starts(with: $0.magic) }) {
                known += 1
            } else if !packet.starts(with: "fishead\0".utf8) {
                others += 1
            }
            offset = data + length
        }
        return others > 0 || known > 1
    }

    private static func codec(of page: OggPage) -> Codec? {
        Codec.allCases.first { page.data.starts(with: $0.magic) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while page.isEmpty {
            guard let next = try nextPage() else { return 0 }
            page = next
        }
        let count = min(buffer.count, page.count)
        unsafe buffer.copyBytes(from: page.prefix(count))
        page = page.dropFirst(count)
        return count
    }

    private func nextPage() throws(AudioError) -> ArraySlice<UInt8>? {
        while let next = try pages.peek() {
            // First pages stand together; one behind others begins the next stream of a chain.
            if next.isFirst, hasLeftBeginning || next.serial == serial { break }
            _ = try pages.take()
            if !next.isFirst { hasLeftBeginning = true }
            guard next.serial == serial, !isLast else { continue }
            if next.sequence != sequence &+ 1 { pages.noteDamage("damaged: pages are missing") }
            sequence = next.sequence
            isLast = next.isLast
            return codec == .flac ? next.data : next.bytes[...]
        }
        if !isLast { pages.noteDamage("truncated: its last page is missing") }
        return nil
    }
}
