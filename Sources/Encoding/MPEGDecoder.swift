internal import Audio

/// MP3, and the older layers; one recording behind the other, each with its own rate and channels.
@safe final class MPEGDecoder: AudioDecoder {
    let format: AudioFormat
    let tags: AudioTags
    /// What the first one of joined files says is not all.
    var declaredFrames: Int? { nil }
    private(set) var damage: String?

    private let input: ReadAhead
    private var frames: MPEGFrames
    private var decoder: SoundFileDecoder
    /// What makes a later recording of another shape like the first.
    private var adapter: FrameReader?
    private(set) var isAsStored = true

    init(_ input: ReadAhead, _ header: MPEGFrameHeader, tags: AudioTags) throws(AudioError) {
        self.input = input
        frames = MPEGFrames(input, kind: header)
        decoder = try SoundFileDecoder(frames, name: input.name, kind: "MP3", isFramed: false)
        format = decoder.format
        self.tags = tags.filled(from: decoder.tags)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        while true {
            let count: Int
            if let adapter {
                count = try unsafe adapter.read(into: buffer)
            } else {
                count = try unsafe decoder.read(into: buffer)
            }
            if count > 0 { return count }
            // The library stops at the length that it was told; the bytes behind it are looked at here.
            try frames.skipRest()
            damage = damage ?? frames.damage ?? decoder.damage
            guard let next = frames.next else { return 0 }
            frames = MPEGFrames(input, kind: next)
            decoder = try SoundFileDecoder(frames, name: input.name, kind: "MP3", isFramed: false)
            adapter =
                decoder.format == format ? nil : try FrameReader(AudioReader(decoder, name: input.name), format: format)
            if adapter != nil { isAsStored = false }
        }
    }
}
