import Glibc
import Harness
import Testing

/// What is lost becomes silence of the same length, so that the time axis stays right.
@Suite struct RecordGaps {
    /// Two periods of 20 ms: a gap is measured between periods.
    private let tolerance = 640

    @Test func overruns() throws {
        let result = try run(
            "vt-record", "--device", "overrunning", "--raw", "--duration", "2s", home: homeWithMicrophones())
        #expect(result.status == 0)
        #expect(result.output.count == 64000)
        let runs = try #require(CountedSamples(raw: result.output).runs(tolerance: tolerance))
        #expect(runs.first?.isSilence == false)
        #expect(runs.filter(\.isSilence).count >= 2)
        #expect(result.errors.contains("overrun at "))
        #expect(result.errors.contains("overruns"))
    }

    @Test func aProcessThatWasStoppedForLongerThanTheDeviceRemembers() throws {
        let recording = try start(Command("vt-record", ["--raw", "--duration", "5s"]), home: homeWithMicrophones())
        try recording.waitForOutput("a second") { _ in recording.output.count > 16000 }
        recording.signal(SIGSTOP)
        // The device keeps two seconds.
        pause(.milliseconds(2500))
        recording.signal(SIGCONT)
        let result = try recording.finish()
        #expect(result.status == 0, "\(result)")
        #expect(result.output.count == 160_000)
        let runs = try #require(CountedSamples(raw: result.output).runs(tolerance: tolerance))
        #expect(runs.map(\.isSilence) == [false, true, false])
        #expect(runs[1].count > 2 * 16000)
        #expect(result.errors.contains("in 1 overrun"))
    }

    @Test func aProcessThatWasStoppedForLessLosesNothing() throws {
        let recording = try start(Command("vt-record", ["--raw", "--duration", "3s"]), home: homeWithMicrophones())
        try recording.waitForOutput("half a second") { _ in recording.output.count > 16000 }
        recording.signal(SIGSTOP)
        pause(.milliseconds(1500))
        recording.signal(SIGCONT)
        let result = try recording.finish()
        #expect(result.status == 0)
        #expect(CountedSamples(raw: result.output).samples == (0..<48000).map { UInt16($0) })
    }

    /// At 60 times the speed, 30 s of buffer are full after half a second.
    @Test func aReaderThatStopsReadingLosesWhatExceedsThirtySeconds() throws {
        let recording = try start(
            Command("vt-record", ["--device", "fast", "--raw", "--duration", "120s"]), output: .unread,
            home: homeWithMicrophones())
        try recording.waitForErrors(containing: "dropping what is captured from")
        pause(.milliseconds(200))
        // The queue is as full as it gets.
        #expect(try recording.peakMemory < 40 << 20)
        try recording.readOutput()
        let result = try recording.finish()
        #expect(result.status == 0)
        #expect(result.output.count == 120 * 32000)
        // The pipe's 64 KiB beside the queue's 30 s.
        let silence = try #require(
            CountedSamples(raw: result.output).runs(tolerance: tolerance * 60)?.first { $0.isSilence })
        #expect(silence.position >= 30 * 16000)
        #expect(silence.position <= 33 * 16000)
        #expect(result.errors.contains("s dropped: silence stands for them"))
    }
}
