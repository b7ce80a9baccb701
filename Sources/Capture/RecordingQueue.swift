package import Audio
internal import Glibc
package import POSIX

/// What lies between the thread that captures, which never waits, and the one that writes, which may have to.
///
/// It holds up to 30 seconds. When they are full, what comes next is dropped until there is room for a while, and leaves a
/// gap; a gap takes no memory, and is read as silence of the same length, so that the time axis stays right.
///
/// One thread appends, one thread takes. The lock guards a few numbers; samples are copied outside of it.
@safe
package final class RecordingQueue: @unchecked Sendable {
    // Sendable: `state` is behind its lock; of `memory`, the appending thread touches only what is free and the taking thread
    // only what it was given.

    /// What the taking thread finds.
    @safe
    package enum Item {
        /// The device has opened: what follows is a recording, however short.
        case opened
        /// Bytes of whole frames; valid until the next call of `next`.
        case audio(UnsafeRawBufferPointer)
        /// So many frames are missing here.
        case silence(frames: Int)
        /// Nothing came within the time.
        case nothing
        /// The recording is over; with the error that ended it.
        case ended(CaptureError?)
    }

    /// What became of a call of `append`.
    package enum Fate: Equatable, Sendable {
        case kept
        /// Kept, and the first to be kept after so many frames were dropped.
        case keptAfterDropping(frames: Int)
        case dropped
    }

    private struct Gap {
        /// Where it lies: bytes appended before it.
        var position: Int
        var frames: Int
    }

    private struct State {
        /// Bytes appended and bytes taken since the beginning; the difference is held.
        var appended = 0
        var taken = 0
        /// Where in memory the bytes `appended` and `taken` count from.
        var origin = 0
        /// Bytes of the item that the taking thread works on.
        var lent = 0
        var gaps: [Gap] = []
        var opened = false
        var ended = false
        var error: CaptureError?
        var waiting = false
        /// The most that was held since memory was last given back, in bytes.
        var peak = 0
        var dropped = 0
    }

    package let format: AudioFormat
    /// Bytes that it holds at most.
    package let capacity: Int
    private let memory: UnsafeMutableRawPointer
    private let state = Monitor(State())
    private let bell: Bell
    /// Written by the appending thread, read by the taking one.
    private let marks = LatencyMarks()
    /// From the device's timestamp of each period to the moment when it was written; the taking thread's own.
    package private(set) var latency = LatencyHistogram()

    /// Never more than this, whatever the format: 30 s of 96 kHz, 2 channels, 32 bit are 23 MB.
    private static let largestCapacity = 32 << 20

    /// Makes an empty queue; its memory is the system's to give when it is first used.
    ///
    /// - Parameters:
    ///   - format: of what is appended.
    ///   - seconds: how much it holds.
    package init(format: AudioFormat, seconds: Double = 30) throws(SystemError) {
        self.format = format
        let wanted = min(Self.largestCapacity, Int(seconds * Double(format.bytesPerSecond)))
        capacity = max(1, wanted / format.bytesPerFrame) * format.bytesPerFrame
        let address = unsafe mmap(
            nil, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw SystemError(code: errno, call: "mmap")
        }
        unsafe memory = address
        bell = try Bell.make()
        state.note { $0.gaps.reserveCapacity(64) }
    }

    deinit {
        unsafe munmap(memory, capacity)
    }

    // MARK: The thread that captures

    /// Says that the device has opened.
    package func open() {
        state.note { $0.opened = true }
        ring()
    }

    /// Adds whole frames, all or none. Never waits.
    ///
    /// - Parameters:
    ///   - bytes: at most `capacity`.
    ///   - stampedAt: when the device said that it has them; nanoseconds on the monotonic clock.
    package func append(_ bytes: UnsafeRawBufferPointer, stampedAt: Int64) -> Fate {
        let count = bytes.count
        guard count > 0 else { return .kept }
        let begin: Int? = state.note { state in
            let held = state.appended - state.taken
            if held == 0, state.lent == 0 { self.rewind(&state) }
            // Once it drops, it drops for a while: a second in one piece spoils less than every other period.
            let room = state.dropped > 0 ? max(count, min(self.capacity / 4, self.format.bytesPerSecond)) : count
            guard self.capacity - held >= room else {
                state.dropped += count / self.format.bytesPerFrame
                return nil
            }
            return (state.appended - state.origin) % self.capacity
        }
        guard let begin else { return .dropped }
        let first = min(count, capacity - begin)
        unsafe memory.advanced(by: begin).copyMemory(from: bytes.baseAddress.unsafelyUnwrapped, byteCount: first)
        if first < count {
            unsafe memory.copyMemory(from: bytes.baseAddress.unsafelyUnwrapped + first, byteCount: count - first)
        }
        let fate: Fate = state.note { state in
            let dropped = state.dropped
            if dropped > 0 { self.addGap(dropped, to: &state) }
            state.dropped = 0
            state.appended += count
            state.peak = max(state.peak, state.appended - state.taken)
            self.marks.add(end: state.appended, stampedAt: stampedAt)
            return dropped > 0 ? .keptAfterDropping(frames: dropped) : .kept
        }
        ring()
        return fate
    }

    /// Adds silence: so many frames were captured and lost.
    package func appendSilence(frames: Int) {
        guard frames > 0 else { return }
        state.note { state in
            if state.dropped > 0 {
                state.dropped += frames
            } else {
                self.addGap(frames, to: &state)
            }
        }
        ring()
    }

    /// Says that nothing follows. What is held is still to be taken. Only the first call counts.
    ///
    /// - Parameter error: why, where it isn't because somebody wanted it.
    /// - Returns: frames that were dropped last, and are silence at the end now.
    @discardableResult
    package func end(_ error: CaptureError? = nil) -> Int {
        let dropped = state.note { state in
            guard !state.ended else { return 0 }
            let dropped = state.dropped
            if dropped > 0 { self.addGap(dropped, to: &state) }
            state.dropped = 0
            state.ended = true
            state.error = error
            return dropped
        }
        ring()
        return dropped
    }

    private func addGap(_ frames: Int, to state: inout State) {
        if let last = state.gaps.last, last.position == state.appended {
            state.gaps[state.gaps.count - 1].frames += frames
        } else {
            state.gaps.append(Gap(position: state.appended, frames: frames))
        }
    }

    /// Starts again at the beginning of the memory, so that a reader that keeps up costs a few pages and no more.
    private func rewind(_ state: inout State) {
        state.origin = state.appended
        if state.peak > 1 << 20 { unsafe madvise(memory, capacity, MADV_DONTNEED) }
        state.peak = 0
    }

    private func ring() {
        if state.read(\.waiting) { bell.ring() }
    }

    // MARK: The thread that writes

    /// Takes what comes next, and gives back what was taken before.
    ///
    /// - Parameter milliseconds: the longest wait; nil waits without end.
    package func next(milliseconds: Int? = nil) -> Item {
        if let item = take() { return item }
        state.note { $0.waiting = true }
        defer { state.note { $0.waiting = false } }
        // Between the first look and the flag something may have come.
        if let item = take() { return item }
        bell.wait(milliseconds: milliseconds)
        return take() ?? .nothing
    }

    private func take() -> Item? {
        var done = 0
        let item: Item? = state.note { state in
            if state.opened {
                state.opened = false
                return .opened
            }
            state.taken += state.lent
            if state.lent > 0 { done = state.taken }
            state.lent = 0
            if let gap = state.gaps.first, gap.position == state.taken {
                state.gaps.removeFirst()
                return .silence(frames: gap.frames)
            }
            let limit = state.gaps.first?.position ?? state.appended
            if limit > state.taken {
                let begin = (state.taken - state.origin) % self.capacity
                state.lent = min(limit - state.taken, self.capacity - begin)
                return unsafe .audio(UnsafeRawBufferPointer(start: self.memory + begin, count: state.lent))
            }
            return state.ended ? .ended(state.error) : nil
        }
        if done > 0 {
            let now = MonotonicClock.now()
            marks.take(upTo: done) { latency.add(nanoseconds: now - $0) }
        }
        return item
    }

    /// Bytes that are held at present.
    package var held: Int {
        state.read { $0.appended - $0.taken }
    }
}
