import Audio
import Encoding
import Glibc
import POSIX

/// Bytes that were encoded, as a file or a pipe takes them.
final class MemorySink: ByteSink {
    let isRewritable: Bool
    private(set) var bytes: [UInt8] = []
    private(set) var writes = 0

    init(isRewritable: Bool = false) { self.isRewritable = isRewritable }

    func write(_ bytes: UnsafeRawBufferPointer) {
        self.bytes.append(contentsOf: bytes)
        writes += 1
    }

    func rewrite(_ bytes: [UInt8], at offset: Int) throws {
        self.bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
}

/// Sound made for tests.
enum Material {
    /// A tone that gets higher, at -6 dB, interleaved.
    static func samples(frames: Int, channels: Int = 1) -> [Int16] {
        var samples: [Int16] = []
        samples.reserveCapacity(frames * channels)
        for frame in 0..<frames {
            let time = Double(frame)
            let phase = time * (0.05 + time * 1e-7)
            for channel in 0..<channels { samples.append(Int16(16000 * sin(phase + Double(channel)))) }
        }
        return samples
    }

    static func encode(
        _ samples: [Int16], _ target: EncodedFormat, rate: Int = 16000, channels: Int = 1,
        settings: EncoderSettings = EncoderSettings(), block: Int = 1600, rewritable: Bool = false
    ) throws -> [UInt8] {
        let sink = MemorySink(isRewritable: rewritable)
        let format = AudioFormat(sampleRate: rate, channels: channels, sampleFormat: .s16le)
        let encoder = try target.makeEncoder(format, settings: settings, sink: sink)
        var rest = samples[...]
        while !rest.isEmpty {
            try rest.prefix(block * channels).withUnsafeBytes { try encoder.encode($0) }
            rest = rest.dropFirst(block * channels)
        }
        try encoder.finish()
        return sink.bytes
    }

    struct Decoded {
        var format: AudioFormat
        var samples: [Float]
        var tags: AudioTags
        var damage: AudioError?
        var frames: Int { samples.count / format.channels }
    }

    /// Decodes all of it, as interleaved numbers.
    static func decode(_ bytes: [UInt8], isFile: Bool = false, largestRead: Int = .max) throws -> Decoded {
        let source = MemorySource(bytes, isRegularFile: isFile, largestRead: largestRead)
        let reader = try AudioReader(source, name: "test", options: .init(decoders: EncodedAudio()))
        let format = AudioFormat(
            sampleRate: reader.format.sampleRate, channels: reader.format.channels, sampleFormat: .f32le)
        let frames = try FrameReader(reader, format: format)
        var samples: [Float] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096 * format.bytesPerFrame, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try frames.read(into: buffer)
            if count == 0 { break }
            samples += buffer.bindMemory(to: Float.self)[..<(count * format.channels)]
        }
        return Decoded(format: format, samples: samples, tags: reader.tags, damage: reader.damage)
    }

    /// How much of the energy is lost or added, in dB below the original; larger is better.
    static func fidelity(of samples: some Collection<Float>, to original: [Int16]) -> Double {
        var (signal, noise) = (0.0, 0.0)
        for (sample, wanted) in zip(samples, original) {
            let value = Double(wanted) / 32768
            signal += value * value
            noise += (Double(sample) - value) * (Double(sample) - value)
        }
        return 10 * log10(signal / max(noise, 1e-20))
    }
}
