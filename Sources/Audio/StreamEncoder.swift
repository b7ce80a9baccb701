/// Turns frames into the bytes of an audio file while they come.
///
/// A program or an engine that sends audio gets one handed; the `Encoding` module has the real ones. The bytes go to a
/// `ByteSink` before `encode` returns, as soon as the format permits.
package protocol StreamEncoder: AnyObject {
    /// What `encode` takes.
    var format: AudioFormat { get }

    /// Encodes frames.
    ///
    /// - Parameter frames: whole frames in `format`, interleaved, aligned to a sample.
    /// - Throws: what the sink throws, or the encoder's own error.
    func encode(_ frames: UnsafeRawBufferPointer) throws

    /// Ends the stream: what is left of it goes to the sink. Call it once, and nothing afterwards.
    func finish() throws
}

/// Takes the bytes of an encoded stream.
package protocol ByteSink: AnyObject {
    /// Whether bytes that were written can be written again, as in a regular file; lengths and checksums are then put in their
    /// places at the end.
    var isRewritable: Bool { get }

    /// Takes the next bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws

    /// Replaces bytes that were written.
    ///
    /// - Parameter offset: bytes since the first that this sink took. Called only where it is rewritable.
    func rewrite(_ bytes: [UInt8], at offset: Int) throws
}
