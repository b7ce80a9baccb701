/// How one sample is stored, little endian.
package enum SampleFormat: String, Sendable, CaseIterable {
    case u8
    case s16le
    case s24le
    case s32le
    case f32le
    case f64le

    /// Bytes of one sample.
    package var bytes: Int {
        switch self {
        case .u8: 1
        case .s16le: 2
        case .s24le: 3
        case .s32le, .f32le: 4
        case .f64le: 8
        }
    }

    package var isFloat: Bool {
        self == .f32le || self == .f64le
    }
}

/// The shape of an uncompressed stream: interleaved samples, one for each channel in a frame.
package struct AudioFormat: Equatable, Sendable {
    /// Frames a second, in hertz.
    package var sampleRate: Int
    /// Samples in a frame.
    package var channels: Int
    package var sampleFormat: SampleFormat

    package init(sampleRate: Int, channels: Int, sampleFormat: SampleFormat) {
        self.sampleRate = sampleRate
        self.channels = channels
        self.sampleFormat = sampleFormat
    }

    /// What flows between our programs where nobody says otherwise: 16000 Hz, mono, s16le.
    package static let speech = AudioFormat(sampleRate: 16000, channels: 1, sampleFormat: .s16le)

    /// Bytes of one frame.
    package var bytesPerFrame: Int {
        sampleFormat.bytes * channels
    }

    /// Bytes of one second.
    package var bytesPerSecond: Int {
        bytesPerFrame * sampleRate
    }
}
