import Audio
import Capture
import Testing

private let format = AudioFormat(sampleRate: 1000, channels: 1, sampleFormat: .s16le)

/// What a queue holds, in words: `a5` is five frames of the value a (1 for a), `-3` silence of three.
private func drain(_ queue: RecordingQueue) -> [String] {
    var found: [String] = []
    while true {
        switch queue.next(milliseconds: 0) {
        case .opened: found.append("opened")
        case .audio(let bytes):
            var index = 0
            while index < bytes.count {
                let value = bytes[index]
                var end = index
                while end < bytes.count, bytes[end] == value { end += 1 }
                found.append("\(value)x\((end - index) / 2)")
                index = end
            }
        case .silence(let frames): found.append("-\(frames)")
        case .nothing: return found
        case .ended(let error): return found + [error.map { "\($0.code)" } ?? "end"]
        }
    }
}

private func add(_ frames: Int, of value: UInt8, to queue: RecordingQueue) -> RecordingQueue.Fate {
    [UInt8](repeating: value, count: frames * 2).withUnsafeBytes { queue.append($0, stampedAt: 0) }
}

@Suite struct Queues {
    @Test func keepsOrderAndPutsSilenceWhereFramesWereLost() throws {
        let queue = try RecordingQueue(format: format, seconds: 1)
        queue.open()
        #expect(add(3, of: 1, to: queue) == .kept)
        queue.appendSilence(frames: 4)
        queue.appendSilence(frames: 1)
        #expect(add(2, of: 2, to: queue) == .kept)
        queue.end()
        queue.end(CaptureError(.failed, device: "late"))
        #expect(drain(queue) == ["opened", "1x3", "-5", "2x2", "end"])
    }

    @Test func saysWhyItEnded() throws {
        let queue = try RecordingQueue(format: format, seconds: 1)
        _ = add(1, of: 1, to: queue)
        queue.end(CaptureError(.vanished, device: "mic"))
        #expect(drain(queue) == ["1x1", "vanished"])
    }

    @Test func goesRoundManyTimes() throws {
        let queue = try RecordingQueue(format: format, seconds: 0.1)
        var found: [String] = []
        // 7 frames in and out, so that the wrap lies anywhere; never empty, so that it does not start again in front.
        _ = add(5, of: 255, to: queue)
        for value in 0..<100 {
            #expect(add(7, of: UInt8(value), to: queue) == .kept)
            if case .audio(let bytes) = queue.next(milliseconds: 0) { found.append("\(bytes.count)") }
            #expect(queue.held <= queue.capacity)
        }
        queue.end()
        #expect(drain(queue).last == "end")
        #expect(!found.isEmpty)
    }

    @Test func dropsWhatCannotBeHeldAndKeepsTheTimeAxis() throws {
        let queue = try RecordingQueue(format: format, seconds: 0.1)
        #expect(add(60, of: 1, to: queue) == .kept)
        #expect(add(40, of: 2, to: queue) == .kept)
        #expect(add(10, of: 3, to: queue) == .dropped)
        queue.appendSilence(frames: 5)
        // The first piece is out, but one quarter has to be free before it takes any again.
        guard case .audio(let first) = queue.next(milliseconds: 0) else { throw Unexpected() }
        #expect(first.count == 200)
        #expect(add(10, of: 4, to: queue) == .dropped)
        guard case .nothing = queue.next(milliseconds: 0) else { throw Unexpected() }
        #expect(add(10, of: 5, to: queue) == .keptAfterDropping(frames: 25))
        queue.end()
        #expect(drain(queue) == ["-25", "5x10", "end"])
    }

    @Test func whatWasDroppedLastIsSilenceToo() throws {
        let queue = try RecordingQueue(format: format, seconds: 0.1)
        _ = add(100, of: 1, to: queue)
        _ = add(10, of: 2, to: queue)
        #expect(queue.end() == 10)
        #expect(drain(queue) == ["1x100", "-10", "end"])
    }

    @Test func isBoundedWhateverTheFormat() throws {
        let huge = AudioFormat(sampleRate: 768_000, channels: 64, sampleFormat: .f64le)
        let queue = try RecordingQueue(format: huge)
        #expect(queue.capacity <= 32 << 20)
        #expect(queue.capacity % huge.bytesPerFrame == 0)
        #expect(try RecordingQueue(format: .speech).capacity == 30 * 32000)
    }

    private struct Unexpected: Error {}
}

@Suite struct Latencies {
    @Test func percentilesAreThoseOfTheValues() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(0.99) == 0)
        for milliseconds in 1...100 { histogram.add(nanoseconds: Int64(milliseconds) * 1_000_000 - 1) }
        histogram.add(nanoseconds: 5_000_000_000)
        #expect(abs(histogram.percentile(0.5) - 0.051) < 0.0002)
        #expect(abs(histogram.percentile(0.98) - 0.099) < 0.0002)
        #expect(histogram.percentile(1) == 5)
        #expect(histogram.count == 101)
    }
}
