/// The header of a WAV stream that arrives piece by piece, for who cannot wait for the rest of it.
package struct WAVStreamHeader: Sendable {
    package let format: AudioFormat
    /// Bytes before the audio.
    package let length: Int
    /// Bytes of audio at most; `Int.max` until the end of the stream.
    package let dataBytes: Int

    /// A header is never longer than this, pictures and all.
    package static let longest = 1 << 16

    /// Reads what has come so far.
    ///
    /// - Parameters:
    ///   - bytes: the stream from its first byte on.
    ///   - name: what errors call it.
    /// - Returns: nil where the audio has not begun yet.
    /// - Throws: `AudioError` where this is no WAV, one that we don't read, or no end of the header is in sight.
    package static func read(_ bytes: [UInt8], name: String) throws(AudioError) -> WAVStreamHeader? {
        let magic = Array("RIFF".utf8)
        if bytes.count < 12, bytes.prefix(4).elementsEqual(magic.prefix(bytes.count)) { return nil }
        let input = ReadAhead(MemorySource(bytes), name: name)
        do throws(AudioError) {
            let layout = try WAVLayout(reading: input) { _ in }
            return WAVStreamHeader(format: layout.format, length: input.position, dataBytes: layout.dataBytes)
        } catch {
            guard error.code == .truncated, bytes.count < longest else { throw error }
            return nil
        }
    }
}
