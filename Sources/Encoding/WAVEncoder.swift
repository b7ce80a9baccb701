internal import Audio

/// WAV: a header, and samples as they are.
final class WAVEncoder: StreamEncoder {
    let format: AudioFormat
    private let sink: any ByteSink
    private let tags: AudioTags
    private var dataBytes = 0
    /// The header, until it has been written: with the first samples in one piece, since sox recognises no stream on standard
    /// input whose first piece has less than 256 bytes.
    private var header: [UInt8]

    init(_ format: AudioFormat, tags: AudioTags, sink: any ByteSink) {
        self.format = format
        self.sink = sink
        self.tags = tags
        header =
            sink.isRewritable
            ? WAVHeader.file(format, dataBytes: nil, tags: tags) : WAVHeader.streaming(format, tags: tags)
    }

    func encode(_ frames: UnsafeRawBufferPointer) throws {
        if header.isEmpty {
            try unsafe sink.write(frames)
        } else {
            unsafe header.append(contentsOf: frames)
            try writeHeader()
        }
        dataBytes += frames.count
    }

    private func writeHeader() throws {
        try unsafe header.withUnsafeBytes { try unsafe sink.write($0) }
        header = []
    }

    /// Puts the sizes into a file's header.
    func finish() throws {
        if !header.isEmpty { try writeHeader() }
        guard sink.isRewritable else { return }
        if dataBytes % 2 == 1 {
            try unsafe withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { padding in
                unsafe padding[0] = 0
                try unsafe sink.write(UnsafeRawBufferPointer(padding))
            }
        }
        try sink.rewrite(WAVHeader.file(format, dataBytes: dataBytes, tags: tags), at: 0)
    }
}
