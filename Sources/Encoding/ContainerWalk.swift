internal import Audio
internal import Glibc
internal import POSIX

/// The outermost structure of a container, as far as it is needed to find where another file begins behind it (`cat a.mp4 b.mp4`), and
/// whether the last one is all there.
enum ContainerStructure {
    /// MP4, MOV, 3GP: boxes, of which `ftyp` is the first (ISO/IEC 14496-12, 4.2).
    case boxes
    /// Matroska, WebM: EBML elements (RFC 8794), of which the EBML header is the first.
    case elements
    /// ASF, WMA: objects, of which the header object is the first (ASF specification, 2.1).
    case objects
    /// FLV: a header, and tags (Adobe Flash Video File Format Specification 10.1, annex E).
    case tags
    /// AVI: chunks of RIFF, one behind the other.
    case riff
    /// CAF: chunks with sizes of 64 bits.
    case caf
    /// WavPack: blocks, each with the number of its first sample.
    case wavpack
    /// Creative Voice: a header, and blocks.
    case voc

    /// Bytes from which `step` sees what is there.
    static let headLength = 32

    /// What stands at a place.
    struct Step: Equatable {
        /// Bytes to what follows it; nil where it goes to the end.
        var length: Int?
        /// Whether a file begins here.
        var begins = false
    }

    /// - Parameter head: bytes from the place on, `headLength` of them unless the input ends.
    /// - Returns: nil where nothing of this structure is there.
    func step(_ head: ArraySlice<UInt8>) -> Step? {
        let bytes = Array(head)
        switch self {
        case .boxes: return box(bytes)
        case .elements: return element(bytes)
        case .objects: return object(bytes)
        case .tags: return tag(bytes)
        case .riff: return chunk(bytes)
        case .caf: return cafChunk(bytes)
        case .wavpack: return block(bytes)
        case .voc: return voiceBlock(bytes)
        }
    }

    private func box(_ bytes: [UInt8]) -> Step? {
        guard bytes.count >= 8, bytes[4..<8].allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0xA9 }) else {
            return nil
        }
        let begins = bytes[4..<8].elementsEqual("ftyp".utf8)
        switch big(bytes[..<4]) {
        case 0: return Step(length: nil, begins: begins)
        case 1:
            guard bytes.count >= 16, let size = size(big(bytes[8..<16]), atLeast: 16) else { return nil }
            return Step(length: size, begins: begins)
        case let small:
            return size(small, atLeast: 8).map { Step(length: $0, begins: begins) }
        }
    }

    private func element(_ bytes: [UInt8]) -> Step? {
        guard let first = bytes.first, first >= 0x10 else { return nil }
        let idLength = first.leadingZeroBitCount + 1
        guard bytes.count > idLength, bytes[idLength] != 0 else { return nil }
        let sizeLength = bytes[idLength].leadingZeroBitCount + 1
        guard bytes.count >= idLength + sizeLength else { return nil }
        let begins = bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3])
        let mask = UInt64(1) << UInt64(7 * sizeLength) - 1
        let value = big(bytes[idLength..<idLength + sizeLength]) & mask
        // Of unknown size, or the whole of the file: its children follow.
        let isMaster = value == mask
        return size(isMaster ? 0 : value, atLeast: 0).map { Step(length: idLength + sizeLength + $0, begins: begins) }
    }

    private func object(_ bytes: [UInt8]) -> Step? {
        guard bytes.count >= 24 else { return nil }
        let begins = bytes.starts(with: [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11])
        return size(big(bytes[16..<24].reversed()), atLeast: 24).map { Step(length: $0, begins: begins) }
    }

    private func tag(_ bytes: [UInt8]) -> Step? {
        guard bytes.count >= 11 else { return nil }
        if bytes.starts(with: "FLV".utf8) {
            return size(big(bytes[5..<9]), atLeast: 9).map { Step(length: $0 + 4, begins: true) }
        }
        guard [8, 9, 18].contains(bytes[0] & 0x1F) else { return nil }
        return Step(length: 11 + Int(big(bytes[1..<4])) + 4)
    }

    private func chunk(_ bytes: [UInt8]) -> Step? {
        guard bytes.count >= 12, bytes[..<4].allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        let begins = bytes.starts(with: "RIFF".utf8) && bytes[8..<12].elementsEqual("AVI ".utf8)
        let body = Int(big(bytes[4..<8].reversed()))
        return Step(length: 8 + body + body % 2, begins: begins)
    }

    private func cafChunk(_ bytes: [UInt8]) -> Step? {
        if bytes.starts(with: "caff".utf8) { return Step(length: 8, begins: true) }
        guard bytes.count >= 12, bytes[..<4].allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        let body = big(bytes[4..<12])
        return body == .max ? Step(length: nil) : size(body, atLeast: 0).map { Step(length: 12 + $0) }
    }

    private func block(_ bytes: [UInt8]) -> Step? {
        if bytes.starts(with: "APETAGEX".utf8), bytes.count == ContainerStructure.headLength {
            return Step(length: 32 + Int(big(bytes[12..<16].reversed())))
        }
        guard bytes.count >= 28, bytes.starts(with: "wvpk".utf8) else { return nil }
        // The first block of the first sample, of several with other channels.
        let isFirst = bytes[16..<20].allSatisfy { $0 == 0 } && bytes[10] == 0 && bytes[25] & 0x08 != 0
        return Step(length: 8 + Int(big(bytes[4..<8].reversed())), begins: isFirst)
    }

    private func voiceBlock(_ bytes: [UInt8]) -> Step? {
        if bytes.starts(with: "Creative".utf8), bytes.count >= 22 {
            return size(big(bytes[20..<22].reversed()), atLeast: 22).map { Step(length: $0, begins: true) }
        }
        guard let kind = bytes.first, kind <= 9 else { return nil }
        if kind == 0 { return Step(length: 1) }
        return bytes.count >= 4 ? Step(length: 4 + Int(big(bytes[1..<4].reversed()))) : nil
    }

    private func size(_ value: UInt64, atLeast least: UInt64) -> Int? {
        value >= least && value < 1 << 56 ? Int(value) : nil
    }

    private func big(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}

/// The files in a regular file.
struct JoinedFiles {
    /// Where each begins and ends, in bytes; at least one.
    private(set) var parts: [Range<Int>] = []
    /// Bytes in all.
    let size: Int
    /// Whether the file ends before its last element does.
    private(set) var isCutOff = false

    /// - Parameters:
    ///   - file: a regular file.
    ///   - start: where the first one begins, in bytes.
    ///   - structure: nil where the format has none that is known.
    init(in file: CInt, from start: Int, _ structure: ContainerStructure?) {
        var status = stat()
        size = unsafe fstat(file, &status) == 0 ? Int(status.st_size) : 0
        guard let structure else {
            parts = [start..<max(start, size)]
            return
        }
        var window = Window(file: file)
        var (start, position) = (start, start)
        while position < size, let step = structure.step(window.bytes(at: position)) {
            if step.begins, position > start {
                parts.append(start..<position)
                start = position
            }
            guard let length = step.length, length > 0 else { break }
            position += length
        }
        isCutOff = position > size
        parts.append(start..<max(start, size))
    }

    /// A few bytes anywhere, without a system call for each.
    private struct Window {
        let file: CInt
        private var start = 0
        private var filled: [UInt8] = []

        init(file: CInt) { self.file = file }

        mutating func bytes(at offset: Int) -> ArraySlice<UInt8> {
            let wanted = ContainerStructure.headLength
            if offset < start || offset + wanted > start + filled.count {
                start = offset
                var block = [UInt8](repeating: 0, count: 1 << 13)
                let count = unsafe block.withUnsafeMutableBytes {
                    unsafe pread(file, $0.baseAddress, $0.count, off_t(offset))
                }
                filled = Array(block[..<max(0, count)])
            }
            return filled.dropFirst(offset - start).prefix(wanted)
        }
    }
}
