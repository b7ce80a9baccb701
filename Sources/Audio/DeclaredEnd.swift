internal import Glibc

/// What stands behind the end of the audio that a header declares.
///
/// Recorders write their header once, at the first flush; files are joined with `cat`. A declared length is believed only if what
/// follows agrees with it.
enum DeclaredEnd: Equatable {
    /// The end, padding, tags or chunks that belong to the file.
    case end
    /// Another WAV begins.
    case wav
    /// The audio goes on, after so many bytes that were zero.
    case audio(zeros: Int)

    /// Fewer bytes than this behind the audio are never worth a word.
    private static let crumbs = 256
    private static let tags = ["TAG", "ID3", "APETAGEX", "LYRICSBEGIN"]

    /// Looks behind the audio; goes past what belongs to the file.
    ///
    /// - Parameter isOdd: whether the audio has an odd number of bytes, behind which chunks are padded.
    static func find(in input: ReadAhead, isOdd: Bool) throws(AudioError) -> DeclaredEnd {
        var isOdd = isOdd
        while true {
            if isOdd, try !isBeginning(input, at: 0), try isBeginning(input, at: 1) { _ = try input.skip(1) }
            isOdd = false
            let head = Array(try input.peek(12))
            if isWAV(head) { return .wav }
            guard let size = chunkSize(head, in: input) else { break }
            guard try input.skip(8 + size) else { return .end }
            isOdd = size % 2 == 1
        }
        let next = try input.peek(crumbs)
        if next.count < crumbs || tags.contains(where: { next.starts(with: $0.utf8) }) { return .end }
        var zeros = 0
        while true {
            let here = try input.peek(4096)
            let count = here.prefix { $0 == 0 }.count
            _ = try input.skip(count)
            zeros += count
            if count == here.count, count > 0 { continue }
            if here.isEmpty { return .end }
            return isWAV(Array(try input.peek(12))) ? .wav : .audio(zeros: zeros)
        }
    }

    /// Whether a chunk, or another file, or nothing, begins so many bytes on.
    private static func isBeginning(_ input: ReadAhead, at offset: Int) throws(AudioError) -> Bool {
        let head = Array(try input.peek(offset + 12).dropFirst(offset))
        return head.isEmpty || isWAV(head) || chunkSize(head, in: input) != nil
    }

    static func isWAV(_ head: [UInt8]) -> Bool {
        head.count >= 12 && ["RIFF", "RF64", "BW64"].contains(fourCC(head[...])) && fourCC(head[8...]) == "WAVE"
    }

    /// The size of the chunk that begins so; nil where it is none.
    private static func chunkSize(_ head: [UInt8], in input: ReadAhead) -> Int? {
        guard head.count >= 8, head[..<4].allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        let size = Int(littleEndian32(head[4...]))
        if WAVLayout.isKnownChunk(Array(head[..<8])) { return size }
        // One that nobody has heard of must fit in what is left.
        var status = stat()
        if let file = input.fileDescriptor, unsafe fstat(file, &status) == 0 {
            return size <= Int(status.st_size) - input.position - 8 ? size : nil
        }
        return size <= 1 << 20 ? size : nil
    }
}
