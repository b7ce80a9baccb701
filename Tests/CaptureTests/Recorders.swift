import Audio
import Capture
import Harness
import Synchronization
import Testing

/// A source that does what a test tells it.
private final class ScriptedSource: RecordingSource {
    let name = "scripted"
    let openedName = "scripted"
    let format = AudioFormat.speech
    let periodFrames = 160
    let bufferFrames = 1600
    private let steps: (Int) throws(CaptureError) -> Arrival
    private var step = 0

    /// - Parameter steps: what each read gives.
    init(_ steps: @escaping (Int) throws(CaptureError) -> Arrival) {
        self.steps = steps
    }

    func start() throws(CaptureError) {}

    func read(
        into buffer: UnsafeMutableRawBufferPointer, wakingOn descriptor: CInt, milliseconds: Int
    ) throws(CaptureError) -> Arrival {
        for index in buffer.indices { buffer[index] = 1 }
        defer { step += 1 }
        return try steps(step)
    }
}

private struct Heap: RecordingSink {
    var bytes: [UInt8] = []
    var begun = 0

    mutating func begin() { begun += 1 }
    mutating func write(_ buffer: UnsafeRawBufferPointer) { bytes += buffer }
}

@Suite struct Recorders {
    @Test func endsAtTheLimitToTheFrame() throws {
        let recorder = try Recorder(format: .speech, limit: 1000)
        try recorder.start { () throws(CaptureError) in ScriptedSource { _ in Arrival(frames: 160) } }
        var heap = Heap()
        #expect(try recorder.deliver(to: &heap) == nil)
        #expect(heap.bytes.count == 2000)
        #expect(heap.begun == 1)
        #expect(recorder.totals.frames == 1000)
    }

    @Test func aGapIsSilenceAndCountsTowardsTheLimit() throws {
        let recorder = try Recorder(format: .speech, limit: 500)
        try recorder.start { () throws(CaptureError) in
            ScriptedSource { step in Arrival(frames: 160, lostFrames: step == 1 ? 200 : 0) }
        }
        var heap = Heap()
        #expect(try recorder.deliver(to: &heap) == nil)
        #expect(heap.bytes.count == 1000)
        #expect(heap.bytes[319] == 1)
        #expect(heap.bytes[320..<720].allSatisfy { $0 == 0 })
        #expect(heap.bytes[720] == 1)
        #expect(recorder.totals.overruns == 1)
        #expect(recorder.totals.lostFrames == 200)
    }

    @Test func anErrorComesAfterAllThatWasCaptured() throws {
        let recorder = try Recorder(format: .speech)
        let gone = CaptureError(.vanished, device: "scripted")
        try recorder.start { () throws(CaptureError) in
            ScriptedSource { step throws(CaptureError) in
                if step == 3 { throw gone }
                return Arrival(frames: 160)
            }
        }
        var heap = Heap()
        #expect(try recorder.deliver(to: &heap) == gone)
        #expect(heap.bytes.count == 960)
    }

    @Test func aDeviceThatCannotBeOpenedBeginsNothing() throws {
        let recorder = try Recorder(format: .speech)
        let busy = CaptureError(.busy, device: "scripted")
        try recorder.start { () throws(CaptureError) in throw busy }
        var heap = Heap()
        #expect(try recorder.deliver(to: &heap) == busy)
        #expect(heap.begun == 0)
    }

    @Test func aLibraryCallThatHangsDoesNotHangTheRecording() throws {
        let recorder = try Recorder(format: .speech)
        let hold = Atomic<Bool>(true)
        try recorder.start { () throws(CaptureError) in
            ScriptedSource { step in
                while step == 2, hold.load(ordering: .relaxed) { pause(.milliseconds(10)) }
                return Arrival(frames: 160)
            }
        }
        var heap = Heap()
        let error = try recorder.deliver(to: &heap)
        hold.store(false, ordering: .relaxed)
        recorder.close()
        #expect(error?.code == .stalled)
        #expect(heap.bytes.count == 640)
    }

    /// A device that was silent for longer than is told, and does not make up for it.
    @Test func whatAStalledDeviceMissesIsSilence() throws {
        let recorder = try Recorder(format: .speech, limit: 16000 * 4)
        try recorder.start { () throws(CaptureError) in
            ScriptedSource { step in
                if (1...21).contains(step) {
                    Harness.pause(.milliseconds(100))
                    return Arrival(frames: 0)
                }
                if step > 21 { Harness.pause(.milliseconds(10)) }
                return Arrival(frames: 160)
            }
        }
        var heap = Heap()
        #expect(try recorder.deliver(to: &heap) == nil)
        var waited = false
        var resumed: (frames: Int, position: Int)?
        while let event = recorder.nextEvent(milliseconds: 0) {
            if event == .waiting { waited = true }
            if case .resumed(let frames, let position) = event { resumed = (frames, position) }
        }
        #expect(waited)
        let missed = try #require(resumed)
        #expect(missed.position == 160 && missed.frames >= 2 * 16000 - 3200)
        #expect(heap.bytes[320..<(320 + 2 * missed.frames)].allSatisfy { $0 == 0 }, "in its place")
        #expect(heap.bytes[320 + 2 * missed.frames] == 1)
    }

    @Test func tellsWhatHappens() throws {
        let recorder = try Recorder(format: .speech, limit: 320)
        try recorder.start { () throws(CaptureError) in
            ScriptedSource { step in Arrival(frames: 160, lostFrames: step == 1 ? 10 : 0) }
        }
        var events: [Recorder.Event] = []
        try eventually("the end is told") {
            while let event = recorder.nextEvent(milliseconds: 100) { events.append(event) }
            return events.last == .ended
        }
        #expect(
            events == [
                .opened(device: "scripted", period: 0.01, buffer: 0.1), .started, .overrun(frames: 10, at: 160), .ended,
            ])
    }
}
