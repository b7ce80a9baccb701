import CPulse
import Glibc

/// One of two streams that become the channels of one recording: its samples until both have theirs, and when they were heard.
struct PlaybackTrack {
    /// Mono samples, one behind the other.
    private(set) var bytes: [UInt8] = []
    /// Frames of the stream that came before these.
    private(set) var taken = 0
    /// The number of a frame and when it was heard, in microseconds of the monotonic clock; nil before the server has said so.
    private var anchor: (frame: Double, time: Double)?
    private let width: Int
    private let rate: Double

    /// - Parameters:
    ///   - width: bytes in a sample.
    ///   - rate: hertz.
    init(width: Int, rate: Int) {
        self.width = width
        self.rate = Double(rate)
    }

    var frames: Int { bytes.count / width }

    mutating func append(_ buffer: UnsafeRawBufferPointer) { unsafe bytes += buffer }

    mutating func appendSilence(frames: Int, zero: UInt8) { bytes += [UInt8](repeating: zero, count: frames * width) }

    /// Notes when the frame behind the last one was heard.
    ///
    /// - Parameter time: microseconds of the monotonic clock.
    mutating func note(heardAt time: Double) { anchor = (Double(taken + frames), time) }

    /// The number of the frame that was heard at a time; nil before anything is known.
    func frame(at time: Double) -> Double? { anchor.map { $0.frame + (time - $0.time) * rate / 1e6 } }

    /// When its next frame was heard.
    var time: Double? { anchor.map { $0.time + (Double(taken) - $0.frame) * 1e6 / rate } }

    /// Takes frames away, all of which are there.
    mutating func drop(_ count: Int) {
        bytes.removeFirst(count * width)
        taken += count
    }
}
