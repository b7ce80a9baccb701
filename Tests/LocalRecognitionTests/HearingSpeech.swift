import Testing
import VoiceActivity

@testable import LocalRecognition

@Suite struct HearingSpeech {
    @Test func keepsSamplesByTheirPlace() {
        var heard = Hearing()
        heard.add([1, 2, 3, 4, 5, 6, 7, 8], [], certainEnd: nil)
        heard.forget(before: 3)
        #expect(heard.first == 3 && heard.end == 8)
        #expect(heard.samples == [4, 5, 6, 7, 8])
        #expect(heard.scaled(4..<6) == [Float(5) / 32768, Float(6) / 32768])
        #expect(heard.scaled(0..<4) == [Float(4) / 32768])
        #expect(heard.scaled(7..<99).count == 1)
        #expect(heard.scaled(20..<30).isEmpty)
        // Never back, and not beyond what is there.
        heard.forget(before: 1)
        #expect(heard.first == 3)
        heard.forget(before: 99)
        #expect(heard.first == 8 && heard.samples.isEmpty)
        heard.add([9], [], certainEnd: nil)
        #expect(heard.first == 8 && heard.end == 9)
    }

    @Test func speechThatIsForgottenIsCut() {
        var heard = Hearing.of([10..<20, 30..<40], speaking: 50..<60, upTo: 70)
        #expect(heard.speechStart == 10 && heard.silence == 10)
        #expect(heard.stretches.map { $0.start..<$0.end } == [10..<20, 30..<40, 50..<60])
        heard.forget(before: 20)
        #expect(heard.stretches.map { $0.start..<$0.end } == [30..<40, 50..<60])
        heard.forget(before: 35)
        #expect(heard.stretches.map { $0.start..<$0.end } == [35..<40, 50..<60])
        heard.forget(before: 55)
        #expect(heard.stretches.map { $0.start..<$0.end } == [55..<60])
        // What goes on begins where the rest does.
        heard.forget(before: 65)
        #expect(heard.stretches.map { $0.start..<$0.end } == [65..<65])
        #expect(heard.hasSpoken)
    }

    @Test func whatTheDetectorSaysOfTheForgottenIsOld() {
        var heard = Hearing.of([], speaking: 10..<100, upTo: 100)
        heard.forget(before: 60)
        heard.add([0], [.ended(SpeechSegment(start: 10, end: 80))], certainEnd: nil)
        #expect(heard.stretches.map { $0.start..<$0.end } == [60..<80])
        heard.forget(before: 90)
        heard.add([0], [.ended(SpeechSegment(start: 82, end: 88)), .confirmed(start: 85)], certainEnd: 101)
        #expect(heard.stretches.map { $0.start..<$0.end } == [90..<101])
    }

    @Test func loudAndQuiet() {
        var heard = Hearing()
        var samples = [Int16](repeating: 500, count: 16_000)
        samples[3] = .min
        for index in 9000..<9600 { samples[index] = -2 }
        heard.add(samples, [], certainEnd: nil)
        #expect(heard.peak(0..<100) == 32768)
        #expect(heard.peak(4..<9999) == 500)
        #expect(heard.peak(9100..<9200) == 2)
        #expect(heard.peak(20_000..<30_000) == 0)
        #expect((9000..<9600).contains(heard.quietest(in: 8000..<12_000)))
        #expect(heard.quietest(in: 8000..<8001) == 8000)
        // A range that is partly there.
        #expect(heard.quietest(in: 15_990..<20_000) >= 15_990)
    }
}
