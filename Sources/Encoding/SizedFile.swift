internal import Audio
internal import Glibc
internal import POSIX

/// An AIFF, AU, CAF or Wave64 file whose header says how much audio it has: whether what follows agrees with that.
///
/// A recorder that wrote its header once says too little, and libsndfile believes it; files that were joined begin anew there.
struct SizedFile {
    /// What stands behind the audio.
    enum End: Equatable {
        /// Nothing, padding, or chunks that belong to the file.
        case agrees
        /// Another file of this kind, at an offset in bytes.
        case next(Int)
        /// More audio.
        case more
    }

    /// Where the number of bytes stands in the header, where what it counts begins, and how many bytes it has.
    private let field: Range<Int>
    private let counted: Int
    private let isLittle: Bool
    private let kind: String
    /// Behind the audio, as the header says; in bytes.
    private let declaredEnd: Int

    /// Where the first chunk begins, and the bytes of a chunk's name and of its size.
    private static let places = [
        "AIFF": (first: 12, name: 4, width: 4), "CAF": (8, 4, 8), "Wave64": (40, 16, 8), "compressed WAV": (12, 4, 4),
    ]

    /// - Parameters:
    ///   - kind: as `EncodedAudio` calls it.
    ///   - head: the file's first bytes.
    /// - Returns: nil where the header does not say how long the audio is.
    init?(_ kind: String, head: [UInt8]) {
        self.kind = kind
        let isLittle = kind == "Wave64" || kind == "compressed WAV"
        self.isLittle = isLittle
        let number = { (range: Range<Int>) in SizedFile.number(head, range, isLittle: isLittle) }
        switch kind {
        case "AU":
            guard let size = number(8..<12), let start = number(4..<8), size > 0, size < 0x7FFF_0000 else { return nil }
            (field, counted) = (8..<12, start)
            declaredEnd = start + size
        case "AIFF", "CAF", "Wave64", "compressed WAV":
            // The chunk's name, and behind it its size.
            let (first, name, width) = SizedFile.places[kind] ?? (12, 4, 4)
            let magic = kind == "AIFF" ? "SSND" : "data"
            var at = first
            while let size = number(at + name..<at + name + width), size >= 0, at + name + width <= head.count {
                let body = kind == "Wave64" ? at : at + name + width
                if head[at...].starts(with: magic.utf8) {
                    guard size > 24, size < (width == 4 ? 0x7F00_0000 : 1 << 56) else { return nil }
                    (field, counted) = (at + name..<at + name + width, body)
                    declaredEnd = body + size
                    return
                }
                let next = body + size + (width == 4 ? size % 2 : kind == "Wave64" ? (8 - size % 8) % 8 : 0)
                guard next > at else { return nil }
                at = next
            }
            return nil
        default: return nil
        }
    }

    private static func number(_ bytes: [UInt8], _ range: Range<Int>, isLittle: Bool) -> Int? {
        guard range.upperBound <= bytes.count else { return nil }
        let ordered = isLittle ? Array(bytes[range].reversed()) : Array(bytes[range])
        return Int(truncatingIfNeeded: ordered.reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
    }

    /// The bytes of the size, for a file that ends elsewhere.
    ///
    /// - Parameter end: behind the audio, in bytes.
    func patch(for end: Int) -> (offset: Int, bytes: [UInt8]) {
        let size = end - counted
        let bytes = (0..<field.count).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
        return (field.lowerBound, isLittle ? bytes : bytes.reversed())
    }

    /// Looks at what is there.
    ///
    /// - Parameters:
    ///   - file: a regular file.
    ///   - base: where this one begins in it, in bytes.
    func end(in file: CInt, base: Int) -> End {
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { return .agrees }
        let size = Int(status.st_size)
        var at = base + declaredEnd
        while size - at > SizedFile.crumbs {
            let here = bytes(of: file, at: at)
            if let magic = isFile(here) ? 0 : isFile(here.dropFirst()) ? 1 : nil { return .next(at + magic) }
            if ["TAG", "ID3", "APETAGEX"].contains(where: { here.starts(with: $0.utf8) }) { return .agrees }
            if let length = chunkLength(here, atMost: size - at) {
                at += length
            } else if let length = chunkLength(here.dropFirst(), atMost: size - at - 1) {
                at += 1 + length
            } else {
                let zeros = here.prefix { $0 == 0 }.count
                guard zeros == here.count else {
                    return zeros > 0 && isFile(here.dropFirst(zeros)) ? .next(at + zeros) : .more
                }
                at += zeros
            }
        }
        return .agrees
    }

    /// Fewer bytes behind the audio are never worth a word.
    private static let crumbs = 256

    private func bytes(of file: CInt, at offset: Int) -> ArraySlice<UInt8> {
        var block = [UInt8](repeating: 0, count: 4096)
        let count = unsafe block.withUnsafeMutableBytes {
            unsafe pread(file, $0.baseAddress, $0.count, off_t(offset))
        }
        return block.prefix(max(0, count))
    }

    private func isFile(_ bytes: ArraySlice<UInt8>) -> Bool {
        switch kind {
        case "AU": bytes.starts(with: ".snd".utf8)
        case "CAF": bytes.starts(with: "caff".utf8)
        case "Wave64": bytes.starts(with: "riff".utf8)
        case "compressed WAV": bytes.starts(with: "RIFF".utf8) && bytes.dropFirst(8).starts(with: "WAVE".utf8)
        default: bytes.starts(with: "FORM".utf8) && bytes.dropFirst(8).starts(with: "AIF".utf8)
        }
    }

    /// The length of the chunk that begins so, with its head; nil where there is none.
    private func chunkLength(_ bytes: ArraySlice<UInt8>, atMost limit: Int) -> Int? {
        guard kind != "AU", bytes.prefix(4).allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        let (_, name, width) = SizedFile.places[kind] ?? (12, 4, 4)
        guard let size = SizedFile.number(Array(bytes.prefix(24)), name..<name + width, isLittle: isLittle), size >= 0
        else { return nil }
        let length = kind == "Wave64" ? size : name + width + size
        return length > 0 && length <= limit ? length : nil
    }
}

/// A part of a regular file, a few bytes of which are others.
@safe final class FileSlice: ByteSource {
    let isRegularFile = true
    private let file: Descriptor
    private var position: Int
    private let end: Int
    private let patch: (offset: Int, bytes: [UInt8])?

    /// - Parameters:
    ///   - range: bytes of the file.
    ///   - patch: bytes that replace those at an offset in the slice.
    init(_ file: consuming Descriptor, _ range: Range<Int>, patch: (offset: Int, bytes: [UInt8])?) {
        self.file = file
        position = range.lowerBound
        end = range.upperBound
        self.patch = patch.map { ($0.offset + range.lowerBound, $0.bytes) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try retrying("read") {
            unsafe pread(file.number, buffer.baseAddress, min(buffer.count, end - position), off_t(position))
        }
        if let patch {
            for (index, byte) in patch.bytes.enumerated() {
                let at = patch.offset + index - position
                if at >= 0, at < count { unsafe buffer[at] = byte }
            }
        }
        position += count
        return count
    }
}

/// Files that libsndfile decodes one after the other: what a file has behind its declared end is looked at.
final class SizedDecoder: AudioDecoder {
    let format: AudioFormat
    let tags: AudioTags
    var declaredFrames: Int? { remarks.isEmpty && !isJoined ? current.declaredFrames : nil }
    private(set) var damage: String?
    private(set) var remarks: [String] = []
    var isAsStored: Bool { remarks.isEmpty && !isJoined }

    private let kind: String
    private let name: String
    private let file: Descriptor
    private var current: SoundFileDecoder
    private var adapter: FrameReader?
    /// Where the next of joined files begins, in bytes; nil where there is none.
    private var next: Int?
    private var isJoined = false

    /// - Parameters:
    ///   - file: a regular file.
    ///   - head: its first bytes.
    /// - Returns: nil where its header agrees with what follows, or says nothing, or is none that libsndfile reads.
    static func make(
        _ file: CInt, _ kind: String, head: [UInt8], name: String
    ) throws(SystemError) -> SizedDecoder? {
        guard let sized = SizedFile(kind, head: head), sized.end(in: file, base: 0) != .agrees else { return nil }
        return try? SizedDecoder(try Descriptor.duplicate(of: file), kind, name)
    }

    private init(_ file: consuming Descriptor, _ kind: String, _ name: String) throws(AudioError) {
        self.kind = kind
        self.name = name
        self.file = file
        let opened = try SizedDecoder.open(self.file.number, kind, at: 0, name: name)
        current = opened.decoder
        format = opened.decoder.format
        tags = opened.decoder.tags
        next = opened.next
        isJoined = opened.next != nil
        if opened.isLonger { remarks.append(SizedDecoder.longer) }
    }

    private static let longer = "its header promises less audio than there is; all of it is used"

    private struct Opened {
        var decoder: SoundFileDecoder
        var next: Int?
        var isLonger = false
    }

    private static func open(
        _ number: CInt, _ kind: String, at start: Int, name: String
    ) throws(AudioError) -> Opened {
        var status = stat()
        var head = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe head.withUnsafeMutableBytes { unsafe pread(number, $0.baseAddress, $0.count, off_t(start)) }
        unsafe fstat(number, &status)
        let size = Int(status.st_size)
        let sized = SizedFile(kind, head: Array(head.prefix(max(0, count))))
        var (end, patch, next): (Int, (Int, [UInt8])?, Int?) = (size, nil, nil)
        switch sized?.end(in: number, base: start) {
        case .next(let offset): (end, next) = (offset, offset)
        case .more: patch = sized?.patch(for: size - start)
        case .agrees, nil: break
        }
        let copy: Descriptor
        do throws(SystemError) {
            copy = try Descriptor.duplicate(of: number)
        } catch {
            throw AudioError(.readFailed, name, "cannot be read: \(error)", underlying: error)
        }
        let slice = FileSlice(copy, start..<end, patch: patch)
        let decoder = try SoundFileDecoder(slice, name: name, kind: kind, isFramed: false)
        return Opened(decoder: decoder, next: next, isLonger: patch != nil)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        while true {
            let count: Int
            if let adapter {
                count = try unsafe adapter.read(into: buffer)
            } else {
                count = try unsafe current.read(into: buffer)
            }
            if count > 0 { return count }
            damage = damage ?? current.damage
            guard let start = next else { return 0 }
            let opened = try SizedDecoder.open(file.number, kind, at: start, name: name)
            (current, next) = (opened.decoder, opened.next)
            if opened.isLonger, remarks.isEmpty { remarks.append(SizedDecoder.longer) }
            adapter = current.format == format ? nil : try FrameReader(AudioReader(current, name: name), format: format)
        }
    }
}
