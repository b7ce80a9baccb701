internal import Audio
internal import Encoding
internal import Program

/// The way of the samples from a reader through an encoder.
struct Conversion {
    let reader: AudioReader
    let target: EncodedFormat
    let isRaw: Bool

    /// Frames at once at most; a live stream gives fewer, as they come.
    private static let blockFrames = 1 << 15

    /// Chooses the shape of the output.
    ///
    /// - Parameters: what is asked for, which describes raw input rather than the output.
    func makeFrameReader(rate: Int?, channels: Int?, sampleFormat: SampleFormat?) throws -> FrameReader {
        let source = reader.format
        let isLossy = reader.isEncoded && source.sampleFormat.isFloat
        let shape = try target.shape(
            for: source, isLossy: isLossy, rate: isRaw ? nil : rate, channels: isRaw ? nil : channels,
            sampleFormat: isRaw ? nil : sampleFormat)
        if channels == nil || isRaw, shape.channels != source.channels {
            Log.warning(
                "\(reader.name): \(source.channels) channels are mixed to \(shape.channels) for \(target.name)",
                hint: "--channels chooses how many")
        }
        if shape.sampleRate != source.sampleRate {
            Log.info("\(reader.name): resampling from \(source.sampleRate) to \(shape.sampleRate) Hz")
        }
        return try FrameReader(reader, format: shape)
    }

    /// Encodes to the end of the input; the stream is then complete.
    func run(_ frames: FrameReader, settings: EncoderSettings, into sink: EncodeOutput) throws {
        let format = frames.format
        let encoder = try target.makeEncoder(format, settings: settings, sink: sink)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Conversion.blockFrames * format.bytesPerFrame, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count: Int
            do throws(AudioError) {
                count = try frames.read(into: buffer)
            } catch {
                // The input fails in the middle: what came before it is whole.
                try encoder.finish()
                try sink.commit()
                throw error
            }
            if count == 0 { break }
            try encoder.encode(UnsafeRawBufferPointer(rebasing: buffer[..<(count * format.bytesPerFrame)]))
        }
        try encoder.finish()
        // Of damaged audio from which nothing came there is nothing to keep.
        if reader.damage != nil, frames.framesRead == 0 { return sink.discard() }
        try sink.commit()
    }
}
