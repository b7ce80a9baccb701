package import Audio

/// How audio is encoded; nil leaves it to the format.
package struct EncoderSettings: Sendable {
    /// Bits a second: of the whole stream, not of a channel.
    package var bitrate: Int?
    /// How much work is put into small files: Opus 0 to 10, FLAC 0 to 8.
    package var complexity: Int?
    /// Milliseconds of Opus in a page: how much of it is held back.
    package var page: Int?
    package var tags: AudioTags

    package init(
        bitrate: Int? = nil, complexity: Int? = nil, page: Int? = nil, tags: AudioTags = AudioTags()
    ) {
        self.bitrate = bitrate
        self.complexity = complexity
        self.page = page
        self.tags = tags
    }
}
