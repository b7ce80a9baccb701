import Audio
import Program
import Text

/// What `record-v1` is asked for, in the environment.
struct RecordingRequest: Sendable {
    /// As the user names it; nil is the server's default.
    var device: String?
    /// What is written. The server converts to it from what its source has.
    var format: AudioFormat
    /// How much sound should arrive at a time, in milliseconds.
    var period: Int
    /// Whether what is played is recorded, too, on a second channel.
    var withPlayback: Bool

    /// What libpulse can do (pulse/sample.h): PA_RATE_MAX and PA_CHANNELS_MAX.
    private static let (rates, counts) = (1000...384_000, 1...32)

    static func fromEnvironment() throws -> RecordingRequest {
        var format = AudioFormat.speech
        format.sampleRate = try number("VT_RATE", rates, "hertz") ?? format.sampleRate
        format.channels = try number("VT_CHANNELS", counts, "channels") ?? format.channels
        // A wish: what reads a WAV reads what its header says. There are no doubles in libpulse.
        format.sampleFormat = environment("VT_SAMPLE_FORMAT").flatMap(SampleFormat.init(rawValue:)) ?? .s16le
        if format.sampleFormat == .f64le { format.sampleFormat = .f32le }
        let withPlayback = try playback()
        if withPlayback {
            if format.channels == 1, environment("VT_CHANNELS") == nil { format.channels = 2 }
            guard format.channels == 2 else {
                throw Failure(.usage, "with playback there are 2 channels, not \(format.channels)")
            }
        }
        let device = environment("VT_DEVICE").flatMap { $0.isEmpty ? nil : $0 }
        return RecordingRequest(
            device: device, format: format, period: try number("VT_PERIOD", 1...1000, "milliseconds") ?? 20,
            withPlayback: withPlayback)
    }

    private static func playback() throws -> Bool {
        switch environment("VT_OPTION_PLAYBACK") {
        case nil, "", "no": return false
        case "yes": return true
        case .some(let other): throw Failure(.usage, "playback is yes or no, not \(other.sanitized)")
        }
    }

    private static func number(_ name: String, _ range: ClosedRange<Int>, _ unit: String) throws -> Int? {
        guard let text = environment(name), !text.isEmpty else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw Failure(
                .usage, "\(name)=\(text): a recording has \(range.lowerBound) to \(range.upperBound) \(unit) here")
        }
        return value
    }
}
