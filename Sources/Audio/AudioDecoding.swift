/// Audio out of bytes that are encoded: FLAC, Ogg, MP3.
///
/// `Audio` itself knows no codec. A program that reads such files hands `AudioReader` the `Encoding` module's decoders.
package protocol AudioDecoder: AnyObject {
    /// What `read` gives.
    var format: AudioFormat { get }
    /// The sound tracks of the file; none if it is of a kind that has one.
    var tracks: [SoundTrack] { get }
    /// Where the channels belong; nil if nobody says.
    var layout: ChannelLayout? { get }
    /// Frames that the header promises; nil where it doesn't say.
    var declaredFrames: Int? { get }
    /// What the file says about itself; more may come with the audio.
    var tags: AudioTags { get }
    /// What is wrong with the bytes that were read so far, lower case, without the input's name; nil while nothing is.
    ///
    /// A decoder gives all that it can make of a damaged file, and says so here.
    var damage: String? { get }
    /// What somebody should know who reads it and that is no damage, lower case, without the input's name; complete at the end.
    var remarks: [String] { get }
    /// Whether others who decode the same file hear the same, from its first sample to its last: nothing was put in, left out or
    /// chosen.
    var isAsStored: Bool { get }

    /// Reads whole frames, interleaved, little endian; waits for one, then gives what is there.
    ///
    /// - Parameter buffer: room for at least one frame.
    /// - Returns: frames read; 0 at the end.
    /// - Throws: `AudioError`, `readFailed` where the bytes could not be had.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int
}

extension AudioDecoder {
    package var layout: ChannelLayout? { nil }
    package var tracks: [SoundTrack] { [] }
    package var remarks: [String] { [] }
    package var isAsStored: Bool { true }
}

/// Recognises encoded audio by its first bytes, and decodes it.
package protocol AudioDecoders: Sendable {
    /// Looks at the beginning of an input.
    ///
    /// - Parameter input: nothing has been taken from it. Nothing is taken where this returns nil.
    /// - Returns: nil where these decoders don't know what it is: perhaps a WAV.
    /// - Throws: `AudioError` where they do know, and it can't be decoded.
    func decoder(for input: ReadAhead) throws(AudioError) -> (any AudioDecoder)?

    /// The same decoders for another sound track.
    func choosing(_ track: TrackChoice) -> any AudioDecoders

    /// Whether `decoder(for:)` would return one, or throw; takes nothing from the input.
    func recognises(_ input: ReadAhead) throws(AudioError) -> Bool
}
