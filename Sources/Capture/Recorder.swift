package import Audio
package import POSIX
internal import Synchronization

/// A recording in progress: a thread that takes sound from a source into a queue, and waits for nobody but the device.
@safe
package final class Recorder: Sendable {
    /// What happens in a recording that its user should hear of. `at` counts frames from the recording's begin.
    package enum Event: Equatable, Sendable {
        /// The device has not delivered anything for two seconds since it was started.
        case slowStart
        /// It has delivered nothing for two seconds, and is waited for.
        case waiting
        /// It delivers again. Silence stands for `frames` that it did not make up for.
        case resumed(frames: Int, at: Int)
        /// The device has opened. `period` is in seconds.
        case opened(device: String, period: Double, buffer: Double)
        /// The first period has arrived.
        case started
        /// The device lost frames; silence stands in their place.
        case overrun(frames: Int, at: Int)
        /// The queue is full: frames from here on are dropped.
        case dropping(at: Int)
        /// The queue takes frames again; silence stands in place of those that it didn't.
        case dropped(frames: Int, at: Int)
        /// The sink has heard speech, from here on.
        case speech(at: Int)
        /// The sink has heard silence for long enough: the recording is over.
        case silence
        /// The sink has not heard any speech in the time that it was given: the recording is over.
        case noSpeech
        /// A recorder plugin has something to say.
        case message(RecorderMessage)
        /// Nothing more is recorded.
        case ended
    }

    /// What a recording amounted to.
    package struct Totals: Equatable, Sendable {
        /// All frames, those that were lost or dropped included.
        package var frames = 0
        package var overruns = 0
        package var lostFrames = 0
        package var droppedFrames = 0

        package init() {}
    }

    package let format: AudioFormat
    package let queue: RecordingQueue
    private let limit: Int?
    private let listener: (@Sendable (UnsafeRawBufferPointer) -> Void)?
    private let events = Monitor<[Event]>([])
    private let eventBell: Bell
    private let stopBell: Bell
    private let endBell: Bell
    private let stopping = Atomic<Bool>(false)
    /// Counts the rounds of the capturing thread, so that one that hangs in a library call is noticed.
    private let rounds = Atomic<Int>(0)
    private let sum = Monitor(Totals())

    /// A microphone that was silent for so long is waited for, which is said. Headsets and suspended sources need more to wake up.
    private static let longestSilence = 2000
    /// Milliseconds in which a device that delivers again makes up for what it has not delivered, if it can.
    private static let catchingUp: Int64 = 300
    /// Seconds after which one that delivers nothing is broken.
    let stallTimeout: Double
    private static let longestStart = 5000
    private static let slice = 100
    /// Seconds of sound that a source may still have when it is stopped.
    private static let longestRest = 5

    /// Prepares a recording.
    ///
    /// - Parameters:
    ///   - format: what is recorded.
    ///   - limit: frames after which it ends by itself.
    ///   - stallTimeout: seconds after which a device that delivers nothing any more is given up.
    ///   - bufferSeconds: how far a reader may fall behind before something is dropped.
    ///   - listener: sees every period, on the capturing thread: for a level meter. It must not wait or allocate.
    package init(
        format: AudioFormat, limit: Int? = nil, stallTimeout: Double = 30, bufferSeconds: Double = 30,
        listener: (@Sendable (UnsafeRawBufferPointer) -> Void)? = nil
    ) throws(SystemError) {
        self.format = format
        self.limit = limit
        self.stallTimeout = stallTimeout
        unsafe self.listener = listener
        queue = try RecordingQueue(format: format, seconds: bufferSeconds)
        eventBell = try Bell.make()
        stopBell = try Bell.make()
        endBell = try Bell.make()
    }

    /// Begins to record.
    ///
    /// - Parameter open: opens the source; it runs on the thread that then records, since a sound server that hangs must
    ///   not take the program with it.
    package func start(_ open: @escaping @Sendable () throws(CaptureError) -> any RecordingSource) throws(SystemError) {
        try Thread("capture") { [self] in
            run(open)
            endBell.ring()
        }.detach()
    }

    /// Ends the recording; what was captured stays in the queue. Any thread may call it.
    package func stop() {
        stopping.store(true, ordering: .releasing)
        stopBell.ring()
    }

    /// Stops, and gives the device time to close properly.
    package func close(milliseconds: Int = 1000) {
        stop()
        endBell.wait(milliseconds: milliseconds)
        // Where the thread hangs, nobody else says so.
        tell(.ended)
    }

    /// Waits for something to tell.
    ///
    /// - Returns: nil after the time.
    package func nextEvent(milliseconds: Int?) -> Event? {
        if let event = takeEvent() { return event }
        eventBell.wait(milliseconds: milliseconds)
        return takeEvent()
    }

    private func takeEvent() -> Event? {
        events.note { $0.isEmpty ? nil : $0.removeFirst() }
    }

    /// Adds to what there is to tell. Any thread may call it.
    package func tell(_ event: Event) {
        events.note { $0.append(event) }
        eventBell.ring()
    }

    /// Adds a message of a recorder plugin's to what there is to tell, and what it says was lost to the totals: the silence that stands
    /// for it is in the recording. Any thread may call it.
    package func tell(_ message: RecorderMessage) {
        guard let gap = message.gap else { return tell(.message(message)) }
        let frames = Int((gap * Double(format.sampleRate)).rounded())
        let position = sum.note { sum in
            sum.lostFrames += frames
            sum.overruns += 1
            return sum.frames
        }
        tell(.overrun(frames: frames, at: position))
    }

    package var totals: Totals { sum.read { $0 } }

    /// A number that changes for as long as the capturing thread is alive.
    var pulse: Int { rounds.load(ordering: .relaxed) }

    // MARK: The capturing thread

    private func run(_ open: () throws(CaptureError) -> any RecordingSource) {
        do {
            let source = try open()
            rounds.add(1, ordering: .relaxed)
            if source.isOpen { queue.open() }
            let rate = Double(format.sampleRate)
            tell(
                .opened(
                    device: source.openedName, period: Double(source.periodFrames) / rate,
                    buffer: Double(source.bufferFrames) / rate))
            try source.start()
            let ended = unsafe withUnsafeTemporaryAllocation(
                byteCount: scratchFrames(source) * format.bytesPerFrame, alignment: 16
            ) { scratch in
                Result<Void, CaptureError> { () throws(CaptureError) in try unsafe record(source, scratch) }
            }
            // The writer goes on while the device closes.
            finish(with: ended)
            source.close()
        } catch {
            finish(with: .failure(error))
        }
    }

    private func finish(with result: Result<Void, CaptureError>) {
        let error: CaptureError? = if case .failure(let error) = result { error } else { nil }
        let dropped = queue.end(error)
        if dropped > 0 { tellDropped(dropped) }
        tell(.ended)
    }

    /// What is read at a time at most: half a second, so that a late thread catches up in a few reads.
    private func scratchFrames(_ source: any RecordingSource) -> Int {
        max(source.periodFrames, min(format.sampleRate / 2, 65536 / format.bytesPerFrame))
    }

    private func record(_ source: any RecordingSource, _ scratch: UnsafeMutableRawBufferPointer) throws(CaptureError) {
        var opened = source.isOpen
        var started = false
        var warned = false
        var isStalled = false
        var idle: Int64 = 0
        while !stopping.load(ordering: .acquiring) {
            rounds.add(1, ordering: .relaxed)
            let begin = MonotonicClock.now()
            let arrival = try unsafe source.read(
                into: scratch, wakingOn: stopBell.descriptor, milliseconds: Self.slice)
            if arrival.isLast { return }
            if !opened, source.isOpen {
                opened = true
                queue.open()
            }
            if arrival.frames == 0 {
                let spent = MonotonicClock.now() - begin
                // No more than was asked for: while the whole process was stopped, nobody waited.
                idle += min(spent, Int64(Self.slice) * 1_000_000)
                // A device that wakes us for nothing must not have the processor to itself.
                if spent < 1_000_000 { stopBell.peek(milliseconds: 2) }
                let silence = Int(idle / 1_000_000)
                if !started, !warned, silence >= Self.longestSilence {
                    warned = true
                    tell(.slowStart)
                }
                if started, !isStalled, silence >= Self.longestSilence, Double(silence) < stallTimeout * 1000 {
                    isStalled = true
                    tell(.waiting)
                }
                if Double(silence) >= (started ? stallTimeout * 1000 : Double(Self.longestStart)) {
                    throw CaptureError(.stalled, device: source.name, detail: "no data for \(silence / 1000) s")
                }
                continue
            }
            if isStalled {
                isStalled = false
                guard try unsafe resume(source, arrival, after: idle, scratch) else { return }
                idle = 0
                continue
            }
            idle = 0
            if !started {
                started = true
                tell(.started)
            }
            if unsafe !keep(arrival, scratch) { return }
        }
        try unsafe readRest(source, scratch)
    }

    /// Goes on with a source that had stopped delivering. One that makes up for it does so at once; of another the silence comes first.
    ///
    /// - Parameters:
    ///   - arrival: what it gave first, in the scratch memory.
    ///   - idle: nanoseconds that were waited for it.
    /// - Returns: false once the limit is reached, or there is no more.
    private func resume(
        _ source: any RecordingSource, _ arrival: Arrival, after idle: Int64, _ scratch: UnsafeMutableRawBufferPointer
    ) throws(CaptureError) -> Bool {
        var held: [UInt8] = []
        var frames = 0
        var gaps = 0
        var next = arrival
        let begin = MonotonicClock.now()
        let end = begin + Self.catchingUp * 1_000_000
        while true {
            unsafe held += scratch[..<(next.frames * format.bytesPerFrame)]
            frames += next.frames
            gaps += next.lostFrames
            let left = Int((end - MonotonicClock.now()) / 1_000_000)
            guard left > 0, !next.isLast, !stopping.load(ordering: .acquiring) else { break }
            next = try unsafe source.read(into: scratch, wakingOn: stopBell.descriptor, milliseconds: left)
        }
        let passed = Double(idle + MonotonicClock.now() - begin) / 1e9
        let missing = Int(passed * Double(format.sampleRate)) - frames - gaps
        // The rest is what every device has in hand.
        let lost = gaps + (missing > format.sampleRate / 5 ? missing : 0)
        tell(.resumed(frames: lost, at: totals.frames))
        let step = scratch.count / format.bytesPerFrame * format.bytesPerFrame
        for offset in stride(from: 0, to: held.count, by: step) {
            let part = held[offset..<min(held.count, offset + step)]
            unsafe scratch.copyBytes(from: part)
            let arrival = Arrival(
                frames: part.count / format.bytesPerFrame, lostFrames: offset == 0 ? lost : 0,
                stampedAt: MonotonicClock.now())
            guard unsafe keep(arrival, scratch) else { return false }
        }
        return !next.isLast
    }

    /// After a stop: takes what was heard before it.
    private func readRest(
        _ source: any RecordingSource, _ scratch: UnsafeMutableRawBufferPointer
    ) throws(CaptureError) {
        let patience = source.stop()
        let end = MonotonicClock.now() + Int64(patience) * 1_000_000
        var frames = 0
        // Nothing that goes on after that was heard before.
        while frames < format.sampleRate * Self.longestRest {
            let left = Int(max(0, end - MonotonicClock.now()) / 1_000_000)
            let arrival = try unsafe source.read(into: scratch, wakingOn: -1, milliseconds: left)
            if arrival.isLast { return }
            if arrival.frames == 0 {
                if left == 0 { return }
                continue
            }
            guard unsafe keep(arrival, scratch) else { return }
            frames += arrival.frames
        }
    }

    /// Puts what arrived into the queue.
    ///
    /// - Returns: false once the limit is reached.
    private func keep(_ arrival: Arrival, _ scratch: UnsafeMutableRawBufferPointer) -> Bool {
        var position = sum.read(\.frames)
        let room = limit.map { $0 - position } ?? .max
        let lost = min(arrival.lostFrames, room)
        let frames = min(arrival.frames, room - lost)
        if arrival.lostFrames > 0 {
            queue.appendSilence(frames: lost)
            tell(.overrun(frames: lost, at: position))
        }
        position += lost
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: scratch[..<(frames * format.bytesPerFrame)])
        let fate = unsafe queue.append(bytes, stampedAt: arrival.stampedAt)
        let wasDropping = dropping.load(ordering: .relaxed)
        switch fate {
        case .kept: break
        case .keptAfterDropping(let dropped): tellDropped(dropped)
        case .dropped where wasDropping < 0:
            dropping.store(position, ordering: .relaxed)
            tell(.dropping(at: position))
        case .dropped: break
        }
        unsafe listener?(bytes)
        let end = position + frames
        sum.note {
            $0.frames = end
            $0.lostFrames += lost
            if arrival.lostFrames > 0 { $0.overruns += 1 }
        }
        return limit.map { end < $0 } ?? true
    }

    /// Where the present run of dropped frames began; negative where none is dropped. The capturing thread's own.
    private let dropping = Atomic<Int>(-1)

    private func tellDropped(_ frames: Int) {
        let begin = dropping.exchange(-1, ordering: .relaxed)
        sum.note { $0.droppedFrames += frames }
        tell(.dropped(frames: frames, at: max(0, begin)))
    }
}
