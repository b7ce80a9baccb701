package import Audio

/// Where sound comes from: a microphone that is open, and delivers as time passes.
///
/// One thread, the one that opened it, calls everything. It never waits for anybody but the device.
package protocol RecordingSource: AnyObject {
    /// What the device is called in messages.
    var name: String { get }
    /// What was opened, in the sound system's words.
    var openedName: String { get }
    /// The format of what `read` delivers.
    var format: AudioFormat { get }
    /// Frames that usually arrive together.
    var periodFrames: Int { get }
    /// Frames that the device keeps while nobody reads.
    var bufferFrames: Int { get }

    /// Whether there will be a recording, however short, as far as one can tell: a plugin that was started may yet fail.
    var isOpen: Bool { get }

    /// Starts the device's clock: what is heard from now on is delivered.
    func start() throws(CaptureError)

    /// Waits for sound, and reads what there is.
    ///
    /// Recovers from overruns by itself, and says what they cost.
    ///
    /// - Parameters:
    ///   - buffer: receives whole frames.
    ///   - descriptor: ends the wait when it becomes readable; it isn't read.
    ///   - milliseconds: the longest wait; 0 takes only what is there.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, wakingOn descriptor: CInt, milliseconds: Int
    ) throws(CaptureError) -> Arrival

    /// Ends what `start` began. What was heard before is still to be read, until a read brings none.
    ///
    /// - Returns: milliseconds that it may take to arrive; 0 where it is there.
    func stop() -> Int

    /// Gives the device back.
    func close()
}

extension RecordingSource {
    package var isOpen: Bool { true }

    package func stop() -> Int { 0 }

    package func close() {}
}

/// What one `read` of a recording source brought.
package struct Arrival: Sendable {
    /// Frames in the buffer; 0 where the wait ended without any.
    package var frames: Int
    /// Frames that the device captured and lost immediately before these.
    package var lostFrames: Int
    /// When the device said that it has them: nanoseconds on the monotonic clock.
    package var stampedAt: Int64
    /// Whether nothing will follow, and that is no error.
    package var isLast = false

    package init(frames: Int, lostFrames: Int = 0, stampedAt: Int64 = 0) {
        self.frames = frames
        self.lostFrames = lostFrames
        self.stampedAt = stampedAt
    }

    static let none = Arrival(frames: 0)

    static var end: Arrival {
        var arrival = Arrival.none
        arrival.isLast = true
        return arrival
    }
}
